using System.Net;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What the kernel's drops mean: first by the function that freed the frame and those that called it, then by the reason that it gave, each
/// confirmed by reading the state that it depends on. What is not known here is told in the kernel's own words.
/// </summary>
internal static class DropKnowledge
{
    /// <summary>Drops that take nothing from anybody: copies for a stack that nobody meant, queues that are emptied when a tap is closed.</summary>
    public static bool IsHarmless(DropPlace place) =>
        place.In("ip6_mc_input", "tun_queue_purge")
        || place.Event.ReasonName is "QUEUE_PURGE"
        || (place.LabDevice is Switch { Addresses.Count: 0 } && place.Event.ReasonName is not "NETFILTER_DROP")
        || (place.LabDevice?.Switch is OvsBridge && place.Copy.Way is [.., { Direction: SkbDirection.In }]);

    public static async Task<Reason> ExplainAsync(DropPlace place, RuleAccount rules, CancellationToken ct)
    {
        if (place.Event.ReasonName == "NETFILTER_DROP" || place.In("nft_do_chain", "ebt_do_table", "ipt_do_table", "ip6t_do_table"))
        {
            return await NftVerdict.ExplainAsync(place, rules, ct).ConfigureAwait(false);
        }

        Reason? reason;
        try
        {
            reason = OfBridge(place) ?? OfDevice(place) ?? OfRouter(place) ?? OfReceiver(place);
        }
        catch (LinuxException)
        {
            reason = null; // the state that would confirm it cannot be read any more; the kernel's words remain
        }

        reason ??= new Reason("unknown", place.Node, place.Device,
            $"The kernel dropped it at {place.Where}: {place.Event.ReasonName} in {place.Event.Location}.", []);
        var evidence = new List<string>(reason.Evidence);
        evidence.Insert(0, place.Kernel);
        if (place.Copy.Events.FirstOrDefault(e => e.Kind is TraceEventKind.IcmpSend) is { } icmp)
        {
            evidence.Add($"kernel: an ICMP error of type {icmp.IcmpType}, code {icmp.IcmpCode}, was sent back.");
        }

        return reason with { Evidence = evidence };
    }

    private static Reason? OfBridge(DropPlace place)
    {
        if (place.LabDevice is not { Switch: Bridge bridge } port)
        {
            return null;
        }

        string reason = place.Event.ReasonName;
        RouteSocket route = place.Node.State.Route;
        if (place.In("br_dev_queue_push_xmit", "br_nf_dev_queue_xmit") && route.FindLink(port.Index) is { } link)
        {
            return Why(place, "bridge-mtu", BridgeDecision.MtuSentence(bridge, port, place.PacketLength, link.Mtu), BridgeDecision.MtuRemedy(port, place.PacketLength), $"bridge: {BridgeDecision.PortWords(link)}.");
        }

        if (reason == "BRIDGE_INGRESS_STP_STATE" && route.FindLink(port.Index) is { } from)
        {
            if (route.FindLink(bridge.Index) is { IsUp: false })
            {
                return Why(place, "bridge-down", $"Bridge {bridge.Name} is down, and takes nothing from its ports.", $"ip link set {bridge.Name} up");
            }

            return from.BridgePortOptions?.State is { } state and not BridgePortState.Forwarding
                ? BridgeDecision.IngressState(bridge, port, state, $"bridge: {BridgeDecision.PortWords(from)}.")
                : Why(place, "ingress-state", $"Port {port.Name} of bridge {bridge.Name} was not forwarding when the frame came; it is now.", "wait until the port forwards", $"bridge: {BridgeDecision.PortWords(from)}.");
        }

        if (reason == "MAC_IEEE_MAC_CONTROL")
        {
            return Why(place, "reserved-mac", $"The destination {place.Sent.Destination} is reserved for MAC control (pause frames); no bridge passes it on.", null);
        }

        if (place.In("br_handle_frame_finish", "br_flood", "br_forward", "__br_forward"))
        {
            Reason none = BridgeDecision.NoPortFor(bridge, port, place.Sent);
            return none.Cause != "no-port-left" || none.Evidence.Count > 0 || reason == "NO_TX_TARGET" ? none : null;
        }

        return null;
    }

    private static Reason? OfDevice(DropPlace place)
    {
        string reason = place.Event.ReasonName;
        if (place.LabDevice is VethEnd end && place.In("__dev_forward_skb2", "__dev_forward_skb", "veth_xmit") && end.Peer.Node.State.Route.FindLink(end.Peer.Index) is { } peer)
        {
            return !peer.IsUp
                ? Why(place, "peer-down", $"The other end of the link, {end.Peer}, is down.", $"ip link set {end.Peer.Name} up, in node {end.Peer.Node.Name}")
                : place.PacketLength > peer.Mtu
                    ? Why(place, "veth-mtu", $"The packet of {place.PacketLength} bytes is larger than the MTU {peer.Mtu} of {end.Peer}, the other end of the link; a veth pair drops what its receiver could not have sent.",
                        $"ip link set {end.Peer.Name} mtu {place.PacketLength}, in node {end.Peer.Node.Name}", $"link: {end.Peer} mtu {peer.Mtu}.")
                    : null;
        }

        return reason switch
        {
            "FULL_RING" => Why(place, "tap-full", $"The queue of {place.Where} is full: nobody reads what is sent to it.", "see that the reader of the tap still reads"),
            "DEV_READY" => Why(place, "device-down", $"{place.Where} is down.", $"ip link set {place.Device} up"),
            "TC_INGRESS" => Why(place, "tc-ingress", $"A tc filter at the ingress of {place.Where} dropped it.", $"tc filter show dev {place.Device} ingress"),
            "TC_EGRESS" => Why(place, "tc-egress", $"A tc filter at the egress of {place.Where} dropped it.", $"tc filter show dev {place.Device} egress"),
            "QDISC_DROP" => Why(place, "qdisc", $"The queueing discipline of {place.Where} dropped it.", $"tc -s qdisc show dev {place.Device}"),
            "UNHANDLED_PROTO" => Why(place, "no-handler", $"Nothing in {place.Node.Name} takes frames of EtherType 0x{place.Sent.EtherType:x4} at {place.Device}: it is no port of a bridge, and no protocol of the node has asked for them.",
                $"make {place.Device} a port of a bridge: ip link set {place.Device} master BRIDGE"),
            "OTHERHOST" => Why(place, "other-host",
                place.Event.VlanTci is { } tci ? $"The frame is tagged with VLAN {tci & 0xfff}, and {place.Where} has no device for that VLAN."
                    : $"The frame is for {place.Sent.Destination}, and {place.Where} has another address{(place.LabDevice is { } d ? $", {d.Mac}" : "")}; a node's stack takes only frames for itself.",
                "send it to the right MAC address: look at the sender's ARP entry (ip neigh)"),
            _ => null,
        };
    }

    private static Reason? OfRouter(DropPlace place)
    {
        Node node = place.Node;
        IPAddress? to = DestinationOf(place), from = SourceOf(place);
        switch (place.Event.ReasonName)
        {
            case "IP_INNOROUTES" or "IP_OUTNOROUTES":
                return Why(place, "no-route", $"{node.Name} has no route to {to}.", $"ip route add {to} via GATEWAY, in node {node.Name}", [.. place.Copy.RouteLookups.TakeLast(2).Select(r => $"kernel: route lookup {r}.")]);
            case "IP_INADDRERRORS":
                bool v6 = place.Event.Protocol == 0x86dd;
                string sysctl = v6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
                string value = node.ReadSysctl(sysctl).Trim();
                return value == "0"
                    ? Why(place, "forwarding-off", $"{node.Name} does not forward: the packet is for {to}, which is not {node.Name} itself, and {sysctl} is 0.", $"sysctl -w {sysctl}=1, in node {node.Name}", $"sysctl: {sysctl} = 0.")
                    : Why(place, "address-error", $"{node.Name} cannot forward a packet for {to}.", null, $"sysctl: {sysctl} = {value}.");
            case "IP_RPFILTER":
                string all = node.ReadSysctl("net.ipv4.conf.all.rp_filter").Trim(), own = node.ReadSysctl($"net/ipv4/conf/{place.Device}/rp_filter").Trim();
                return Why(place, "rp-filter", $"{place.Where} checks where packets come from (rp_filter), and {node.Name} would not answer {from} by {place.Device}.",
                    $"add a route back: ip route add {from} dev {place.Device}, or sysctl -w net.ipv4.conf.{place.Device}.rp_filter=2 (loose), in node {node.Name}", $"sysctl: rp_filter of all = {all}, of {place.Device} = {own}.");
            case "IP_INHDR" or "IP6_HOPLIMIT" when place.In("ip_forward", "ip6_forward"):
                return Why(place, "ttl-expired", $"The TTL ran out at {node.Name}: it was 1 when the packet came, and a router does not forward what has none left.", "send it with a higher TTL, or look for a routing loop");
            case "IP_INHDR":
                return Why(place, "ip-header", $"The IP header is not valid: version, length, or hop limit are wrong.", null);
            case "PKT_TOO_BIG":
                string device = place.Copy.RouteLookups.LastOrDefault(r => r.NextHopDevice.Length > 0)?.NextHopDevice ?? "";
                int? mtu = device.Length > 0 ? node.State.Route.FindLink(device)?.Mtu : null;
                return Why(place, "too-big", $"The packet of {place.PacketLength} bytes is larger than the MTU {mtu?.ToString() ?? "of the next link"} of {node.Name}/{device}, and must not be fragmented (DF); the sender was told by ICMP.",
                    $"make the sender's packets smaller, or ip link set {device} mtu {place.PacketLength}", mtu is null ? [] : [$"link: {node.Name}/{device} mtu {mtu}."]);
            case "IP_LOCALNET":
                return Why(place, "martian", $"{from} or {to} is in 127.0.0.0/8, which must not come in from a network.", null);
            case "IP_LOCAL_SOURCE":
                return Why(place, "own-source", $"The source {from} is an address of {node.Name} itself: two have the same address, or the frame came back.", "give one of them another address");
            case "IP_INVALID_SOURCE":
                return Why(place, "invalid-source", $"{from} cannot be the source of a packet.", null);
            case "IP_INVALID_DEST":
                return Why(place, "invalid-destination", $"{to} cannot be the destination of a packet.", null);
            case "IP_CSUM":
                return Why(place, "ip-checksum", "The checksum of the IPv4 header is wrong.", "let the sender compute it");
            case "PKT_TOO_SMALL":
                return Why(place, "truncated", "The packet is shorter than its header says.", null);
            case "NEIGH_FAILED":
                return Why(place, "neighbour-failed", $"Nobody answered for {to} on {place.Where}: the kernel asked for 3 s and gave up.", "see that the address is there and in the same network");
            case "NEIGH_QUEUEFULL":
                return Why(place, "neighbour-queue", $"Too many packets wait on {place.Where} for an answer to ARP.", null);
            case "FRAG_REASM_TIMEOUT":
                return Why(place, "fragments-missing", $"{node.Name} waited for the other fragments of the datagram, and they did not come.", null);
            default:
                return null;
        }
    }

    private static Reason? OfReceiver(DropPlace place)
    {
        Frame frame = place.Sent;
        Node node = place.Node;
        switch (place.Event.ReasonName)
        {
            case "NO_SOCKET":
                string protocol = frame.Tcp is not null ? "TCP" : frame.Udp is not null ? "UDP" : "this protocol";
                int? port = frame.Tcp is { } tcp ? tcp.DestinationPort : frame.Udp is { } udp ? udp.DestinationPort : null;
                return Why(place, "no-socket", $"Nobody in {node.Name} listens on {protocol}{(port is null ? "" : $" port {port}")}.", $"start the program, or see what listens: ss -lnp, in node {node.Name}");
            case "UDP_CSUM":
                return Why(place, "udp-checksum", "The UDP checksum is wrong.", "let the sender compute it");
            case "TCP_CSUM":
                return Why(place, "tcp-checksum", "The TCP checksum is wrong.", "let the sender compute it");
            case "ICMP_CSUM":
                return Why(place, "icmp-checksum", "The ICMP checksum is wrong.", "let the sender compute it");
            case "SOCKET_RCVBUFF":
                return Why(place, "socket-full", $"The socket in {node.Name} has no room: its program does not read fast enough.", "read faster, or give the socket a bigger SO_RCVBUF");
            case "IP_NOPROTO":
                return Why(place, "no-protocol", $"{node.Name} does not know the IP protocol {frame.Ipv4?.Protocol.ToString() ?? frame.Ipv6?.Protocol.ToString()}.", null);
            default:
                return null;
        }
    }

    private static IPAddress? DestinationOf(DropPlace place) =>
        place.Copy.RouteLookups.LastOrDefault()?.Destination ?? (place.Sent.Ipv4 is { } ip4 ? ip4.Destination : place.Sent.Ipv6 is { } ip6 ? ip6.Destination : (IPAddress?)null);

    private static IPAddress? SourceOf(DropPlace place) =>
        place.Sent.Ipv4 is { } ip4 ? ip4.Source : place.Sent.Ipv6 is { } ip6 ? ip6.Source : (IPAddress?)null;

    private static Reason Why(DropPlace place, string cause, string sentence, string? remedy, params string[] evidence) =>
        new(cause, place.Node, place.Device, sentence, evidence, remedy);
}
