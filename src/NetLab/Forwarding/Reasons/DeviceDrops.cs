using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What the drops of devices mean: taps, veth pairs, tc, queueing disciplines, XDP, and frames that no protocol takes.</summary>
internal static class DeviceDrops
{
    public static Reason? Find(DropPlace place)
    {
        var device = place.Device;
        if (place.LabDevice is { OtherEnd: { } peer } && place.In("__dev_forward_skb2", "__dev_forward_skb", "veth_xmit"))
        {
            return OfPeer(place, peer);
        }

        if (place.In("vlan_do_receive") && place.Left is { } taken)
        {
            return VlanDevices.Untaken(place, taken);
        }

        if (place is { CameIn: true, Reason: "UNHANDLED_PROTO" or "OTHERHOST" } && BondDevices.NotTaken(place) is { } backup)
        {
            return backup;
        }

        if (place.In("macvlan_handle_frame"))
        {
            return MacvlanDevices.Untaken(place);
        }

        if (place.In("veth_xdp_rcv_skb", "do_xdp_generic", "netif_receive_generic_xdp") || place.Reason == "XDP")
        {
            return Xdp(place.Node, device, place.Node.Live.Route.FindLink(device));
        }

        switch (place.Reason)
        {
            case "FULL_RING":
                return place.Why(Causes.TapFull, $"The queue of {place.Where} is full: nobody reads what is sent to it.",
                    "see that the reader of the tap still reads",
                    Evidence.Link($"{device} txqueuelen {place.Node.Live.Route.FindLink(device)?.TxQueueLength}."));
            case "CPU_BACKLOG":
                return place.Why(Causes.BacklogFull,
                    "The receive backlog of a processor was full: something on this machine, perhaps outside the lab, sends more than the processor takes in.",
                    "stop what floods the machine, or give it room: sysctl -w net.core.netdev_max_backlog=10000, on the machine itself");
            case "DEV_READY" when place.In("tun_net_xmit"):
                return place.Why(Causes.NoCarrier, $"{place.Where} has no carrier: nobody holds the tap open.", $"open {device}, as a hypervisor does");
            case "DEV_READY":
                return place.Why(Causes.DeviceDown, $"{place.Where} is down.", $"ip link set dev {device} up");
            case "TC_INGRESS":
                return TcDrops.At(place, ingress: true);
            case "TC_EGRESS":
                return TcDrops.At(place, ingress: false);
            case var reason when reason.StartsWith("QDISC_", StringComparison.Ordinal):
                return OfQueue(place);
            case "UNHANDLED_PROTO" when place.In("__netif_receive_skb_core"):
                return PacketReaders.At(place.Node, place.InterfaceIndex, place.EtherType) is { Count: > 0 } readers ? PacketReaders.Told(place, readers) :
                    place.Left is { Id: > 0 } left && VlanDevices.Untaken(place, left) is { } untaken ? untaken :
                    place.Why(Causes.NoHandler,
                    $"Nothing in {place.Node.Name} takes frames of EtherType 0x{place.Seen.EtherType:x4} at {device}: it is no port of a " +
                        $"bridge, and no protocol of the node has asked for them.",
                    KnownRemedies.Port(place.Node, device));
            case "OTHERHOST":
                return ForAnother(place);
            default:
                return null;
        }
    }

    public static Reason Xdp(Node node, string device, LinkInfo? link) =>
        new(Causes.Xdp, node, device, $"An XDP program at {node.Name}/{device} dropped it, before the kernel made a packet of it.",
        [link?.XdpProgramId is { } id ? Evidence.Link($"{device} has XDP program {id}; rx_dropped {link.Statistics.RxDropped}.")
            : Evidence.Link($"{device} has an XDP program.")], $"ip link set dev {device} xdp off");

    /// <summary>An XDP program had it, and the frame did not go on into the stack.</summary>
    public static Reason XdpTook(Node node, string device, LinkInfo link, string what) => new(Causes.XdpTook, node, device,
        $"{node.Name}/{device} has an XDP program, which took the frame before the stack saw it: {what}.",
            [Evidence.Link($"{device} has XDP program {link.XdpProgramId}.")], $"ip link set dev {device} xdp off");

    private static Reason? OfPeer(DropPlace place, Device peer) =>
        peer.Node.Live.Route.FindLink(peer.Index) is not { } link ? null
        : !link.IsUp ? PeerDown(place, peer)
        : place.PacketLength > link.Mtu
            ? place.Why(Causes.VethMtu, LinkMtuSentence(place.PacketLength, peer, link),
                $"ip link set dev {peer.Name} mtu {place.PacketLength}, in node {peer.Node.Name}", Evidence.Link($"{peer} mtu {link.Mtu}."))
        : null;

    private static string LinkMtuSentence(int length, Device peer, LinkInfo link) =>
        $"The packet of {length} bytes is larger than the MTU {link.Mtu} of {peer}, the other end of the link; a veth pair drops what its receiver could not "
            + "have sent.";

    /// <summary>A packet that left one end of a link and is larger than the other takes (net/core/dev.c, is_skb_forwardable); null where it is not.</summary>
    public static Reason? LinkMtu(Hop last) => last is not { Direction: HopDirection.Out, LabDevice.OtherEnd: { IsApplied: true } peer, Frame: { } frame }
        || peer.Node.Live.Route.FindLink(peer.Index) is not { } link || last.Length - 14 <= link.Mtu + 4 ? null
        : new Reason(Causes.VethMtu, last.Node, last.Device, LinkMtuSentence(last.Length - 14 - (4 * frame.VlanTags.Count), peer, link),
            [Evidence.Link($"{peer} mtu {link.Mtu}."), Evidence.Model("inferred from the link as it is now.")],
            $"ip link set dev {peer.Name} mtu {last.Length - 14}, in node {peer.Node.Name}");

    private static Reason PeerDown(DropPlace place, Device peer) =>
        place.Why(Causes.PeerDown, $"{place.Where} has no carrier: the other end of the link, {peer}, is down.",
            $"ip link set dev {peer.Name} up, in node {peer.Node.Name}", Evidence.Link($"{peer} down."));

    // A device without a carrier has a queueing discipline that drops everything.
    private static Reason OfQueue(DropPlace place)
    {
        var route = place.Node.Live.Route;
        if (route.FindLink(place.Device) is { IsUp: false })
        {
            return place.Why(Causes.DeviceDown, $"{place.Where}, by which it was to go out, is down.",
                $"ip link set dev {place.Device} up, in node {place.Node.Name}", Evidence.Link($"{place.Device} down."));
        }

        if (route.FindLink(place.Device) is { HasCarrier: false } link)
        {
            return place.LabDevice is { OtherEnd: { } peer } ? PeerDown(place, peer)
                : BondDevices.Silent(place.Node, link) is var (bond, gives)
                ? place.Why(Causes.NoCarrier, $"{place.Where}, by which it was to go out, has no carrier: {bond}.", gives)
                : place.Why(Causes.NoCarrier, $"{place.Where}, by which it was to go out, has no carrier.",
                    $"see what is at the other end of {place.Device}", Evidence.Link($"{place.Device} no carrier."));
        }

        List<QdiscInfo> queues = place.LabDevice is { } device ? [.. route.GetQdiscs(device.Index)] : [];
        if (queues.Exists(q => q.Kind == "blackhole"))
        {
            return place.Why(Causes.Qdisc, $"The queueing discipline of {place.Where}, blackhole, drops everything.",
                $"tc qdisc del dev {place.Device} root", [.. queues.Select(q => Evidence.Qdisc($"{q}."))]);
        }

        if (queues.Find(q => q.Spec is NetemSpec netem && (netem.Loss > 0 || netem.GilbertElliott is not null || netem.Markov is not null)) is { } lossy)
        {
            return place.Why(Causes.Qdisc,
                $"The queueing discipline of {place.Where}, netem, dropped it: it is there to lose frames"
                    + (lossy.Spec is NetemSpec { Loss: > 0 and var loss } ? FormattableString.Invariant($", {loss * 100:0.##} % of them.") : ", in bursts."),
                $"tc qdisc del dev {place.Device} {(lossy.Parent == TcHandle.Root ? "root" : $"parent {lossy.Parent}")}, in node {place.Node.Name}",
                [.. queues.Select(q => Evidence.Qdisc($"{q}."))]);
        }

        var kinds = queues.Count == 0 ? "" : $", {string.Join(", ", queues.Select(q => q.Kind))}";
        return place.Why(Causes.Qdisc,
            $"The queueing discipline of {place.Where}{kinds}, dropped it: the packet of {place.PacketLength} bytes is more than it takes, or it is full.",
            queues.Exists(q => q.Parent == TcHandle.Root && q.Handle.Major != 0)
                ? $"tc qdisc del dev {place.Device} root, in node {place.Node.Name}, or let it take more: tc -s qdisc show dev {place.Device}"
                : $"tc -s qdisc show dev {place.Device}", [.. queues.Select(q => Evidence.Qdisc($"{q}."))]);
    }

    private static bool HasNoAddress(DropPlace place) => place.Node.Live.Route.FindLink(place.Device) is { MasterIndex: null } link
        && !place.Node.Live.Route.GetAddresses(link.Index).Any(a => !a.Address.IsIPv6LinkLocal);

    private static Reason ForAnother(DropPlace place) =>
        place.Left is { Id: > 0 } tag && VlanDevices.Untaken(place, tag) is { } untaken ? untaken
        : VlanDevices.TakenFrom(place) is { } taken ? taken
        : MacvlanDevices.Untaken(place) is { } left ? left
        : KernelPorts.BridgeAt(place.Node, place.InterfaceIndex) is { } bridge && BridgeModel.KeptByMistake(bridge, place.Seen.Destination) is { } kept ? kept
        : NeighbourReasons.Wrong(place) is { } wrong ? wrong
        : HasNoAddress(place) ? PacketReaders.At(place.Node, place.InterfaceIndex, place.EtherType) is { Count: > 0 } readers
            ? PacketReaders.Told(place, readers)
            : place.Why(Causes.NotAPort,
                $"{place.Where} has no address, and {place.Device} is no port of a bridge: nothing there takes what is " +
                    $"for {place.Seen.Destination}, or passes it on.",
                place.LabDevice is null ? null
                    : place.LabDevice.Switch is { } of ? $"ip link set dev {place.Device} master {of.Name}" : KnownRemedies.Port(place.Node, place.Device))
            : place.LabDevice?.Switch is { IsInUserSpace: false } lost && place.Node.Live.Route.FindLink(place.Device) is { MasterIndex: null }
            ? place.Why(Causes.NotAPort,
                $"{place.Device} is no port of bridge {lost.Name} (any more), and the frame is for {place.Seen.Destination}, which is not its own address: the "
                    + "stack of " + place.Node.Name + " does not take it.",
                $"ip link set dev {place.Device} master {lost.Name}")
            : place.Why(Causes.OtherHost,
                $"The frame is for {place.Seen.Destination}, and {place.Where} has another " +
                    $"address{(place.LabDevice is { } d ? $", {KernelState.MacOf(d)}" : "")}; a node's stack takes only frames for itself.",
                "send it to the right MAC address: look at the sender's ARP entry (ip neigh)");
}
