using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What a node's stack does with a frame that came in at one of its devices, gone through in the kernel's order (net/ipv4/ip_input.c, ip_forward.c,
/// net/ipv6/ip6_output.c) on its state as it is now: for where the kernel's own reasons are not to be had. The words are those of a drop that the kernel
/// tells (<see cref="RouterDrops"/>, <see cref="DeviceDrops"/>); the evidence says that it is inferred.
/// </summary>
internal static class RouterModel
{
    private const int EthernetHeader = 14;

    // A drop as the kernel would tell it.
    private sealed record Expected(string Reason, string Function, RouteLookup? Lookup = null);

    /// <summary>How the copy ended, and why; null where the node would have sent it on, or its state cannot be read any more.</summary>
    public static (CopyEnd End, Reason Reason)? Of(IReadOnlyList<Hop> hops, Frame frame, RuleAccount rules)
    {
        var hop = hops[^1];
        try
        {
            if (hop.LabDevice is not { IsApplied: true } device || hop.Node.Live.Route.FindLink(device.Index) is not { } link)
            {
                return null;
            }

            return frame.Arp is not null || NatReasons.IsRedirected(hop.Node, frame) || TranslatingRule.MayHave(hop.Node, frame, rules) ? null
                : Decide(hop.Node, device, link, frame) is { } drop ? (CopyEnd.Dropped, InWords(hops, frame, drop))
                : Waiting(hop.Node, link, frame) is { } waiting ? NeighbourReasons.Ended(waiting)
                : null;
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    // A protocol beside IP that the node's kernel has, as MPLS: what that does with a frame is not seen. Packet sockets stand there as well.
    private static bool IsAskedFor(Node node, ushort etherType)
    {
        using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile("/proc/thread-self/net/ptype", 0), FileAccess.Read));
        return reader.ReadToEnd().Split('\n').Any(line => line.StartsWith($"{etherType:x4} ", StringComparison.Ordinal)
            && !line.Contains("packet_rcv", StringComparison.Ordinal));
    }

    private static Expected? Decide(Node node, Device device, LinkInfo link, Frame frame)
    {
        var to = frame.Ipv4 is { } ip4 ? ip4.Destination : frame.Ipv6 is { } ip6 ? ip6.Destination : (IPAddress?)null;
        var from = frame.Ipv4 is { } source4 ? source4.Source : frame.Ipv6 is { } source6 ? source6.Source : (IPAddress?)null;
        var v6 = frame.Ipv6 is not null;
        if (frame.EtherType is not (EtherTypes.Ipv4 or EtherTypes.Ipv6))
        {
            return IsAskedFor(node, frame.EtherType) ? null : new Expected("UNHANDLED_PROTO", "__netif_receive_skb_core");
        }

        if (BondDevices.IsMember(link) && link.BondPort?.IsActive != false)
        {
            return null; // the bond takes it, and what becomes of it there is not seen
        }

        if (frame.VlanId is > 0 || (!frame.Destination.IsMulticast && frame.Destination != KernelState.MacOf(device)))
        {
            return new Expected("OTHERHOST", "ip_rcv_core");
        }

        if (v6 && node.ReadSysctl($"net/ipv6/conf/{device.Name}/disable_ipv6").Trim() == "1")
        {
            return new Expected("IPV6DISABLED", "ip6_rcv_core");
        }

        if (frame.Ipv4 is { } arrived && NamelessDrops.OfArrival(arrived) is { } unfit
            && !(unfit is "IP_LOCALNET" && StackModel.Larger(node, device.Name, "route_localnet").Value == 1))
        {
            return new Expected(unfit, "ip_rcv_finish_core");
        }

        if (to is null || from is null || IsGroup(to) || to.Equals(IPAddress.IPv6Any) || node.Live.Route.GetAddresses().Any(a => a.Address.Equals(to)))
        {
            return null; // not whole, or not to be passed on
        }

        if (((string[])(v6 ? ["net.ipv6.conf.all.forwarding"] : ["net.ipv4.ip_forward", $"net/ipv4/conf/{device.Name}/forwarding"])).Any(s =>
            node.ReadSysctl(s).Trim() == "0"))
        {
            return new Expected("IP_INADDRERRORS", v6 ? "ip6_forward" : "ip_error");
        }

        if (!v6 && StackModel.Larger(node, device.Name, "accept_local").Value == 0
            && node.Live.Route.GetAddresses().Any(a => a.Address.Equals(from)))
        {
            return new Expected("IP_LOCAL_SOURCE", "ip_rcv_finish_core");
        }

        if (!v6 && FailsReversePath(node, device, link, from, to))
        {
            return new Expected("IP_RPFILTER", "ip_rcv_finish_core");
        }

        var route = node.Live.Route.FindRoute(to, from, link.Index);
        if (route.Error != 0 || route.Output is not { } output || node.Live.Route.FindLink(output) is not { } next)
        {
            return MayBeMarked(node, v6) ? null : new Expected("NOT_SPECIFIED", v6 ? "ip6_pkt_discard" : "ip_error");
        }

        var lookup = new RouteLookup
            { Table = (int)RouteTable.Main, Source = from, Destination = to, NextHopInterfaceIndex = output, NextHopDevice = next.Name,
                Gateway = route.Gateway };
        return (frame.Ipv4?.TimeToLive ?? frame.Ipv6!.Value.HopLimit) <= 1 ? new Expected("IP_INHDR", v6 ? "ip6_forward" : "ip_forward", lookup)
            : frame.Length - EthernetHeader > (route.Mtu ?? next.Mtu) && (v6 || frame.Ipv4!.Value.DontFragment)
            ? new Expected("PKT_TOO_BIG", v6 ? "ip6_forward" : "ip_forward", lookup)
            : null;
    }

    // Rules of nftables may have marked it, and rules of policy routing look at marks: which mark it had, nobody saw.
    private static bool MayBeMarked(Node node, bool v6) =>
        node.Live.Route.GetRules().Any(r => r.FirewallMark is not null && (r.Family is AddressFamily.InterNetworkV6) == v6)
        && NftTables.Read(node.Live.Namespace).Any(t => t.Name != NftTrace.ArmingTable);

    private static bool FailsReversePath(Node node, Device device, LinkInfo link, IPAddress from, IPAddress to)
    {
        bool Is(string value) =>
            node.ReadSysctl("net.ipv4.conf.all.rp_filter").Trim() == value || node.ReadSysctl($"net/ipv4/conf/{device.Name}/rp_filter").Trim() == value;
        if (!Is("1") && !Is("2"))
        {
            return false;
        }

        var back = node.Live.Route.FindRoute(from, to);
        return back.Error != 0 || (!Is("2") && back.Output != link.Index);
    }

    private static Reason? Waiting(Node node, LinkInfo link, Frame frame)
    {
        var to = frame.Ipv4 is { } ip4 ? ip4.Destination : frame.Ipv6 is { } ip6 ? ip6.Destination : (IPAddress?)null;
        if (to is null || IsGroup(to)
            || node.Live.Route.FindRoute(to, null, 0) is not { Error: 0, Output: { } output, Type: RouteType.Unicast } route || output == link.Index)
        {
            return null;
        }

        var next = route.Gateway ?? to;
        return node.Live.Route.GetNeighbours(output)
            .FirstOrDefault(n => n.Address.Equals(next) && n.State is NeighbourState.Incomplete or NeighbourState.Failed) is { } entry
            && entry.Address.Equals(next)
            ? NeighbourReasons.Unresolved(node, node.Live.Route.FindLink(output)?.Name ?? "", entry,
                Evidence.Model($"the route to {to} is by {next}, as the tables are now."), to)
            : null;
    }

    private static Reason InWords(IReadOnlyList<Hop> hops, Frame frame, Expected drop)
    {
        var place = DropPlace.ByModel(hops, frame, drop.Reason, drop.Function, drop.Lookup);
        var words = DeviceDrops.Find(place) ?? RouterDrops.Find(place) ?? place.Why(Causes.Unknown, $"{place.Where} did not pass it on.", null);
        return words with { Evidence = [.. words.Evidence, place.Told] };
    }

    private static bool IsGroup(IPAddress address) => address.IsIPv6Multicast || address.GetAddressBytes() is [>= 224, _, _, _];
}
