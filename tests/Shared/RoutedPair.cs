namespace NetLab;

/// <summary>The lab that many start from: two programs, each in a network of its own.</summary>
internal static class RoutedPair
{
    /// <summary>Adds <c>client</c> (10.0.1.2) and <c>server</c> (10.0.2.2), whose default route is the <c>router</c> between them.</summary>
    public static (Node Client, Node Router, Node Server) AddRoutedPair(this Lab lab)
    {
        Node client = lab.AddNode("client"), router = lab.AddNode("router"), server = lab.AddNode("server");
        router.Forwarding = true;
        lab.AddLink(client.End("eth0").Address("10.0.1.2/24"), router.End("eth0").Address("10.0.1.1/24"));
        lab.AddLink(server.End("eth0").Address("10.0.2.2/24"), router.End("eth1").Address("10.0.2.1/24"));
        client.AddRoute("default", via: "10.0.1.1");
        server.AddRoute("default", via: "10.0.2.1");
        return (client, router, server);
    }
}
