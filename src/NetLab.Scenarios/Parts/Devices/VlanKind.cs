using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: vlan, link: eth0, id: 7</c>: the frames of one VLAN of another device.</summary>
internal static class VlanKind
{
    private static readonly ListShape<VlanQosMapping> Maps = new("priority", new ScalarShape<VlanQosMapping>("two priorities", "'0:1'",
        scalar => scalar.Text.Split(':') is [var from, var to] && uint.TryParse(from, out var a) && uint.TryParse(to, out var b)
            ? (new VlanQosMapping(a, b), null)
            : (default, new Problem($"{scalar.Noun} is not two priorities", "FROM:TO, like '0:1'")),
        () => new System.Text.Json.Nodes.JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+:[0-9]+$" }), single: true);

    public static readonly DeviceKind Kind = new LinkKind<VlanSpec>("vlan", "a VLAN device", name => new VlanSpec(name, 0, 0))
        .Over("link", "The device below.", (vlan, index) => vlan with { LinkIndex = index }, required: true)
        .Number("id", "The VLAN.", 0, 4094, (vlan, id) => vlan with { Id = (ushort)id }, required: true)
        .Word("protocol", "The tag: 802.1Q (as if absent) or 802.1ad.", [("802.1Q", VlanSpec.Dot1Q), ("802.1ad", VlanSpec.Dot1Ad)], (vlan, type) =>
            vlan with { Protocol = type })
        .Flag("reorder_hdr", "Whether the tag is taken off before programs see the frame; on when absent.", (vlan, on) =>
            Set(vlan, VlanFlags.ReorderHeader, on))
        .Flag("gvrp", "Register the VLAN by GVRP.", (vlan, on) => Set(vlan, VlanFlags.Gvrp, on))
        .Flag("mvrp", "Register the VLAN by MVRP.", (vlan, on) => Set(vlan, VlanFlags.Mvrp, on))
        .Flag("loose_binding", "Whether its state is its own, and not that of the device below.", (vlan, on) => Set(vlan, VlanFlags.LooseBinding, on))
        .Flag("bridge_binding", "Whether it has a carrier while a port of the bridge below is in the VLAN and up.", (vlan, on) =>
            Set(vlan, VlanFlags.BridgeBinding, on))
        .With("ingress-qos-map", "Frame priority to packet priority, FROM:TO.", Maps, (vlan, map) =>
            vlan with { IngressQos = [.. map.Select(line => line.Value)] })
        .With("egress-qos-map", "Packet priority to frame priority, FROM:TO.", Maps, (vlan, map) =>
            vlan with { EgressQos = [.. map.Select(line => line.Value)] });

    private static VlanSpec Set(VlanSpec vlan, VlanFlags flag, bool on) =>
        vlan with { FlagsMask = vlan.FlagsMask | flag, Flags = on ? vlan.Flags | flag : vlan.Flags & ~flag };
}
