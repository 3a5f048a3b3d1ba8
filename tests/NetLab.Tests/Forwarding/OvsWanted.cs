using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Why Open vSwitch did not send a frame to one VM of many: named at whatever level frames are followed, and mended by what is advised.
/// Two bridges, joined by patch ports; vm1 and vm2 are on the first, vm3 is on the second.
/// </summary>
public abstract class OvsWanted : IAsyncLifetime
{
    private readonly Lab _lab;
    private readonly Node _node;
    private readonly OvsBridge _first, _second;
    private readonly FakeVm _vm1, _vm2, _vm3;

    protected OvsWanted(FrameTracing tracing)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        _node = _lab.AddNode("a");
        _first = _node.AddOvsBridge("br-a");
        _second = _node.AddOvsBridge("br-b");
        _vm1 = _node.AddVm("vm1", _first, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _node.AddVm("vm2", _first, vm => vm.Address("10.0.0.2/24"));
        _vm3 = _node.AddVm("vm3", _second, vm => vm.Address("10.0.0.3/24"));
        _first.AddPatch(_second, "to-b", "to-a");
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_drop_behind_a_patch_port_is_a_copy_of_the_fate_while_others_went_on()
    {
        await _second.ReplaceFlowsAsync(["priority=3,udp,actions=drop", "priority=0,actions=NORMAL"]);
        var fate = await SendAsync(_vm3);
        fate.ShouldReach(_vm2).Once();
        fate.EndsBy("ovs-flow", "a/tap-vm1", "br-b table 0, priority 3, udp: drop", "behind a patch port");
        await Told(fate, _vm3, "ovs-flow", "a/tap-vm1", "br-b table 0, priority 3, udp: drop").MendsAsync(() => SendAsync(_vm3), _vm3);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_drop_after_connection_tracking_names_the_flow_after_it()
    {
        await _first.ReplaceFlowsAsync(
            ["priority=10,ip,actions=ct(table=1)", "priority=0,actions=NORMAL", "table=1,priority=7,ct_state=+trk+new,ip,actions=drop"]);
        var fate = await SendAsync(_vm2);
        fate.EndsBy("ovs-flow", "a/tap-vm1", "br-a table 1, priority 7, ct_state=+new+trk,ip: drop");
        await Told(fate, _vm2, "ovs-flow", "a/tap-vm1", "br-a table 1, priority 7").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData("reg0=0x1", 200)]
    [InlineData("reg0=0", 20)]
    public async Task A_flow_that_looks_at_the_size_is_told_for_the_size_that_the_frame_has(string match, int payload)
    {
        await _first.ReplaceFlowsAsync(["priority=10,udp,actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)", "priority=0,actions=NORMAL",
            $"table=1,priority=5,{match},actions=drop", "table=1,priority=1,actions=NORMAL"]);
        Task<Fate> SendOf(int bytes) => _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, new string('x', bytes)));
        (await SendOf(220 - payload)).ShouldReach(_vm2);
        var fate = await SendOf(payload);
        fate.EndsBy("ovs-flow", "a/tap-vm1", $"br-a table 1, priority 5, {match}: drop");
        await Told(fate, _vm2, "ovs-flow", "a/tap-vm1", "br-a table 1, priority 5").MendsAsync(() => SendOf(payload), _vm2);
    }

    private static readonly string[] DropsInvalid =
    [
        "priority=10,ip,actions=ct(table=1)", "priority=0,actions=NORMAL",
        "table=1,priority=7,ct_state=+trk+inv,ip,actions=drop", "table=1,priority=6,ct_state=+trk+new,ip,actions=NORMAL",
    ];

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_drop_of_what_connection_tracking_takes_for_invalid_names_that_flow()
    {
        await _first.ReplaceFlowsAsync(DropsInvalid);
        Frame Answer() => Frame.Tcp(_vm1.Mac, _vm2.Mac, _vm1.Address, _vm2.Address, 40_000, 80, TcpFlags.Syn | TcpFlags.Ack, 1, 1);
        var fate = await _vm1.SendAsync(Answer());
        fate.EndsBy("ovs-flow", "a/tap-vm1", "br-a table 1, priority 7, ct_state=+inv+trk,ip: drop");
        await Told(fate, _vm2, "ovs-flow", "a/tap-vm1", "br-a table 1, priority 7").MendsAsync(() => _vm1.SendAsync(Answer()), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_wrong_checksum_is_invalid_to_connection_tracking()
    {
        await _first.ReplaceFlowsAsync(DropsInvalid);
        byte[] bytes = [.. Frame.Udp(_vm1, _vm2, 53, "hello").Bytes.Span];
        bytes[^1] ^= 1;
        (await _vm1.SendAsync(Frame.FromBytes(bytes))).EndsBy("ovs-flow", "a/tap-vm1", "br-a table 1, priority 7", "connection tracking takes for invalid");
        (await SendAsync(_vm2)).ShouldReach(_vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_patch_port_that_does_not_carry_the_VLAN_is_blamed_and_not_the_port_behind_it()
    {
        await _first.SetPortAsync(_vm1.Tap, o => o with { Tag = 10 });
        await _second.SetPortAsync(_vm3.Tap, o => o with { Tag = 10 });
        await _node.DoAsync("ovs-vsctl set port to-b trunks=20");
        await Told(await SendAsync(_vm3), _vm3, "ovs-vlan", "a/to-b", "the frame is in VLAN 10 there", "Port to-b has trunks=[20]")
            .MendsAsync(() => SendAsync(_vm3), _vm3);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_patch_port_that_refuses_the_VLAN_as_it_comes_in_is_blamed()
    {
        await _first.SetPortAsync(_vm1.Tap, o => o with { Tag = 10 });
        await _second.SetPortAsync(_vm3.Tap, o => o with { Tag = 10 });
        await _node.DoAsync("ovs-vsctl set port to-a trunks=20");
        await Told(await SendAsync(_vm3), _vm3, "ovs-vlan", "a/to-a", "dropping VLAN 10 packet").MendsAsync(() => SendAsync(_vm3), _vm3);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_of_another_VLAN_is_named_where_others_got_the_frame()
    {
        await _first.SetPortAsync(_vm1.Tap, o => o with { Tag = 10 });
        await _first.SetPortAsync(_vm2.Tap, o => o with { Tag = 20 });
        await _second.SetPortAsync(_vm3.Tap, o => o with { Tag = 10 });
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-vlan", "a/tap-vm2", "VLAN 10", "Port tap-vm2 has tag=20").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_tag_that_a_flow_sets_is_the_VLAN()
    {
        await _first.ReplaceFlowsAsync(["priority=5,udp,actions=mod_vlan_vid:30,NORMAL", "priority=0,actions=NORMAL"]);
        await _second.SetPortAsync(_vm3.Tap, o => o with { Tag = 40 });
        await Told(await SendAsync(_vm3), _vm3, "ovs-vlan", "a/tap-vm3", "VLAN 30", "tag=40").MendsAsync(() => SendAsync(_vm3), _vm3);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task An_address_that_is_believed_at_another_port_is_named()
    {
        await _vm3.SendAsync(Frame.Ethernet(_vm2.Mac, _vm1.Mac, 0x88b5, new byte[50]));
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-mac-elsewhere", "a/tap-vm2", $"{_vm2.Mac} is behind to-b").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_that_is_down_is_told_as_that_of_a_Linux_bridge()
    {
        await _vm2.Tap.SetUpAsync(false);
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        fate.EndsBy("port-down", "a/tap-vm2", "tap-vm2 is down");
        await Told(fate, _vm2, "port-down", "a/tap-vm2", "tap-vm2 is down").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task An_MTU_that_is_too_small_is_told_as_that_of_a_Linux_bridge()
    {
        await _vm2.Tap.SetMtuAsync(1000);
        await _first.ReplaceFlowsAsync(["actions=output:tap-vm2"]);
        Task<Fate> Again() => _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, new string('x', 1400)));
        var fate = await Again();
        fate.EndsBy("bridge-mtu", "a/tap-vm2", "1428 bytes is larger than the MTU 1000 of tap-vm2");
        await Told(fate, _vm2, "bridge-mtu", "a/tap-vm2", "MTU 1000").MendsAsync(Again, _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_that_must_not_be_flooded_to_is_named()
    {
        await _node.DoAsync("ovs-ofctl mod-port br-a tap-vm2 no-flood");
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-port-config", "a/tap-vm2", "no-flood").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_a_program_has_changed_holds_for_the_very_next_frame()
    {
        for (var round = 0; round < 15; round++)
        {
            await _node.DoAsync("ovs-ofctl mod-port br-a tap-vm2 no-flood");
            (await SendAsync(_vm2)).ShouldNotReach(_vm2);
            await _node.DoAsync("ovs-ofctl mod-port br-a tap-vm2 flood");
            (await SendAsync(_vm2)).ShouldReach(_vm2);
        }
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_that_takes_nothing_in_is_named()
    {
        await _node.DoAsync("ovs-ofctl mod-port br-a tap-vm1 no-receive");
        var fate = await SendAsync(_vm2);
        await Told(fate, _vm2, "ovs-port-config", "a/tap-vm1", "no-receive").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_that_somebody_has_removed_is_named()
    {
        await _node.DoAsync("ovs-vsctl del-port br-a tap-vm2");
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "not-a-port", "a/tap-vm2", "no port of Open vSwitch bridge br-a").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    // Nothing but headers is there to know it by, and Open vSwitch makes a frame of its own of it.
    [LabTheory(Feature.OvsVswitchd)]
    [InlineData("udp", 0, 0)]
    [InlineData("udp", 3, 4711)]
    [InlineData("tcp", 0, 0)]
    [InlineData("icmp", 0, 4711)]
    public async Task A_frame_of_headers_alone_is_known_again_behind_address_translation(string protocol, int length, int identification)
    {
        string[] flows =
            [$"priority=10,{protocol},actions=ct(commit,nat(dst=10.0.0.77),table=1)", "priority=0,actions=NORMAL", "table=1,actions=NORMAL"];
        await _first.ReplaceFlowsAsync(flows);
        var payload = "abcd"u8.ToArray().AsSpan(0, length);
        var options = new IpOptions { Identification = (ushort)identification };
        var frame = protocol switch
        {
            "udp" => Frame.Udp(_vm1.Mac, _vm2.Mac, _vm1.Address, _vm2.Address, 40_000, 53, payload, options),
            "tcp" => Frame.Tcp(_vm1.Mac, _vm2.Mac, _vm1.Address, _vm2.Address, 40_000, 80, TcpFlags.Syn, 4711),
            _ => Frame.IcmpEcho(_vm1.Mac, _vm2.Mac, _vm1.Address, _vm2.Address, IcmpType.EchoRequest, 7, 8, payload, options),
        };
        var fate = await _vm1.SendAsync(frame);
        fate.ShouldReach(_vm2).Once();
        Assert.Contains(_vm2.Received, f => f.Frame.Ipv4?.Destination.ToString() == "10.0.0.77");
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Protected_ports_are_named()
    {
        await _node.DoAsync("ovs-vsctl set port tap-vm1 protected=true -- set port tap-vm2 protected=true");
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-protected", "a/tap-vm2", "protected ports").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_flow_that_sends_elsewhere_is_named()
    {
        await _first.ReplaceFlowsAsync(["priority=9,udp,actions=output:to-b"]);
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-flow", "a/tap-vm1", "does not send it to tap-vm2", "priority 9, udp: output:\"to-b\"")
            .MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_table_that_missed_before_the_flow_that_decided_is_named_too()
    {
        await _first.ReplaceFlowsAsync(["priority=9,udp,actions=resubmit(,5),resubmit(,6)", "table=6,priority=2,actions=output:to-b"]);
        var fate = await SendAsync(_vm2);
        fate.ShouldReach(_vm3);
        await Told(fate, _vm2, "ovs-flow", "a/tap-vm1", "no flow of table 5 matches it", "table 6, priority 2").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_miss_before_a_drop_is_named_with_it()
    {
        await _first.ReplaceFlowsAsync(["priority=9,udp,actions=resubmit(,5),resubmit(,6)", "table=6,priority=2,actions=drop"]);
        (await SendAsync(_vm2)).EndsBy("ovs-flow", "a/tap-vm1", "no flow of table 5 matches it", "table 6, priority 2: drop");
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_meter_that_lets_nothing_through_is_named()
    {
        await _node.DoAsync("ovs-ofctl -O OpenFlow13 add-meter br-a meter=1,pktps,band=type=drop,rate=1");
        await _node.DoAsync("ovs-ofctl -O OpenFlow13 add-flow br-a priority=9,udp,actions=meter:1,output:tap-vm2");
        Fate fate;
        do
        {
            fate = await SendAsync(_vm2); // the first of a second passes
        }
        while (fate.Copies.Any(c => c.Vm == _vm2));
        await Told(fate, _vm2, "ovs-meter", "a/tap-vm2", "br-a table 0, priority 9, udp: meter:1").MendsAsync(() => SendAsync(_vm2), _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_group_that_nobody_there_has_joined_is_named()
    {
        await _node.DoAsync("ovs-vsctl set bridge br-a mcast_snooping_enable=true other_config:mcast-snooping-disable-flood-unregistered=true");
        Task<Fate> Again() => _vm1.SendAsync(Frame.Udp(
            _vm1.Mac, MacAddress.Parse("01:00:5e:01:02:03"), _vm1.Address, IPAddress.Parse("239.1.2.3"), 40_000, 53, new byte[9]));
        var fate = await Again();
        fate.EndsBy("ovs-snooping", "a/tap-vm1", "239.1.2.3");
        await Told(fate, _vm2, "ovs-snooping", "a/tap-vm2", "nobody behind tap-vm2 has joined 239.1.2.3").MendsAsync(Again, _vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_a_VM_got_has_no_reason()
    {
        var fate = await SendAsync(_vm3);
        fate.ShouldReach(_vm3).Once();
        Assert.Null(fate.WhyNot(_vm3));
        Assert.All(fate.Copies, c => Assert.Null(c.Reason));
    }

    private Task<Fate> SendAsync(FakeVm to) => _vm1.SendAsync(Frame.Udp(_vm1, to, 53, "hello"));

    private static Reason Told(Fate fate, FakeVm vm, string cause, string place, params string[] words)
    {
        fate.ShouldNotReach(vm);
        var reason = fate.WhyNot(vm);
        Assert.True(reason is not null, $"Nothing is told:{Environment.NewLine}{fate.Describe()}");
        Assert.True((cause, place) == (reason!.Cause.Word, reason.Place), reason.Describe());
        Assert.All(words, w => Assert.Contains(w, reason.Sentence, StringComparison.Ordinal));
        Assert.NotEmpty(reason.Evidence);
        return reason;
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class OvsWantedByTracepoints() : OvsWanted(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class OvsWantedByPacketSockets() : OvsWanted(FrameTracing.PacketSockets);
