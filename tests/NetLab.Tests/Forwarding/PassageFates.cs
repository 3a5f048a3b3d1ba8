using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A frame that came where it should not: the failed expectation tells what let it pass, and the verdict what became of it on the way.</summary>
public abstract class PassageFates(FrameTracing tracing)
{
    [LabFact(Feature.NftProgram)]
    public async Task The_rule_that_let_it_pass_is_told_with_the_connection()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table inet fw { chain f { type filter hook forward priority 0; policy drop; tcp dport 22 drop; "
            + "ct state new udp dport 53 accept; }\n}");
        var told = Denied(await scene.SendAsync(scene.Udp()), scene.Host.Device("eth0"));
        Assert.Contains("Why: In node router rule 2 of chain \"f\" in table \"inet fw\": ct state new udp dport 53 accept lets it pass (hook forward).", told,
            StringComparison.Ordinal);
        Assert.Contains("Why: Its connection in node router: 10.0.1.10:40000 > 10.0.2.2:53, reply 10.0.2.2:53 > 10.0.1.10:40000 unreplied.", told,
            StringComparison.Ordinal);
    }

    [LabFact(Feature.NftProgram)]
    public async Task The_policy_that_let_it_pass_is_told()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.LoadRulesetAsync("table bridge guard { chain f { type filter hook forward priority 0; policy accept; tcp dport 22 drop; }\n}");
        var told = Denied(await scene.SendAsync(), scene.Vm2);
        Assert.Contains("Why: In node b the policy of chain \"f\" in table \"bridge guard\": policy accept lets it pass (hook forward).", told,
            StringComparison.Ordinal);
        Assert.Contains($"Why: Bridge br0 does not know where {scene.Vm2.Mac} is, and floods.", told, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task The_entry_of_the_FDB_that_led_it_there_is_told()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync($"bridge fdb replace {scene.Vm2.Mac} dev tap-vm2 master static");
        Assert.Contains($"Why: Bridge br0 has {scene.Vm2.Mac} at tap-vm2 in its FDB (static).", Denied(await scene.SendAsync(), scene.Vm2),
            StringComparison.Ordinal);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_flow_that_led_it_there_is_told_and_what_Open_vSwitch_has_learned()
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("a");
        var bridge = node.AddOvsBridge("br-int");
        var vm1 = node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        await vm2.SendAsync(Frame.Broadcast(vm2, "here I am"));
        await bridge.ReplaceFlowsAsync(["priority=7,udp,actions=NORMAL", "priority=0,actions=drop"]);
        var told = Denied(await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello")), vm2);
        Assert.Contains("Why: br-int table 0, priority 7, udp: NORMAL.", told, StringComparison.Ordinal);
        Assert.Contains("Why: Port tap-vm2 has ", told, StringComparison.Ordinal);
        Assert.Contains($"Why: Open vSwitch has learned {vm2.Mac} in VLAN 0 at tap-vm2.", told, StringComparison.Ordinal);
    }

    [LabFact(Feature.NftProgram)]
    public async Task What_translation_writes_into_it_stands_at_the_hop_where_it_is_seen()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip nat {\nchain pre { type nat hook prerouting priority -100; udp dport 54 dnat to 10.0.2.2:53; }\n"
            + "chain post { type nat hook postrouting priority 100; meta l4proto udp snat to 10.0.2.1:5000; }\n"
            + "chain m { type filter hook forward priority 0; ip ttl set 9; }\n}");
        var frame = Frame.Udp(scene.Vm.Mac, scene.RouterMac, scene.Vm.Address, System.Net.IPAddress.Parse("192.0.2.1"), 40_000, 54, "to be translated"u8,
            new IpOptions { Identification = 4711 });
        var told = FateVerdict.Of(await scene.SendAsync(frame), scene.Host).Describe();
        Assert.Matches(@"router +eth1 +out, now from 10\.0\.2\.1:5000, now to 10\.0\.2\.2:53, now TTL 9 ", told);
    }

    [LabFact(Feature.NftProgram)]
    public async Task The_expectation_fails_as_such_after_the_lab_too()
    {
        Fate fate;
        FakeVm vm;
        await using (var scene = await BridgeScene.BuildAsync(tracing))
        {
            await scene.B.LoadRulesetAsync("table bridge guard { chain f { type filter hook forward priority 0; policy accept; tcp dport 22 drop; }\n}");
            (fate, vm) = (await scene.SendAsync(), scene.Vm2);
        }

        Assert.Contains("Expected VM vm2 not to receive the frame, but it did", Denied(fate, vm), StringComparison.Ordinal);
    }

    [LabFact(Feature.NftProgram)]
    public async Task The_connection_of_a_ping_is_told()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip fw { chain f { type filter hook forward priority 0; ct state new accept; }\n}");
        var told = Denied(await scene.SendAsync(Frame.IcmpEcho(scene.Vm.Mac, scene.RouterMac, scene.Vm.Address,
            System.Net.IPAddress.Parse(RouterScene.HostAddress), IcmpType.EchoRequest, 77, 1, "ping"u8)), scene.Host.Device("eth0"));
        Assert.Contains("Why: Its connection in node router: 10.0.1.10", told, StringComparison.Ordinal);
    }

    [LabTheory(Feature.NftProgram)]
    [InlineData(false, "net.bridge.bridge-nf-call-ip6tables is 0 in b")]
    [InlineData(true, "bridge-nf-call")]
    public async Task What_iptables_sees_of_a_bridge_is_told_of_the_frames_version_of_IP(bool isArp, string words)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        scene.B.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        scene.B.WriteSysctl("net.bridge.bridge-nf-call-ip6tables", "0");
        await scene.B.LoadRulesetAsync("table ip6 filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\n}\n"
            + "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\n}");
        var told = Denied(await scene.Vm1.SendAsync(isArp ? Frame.ArpRequest(scene.Vm1.Mac, scene.Vm1.Address, scene.Vm2.Address)
            : Frame.Udp(scene.Vm1.Mac, scene.Vm2.Mac, System.Net.IPAddress.Parse("fd00::1"), System.Net.IPAddress.Parse("fd00::2"), 40_000, 53, "x"u8)),
            scene.Vm2);
        Assert.DoesNotContain("bridge-nf-call-iptables", told, StringComparison.Ordinal);
        Assert.Equal(!isArp, told.Contains(words, StringComparison.Ordinal));
        await scene.B.DoAsync("ip link set br0 type bridge nf_call_ip6tables 1");
        Assert.DoesNotContain("ip6tables is 0", Denied(await scene.SendAsync(), scene.Vm2), StringComparison.Ordinal);
    }

    private static string Denied(Fate fate, FakeVm vm) => Assert.Throws<ForwardingException>(() => fate.ShouldNotReach(vm)).Message;

    private static string Denied(Fate fate, Device device) => Assert.Throws<ForwardingException>(() => fate.ShouldNotReach(device)).Message;
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class PassageFatesByTracepoints() : PassageFates(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class PassageFatesByPacketSockets() : PassageFates(FrameTracing.PacketSockets);
