using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes, a bridge in each, a link between: why a frame does not cross.</summary>
[Trait("Category", "Fate")]
public sealed class BridgeFates : IAsyncLifetime
{
    private readonly Lab _lab = new(FateAssert.Traced);
    private readonly Node _a, _b;
    private readonly Bridge _bridgeA, _bridgeB;
    private readonly FakeVm _vm1, _vm2;

    public BridgeFates()
    {
        _a = _lab.AddNode("a");
        _b = _lab.AddNode("b");
        _bridgeA = _a.AddBridge("br0");
        _bridgeB = _b.AddBridge("br0");
        _lab.AddLink(_bridgeA.End("v0"), _bridgeB.End("v1"));
        _vm1 = _a.AddVm("vm1", _bridgeA, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _b.AddVm("vm2", _bridgeB, vm => vm.Address("10.0.0.2/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.BpfTracing)]
    public async Task A_frame_that_arrives_has_no_reason()
    {
        var fate = await SendAsync();
        fate.ShouldReach(_vm2).Once().Via("vm1", "tap-vm1", "br0", "v0", "v1", "br0", "tap-vm2", "vm2");
        Assert.All(fate.Copies, c => Assert.Null(c.Reason));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_of_the_bridge_family_is_quoted()
    {
        await _b.LoadRulesetAsync(
            "table bridge guard { chain f { type filter hook forward priority 0; ether type arp accept; udp dport 53 counter drop comment " +
                "\"vm2-isolated\"; udp dport 99 counter drop; }\n}");
        var reason = (await SendAsync()).EndsBy("nft-rule", "b/tap-vm2", "rule 2 of chain \"f\" in table \"bridge guard\"", "udp dport 53",
            "comment \"vm2-isolated\"", "hook forward");
        // nft_do_chain, before Linux 6.4 nf_hook_slow
        Assert.Contains(reason.Evidence, e => e.Text.StartsWith("NETFILTER_DROP in nf", StringComparison.Ordinal));
        Assert.Contains("nft delete rule bridge guard f handle", reason.Remedy, StringComparison.Ordinal);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task The_policy_of_a_chain_is_named()
    {
        await _b.LoadRulesetAsync("table bridge guard { chain f { type filter hook forward priority 0; policy drop; ether type arp accept; }\n}");
        (await SendAsync()).EndsBy("nft-policy", "b/tap-vm2", "the policy of chain \"f\" in table \"bridge guard\": policy drop");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_of_the_prerouting_hook_drops_at_the_port_where_the_frame_came_in()
    {
        await _b.LoadRulesetAsync("table bridge guard { chain p { type filter hook prerouting priority 0; udp dport 53 drop; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "b/v1", "rule 1 of chain \"p\"", "hook prerouting");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_at_a_devices_ingress_is_quoted()
    {
        await _b.LoadRulesetAsync("table netdev guard { chain i { type filter hook ingress device \"v1\" priority 0; udp dport 53 drop; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "b/v1", "rule 1 of chain \"i\" in table \"netdev guard\"", "hook ingress");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_packet_that_is_larger_than_a_ports_MTU_is_told_with_both_numbers()
    {
        await _vm2.Tap.SetMtuAsync(1000);
        var reason = (await SendAsync(1400)).EndsBy("bridge-mtu", "b/tap-vm2", "1428 bytes is larger than the MTU 1000 of tap-vm2", "sends no ICMP error");
        Assert.Contains("mtu 1428", reason.Remedy, StringComparison.Ordinal);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_packet_that_the_other_end_of_a_link_could_not_have_sent_is_told()
    {
        await _b.Device("v1").SetMtuAsync(1000);
        (await SendAsync(1400)).EndsBy("veth-mtu", "a/v0", "1428 bytes is larger than the MTU 1000 of b/v1");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_port_that_is_listening_takes_nothing()
    {
        await _vm1.Tap.SetBridgePortAsync(new BridgePortOptions { State = BridgePortState.Listening });
        (await SendAsync()).EndsBy("ingress-state", "a/tap-vm1", "Port tap-vm1 of bridge br0 is listening", "takes no frames yet");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_bridge_that_is_down_takes_nothing()
    {
        await _bridgeB.SetUpAsync(false);
        (await SendAsync()).EndsBy("bridge-down", "b/v1", "Bridge br0 is down");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_port_that_does_not_flood_is_named_when_no_other_is_left()
    {
        await _vm2.Tap.SetBridgePortAsync(new BridgePortOptions { Flood = false });
        var reason = (await SendAsync()).EndsBy("flood-off", "b/tap-vm2", "unknown unicast", "`flood off`");
        Assert.Contains("bridge link set dev tap-vm2 flood on", reason.Remedy, StringComparison.Ordinal);
        Assert.Contains(reason.Evidence, e => e.Text.StartsWith("NO_TX_TARGET in br_", StringComparison.Ordinal)
            || e.Text.StartsWith("NOT_SPECIFIED in br_", StringComparison.Ordinal));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Two_isolated_ports_are_named()
    {
        await _vm2.Tap.SetBridgePortAsync(new BridgePortOptions { Isolated = true });
        await _b.Device("v1").SetBridgePortAsync(new BridgePortOptions { Isolated = true });
        (await SendAsync()).EndsBy("isolated", "b/tap-vm2", "both ports are isolated");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Isolation_is_told_of_an_address_that_the_bridge_knows_too()
    {
        await _vm1.ResolveAsync(_vm2.Address);
        await _vm2.Tap.SetBridgePortAsync(new BridgePortOptions { Isolated = true });
        await _b.Device("v1").SetBridgePortAsync(new BridgePortOptions { Isolated = true });
        (await SendAsync()).EndsBy("isolated", "b/tap-vm2", "both ports are isolated");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_port_that_is_down_is_named()
    {
        await _vm2.Tap.SetUpAsync(false);
        (await SendAsync()).EndsBy("port-down", "b/tap-vm2", "skips tap-vm2: it is down");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_pause_frame_goes_no_further_than_the_first_port() =>
        (await _vm1.SendAsync(Frame.Ethernet(_vm1.Mac, MacAddress.Parse("01:80:c2:00:00:01"), 0x8808, new byte[46]))).EndsBy("reserved-mac",
            "a/tap-vm1", "reserved for MAC control");

    private Task<Fate> SendAsync(int payload = 20) => _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, new string('x', payload)));
}
