using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Why a Linux bridge did not send a frame out of a port: the bridge's own decision, gone through in the kernel's order (net/bridge/br_input.c,
/// br_forward.c) on its state as it is now. A bridge drops nothing and counts nothing where it merely skips a port; only this tells.
/// </summary>
internal static partial class BridgeModel
{
    private const int EthernetHeader = 14;

    /// <summary>The reason, or null where the bridge would have sent it, or its state cannot be read any more.</summary>
    public static Reason? WhyNot(Bridge bridge, Device ingress, Device egress, Frame frame)
    {
        try
        {
            return Decide(bridge, ingress, egress, frame);
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    /// <summary>
    /// Why the bridge sent a frame out of no port at all: the reason of each port, as one; null where nothing speaks against a port, as the ports are now.
    /// </summary>
    public static Reason? NoPortFor(Bridge bridge, Device ingress, Frame frame)
    {
        var others = KernelPorts.Of(bridge).Where(p => p.LiveIndex != ingress.LiveIndex).ToList();
        if (others.Count == 0)
        {
            return new Reason(Causes.NoOtherPort, bridge.Node, ingress.Name,
                $"Bridge {bridge.Name} has no port but {ingress.Name}, where the frame came from.", [],
                    $"make the device that is to have it a port of {bridge.Name}");
        }

        if (WhyNot(bridge, ingress, others[0], frame) is { } whole
            && (whole.Device == ingress.Name || VlanDevices.TakenFrom(bridge, ingress, frame) is not null))
        {
            return whole; // the bridge did not let it in at all
        }

        List<Reason> skipped = [.. others.Append(ingress).Select(p => WhyNot(bridge, ingress, p, frame)).OfType<Reason>()];
        if (skipped.Find(s => s.Cause == Causes.FdbIngress || s.Cause == Causes.FdbLocal) is { } one)
        {
            return one;
        }

        // A known address has one port; an unknown one is flooded, and each port has its own reason.
        skipped.RemoveAll(s => s.Cause == Causes.HairpinOff || s.Cause == Causes.FdbElsewhere);
        return skipped.Count switch
        {
            0 => null,
            1 => skipped[0],
            _ => new Reason(Causes.NoPortLeft, bridge.Node, ingress.Name,
                $"Bridge {bridge.Name} had no port to send it to. {string.Join(' ', skipped.Select(s => s.Sentence))}",
                [.. skipped.SelectMany(s => s.Evidence).Distinct()], string.Join("; ", skipped.Select(s => s.Remedy).OfType<string>())),
        };
    }

    private static Reason? Decide(Bridge bridge, Device ingress, Device egress, Frame frame)
    {
        var route = bridge.Node.Live.Route;
        if (route.FindLink(bridge.Index) is not { } master || route.FindLink(ingress.Index) is not { } from || route.FindLink(egress.Index) is not { } to)
        {
            return null;
        }

        var flags = Evidence.Bridge($"{PortWords(to)}.");
        Reason At(Device port, Cause cause, string sentence, string? remedy, params Evidence[] evidence) =>
            new(cause, bridge.Node, port.Name, sentence, [.. evidence, flags], remedy);

        if (!master.IsUp)
        {
            return At(ingress, Causes.BridgeDown, $"Bridge {bridge.Name} is down, and takes nothing from its ports.", $"ip link set dev {bridge.Name} up");
        }

        if (from.MasterIndex != bridge.Index && ReferenceEquals(ingress.Switch, bridge))
        {
            var now = KernelPorts.BridgeOf(bridge.Node, ingress.Index);
            return At(ingress, Causes.NotAPort, $"{ingress.Name}, where the frame came in, is no port of bridge {bridge.Name}"
                + $"{(now is null ? " (any more)" : $" but of {now.Name}")}.", $"ip link set dev {ingress.Name} master {bridge.Name}");
        }

        if (NextDeviceOnly(bridge, ingress, from, frame) is { } own)
        {
            return own;
        }

        if (VlanDevices.TakenFrom(bridge, ingress, frame) is { } taken)
        {
            return taken;
        }

        if (!from.IsUp)
        {
            return At(ingress, Causes.DeviceDown, DownSentence(bridge, ingress), $"ip link set dev {ingress.Name} up");
        }

        if (from.BridgePortOptions?.State is { } state && state != BridgePortState.Forwarding)
        {
            return IngressState(bridge, ingress, state, flags);
        }

        if (IngressVlan(bridge, ingress, frame) is { } refused)
        {
            return refused with { Evidence = [.. refused.Evidence, flags] };
        }

        if (Locked(bridge, ingress, from, frame) is { } locked)
        {
            return locked with { Evidence = [flags] };
        }

        if (to.MasterIndex != bridge.Index && !ReferenceEquals(egress, bridge))
        {
            return At(egress, Causes.NotAPort, $"{egress.Name} is no port of bridge {bridge.Name} (any more).",
                $"ip link set dev {egress.Name} master {bridge.Name}");
        }

        var entry = frame.Destination.IsMulticast ? null : EntryFor(bridge, ingress, frame);
        var known = Evidence.Bridge(entry is null ? $"the FDB has no entry for {frame.Destination}."
            : $"the FDB has {frame.Destination} at {NameOf(bridge, entry.Index)}.");
        if (entry is not null && entry.Index != egress.Index)
        {
            return entry.Kind == FdbKind.Local
                ? At(ingress, Causes.FdbLocal, KeptSentence(bridge, frame.Destination), HasAddress(bridge, frame.Destination)
                    && egress.Guest is { } meant && meant.Mac != frame.Destination ? $"send it to {meant.Mac}, the address of {meant.Name}"
                    : KeptRemedy(bridge, entry), known)
                : entry.Index == ingress.Index && frame.Source == frame.Destination
                ? At(ingress, Causes.FdbIngress,
                    $"The frame comes from the address that it is for, {frame.Destination}: bridge {bridge.Name} learned from it that the address is behind "
                        + $"{ingress.Name}, and never sends a frame back there.",
                    "let the sender use an address of its own", known)
                : entry.Index == ingress.Index
                ? At(ingress, Causes.FdbIngress,
                    $"Bridge {bridge.Name} believes that {frame.Destination} is behind {ingress.Name}, where the frame came from, and never " +
                        $"sends a frame back there.",
                    $"bridge fdb del {frame.Destination} dev {ingress.Name} master", known)
                : At(egress, Causes.FdbElsewhere,
                    $"Bridge {bridge.Name} believes that {frame.Destination} is behind {NameOf(bridge, entry.Index)}, and sends the frame " +
                        $"there alone, not to {egress.Name}.",
                    $"bridge fdb replace {frame.Destination} dev {egress.Name} master static", known);
        }

        // The bridge's own device is no port: nothing below is about it.
        if (ReferenceEquals(egress, bridge))
        {
            return null;
        }

        if (ingress.LiveIndex == egress.LiveIndex)
        {
            return to.BridgePortOptions?.Hairpin == true ? null
                : At(egress, Causes.HairpinOff,
                    $"Bridge {bridge.Name} does not send a frame back out of the port it came in by: {egress.Name} has `hairpin off`.",
                        $"bridge link set dev {egress.Name} hairpin on");
        }

        if (Skips(bridge, to, egress, flags) is { } skipped)
        {
            return skipped;
        }

        if (EgressVlan(bridge, ingress, egress, frame) is { } kept)
        {
            return kept with { Evidence = [.. kept.Evidence, flags] };
        }

        if (from.BridgePortOptions?.Isolated == true && to.BridgePortOptions?.Isolated == true)
        {
            return At(egress, Causes.Isolated, $"Bridge {bridge.Name} sends nothing from {ingress.Name} to {egress.Name}: both ports are isolated.",
                $"bridge link set dev {egress.Name} isolated off", Evidence.Bridge($"{ingress.Name} isolated on, {egress.Name} isolated on."));
        }

        if (entry is null && to.BridgePortOptions?.ProxyArp == true)
        {
            return At(egress, Causes.ProxyArpPort, $"Bridge {bridge.Name} floods nothing to {egress.Name}: the port has `proxy_arp on`.",
                $"{(frame.Destination.IsMulticast ? "" : $"bridge fdb add {frame.Destination} dev {egress.Name} master static, or ")}"
                    + $"ip link set dev {egress.Name} type bridge_slave proxy_arp off");
        }

        if (Suppressed(bridge, to, egress, frame) is { } suppressed)
        {
            return suppressed with { Evidence = [flags] };
        }

        if (JoinedElsewhere(bridge, master, egress, frame) is { } joined)
        {
            return joined;
        }

        if (FloodOff(bridge, to, egress, frame, entry is not null) is { } off)
        {
            return off with { Evidence = [known, flags] };
        }

        var length = frame.Length - EthernetHeader - (4 * frame.VlanTags.Count);
        return length > to.Mtu + 4
            ? At(egress, Causes.BridgeMtu, MtuSentence(bridge, egress, length, to.Mtu), MtuRemedy(egress, length))
            : InQueue(bridge, egress);
    }

    /// <summary>What is told of a port that is down where a frame comes in.</summary>
    public static string DownSentence(Bridge bridge, Device ingress) =>
        $"Port {ingress.Name} of bridge {bridge.Name} is down, and the bridge takes nothing from it.";

    /// <summary>How a copy ended that a bridge did not send out of a port.</summary>
    public static CopyEnd EndBy(Reason why) =>
        why.Cause == Causes.Queued ? CopyEnd.Pending : why.Cause == Causes.Qdisc ? CopyEnd.Lost : CopyEnd.NotForwarded;

    // What a queue holds or drops, nobody sees go out. What it has dropped may have been others; ingress and clsact are no queues.
    private static Reason? InQueue(Bridge bridge, Device egress)
    {
        List<QdiscInfo> queues = [.. bridge.Node.Live.Route.GetQdiscs(egress.Index).Where(q => q.Kind is not ("ingress" or "clsact"))];
        var holding = queues.Find(q => q.Statistics.QueueLength > 0);
        return (holding ?? queues.Find(q => q.Statistics.Drops > 0)) is not { } queue ? null
            : new Reason(holding is null ? Causes.Qdisc : Causes.Queued, bridge.Node, egress.Name,
                $"Bridge {bridge.Name} gave it to {egress.Name}, and it did not go out: the queueing discipline {queue.Kind} there "
                    + (holding is null ? "has dropped frames; that it was this one is not seen." : "holds frames back."),
                [Evidence.Qdisc($"{queue}: {queue.Statistics.QueueLength} wait, {queue.Statistics.Drops} dropped."),
                    Evidence.Model("inferred from the queue as it is now.")],
                $"tc -s qdisc show dev {egress.Name}");
    }

    /// <summary>Why a bridge keeps frames for an address that neither it nor any port of it has; null where that is not so.</summary>
    public static Reason? KeptByMistake(Bridge bridge, MacAddress mac) =>
        bridge.Node.Live.Route.GetFdb(bridge.Index).FirstOrDefault(f => f.Kind == FdbKind.Local && f.Mac.Equals(mac.ToPhysicalAddress())) is { } entry
        && !HasAddress(bridge, mac)
            ? new Reason(Causes.FdbLocal, bridge.Node, bridge.Name, KeptSentence(bridge, mac),
                [Evidence.Bridge($"the FDB has {mac} at {NameOf(bridge, entry.Index)}, as a local address.")], KeptRemedy(bridge, entry))
            : null;

    private static string KeptSentence(Bridge bridge, MacAddress mac) =>
        $"Bridge {bridge.Name} keeps what is for {mac} for {bridge.Node.Name} itself: "
            + (HasAddress(bridge, mac) ? "that is the bridge's own address, or one of its ports'."
                : "its FDB says that the address is its own, which no device there has.");

    private static string KeptRemedy(Bridge bridge, FdbInfo entry)
    {
        var mac = MacAddress.From(entry.Mac);
        return HasAddress(bridge, mac) ? $"give {mac} to one of them alone"
            : entry.Index == bridge.Index ? $"bridge fdb del {mac} dev {bridge.Name} self"
            : $"bridge fdb del {mac} dev {NameOf(bridge, entry.Index)} master";
    }

    private static bool HasAddress(Bridge bridge, MacAddress mac) => bridge.Node.Live.Route.GetLinks()
        .Any(l => (l.Index == bridge.Index || l.MasterIndex == bridge.Index) && l.Mac?.Equals(mac.ToPhysicalAddress()) == true);

    /// <summary>A port that takes frames of known senders alone, where this one's is not; null where it takes the frame.</summary>
    public static Reason? Locked(Bridge bridge, Device ingress, LinkInfo port, Frame frame) =>
        port.BridgePortOptions?.Locked != true || bridge.Node.Live.Route.GetFdb(bridge.Index)
            .Any(f => f.Mac.Equals(frame.Source.ToPhysicalAddress()) && f.Index == ingress.Index && f.Kind != FdbKind.Local) ? null
        : new Reason(Causes.Locked, bridge.Node, ingress.Name,
            $"Port {ingress.Name} of bridge {bridge.Name} takes frames of known senders " +
                $"alone: {ingress.Name} is locked, and the FDB does not have {frame.Source} there.", [Evidence.Bridge($"{PortWords(port)}.")],
            $"bridge fdb replace {frame.Source} dev {ingress.Name} master static, or bridge link set dev {ingress.Name} locked off");

    // br_do_proxy_suppress_arp: what the bridge answers itself, and what asks for nobody, does not go to ports that suppress.
    private static Reason? Suppressed(Bridge bridge, LinkInfo to, Device egress, Frame frame) =>
        to.BridgePortOptions?.NeighbourSuppress == true && frame.Arp is { } arp
        && (arp.SenderIp == arp.TargetIp || bridge.Node.Live.Route.GetNeighbours(bridge.Index).Any(n => n.Address.Equals((System.Net.IPAddress)arp.TargetIp)))
            ? new Reason(Causes.NeighSuppress, bridge.Node, egress.Name,
                $"Bridge {bridge.Name} spares {egress.Name} the ARP packet: {egress.Name} has `neigh_suppress on`, " +
                    $"and {(arp.SenderIp == arp.TargetIp ? "the packet only announces an address" : $"the bridge knows {arp.TargetIp} itself")}.", [],
                $"bridge link set dev {egress.Name} neigh_suppress off")
            : null;

    // Snooping sends a group's frames to those who have joined, and of an IP group, while somebody asks for members, to multicast routers alone where nobody
    // has. The queries themselves, and what is for all on the link, it floods (br_multicast_rcv, br_multicast_querier_exists).
    private static Reason? JoinedElsewhere(Bridge bridge, LinkInfo master, Device egress, Frame frame)
    {
        if (!frame.Destination.IsMulticast || frame.Destination.IsBroadcast || master.BridgeOptions?.MulticastSnooping != true)
        {
            return null;
        }

        var isIp = frame.Ipv4 is not null || frame.Ipv6 is not null;
        var querier = frame.Ipv4 is not null ? master.BridgeStatus?.Ipv4Querier : frame.Ipv6 is not null ? master.BridgeStatus?.Ipv6Querier : null;
        var group = frame.Ipv4?.Destination.ToString() ?? frame.Ipv6?.Destination.ToString() ?? frame.Destination.ToString();
        List<MdbInfo> joined = [.. bridge.Node.Live.Route.GetMdb().Where(m => m.BridgeIndex == bridge.Index
            && (m.MacGroup is { } mac ? !isIp && mac.Equals(frame.Destination.ToPhysicalAddress()) : m.Group?.ToString() == group))];
        // Where each VLAN has a querier of its own, the bridge tells of none.
        var goesByMembers = joined.Count > 0 ? !isIp || querier is not null || master.BridgeOptions.MulticastVlanSnooping == true : querier is not null;
        if (!goesByMembers || joined.Any(m => m.PortIndex == egress.Index) || (joined.Count == 0 && IsForAll(frame)))
        {
            return null;
        }

        var asks = querier is null ? "" : querier.Equals(System.Net.IPAddress.Any) ? ", and asks for members" : $", and {querier} asks for members";
        return new Reason(Causes.MdbElsewhere, bridge.Node, egress.Name,
            $"Bridge {bridge.Name} looks at who joins which group (multicast snooping){asks}: " + (joined.Count == 0
                ? $"nobody has joined {group}, so it goes to the ports of multicast routers alone, and not to {egress.Name}."
                : $"only {string.Join(", ", joined.Select(m => NameOf(bridge, m.PortIndex)))} has joined {group}, and nobody behind {egress.Name}."),
            joined.Count == 0 ? [Evidence.Bridge($"the MDB has no entry for {group}.")] : [.. joined.Select(m => Evidence.Bridge($"mdb {m}."))],
            $"let the receiver join {group} (IGMP or MLD), or: bridge mdb add dev {bridge.Name} port {egress.Name} grp {group} permanent");
    }

    // A query, or a group of which everybody is a member.
    private static bool IsForAll(Frame frame) => frame.Ipv4 is { } v4
        ? ((System.Net.IPAddress)v4.Destination).GetAddressBytes() is [224, 0, 0, _] || frame.Igmp is { Type: IgmpType.Query }
        : frame.Ipv6 is { } v6 && (v6.Destination == Ipv6Address.AllNodes || frame.Icmpv6 is { Type: Icmpv6Type.MulticastListenerQuery });

    public static string MtuSentence(Bridge bridge, Device egress, int length, int mtu) =>
        $"The packet of {length} bytes is larger than the MTU {mtu} of {egress.Name}, a port of " +
            $"bridge {bridge.Name}; a bridge sends no ICMP error for that, and counts nothing."
        + (egress.Tunnel is { Overhead: { } more } tunnel
            ? $" A {tunnel.Name} tunnel adds {more} bytes to every frame, so its MTU is that much smaller than the link's below it." : "");

    public static string MtuRemedy(Device egress, int length) => $"ip link set dev {egress.Name} mtu {length}, or make the sender's packets smaller";

    /// <summary>What of a port's own state keeps every frame from it, or null.</summary>
    private static Reason? Skips(Bridge bridge, LinkInfo to, Device egress, Evidence flags)
    {
        Reason At(Cause cause, string sentence, string remedy) => new(cause, bridge.Node, egress.Name, sentence, [flags], remedy);
        var silent = BondDevices.Silent(bridge.Node, to);
        return !to.IsUp ? At(Causes.PortDown,
                $"Bridge {bridge.Name} skips {egress.Name}: it is down"
                    + $"{(VlanDevices.DownBelow(bridge.Node, to) is { } below ? $", as is {below} below it" : "")}.",
                $"ip link set dev {VlanDevices.DownBelow(bridge.Node, to) ?? egress.Name} up")
            : !to.HasCarrier ? At(egress.OtherEnd is not null ? Causes.PeerDown : Causes.NoCarrier,
                $"Bridge {bridge.Name} skips {egress.Name}: it has no carrier"
                    + (silent is not null ? $": {silent.Value.Why}." : egress.OtherEnd is { } end ? $": the other end of the link, {end}, is down."
                        : egress.Guest is { Tap.IsOpen: true } ? ": it was set off by hand, for somebody holds the tap open."
                        : egress.LeadsToUserSpace ? ": nobody holds the tap open." : "."),
                silent is not null ? silent.Value.Remedy
                : egress.Guest is { Tap.IsOpen: true } ? $"ip link set dev {egress.Name} carrier on"
                : egress.OtherEnd is { } e ? $"ip link set dev {e.Name} up, in node {e.Node.Name}" : $"see that somebody has {egress.Name} open")
            : to.BridgePortOptions?.State is { } state && state != BridgePortState.Forwarding
                ? At(Causes.EgressState,
                    $"Bridge {bridge.Name} skips {egress.Name}: the port is {state.ToString().ToLowerInvariant()}, not forwarding.",
                        StateRemedy(bridge, egress, state))
            : null;
    }

    private static Reason? FloodOff(Bridge bridge, LinkInfo to, Device egress, Frame frame, bool isKnown)
    {
        var port = to.BridgePortOptions;
        Reason At(Cause cause, string what, string flag, string? also) => new(cause, bridge.Node, egress.Name,
            $"Bridge {bridge.Name} skipped port {egress.Name}: {what}, and {egress.Name} has `{flag} off`.", [],
                $"{also}bridge link set dev {egress.Name} {flag} on");
        return frame.Destination.IsBroadcast ? port?.BroadcastFlood == false
            ? At(Causes.BroadcastFloodOff, "the frame is a broadcast", "bcast_flood", null) : null
            : frame.Destination.IsMulticast ? port?.MulticastFlood == false
            ? At(Causes.MulticastFloodOff, "the frame is a multicast that nobody there has joined", "mcast_flood", null) : null
            : !isKnown && port?.Flood == false
                ? At(Causes.FloodOff, "unknown unicast", "flood",
                    $"learn or add the address (bridge fdb add {frame.Destination} dev {egress.Name} master static), or ")
            : null;
    }

    public static string PortWords(LinkInfo link)
    {
        var port = link.BridgePortOptions;
        return $"{link.Name} {(link.IsUp ? "up" : "down")}, {(link.HasCarrier ? "carrier" : "no carrier")}, mtu {link.Mtu}"
            + (port is null ? "" : $", state {port.State.ToString()?.ToLowerInvariant()}, flood {OnOff(port.Flood)}, isolated " +
                $"{OnOff(port.Isolated)}, hairpin {OnOff(port.Hairpin)}");
    }

    private static string OnOff(bool? flag) => flag switch { true => "on", false => "off", null => "unknown" };

    private static string NameOf(Bridge bridge, int index) =>
        index == bridge.Index ? $"{bridge.Name} itself" : bridge.Node.Live.Route.FindLink(index)?.Name ?? $"interface {index}";
}
