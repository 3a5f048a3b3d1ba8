using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>br-tun: networks of compute nodes joined by tunnels over an underlay, and what becomes of a frame that it does not pass on.</summary>
public sealed class TunnelBridgeTests : IAsyncDisposable
{
    private readonly Lab _lab = new();
    private readonly Bridge _fabric;

    public TunnelBridgeTests() => _fabric = _lab.AddNode("fabric").AddBridge("br0");

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData("vxlan", false)]
    [InlineData("vxlan", true)]
    [InlineData("geneve", false)]
    [InlineData("gre", true)]
    public async Task Vms_of_two_nodes_reach_each_other_and_those_of_other_networks_hear_nothing(string type, bool l2Population)
    {
        var one = Compute(1, type, l2Population, new TunnelledNetwork(1, 100));
        var two = Compute(2, type, l2Population, new TunnelledNetwork(5, 100));
        var three = Compute(3, type, l2Population, new TunnelledNetwork(1, 101));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        (await one.Vm.PingAsync(two.Vm)).ShouldSucceed();

        var fate = await one.Vm.SendAsync(Frame.Udp(one.Vm, two.Vm, 53, "x"));
        fate.ShouldReach(two.Vm).Once();
        Assert.Contains("br-int > br-tun > br-phy > eth1", fate.Describe(), StringComparison.Ordinal);
        fate.ShouldNotReach(three.Vm);
        (await one.Vm.SendAsync(Frame.Broadcast(one.Vm, "is anybody there?"))).ShouldNotReach(three.Vm);
        Assert.Equal(!l2Population, one.Tunnels.Bridge.VirtualPorts.Any(port => port.Name == $"{type}-c0a80103"));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_has_another_segmentation_id_on_the_other_node_is_dropped_in_its_table_of_vxlan()
    {
        var one = Compute(1, "vxlan", false, new TunnelledNetwork(1, 100));
        var two = Compute(2, "vxlan", false, new TunnelledNetwork(1, 101));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        var fate = await one.Vm.SendAsync(Frame.Broadcast(one.Vm, "is anybody there?"));

        fate.ShouldNotReach(two.Vm);
        Assert.Contains("br-tun table 4, priority 0", fate.Describe(), StringComparison.Ordinal);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Without_the_flooding_entry_of_l2population_a_broadcast_ends_in_table_22_and_a_vm_that_is_known_is_reached()
    {
        var one = Compute(1, "vxlan", true, new TunnelledNetwork(1, 100));
        var two = Compute(2, "vxlan", true, new TunnelledNetwork(1, 100));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        await one.Tunnels.Bridge.DeleteFlowsStrictAsync(["table=22,priority=1,dl_vlan=1"]);

        var fate = await one.Vm.SendAsync(Frame.Broadcast(one.Vm, "is anybody there?"));
        fate.ShouldNotReach(two.Vm);
        Assert.Contains("br-tun table 22, priority 0", fate.Describe(), StringComparison.Ordinal);
        (await one.Vm.SendAsync(Frame.Udp(one.Vm, two.Vm, 53, "x"))).ShouldReach(two.Vm).Once();

        await one.Tunnels.Bridge.DeleteFlowsStrictAsync([$"table=20,priority=2,dl_vlan=1,dl_dst={two.Vm.Mac}"]);

        fate = await one.Vm.SendAsync(Frame.Udp(one.Vm, two.Vm, 53, "x"));
        fate.ShouldNotReach(two.Vm);
        Assert.Contains("br-tun table 22, priority 0", fate.Describe(), StringComparison.Ordinal);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_br_int_believes_of_a_frame_that_came_by_a_tunnel_is_told_by_the_frame_that_was_inside()
    {
        var one = Compute(1, "vxlan", true, new TunnelledNetwork(1, 100));
        var two = Compute(2, "vxlan", true, new TunnelledNetwork(1, 100), portSecurity: false);
        var three = Compute(3, "vxlan", true, new TunnelledNetwork(1, 100));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        (await two.Vm.SendAsync(Frame.Ethernet(one.Vm.Mac, MacAddress.Broadcast, 0x88b5, "I am vm01"u8))).ShouldReach(one.Vm);
        var fate = await three.Vm.SendAsync(Frame.Udp(three.Vm, one.Vm, 53, "x"));

        fate.ShouldNotReach(one.Vm);
        Assert.Contains("br-int believes that fa:16:3e:00:00:01 is behind patch-tun, and sends the frame there alone, not to tap0c1383d0-c8", fate.Describe(),
            StringComparison.Ordinal);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_arp_responder_answers_for_a_vm_of_another_node_and_asks_it_nothing()
    {
        var one = Compute(1, "vxlan", true, new TunnelledNetwork(1, 100));
        var two = Compute(2, "vxlan", true, new TunnelledNetwork(1, 100));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        var fate = await one.Vm.SendAsync(Frame.ArpRequest(one.Vm.Mac, one.Vm.Addresses[0].Address, two.Vm.Addresses[0].Address));

        fate.ShouldNotReach(two.Vm);
        var answer = await one.Vm.ReceiveAsync(frame => frame.Arp is { Operation: ArpOperation.Reply });
        Assert.Equal(two.Vm.Mac, answer.Arp!.Value.SenderMac);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_rows_are_those_that_the_agent_writes()
    {
        var one = Compute(1, "vxlan", false, new TunnelledNetwork(1, 100));
        Compute(2, "vxlan", false, new TunnelledNetwork(1, 100));
        _lab.ConnectTunnels();
        await _lab.ApplyAsync();

        var rows = (await _lab.FindNode("compute1")!.ReadStateAsync()).OvsPorts.ToDictionary(row => row.Info.Name, row => row.Info);
        Assert.Equal("patch-int", rows["patch-tun"].Options["peer"]);
        Assert.Equal("patch-tun", rows["patch-int"].Options["peer"]);
        var tunnel = rows["vxlan-c0a80102"];
        Assert.Equal(("vxlan", null), (tunnel.Type, tunnel.Error));
        Assert.Equal(
            "df_default=true, egress_pkt_mark=0, in_key=flow, local_ip=192.168.1.1, out_key=flow, remote_ip=192.168.1.2",
            string.Join(", ", tunnel.Options.OrderBy(option => option.Key, StringComparer.Ordinal).Select(option => $"{option.Key}={option.Value}")));
        Assert.Equal("br-tun", one.Tunnels.Bridge.Name);
    }

    [Fact]
    public void Two_nodes_with_one_local_ip_are_refused()
    {
        Compute(1, "vxlan", false, new TunnelledNetwork(1, 100));
        var node = _lab.AddNode("other");
        node.AddTunnelBridge(node.AddIntegrationBridge(), new TunnelBridgeOptions { LocalIp = IPAddress.Parse("192.168.1.1") });

        var refusal = Assert.Throws<TopologyException>(_lab.ConnectTunnels);

        Assert.Contains("compute1/br-tun and other/br-tun have the same local_ip 192.168.1.1", refusal.Message, StringComparison.Ordinal);
    }

    private (FakeVm Vm, TunnelBridge Tunnels) Compute(int number, string type, bool l2Population, TunnelledNetwork network, bool portSecurity = true)
    {
        var node = _lab.AddNode($"compute{number}");
        _lab.AddLink(node.AddOvsBridge("br-phy").AddAddress($"192.168.1.{number}/24").Node.End("eth1"), _fabric);
        var brPhy = (OvsBridge)node.Device("br-phy");
        brPhy.Attach(node.Device("eth1"));
        var brInt = node.AddIntegrationBridge();
        var tunnels = node.AddTunnelBridge(brInt, new TunnelBridgeOptions
        {
            LocalIp = IPAddress.Parse($"192.168.1.{number}"),
            Type = type,
            L2Population = l2Population,
            ArpResponder = l2Population,
            Networks = [network],
        });
        var vm = node.AddNativePlug(brInt, Ports.All[number - 1], network.Vlan, $"vm0{number}",
            guest => guest.Mac($"fa:16:3e:00:00:0{number}").Address($"10.0.0.1{number}/24"), portSecurity: portSecurity);
        return (vm, tunnels);
    }
}
