using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two bridges of Open vSwitch in one node, joined by patch ports: vm1 and vm2 are on the first, vm3 is on the second.</summary>
[Trait("Category", "Fate")]
public sealed class OvsSituations
{
    private const string Flow = "ovs-ofctl add-flow br-a";
    private const string Flow13 = "ovs-ofctl -O OpenFlow13 add-flow br-a";
    private const string Group = "ovs-ofctl -O OpenFlow13 add-group br-a";

    private static readonly Dictionary<string, Situation> Table = new()
    {
        ["secure fail mode"] = new("ovs-no-flow", "a/tap-vm1", "no flow of table 0 matches it", "ovs-vsctl set-fail-mode br-a secure",
            "ovs-ofctl del-flows br-a"),
        ["a group that sends to another port"] = new("ovs-flow", "a/tap-vm1", "group:1, bucket 0, output:\"to-b\"",
            $"{Group} group_id=1,type=all,bucket=output:to-b", $"{Flow} priority=9,udp,actions=group:1"),
        ["a group that selects another port"] = new("ovs-flow", "a/tap-vm1", "does not send it to tap-vm2",
            $"{Group} group_id=1,type=select,bucket=output:to-b", $"{Flow} priority=9,udp,actions=group:1"),
        ["a group without buckets"] = new("ovs-flow", "a/tap-vm1", "group:1", $"{Group} group_id=1,type=all", $"{Flow} priority=9,udp,actions=group:1"),
        ["a group whose port is down"] = new("port-down", "a/tap-vm2", "no bucket of the group is live, for tap-vm2",
            $"{Group} group_id=1,type=ff,bucket=watch_port:tap-vm2,output:tap-vm2", "ip link set tap-vm2 down", $"{Flow} priority=9,udp,actions=group:1"),
        ["a TTL that a flow counts to zero"] = new("ttl-expired", "a/tap-vm1", "the frame came with 1", $"{Flow} priority=9,udp,actions=dec_ttl,NORMAL")
        {
            Mends = false,
            Frame = s => Frame.Udp(s["vm1"].Mac, s["vm2"].Mac, s["vm1"].Address, s["vm2"].Address, 40_000, 53, new byte[20], new IpOptions { TimeToLive = 1 }),
        },
        ["what is for the controller"] = new("ovs-flow", "a/tap-vm1", "given to the controller, and to no port",
            $"{Flow} priority=9,udp,actions=CONTROLLER:65535"),
        ["a learned table that drops"] = new("ovs-flow", "a/tap-vm1", "table 1, priority 0: drop",
            $"{Flow} priority=9,udp,actions=learn(table=1,priority=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)",
            $"{Flow} table=1,priority=0,actions=drop"),
        ["a connection that is only committed"] = new("ovs-flow", "a/tap-vm1", "ct(commit,zone=7)", $"{Flow} priority=9,udp,actions=ct(commit,zone=7)"),
        ["a table after connection tracking that has no flow for what is new"] = new("ovs-no-flow", "a/tap-vm1", "no flow of table 1 matches it",
            $"{Flow} priority=9,udp,actions=ct(table=1,zone=7)", $"{Flow} table=1,priority=9,ct_state=+trk+est,udp,actions=NORMAL"),
        ["an address that connection tracking translates to one that no flow knows"] = new("ovs-no-flow", "a/tap-vm1", "no flow of table 1 matches it",
            $"{Flow} priority=9,udp,actions=ct(commit,nat(dst=10.0.0.99),table=1)", $"{Flow} table=1,priority=1,ip,nw_dst=10.0.0.2,actions=NORMAL"),
        ["conjunctive matches"] = new("ovs-flow", "a/tap-vm1", "conj_id=1,ip: drop", $"{Flow} priority=9,udp,tp_dst=53,actions=conjunction(1,1/2)",
            $"{Flow} priority=9,ip,nw_src=10.0.0.0/24,actions=conjunction(1,2/2)", $"{Flow} priority=9,conj_id=1,ip,actions=drop"),
        ["a native VLAN of another number"] = new("ovs-vlan", "a/tap-vm2", "vlan_mode=native-untagged",
            "ovs-vsctl set port tap-vm1 trunks=10 vlan_mode=native-untagged "
            + "tag=10", "ovs-vsctl set port tap-vm2 vlan_mode=native-untagged tag=20 trunks=30") { Frame = s => Datagram(s).WithVlan(10) },
        ["the inner VLANs of a port of double tags"] = new("ovs-vlan", "a/tap-vm1", "excludes this VLAN",
            "ovs-vsctl set Open_vSwitch . other_config:vlan-limit=2",
            "ovs-vsctl set port tap-vm1 vlan_mode=dot1q-tunnel tag=10 cvlans=5", "ovs-vsctl set port tap-vm2 vlan_mode=dot1q-tunnel tag=10")
            { Frame = s => Datagram(s).WithVlan(6) },
        ["a flow that strips the tag"] = new("ovs-vlan", "a/tap-vm2", "the frame is in no VLAN there", "ovs-vsctl set port tap-vm2 tag=10",
            $"{Flow} priority=9,udp,dl_vlan=10,actions=strip_vlan,NORMAL") { Frame = s => Datagram(s).WithVlan(10) },
        ["a tag that somebody changed where the frame comes in"] = new("ovs-vlan", "a/tap-vm1", "in the lab's description it has no tag",
            "ovs-vsctl set port tap-vm1 tag=20", "ovs-vsctl set port tap-vm2 trunks=0"),
        ["a patch port that does not forward"] = new("ovs-port-config", "a/to-b", "no-forward", "ovs-ofctl mod-port br-a to-b no-forward") { To = "vm3" },
        ["a patch port that takes nothing in"] = new("ovs-port-config", "a/to-a", "takes nothing in from to-a",
            "ovs-ofctl mod-port br-b to-a no-receive") { To = "vm3" },
        ["a patch port that is not flooded to"] = new("ovs-port-config", "a/to-b", "no-flood", "ovs-ofctl mod-port br-a to-b no-flood") { To = "vm3" },
        ["a patch port that leads nowhere"] = new("ovs-patch", "a/to-b", "leads to nobody, which is not there, and not to to-a of bridge br-b",
            "ovs-vsctl set interface to-b options:peer=nobody") { To = "vm3" },
        ["a patch port that is gone"] = new("ovs-patch", "a/to-a", "is not there (any more)", "ovs-vsctl del-port br-b to-a") { To = "vm3" },
        ["an address that somebody typed into the table of addresses"] = new("ovs-mac-elsewhere", "a/tap-vm2", "is behind to-b",
            "ovs-appctl fdb/add br-a to-b 0 VM2"),
        ["a port of spanning tree that listens"] = new("ingress-state", "a/tap-vm1", "is listening, and takes no frames: STP",
            "ovs-vsctl set bridge br-a stp_enable=true"),
        ["a port of rapid spanning tree that discards"] = new("ingress-state", "a/tap-vm1", "is discarding, and takes no frames: RSTP",
            "ovs-vsctl set bridge br-a rstp_enable=true"),
        ["a flow to the number of a port that was taken out"] = new("not-a-port", "a/tap-vm2", "no port of Open vSwitch bridge br-a",
            $"{Flow} priority=9,udp,actions=output:tap-vm2", "ovs-vsctl del-port tap-vm2"),
        ["the sender's port was taken out"] = new("not-a-port", "a/tap-vm1", "where the frame came in, is no port", "ovs-vsctl del-port tap-vm1"),
        ["a flow that floods, and a port that is not flooded to"] = new("ovs-port-config", "a/tap-vm2", "floods it, but not to tap-vm2: the port has no-flood",
            $"{Flow} priority=9,udp,actions=FLOOD", "ovs-ofctl mod-port br-a tap-vm2 no-flood"),
        ["a flow that sends to all, and a port that does not forward"] = new("ovs-port-config", "a/tap-vm2", "the port has no-forward",
            $"{Flow} priority=9,udp,actions=ALL", "ovs-ofctl mod-port br-a tap-vm2 no-forward"),
        ["the sender's port is dead as Neutron makes one"] = new("ovs-vlan", "a/tap-vm1", "takes no untagged frame, as a trunk of VLAN 4095 (the VLAN of ports",
            "ovs-vsctl set port tap-vm1 tag=4095 vlan_mode=trunk trunks=4095"),
        ["a port that somebody put into another bridge"] = new("not-a-port", "a/tap-vm2", "but one of bridge br-z",
            "ovs-vsctl del-port tap-vm2 -- add-br br-z -- add-port br-z tap-vm2"),
        ["a port that somebody gave another type"] = new("not-a-port", "a/tap-vm2", "its type is internal", "ovs-vsctl set interface tap-vm2 type=internal"),
        ["actions that are cleared before their time"] = new("ovs-flow", "a/tap-vm1", "br-a table 4, priority 1: clear_actions",
            $"{Flow13} 'priority=9,udp,actions=write_actions(output:tap-vm2),goto_table:4'", $"{Flow13} table=4,priority=1,actions=clear_actions"),
        ["actions that are written for later"] = new("ovs-flow", "a/tap-vm1", "br-a table 4, priority 1: write_metadata:0x1",
            $"{Flow13} 'priority=9,udp,actions=write_actions(output:to-b),goto_table:4'", $"{Flow13} table=4,priority=1,actions=write_metadata:1"),
        ["a flow that loads a register"] = new("ovs-flow", "a/tap-vm1", "does not send it to tap-vm2",
            $"{Flow} 'priority=9,udp,actions=load:7->NXM_NX_REG0[],output:to-b'"),
        ["a bridge that speaks OpenFlow 1.3 alone, with a flow that drops"] = new("ovs-flow", "a/tap-vm1", "priority 9, udp: drop",
            "ovs-vsctl set bridge br-a protocols=OpenFlow13", $"{Flow13} priority=9,udp,actions=drop"),
        ["a bridge that speaks OpenFlow 1.3 alone, with a port that does not forward"] = new("ovs-port-config", "a/tap-vm2", "the port has no-forward",
            "ovs-vsctl set bridge br-a protocols=OpenFlow13", "ovs-ofctl -O OpenFlow13 mod-port br-a tap-vm2 no-forward"),
        ["a flow that gives it another destination"] = new("translated", "a/tap-vm1", "the flow that gave it another destination is br-a table 0, priority 9",
            $"{Flow} priority=9,udp,actions=mod_nw_dst:10.0.0.3,output:to-b"),
        ["a flow that gives a clone of it another destination"] = new("translated", "a/tap-vm1", "sent it on to 10.0.0.3 and not to 10.0.0.2: the flow",
            $"{Flow} 'priority=9,udp,actions=clone(mod_nw_dst:10.0.0.3,output:to-b)'"),
        ["a connection that is translated"] = new("translated", "a/tap-vm1", "the flow that gave it another destination is br-a table 0, priority 9",
            $"{Flow} 'priority=9,udp,ct_state=-trk,actions=ct(commit,nat(dst=10.0.0.3),table=1)'", $"{Flow} table=1,priority=9,udp,actions=output:to-b"),
        ["a rule at the device of a port"] = new("nft-rule", "a/tap-vm2", "hook egress", "nft add table netdev g",
            "nft add chain netdev g e '{ type filter hook egress device tap-vm2 priority 0; }'", "nft add rule netdev g e udp dport 53 drop"),
    };

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task Of_a_frame_that_a_flow_cuts_it_is_told_that_it_is_not_known_again(FrameTracing tracing)
    {
        await using var scene = new WiredScene(tracing);
        await BuildAsync(scene);
        await scene.Lab.ApplyAsync();
        await scene.Node("a").DoAsync($"{Flow} 'priority=9,udp,actions=output(port=tap-vm2,max_len=60)'");
        await scene.Lab.SettleAsync();
        var frame = Frame.Udp(scene["vm1"], scene["vm2"], 53, new string('x', 200));
        var reason = (await scene["vm1"].SendAsync(frame)).WhyNot(scene["vm2"]);
        Assert.Contains("cuts the frame to 60 bytes before it sends it to tap-vm2", reason?.Sentence, StringComparison.Ordinal);
        Assert.Contains("whether it arrived is not known", reason?.Sentence, StringComparison.Ordinal);
        Assert.Contains(scene["vm2"].Received, r => r.Frame.Length == 60);
    }

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Names))]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string situation) => Table[situation].CheckAsync(BuildAsync);

    private static Frame Datagram(WiredScene s) =>
        Frame.Udp(s["vm1"].Mac, s["vm2"].Mac, s["vm1"].Address, s["vm2"].Address, 40_000, 53, new byte[20], new IpOptions { Identification = 4711 });

    private static Task BuildAsync(WiredScene scene)
    {
        var node = scene.Lab.AddNode("a");
        OvsBridge first = node.AddOvsBridge("br-a"), second = node.AddOvsBridge("br-b");
        first.AddPatch(second, "to-b", "to-a");
        for (var i = 1; i <= 3; i++)
        {
            node.AddVm($"vm{i}", i < 3 ? first : second, vm => vm.Address($"10.0.0.{i}/24"));
        }

        return Task.CompletedTask;
    }
}
