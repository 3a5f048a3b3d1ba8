using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>A router as the L3 agent makes it, and the provider bridge by which it reaches the world.</summary>
public sealed class RouterTests : IAsyncLifetime
{
    private const string Port1 = "0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01", Port2 = "4a1b5e21-77f0-4f6b-9d10-8f5d0f9e7a02",
        Port3 = "9c2d7f66-1b1e-45a5-b7a4-0d1d6f2b9c03", Inside = "77777777-7777-4b5e-8f11-7a2e40c1d6b3", Other = "66666666-6666-4b5e-8f11-7a2e40c1d6b3",
        Outside = "88888888-8888-4b5e-8f11-7a2e40c1d6b3";

    private readonly Lab _lab = new();
    private readonly Node _router;
    private readonly FakeVm _vm1, _vm2, _vm3, _world;

    public RouterTests()
    {
        var network = _lab.AddNode("network1");
        var brInt = network.AddIntegrationBridge();
        var brEx = network.AddProviderBridge(brInt, "br-ex", new ProviderNetwork(9, 100));
        _vm1 = network.AddNativePlug(brInt, Port1, 1, "vm01", vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24").Gateway("10.0.0.1"));
        _vm2 = network.AddNativePlug(brInt, Port2, 1, "vm02", vm => vm.Mac("fa:16:3e:00:00:02").Address("10.0.0.12/24").Gateway("10.0.0.1"));
        _vm3 = network.AddNativePlug(brInt, Port3, 2, "vm03", vm => vm.Mac("fa:16:3e:00:00:03").Address("10.1.0.11/24").Gateway("10.1.0.1"));
        _world = network.AddVm("world", brEx, vm => vm.Address("203.0.113.1/24").Vlan(100));
        _router = _lab.AddNode("qrouter-5f0a7c1e-2f7b-4d0a-8b87-6f6a1c0d9e10");
        _router.AddRouter(brInt, new RouterOptions
        {
            Interfaces = [new RouterPort(Inside, 1, "10.0.0.1/24", "fa:16:3e:00:00:f1"), new RouterPort(Other, 2, "10.1.0.1/24")],
            Gateway = new RouterPort(Outside, 9, "203.0.113.2/24", "fa:16:3e:00:00:f2"),
            NextHop = IPAddress.Parse("203.0.113.1"),
            FloatingIps = [new FloatingIp(IPAddress.Parse("203.0.113.50"), IPAddress.Parse("10.0.0.12"))],
        });
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram)]
    public async Task Vms_of_two_networks_reach_each_other_by_internal_ports_that_stand_in_the_routers_namespace()
    {
        var ping = await _vm1.PingAsync(_vm3);
        ping.ShouldSucceed();
        ping.Fate.ShouldReach(_vm3).Once().Via("tap0c1383d0-c8", "br-int", "qr-77777777-77", "qr-66666666-66", "br-int", "tap9c2d7f66-1b");
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram)]
    public async Task What_a_vm_sends_into_the_world_has_the_address_of_the_router_or_its_floating_ip()
    {
        (await _vm1.SendAsync(Udp(_vm1, "203.0.113.1"))).ShouldReach(_world).Once();
        Assert.Equal("203.0.113.2", (await _world.ReceiveAsync(frame => frame.Udp is not null)).Ipv4!.Value.Source.ToString());
        (await _vm2.SendAsync(Udp(_vm2, "203.0.113.1"))).ShouldReach(_world).Once();
        Assert.Equal("203.0.113.50", (await _world.ReceiveAsync(frame => frame.Udp is not null)).Ipv4!.Value.Source.ToString());
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram)]
    public async Task The_agent_announces_every_address_of_the_router_as_arping_does()
    {
        await _router.AnnounceAddressesAsync();

        List<ArpPacket> heard = [.. _world.Received.Select(one => one.Frame.Arp).OfType<ArpPacket>()];
        Assert.Equal(["203.0.113.2", "203.0.113.50"], heard.Select(arp => arp.SenderIp.ToString()).Distinct());
        Assert.All(heard, arp => Assert.True(arp.IsGratuitous && arp.SenderMac == MacAddress.Parse("fa:16:3e:00:00:f2")));
        Assert.Equal([(ArpOperation.Request, "ff:ff:ff:ff:ff:ff"), (ArpOperation.Reply, "fa:16:3e:00:00:f2")],
            heard.Where(arp => arp.SenderIp.ToString() == "203.0.113.50").Select(arp => (arp.Operation, arp.TargetMac.ToString())));
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram)]
    public async Task The_world_reaches_a_vm_by_its_floating_ip_and_the_others_not_at_all()
    {
        (await _world.PingAsync(IPAddress.Parse("203.0.113.50"))).ShouldSucceed().Fate.ShouldReach(_vm2).Once();
        (await _vm1.PingAsync(IPAddress.Parse("203.0.113.50"))).ShouldSucceed().Fate.ShouldReach(_vm2).Once();

        var fate = await _world.SendAsync(Frame.Udp(_world.Mac, MacAddress.Parse("fa:16:3e:00:00:f2"), IPAddress.Parse("203.0.113.1"),
            IPAddress.Parse("203.0.113.2"), 40000, 53, "hello"u8));
        fate.ShouldNotReach(_vm1, _vm2, _vm3);
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram)]
    public async Task A_frame_of_a_vlan_that_no_network_has_is_dropped_where_br_int_takes_it_in()
    {
        var fate = await _world.SendAsync(Frame.ArpRequest(_world.Mac, IPAddress.Parse("203.0.113.1"), IPAddress.Parse("203.0.113.2")));
        fate.ShouldReach(_router);
        await ((OvsBridge)_lab.FindNode("network1")!.Device("br-int")).DeleteFlowsStrictAsync(["table=0,priority=3,in_port=int-br-ex,dl_vlan=100"]);

        fate = await _world.SendAsync(Frame.Udp(_world.Mac, MacAddress.Parse("fa:16:3e:00:00:f2"), IPAddress.Parse("203.0.113.1"),
            IPAddress.Parse("203.0.113.50"), 40000, 53, "hello"u8));

        fate.ShouldNotReach(_vm2);
        Assert.Contains("br-int table 0, priority 2, in_port=\"int-br-ex\"", fate.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_patch_ports_of_a_bridge_with_a_long_name_have_a_part_of_its_hash() =>
        Assert.Equal(("int-br-ex", "phy-br-ex", "int-br-pr0ed082", "phy-br-pr0ed082"), (ProviderBridge.IntegrationPort("br-ex"),
            ProviderBridge.PhysicalPort("br-ex"), ProviderBridge.IntegrationPort("br-provider-one"), ProviderBridge.PhysicalPort("br-provider-one")));

    private static Frame Udp(FakeVm from, string to) => Frame.Udp(from.Mac, MacAddress.Parse("fa:16:3e:00:00:f1"), from.Addresses[0].Address,
        IPAddress.Parse(to), 40000, 53, "hello"u8);
}
