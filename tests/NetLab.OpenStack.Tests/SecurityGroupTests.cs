using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>A security group of iptables_hybrid, and br-int's own checks of what a port sends.</summary>
public sealed class SecurityGroupTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly FakeVm _vm1, _vm2;

    public SecurityGroupTests()
    {
        _compute = _lab.AddNode("compute1");
        var brInt = _compute.AddIntegrationBridge();
        _vm1 = _compute.AddHybridPlug(brInt, Ports.First, 7, "vm01", vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24"));
        _vm2 = _compute.AddHybridPlug(brInt, Ports.Second, 7, "vm02", vm => vm.Mac("fa:16:3e:00:00:02").Address("10.0.0.12/24"));
        _compute.AddSecurityGroup(_vm1, Ports.First, "-p tcp -m tcp --dport 22");
        _compute.AddSecurityGroup(_vm2, Ports.Second, "-p icmp");
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task What_the_group_names_comes_in_and_nothing_else()
    {
        (await _vm2.SendAsync(Tcp(_vm2, _vm1, 22))).ShouldReach(_vm1).Once();

        var fate = await _vm2.SendAsync(Tcp(_vm2, _vm1, 80));
        fate.ShouldNotReach(_vm1);
        Assert.Contains("neutron-openvswi-sg-fallback", fate.Describe());
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task Answers_come_in_and_the_two_crossings_of_a_node_have_zones_of_their_own()
    {
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
        (await _vm2.PingAsync(_vm1)).ShouldFail();
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task An_address_that_is_not_the_ports_own_does_not_leave()
    {
        var fate = await _vm1.SendAsync(Frame.Udp(_vm1.Mac, _vm2.Mac, System.Net.IPAddress.Parse("10.0.0.77"), _vm2.Addresses[0].Address, 68, 67, "x"u8));

        fate.ShouldNotReach(_vm2);
        Assert.Contains("neutron-openvswi-s0c1383d0-c", fate.Describe());
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Arp_and_a_source_mac_of_others_do_not_pass_br_int()
    {
        var poison = await _vm1.SendAsync(Frame.ArpReply(_vm1.Mac, System.Net.IPAddress.Parse("10.0.0.1"), _vm2.Mac, _vm2.Addresses[0].Address));
        poison.ShouldNotReach(_vm2);
        Assert.Contains("table 24, priority 0", poison.Describe());

        var other = await _vm1.SendAsync(Frame.Ethernet(MacAddress.Parse("fa:16:3e:00:00:99"), _vm2.Mac, 0x88b5, "x"u8));
        other.ShouldNotReach(_vm2);
        Assert.Contains("table 25", other.Describe());

        (await _vm1.SendAsync(Frame.ArpReply(_vm1.Mac, _vm1.Addresses[0].Address, _vm2.Mac, _vm2.Addresses[0].Address))).ShouldReach(_vm2).Once();
    }

    private static Frame Tcp(FakeVm from, FakeVm to, ushort port) =>
        Frame.Tcp(from.Mac, to.Mac, from.Addresses[0].Address, to.Addresses[0].Address, 40000, port, TcpFlags.Syn);
}
