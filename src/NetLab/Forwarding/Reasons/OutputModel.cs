using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Why a packet that a node's own stack made went out of no device, gone through in the kernel's order (net/ipv4/route.c, ip_output.c) on the node's
/// state as it is now: rules and routes, the source address, the neighbour. What rules of nftables and devices drop, the kernel tells.
/// </summary>
internal static class OutputModel
{
    /// <summary>How the packet ended, and why; null where nothing speaks against it, or the state cannot be read any more.</summary>
    /// <param name="node">The node.</param>
    /// <param name="packet">The packet, as far as it is known.</param>
    /// <param name="refusal">What the kernel told who sent it: an error number, or null.</param>
    public static (CopyEnd End, Reason Reason)? Of(Node node, Frame packet, int? refusal)
    {
        try
        {
            return StackModel.Ends(packet) is var (from, to) ? Decide(node, to, from, packet, refusal) : null;
        }
        catch (LinuxException)
        {
            return null; // the lab is gone
        }
    }

    /// <summary>The address that the node would send from, as its routes are now; null where it has none.</summary>
    public static IPAddress? SourceFor(Node node, IPAddress to) =>
        node.Live.Route.FindRoute(to) is { Error: 0, Source: { } source } ? source
        : node.Live.Route.GetAddresses().FirstOrDefault(a => a.Address.AddressFamily == to.AddressFamily && !IPAddress.IsLoopback(a.Address)
            && !a.Address.IsIPv6LinkLocal)?.Address;

    private static (CopyEnd, Reason)? Decide(Node node, IPAddress to, IPAddress from, Frame packet, int? refusal)
    {
        var route = node.Live.Route;
        var v6 = to.AddressFamily is AddressFamily.InterNetworkV6;
        var isOwn = route.GetAddresses().Any(a => a.Address.Equals(from));
        var told = refusal is { } errno ? Evidence.Kernel($"send(2): {Errno.Name(errno)}.")
            : Evidence.Model($"inferred from the state of {node.Name} as it is now: the kernel tells nobody of a packet that it does not send.");
        if (v6 && UnusableSource(node, to, told) is { } unusable)
        {
            return (CopyEnd.Dropped, unusable);
        }

        var way = route.FindRoute(to, isOwn ? from : null);
        if (way.Error != 0)
        {
            var place = DropPlace.AtOutput(node, packet, v6 ? "ip6_pkt_discard" : "ip_error", told);
            return RouterDrops.Find(place) is { } reason ? (CopyEnd.Dropped, reason with { Evidence = [told, .. reason.Evidence] }) : null;
        }

        if (way.Type is RouteType.Broadcast && refusal is Errno.EACCES)
        {
            return (CopyEnd.Dropped, new Reason(Causes.BroadcastRefused, node, route.FindLink(way.Output ?? 0)?.Name ?? "",
                $"{to} is a broadcast address of {node.Name}, and its kernel sends to all only what a program asks to send to all (SO_BROADCAST).",
                [told, Evidence.Model($"the route to {to} is of type broadcast, as the tables are now.")],
                "ask for one host, or let the program set SO_BROADCAST"));
        }

        if (way is { Type: RouteType.Local, Output: { } lo } && route.FindLink(lo) is { IsUp: false } link)
        {
            return (CopyEnd.Dropped, new Reason(Causes.DeviceDown, node, link.Name,
                $"{node.Name} sends to {to}, which is {node.Name} itself, by {link.Name}, and {link.Name} is down.",
                [told, Evidence.Link($"{link.Name} down.")], $"ip link set dev {link.Name} up, in node {node.Name}"));
        }

        if (XfrmDrops.Blocked(DropPlace.AtOutput(node, packet, "dst_discard_out", told)) is { } blocked)
        {
            return (CopyEnd.Dropped, blocked with { Evidence = [told, .. blocked.Evidence] });
        }

        return way.Output is { } output && Unresolved(node, output, way.Gateway ?? to, told, to) is { } waiting ? (CopyEnd.Pending, waiting) : null;
    }

    private static Reason? Unresolved(Node node, int output, IPAddress next, Evidence told, IPAddress to) =>
        node.Live.Route.GetNeighbours(output).FirstOrDefault(n => n.Address.Equals(next)) is { State: NeighbourState.Incomplete or NeighbourState.Failed } entry
            ? NeighbourReasons.Unresolved(node, node.Live.Route.FindLink(output)?.Name ?? "", entry, told, to, isOwn: true) : null;

    // The kernel takes no address as a source that it is not sure of.
    private static Reason? UnusableSource(Node node, IPAddress to, Evidence told)
    {
        if (to.IsIPv6LinkLocal || node.Live.Route.FindRoute(to) is not { Output: { } output })
        {
            return null;
        }

        List<AddressInfo> own = [.. node.Live.Route.GetAddresses(output).Where(a => a.Address.AddressFamily == to.AddressFamily && !a.Address.IsIPv6LinkLocal)];
        return own.Count > 0 && own.TrueForAll(a => a.IsTentative || a.Flags.HasFlag(AddressFlags.DadFailed))
            ? AddressInDoubt(node, node.Live.Route.FindLink(output)?.Name ?? "", own[0], told) : null;
    }

    // An IPv6 address that its node does not use yet, or not at all.
    private static Reason AddressInDoubt(Node node, string device, AddressInfo address, Evidence told)
    {
        var words = $"{address.Address}/{address.PrefixLength}";
        Evidence[] evidence = [told, Evidence.Link($"{node.Name}/{device} {words} {address.Flags}.")];
        return address.Flags.HasFlag(AddressFlags.DadFailed)
            ? new Reason(Causes.AddressTentative, node, device,
                $"{node.Name} sends nothing from its address {address.Address} on {device}: another host was found to have it (dadfailed).",
                evidence, "give one of them another address")
            : new Reason(Causes.AddressTentative, node, device,
                $"{node.Name} sends nothing from its address {address.Address} on {device} yet: duplicate address detection has not ended (tentative).",
                evidence, $"ip address del {words} dev {device}; ip address add {words} dev {device} nodad, in node {node.Name}, or wait");
    }
}
