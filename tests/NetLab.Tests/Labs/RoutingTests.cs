using System.Net;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Frames across a router and across several nodes.</summary>
public sealed class RoutingTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _h1, _router, _compute;
    private readonly FakeVm _vm;

    public RoutingTests()
    {
        _h1 = _lab.AddNode("h1");
        _router = _lab.AddNode("router");
        _compute = _lab.AddNode("compute");
        _router.Forwarding = true;
        var bridge = _compute.AddBridge("br0");
        _lab.AddLink(_h1.End("eth0", "10.0.1.2/24"), _router.End("eth0", "10.0.1.1/24"));
        _lab.AddLink(_router.End("eth1", "10.0.2.1/24"), bridge.End("up"));
        _h1.AddRoute("default", "10.0.1.1");
        _vm = _compute.AddVm("vm", bridge, vm => vm.Address("10.0.2.10/24").Gateway("10.0.2.1"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_node_pings_a_vm_behind_a_router()
    {
        var ping = (await _h1.PingAsync(_vm)).ShouldSucceed();
        ping.Fate.ShouldReach(_vm).Via("h1", "eth0", "eth1", "up", "br0", "tap-vm", "vm");
    }

    [LabFact]
    public async Task A_vm_pings_a_node_behind_a_router() =>
        (await _vm.PingAsync(_h1)).ShouldSucceed().Fate.ShouldReach(_h1).Via("vm", "tap-vm", "br0", "up", "eth1", "eth0", "h1");

    [LabFact]
    public async Task Without_forwarding_the_router_is_where_the_frame_ends()
    {
        await _vm.ResolveAsync(IPAddress.Parse("10.0.2.1"));
        _router.WriteSysctl("net.ipv4.ip_forward", "0");
        var message = Assert.Throws<ForwardingException>(() => { _ = _vm.PingAsync(_h1).Result.ShouldSucceed(); }).Message;
        Assert.Contains("router/eth1", message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task The_first_datagram_after_apply_arrives()
    {
        using var server = _h1.OpenUdp(5000);
        using var client = _compute.OpenUdp();
        await _vm.SendUdpAsync(IPAddress.Parse("10.0.1.2"), 5000, "first"u8.ToArray());
        var received = await server.ReceiveAsync();
        Assert.Equal("first"u8.ToArray(), received.Buffer);
    }
}
