using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>A DHCP server as the DHCP agent makes it, and guests that ask it for their addresses over br-int and over a tunnel.</summary>
public sealed class DhcpServerTests : IAsyncLifetime
{
    private const string Port1 = "0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01", Port2 = "4a1b5e21-77f0-4f6b-9d10-8f5d0f9e7a02",
        Server = "55555555-5555-4b5e-8f11-7a2e40c1d6b3";

    private readonly Lab _lab = new();
    private readonly FakeVm _vm1, _vm2, _stranger;
    private readonly DhcpServer _server;

    public DhcpServerTests()
    {
        OvsBridge network = Compute(1, 1), compute = Compute(2, 3);
        _lab.AddLink(network.Node.End("eth1"), compute.Node.End("eth1"));
        foreach (var node in new[] { network.Node, compute.Node })
        {
            ((OvsBridge)node.Device("br-phy")).Attach(node.Device("eth1"));
        }

        _vm1 = network.Node.AddNativePlug(network, Port1, 1, "vm01", vm => vm.Mac("fa:16:3e:00:00:01"), mtu: 1450, fixedIp: "10.0.0.11");
        _vm2 = compute.Node.AddHybridPlug(compute, Port2, 3, "vm02", vm => vm.Mac("fa:16:3e:00:00:02"), mtu: 1450, fixedIp: "10.0.0.12");
        compute.Node.AddSecurityGroup(_vm2, Port2, "-p icmp");
        _stranger = network.Node.AddVm("stranger", network, vm => vm.Vlan(1));
        _server = DhcpServer.Add(_lab.AddNode("qdhcp-blue"), network, new DhcpServerOptions
        {
            Port = new RouterPort(Server, 1, "10.0.0.2/24", "fa:16:3e:00:00:d2", Mtu: 1450),
            Gateway = IPAddress.Parse("10.0.0.1"),
        });
        _lab.ConnectTunnels();
    }

    public async Task InitializeAsync()
    {
        await _lab.ApplyAsync();
        await _server.StartAsync();
    }

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd, Feature.DnsmasqProgram, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task Guests_get_the_addresses_of_their_ports_on_the_servers_node_and_behind_a_tunnel_and_reach_each_other()
    {
        var one = await _vm1.DhcpAsync();
        var two = await _vm2.DhcpAsync();

        Assert.Equal("10.0.0.11/24 from 10.0.0.2, gateway 10.0.0.1, mtu 1450", $"{one}");
        Assert.Equal("10.0.0.12/24 from 10.0.0.2, gateway 10.0.0.1, mtu 1450", $"{two}");
        Assert.Equal(["169.254.169.254/32", "0.0.0.0/0"], one.Ack.Routes.Select(route => $"{route.Destination}/{route.PrefixLength}"));
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
    }

    [LabFact(Feature.OvsVswitchd, Feature.DnsmasqProgram, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task A_guest_that_is_no_port_of_the_network_gets_nothing_and_is_told_what_became_of_its_question()
    {
        var refusal = await Assert.ThrowsAsync<ForwardingException>(() => _stranger.DhcpAsync());

        Assert.StartsWith("VM stranger sent a DHCP DISCOVER, and got no OFFER.", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(refusal.Fate);
        refusal.Fate.ShouldReach(_server.Node);
        Assert.Contains("no address available", _server.Process!.Error + _server.Process.Output, StringComparison.Ordinal);
    }

    private OvsBridge Compute(int number, int vlan)
    {
        var node = _lab.AddNode($"compute{number}");
        node.AddOvsBridge("br-phy").AddAddress($"192.168.1.{number}/24");
        var brInt = node.AddIntegrationBridge();
        node.AddTunnelBridge(brInt, new TunnelBridgeOptions
        {
            LocalIp = IPAddress.Parse($"192.168.1.{number}"),
            Networks = [new TunnelledNetwork(vlan, 100)],
        });
        return brInt;
    }
}
