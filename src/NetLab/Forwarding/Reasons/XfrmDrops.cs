using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What the drops of IPsec mean: which policy let a packet not through.</summary>
internal static class XfrmDrops
{
    public static Reason? Find(DropPlace place) => place.Reason == "XFRM_POLICY" ? OfPolicy(place) : null;

    /// <summary>The policy that lets the packet not through; null where none of those that match does.</summary>
    public static Reason? OfPolicy(DropPlace place)
    {
        if (PolicyAt(place) is not { } policy)
        {
            return null;
        }

        var what = policy.IsBlock ? "it blocks"
            : policy.Direction is XfrmDirection.Out ? "it asks that the packet leaves transformed (IPsec), and there is no association to do so (ip xfrm state)"
            : "it asks that the packet comes transformed (IPsec), and it came as it is";
        return place.Why(Causes.XfrmPolicy,
            $"The policy of IPsec \"{policy.Selector}\" of {place.Node.Name} lets no packet from {place.From} to {place.To} through: {what}.",
            $"ip xfrm policy delete {policy.Selector}", Evidence.Policy($"{policy}."));
    }

    /// <summary>The policy that lets nothing through, whatever associations there are; null where none of those that match does.</summary>
    public static Reason? Blocked(DropPlace place) => PolicyAt(place) is { IsBlock: true } ? OfPolicy(place) : null;

    /// <summary>Whether a policy may be behind a drop that the kernel leaves nameless.</summary>
    public static bool MayBe(DropPlace place) => PolicyAt(place) is not null;

    // Of each direction the first that matches counts; what is forwarded is looked at as it comes, and then as it is to leave.
    private static XfrmPolicyInfo? PolicyAt(DropPlace place)
    {
        XfrmDirection[] directions = place.Has("ip_forward", "ip6_forward") ? [XfrmDirection.Forward, XfrmDirection.Out]
            : place.In("dst_discard_out") ? [XfrmDirection.Out] : [XfrmDirection.In];
        IReadOnlyList<XfrmPolicyInfo> all;
        try
        {
            using var socket = XfrmSocket.Open(place.Node.Live.Namespace);
            all = socket.GetPolicies();
        }
        catch (LinuxException)
        {
            return null; // a kernel without IPsec
        }

        return directions.Select(d => all.FirstOrDefault(p => p.Direction == d && Matches(p, place)))
            .FirstOrDefault(p => p is { IsBlock: true } or { RequiredTemplates: > 0 });
    }

    private static bool Matches(XfrmPolicyInfo policy, DropPlace place)
    {
        var protocol = place.Seen.Ipv4 is { } ip4 ? (int)ip4.Protocol : place.Seen.Ipv6 is { } ip6 ? (int)ip6.Protocol : 0;
        int? from = place.Seen.Udp?.SourcePort ?? place.Seen.Tcp?.SourcePort, to = place.Seen.Udp?.DestinationPort ?? place.Seen.Tcp?.DestinationPort;
        return place.From is { } source && place.To is { } destination && policy.Source.Contains(source) && policy.Destination.Contains(destination)
            && (policy.Protocol == 0 || policy.Protocol == protocol)
            && (policy.SourcePort is null || policy.SourcePort == from) && (policy.DestinationPort is null || policy.DestinationPort == to);
    }
}
