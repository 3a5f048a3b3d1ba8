using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class StackedEncoding
{
    private static readonly Cases Cases = new()
    {
        ["vlan id"] = b => b.AddLink(new VlanSpec("x0", 3, 7)),
        ["vlan protocol 802.1ad"] = b => b.AddLink(new VlanSpec("x0", 3, 7) { Protocol = VlanSpec.Dot1Ad }),
        ["vlan reorder_hdr"] = b => b.AddLink(new VlanSpec("x0", 3, 7) { FlagsMask = VlanFlags.ReorderHeader }),
        ["vlan gvrp"] = Flag(VlanFlags.Gvrp),
        ["vlan mvrp"] = Flag(VlanFlags.Mvrp),
        ["vlan loose_binding"] = Flag(VlanFlags.LooseBinding),
        ["vlan bridge_binding"] = Flag(VlanFlags.BridgeBinding),
        ["vlan ingress-qos-map"] = b => b.AddLink(new VlanSpec("x0", 3, 7) { IngressQos = [new(1, 2), new(3, 4)] }),
        ["vlan egress-qos-map"] = b => b.AddLink(new VlanSpec("x0", 3, 7) { EgressQos = [new(1, 2)] }),

        ["macvlan mode bridge"] = b => b.AddLink(new MacvlanSpec("x0", 3)),
        ["macvlan mode private"] = b => b.AddLink(new MacvlanSpec("x0", 3, MacvlanMode.Private)),
        ["macvlan mode vepa"] = b => b.AddLink(new MacvlanSpec("x0", 3, MacvlanMode.Vepa)),
        ["macvlan mode passthru nopromisc"] = b => b.AddLink(new MacvlanSpec("x0", 3, MacvlanMode.Passthru) { Flags = MacvlanFlags.NoPromiscuous }),
        ["macvlan mode source macaddr set"] = b =>
            b.AddLink(new MacvlanSpec("x0", 3, MacvlanMode.Source)
                { SourceMacs = [NetlinkBench.Mac("02-00-00-00-00-05"), NetlinkBench.Mac("02-00-00-00-00-06")] }),
        ["macvlan flag nodst"] = b => b.AddLink(new MacvlanSpec("x0", 3, MacvlanMode.Source) { Flags = MacvlanFlags.NoDestination }),
        ["macvlan bcqueuelen"] = b => b.AddLink(new MacvlanSpec("x0", 3) { BroadcastQueueLength = 500 }),
        ["macvlan bccutoff"] = b => b.AddLink(new MacvlanSpec("x0", 3) { BroadcastCutoff = -1 }),
        ["macvtap mode"] = b => b.AddLink(new MacvtapSpec("x0", 3)),

        ["ipvlan mode l2"] = b => b.AddLink(new IpvlanSpec("x0", 3) { Mode = IpvlanMode.L2 }),
        ["ipvlan mode l3 private"] = b => b.AddLink(new IpvlanSpec("x0", 3) { Flags = IpvlanFlags.Private }),
        ["ipvlan mode l3s vepa"] = b => b.AddLink(new IpvlanSpec("x0", 3) { Mode = IpvlanMode.L3S, Flags = IpvlanFlags.Vepa }),
        ["ipvtap mode"] = b => b.AddLink(new IpvtapSpec("x0", 3) { Mode = IpvlanMode.L2 }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_device_on_another_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Flag(VlanFlags flag) => b => b.AddLink(new VlanSpec("x0", 3, 7) { Flags = flag, FlagsMask = flag });
}
