using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

// VLAN filtering: what a port carries, and in which state (net/bridge/br_vlan.c, __allowed_ingress, br_allowed_egress).
internal static partial class BridgeModel
{
    /// <summary>Why VLAN filtering lets no such frame in by a port, or null.</summary>
    public static Reason? IngressVlan(Bridge bridge, Device ingress, Frame frame)
    {
        if (VlansOf(bridge, ingress) is not { } here)
        {
            return null;
        }

        var tag = TagFor(bridge, frame);
        if (here.Find(v => tag is null or 0 ? v.Pvid : v.Id == tag) is { } vlan)
        {
            return ShutFor(bridge, ingress, vlan.Id) is { } state
                ? VlanState(Causes.IngressState, bridge, ingress, vlan.Id, state, $"passes no frames of VLAN {vlan.Id} on") : null;
        }

        return tag is null or 0
            ? new Reason(Causes.BridgeVlan, bridge.Node, ingress.Name,
                $"Port {ingress.Name} of bridge {bridge.Name} takes no untagged frames: the bridge filters VLANs, and the port has no PVID."
                    + (frame.VlanTags is [var inner, ..] ? $" The tag {inner} is none to {bridge.Name}: its vlan_protocol is "
                        + $"{EtherTypes.NameOf(ProtocolOf(bridge))}." : ""),
                [VlanWords(ingress, here)], $"bridge vlan add vid 1 pvid untagged dev {ingress.Name}")
            : new Reason(Causes.BridgeVlan, bridge.Node, ingress.Name,
                $"Port {ingress.Name} of bridge {bridge.Name} does not carry VLAN {tag}, with which the frame is tagged.",
                [VlanWords(ingress, here)], $"bridge vlan add vid {tag} dev {ingress.Name}");
    }

    private static Reason? EgressVlan(Bridge bridge, Device ingress, Device egress, Frame frame)
    {
        var tag = TagFor(bridge, frame);
        if (VlansOf(bridge, ingress) is not { } from || VlansOf(bridge, egress) is not { } to
            || (tag is > 0 ? tag : from.Find(v => v.Pvid)?.Id) is not { } vlan)
        {
            return null;
        }

        return !to.Exists(v => v.Id == vlan)
            ? new Reason(Causes.BridgeVlan, bridge.Node, egress.Name,
                $"Bridge {bridge.Name} skips {egress.Name}: the frame is in VLAN {vlan}, which {egress.Name} does not carry.",
                [VlanWords(egress, to)], $"bridge vlan add vid {vlan}{(tag is > 0 ? "" : " untagged")} dev {egress.Name}")
            : ShutFor(bridge, egress, vlan) is { } state
            ? VlanState(Causes.EgressState, bridge, egress, vlan, state, $"is skipped for frames of VLAN {vlan}") : null;
    }

    /// <summary>The entry of the FDB for a frame's destination: where the bridge filters VLANs, that of the frame's VLAN.</summary>
    public static FdbInfo? EntryFor(Switch bridge, Device? ingress, Frame frame)
    {
        var vlans = ingress is null ? null : VlansOf(bridge, ingress);
        var vlan = vlans is null ? 0 : TagFor(bridge, frame) is > 0 and var tag ? tag : vlans.Find(v => v.Pvid)?.Id ?? 0;
        return bridge.Node.Live.Route.GetFdb(bridge.Index)
            .FirstOrDefault(e => (e.Vlan ?? 0) == vlan && e.Mac.Equals(frame.Destination.ToPhysicalAddress()));
    }

    /// <summary>
    /// The frame as it came to a port, of which the kernel keeps the tag beside the bytes: one that the bridge put on, the port's PVID, is none.
    /// </summary>
    public static Frame AsItCame(Bridge bridge, Device port, DropPlace place) =>
        place.Tag is { } tag && (place.CameTag == tag || VlansOf(bridge, port)?.Exists(v => v.Pvid && v.Id == tag.Id) != true)
            ? place.Seen.WithVlan(tag) : place.Seen;

    // A tag of another protocol is part of the packet to a bridge.
    private static int? TagFor(Switch bridge, Frame frame) => frame.VlanTags is [var tag, ..] && tag.Protocol == ProtocolOf(bridge) ? tag.Id : null;

    private static ushort ProtocolOf(Switch bridge) => bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions?.VlanProtocol ?? EtherTypes.Vlan;

    // Null where the bridge does not filter VLANs.
    private static List<BridgeVlanInfo>? VlansOf(Switch bridge, Device port) =>
        bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions?.VlanFiltering == true
            ? [.. bridge.Node.Live.Route.GetBridgeVlans().Where(v => v.Index == port.Index)]
            : null;

    // The state of a VLAN at a port, where it is another than forwarding.
    private static BridgePortState? ShutFor(Bridge bridge, Device port, int vlan) => bridge.Node.Live.Route.GetBridgeVlanStates()
        .FirstOrDefault(s => s.Index == port.Index && s.First <= vlan && vlan <= s.Last) is { State: not BridgePortState.Forwarding } shut ? shut.State : null;

    private static Reason VlanState(Cause cause, Bridge bridge, Device port, int vlan, BridgePortState state, string what) =>
        new(cause, bridge.Node, port.Name,
            $"Port {port.Name} of bridge {bridge.Name} {what}: there the VLAN is {state.ToString().ToLowerInvariant()}, not forwarding.",
            [Evidence.Bridge($"vlan {vlan} dev {port.Name} state {state.ToString().ToLowerInvariant()}.")],
            $"bridge vlan set vid {vlan} dev {port.Name} state forwarding");

    private static Evidence VlanWords(Device port, List<BridgeVlanInfo> vlans) =>
        Evidence.Bridge($"{port.Name} carries " +
            $"{(vlans.Count == 0 ? "no VLAN" : $"VLAN {string.Join(", ", vlans.Select(v => $"{v.Id}{(v.Pvid ? " (PVID)" : "")}"))}")}.");
}
