using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Reports;

/// <summary>What is told of drops and silence where the kernel tells nobody of each, held against what <c>nstat</c>, <c>ip</c> and <c>nft</c> say.</summary>
public sealed class KnownByCountersTests
{
    [LabFact]
    public async Task Of_a_lab_in_which_all_is_well_nothing_is_told()
    {
        await using var lab = new Lab();
        var (client, server) = Routed(lab, "");
        await lab.ApplyAsync();
        using var listener = server.ListenTcp(80);
        (await client.PingAsync(server)).ShouldSucceed();
        (await client.ConnectAsync(IPAddress.Parse("10.0.2.2"), 80)).Dispose();

        Assert.Empty(await KnownByCounters.OfAsync(lab, CancellationToken.None));
    }

    [LabFact(Feature.NftProgram, Feature.Conntrack)]
    public async Task A_rule_that_counts_a_repeated_question_and_an_unanswered_neighbour_are_told_as_the_programs_have_them()
    {
        await using var lab = new Lab();
        var (client, server) = Routed(lab, "tcp sport 80 counter drop; ct state new accept");
        await lab.ApplyAsync();
        using var listener = server.ListenTcp(80);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1.5));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ConnectAsync(IPAddress.Parse("10.0.2.2"), 80, enough.Token));
        await server.PingAsync(IPAddress.Parse("10.0.2.99"));
        await client.ExecAsync("bash", "-c", "echo hello > /dev/udp/10.0.2.2/9");

        var told = await KnownByCounters.OfAsync(lab, CancellationToken.None);

        var text = string.Join(Environment.NewLine, told);
        var router = lab.Nodes.Single(n => n.Name == "router");
        var drops = (await router.ExecAsync("nft", "list", "ruleset")).Output.Split('\n').Single(l => l.Contains("drop", StringComparison.Ordinal)).Trim();
        Assert.Contains($"router: rule in table guard, chain forward: {drops} (nft)", told);
        Assert.True(told.Any(l => l.StartsWith("router: no reply to udp 10.0.1.2:", StringComparison.Ordinal)), text);
        Assert.Contains($"client: {await CountAsync(client, "TcpExtTCPSynRetrans")} requests for a TCP connection (SYN, or SYN-ACK) that were sent again, "
            + "having got no answer (TcpExt TCPSynRetrans)", told);
        Assert.Contains($"server: {await CountAsync(server, "UdpNoPorts")} UDP datagrams for a port where nobody listens (Udp NoPorts)", told);
        var neighbour = (await server.ExecAsync("ip", "neigh", "show", "10.0.2.99")).Output.Trim().Split(' ')[^1];
        Assert.Contains($"server: nobody has answered for 10.0.2.99 on eth0 (neighbour {neighbour})", told);
    }

    private static async Task<long> CountAsync(Node node, string counter)
    {
        var line = (await node.ExecAsync("nstat", "-asz", counter)).Output.Split('\n').Single(l => l.StartsWith(counter, StringComparison.Ordinal));
        var count = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(count > 0, line);
        return count;
    }

    private static (Node Client, Node Server) Routed(Lab lab, string rules)
    {
        Node client = lab.AddNode("client"), router = lab.AddNode("router"), server = lab.AddNode("server");
        router.Forwarding = true;
        lab.AddLink(client.End("eth0", "10.0.1.2/24"), router.End("eth0", "10.0.1.1/24"));
        lab.AddLink(server.End("eth0", "10.0.2.2/24"), router.End("eth1", "10.0.2.1/24"));
        client.AddRoute("default", via: "10.0.1.1");
        server.AddRoute("default", via: "10.0.2.1");
        if (rules.Length > 0)
        {
            router.AddRuleset($"table ip guard {{ chain forward {{ type filter hook forward priority 0; {rules}; }}; }}");
        }

        return (client, server);
    }
}
