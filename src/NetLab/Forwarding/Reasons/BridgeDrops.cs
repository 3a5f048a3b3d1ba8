using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What the drops of a Linux bridge mean.</summary>
internal static class BridgeDrops
{
    public static Reason? Find(DropPlace place)
    {
        if (KernelPorts.At(place) is not var (bridge, port) || place.Node.Live.Route.FindLink(port.Index) is not { } link)
        {
            return null;
        }

        var frame = BridgeModel.AsItCame(bridge, port, place);
        var words = Evidence.Bridge($"{BridgeModel.PortWords(link)}.");
        switch (place.Reason)
        {
            case "BRIDGE_INGRESS_STP_STATE":
                return place.Node.Live.Route.FindLink(bridge.Index) is { IsUp: false }
                    ? place.Why(Causes.BridgeDown, $"Bridge {bridge.Name} is down, and takes nothing from its ports.", $"ip link set dev {bridge.Name} up")
                    : !link.IsUp ? place.Why(Causes.DeviceDown, BridgeModel.DownSentence(bridge, port), $"ip link set dev {port.Name} up", words)
                    : link.BridgePortOptions?.State is { } state and not BridgePortState.Forwarding
                        ? BridgeModel.IngressState(bridge, port, state, words)
                        : place.Why(Causes.IngressState,
                            $"Port {port.Name} of bridge {bridge.Name} was not forwarding when the frame came; it is now.",
                                "wait until the port forwards", words);
            case "MAC_IEEE_MAC_CONTROL":
                return place.Why(Causes.ReservedMac,
                    $"The destination {place.Seen.Destination} is reserved for MAC control (pause frames); no bridge passes it on.", null);
            case "MAC_INVALID_SOURCE":
                return place.Why(Causes.InvalidSourceMac,
                    $"{place.Seen.Source} cannot be the source of a frame: it is {(place.Seen.Source.IsZero ? "no address" : "the address of a group")}.",
                        "let the sender use an address of its own");
            case "UNHANDLED_PROTO" when BridgeModel.IsForNextDevice(place.Seen.Destination):
                return BridgeModel.NextDeviceOnly(bridge, port, link, place.Seen) is { } own ? own with { Evidence = [place.Told, .. own.Evidence] } : null;
            default:
                break;
        }

        if (place.In("stp_pdu_rcv", "br_stp_rcv"))
        {
            return BridgeModel.TakenByStp(bridge, port.Name, place.Seen); // the kernel frees its own messages as it frees what it drops
        }

        if (place.In("__allowed_ingress", "br_allowed_ingress", "br_handle_frame_finish") && BridgeModel.IngressVlan(bridge, port, frame) is { } vlan)
        {
            return vlan;
        }

        if (place.In("br_handle_frame_finish") && BridgeModel.Locked(bridge, port, link, place.Seen) is { } locked)
        {
            return locked with { Evidence = [place.Told, .. locked.Evidence] };
        }

        if (place.In("br_dev_queue_push_xmit", "br_nf_dev_queue_xmit", "br_nf_ip_fragment", "br_ip6_fragment"))
        {
            return place.Why(Causes.BridgeMtu, BridgeModel.MtuSentence(bridge, port, place.PacketLength, link.Mtu),
                BridgeModel.MtuRemedy(port, place.PacketLength), words);
        }

        if (place.In("br_handle_frame_finish", "br_flood", "br_forward", "__br_forward", "br_multicast_flood"))
        {
            var none = BridgeModel.NoPortFor(bridge, port, frame);

            // What a rule gave another destination is to leave where it came in.
            return none?.Cause == Causes.FdbIngress && TunnelDrops.SentToItself(place.Hops) is { } back
                ? back with { Evidence = [place.Told, .. back.Evidence] }
                : none?.Cause == Causes.FdbIngress && NeighbourReasons.SentToItself(place) is { } own ? own
                : none?.Cause == Causes.FdbIngress && place.Came.Destination != place.Seen.Destination
                ? none with { Remedy = $"bridge link set dev {port.Name} hairpin on" } : none;
        }

        return null;
    }
}
