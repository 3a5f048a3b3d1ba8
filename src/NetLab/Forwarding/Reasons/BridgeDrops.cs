using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What the drops of a Linux bridge mean.</summary>
internal static class BridgeDrops
{
    public static Reason? Find(DropPlace place)
    {
        if (place.LabDevice is not { Switch: Bridge bridge } port || place.Node.State.Route.FindLink(port.Index) is not { } link)
        {
            return null;
        }

        string words = $"bridge: {BridgeDecision.PortWords(link)}.";
        switch (place.Event.ReasonName)
        {
            case "BRIDGE_INGRESS_STP_STATE":
                return place.Node.State.Route.FindLink(bridge.Index) is { IsUp: false }
                    ? place.Why("bridge-down", $"Bridge {bridge.Name} is down, and takes nothing from its ports.", $"ip link set {bridge.Name} up")
                    : link.BridgePortOptions?.State is { } state and not BridgePortState.Forwarding
                        ? BridgeDecision.IngressState(bridge, port, state, words)
                        : place.Why("ingress-state", $"Port {port.Name} of bridge {bridge.Name} was not forwarding when the frame came; it is now.", "wait until the port forwards", words);
            case "MAC_IEEE_MAC_CONTROL":
                return place.Why("reserved-mac", $"The destination {place.Sent.Destination} is reserved for MAC control (pause frames); no bridge passes it on.", null);
            case "MAC_INVALID_SOURCE":
                return place.Why("invalid-source-mac", $"{place.Sent.Source} cannot be the source of a frame: it is {(place.Sent.Source.IsZero ? "no address" : "the address of a group")}.", "let the sender use an address of its own");
            case "UNHANDLED_PROTO" when BridgeDecision.IsForNextDevice(place.Sent.Destination):
                int bit = (int)(place.Sent.Destination.ToUInt64() & 15);
                return place.Why("link-local-mac", $"{place.Sent.Destination} is for the next device alone (01:80:c2:00:00:0x): bridge {bridge.Name} passes it on only where its group_fwd_mask says so, and nothing in {place.Node.Name} has asked for it.",
                    bit > 2 ? $"ip link set {bridge.Name} type bridge group_fwd_mask {1 << bit}" : null, $"bridge: group_fwd_mask {GroupMask(place, bridge)}.");
            default:
                break;
        }

        if (place.In("br_dev_queue_push_xmit", "br_nf_dev_queue_xmit", "br_nf_ip_fragment", "br_ip6_fragment"))
        {
            return place.Why("bridge-mtu", BridgeDecision.MtuSentence(bridge, port, place.PacketLength, link.Mtu), BridgeDecision.MtuRemedy(port, place.PacketLength), words);
        }

        if (place.In("br_handle_frame_finish", "br_flood", "br_forward", "__br_forward", "br_multicast_flood"))
        {
            Reason none = BridgeDecision.NoPortFor(bridge, port, place.Sent);
            return none.Cause != "no-port-left" || none.Evidence.Count > 0 || place.Event.ReasonName == "NO_TX_TARGET" ? none : null;
        }

        return null;
    }

    private static int GroupMask(DropPlace place, Bridge bridge) => place.Node.State.Route.FindLink(bridge.Index)?.BridgeOptions?.GroupForwardMask ?? 0;
}
