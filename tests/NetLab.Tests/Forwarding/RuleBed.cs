using System.Net;
using NetLab;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding;

/// <summary>Two VMs on a bridge, which has an address itself; behind the bridge a router, behind that a host. IPv4 and IPv6.</summary>
public abstract class RuleBed : IAsyncLifetime
{
    public static readonly IPAddress HostAddress = IPAddress.Parse("10.0.2.2"), HostAddress6 = IPAddress.Parse("fd00:2::2");

    private readonly Lab _lab;
    private int _port = 40_000; // no frame finds a connection of an earlier one

    protected RuleBed(FrameTracing tracing)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        Compute = _lab.AddNode("compute");
        Router = _lab.AddNode("router");
        Host = _lab.AddNode("host");
        Router.Forwarding = true;
        Bridge = Compute.AddBridge("br0");
        Bridge.AddAddress("10.0.1.2/24");
        _lab.AddLink(Router.End("eth0", "10.0.1.1/24").Address("fd00:1::1/64"), Bridge.End("up"));
        _lab.AddLink(Router.End("eth1", "10.0.2.1/24").Address("fd00:2::1/64"), Host.End("eth0", "10.0.2.2/24").Address("fd00:2::2/64"));
        Host.AddRoute("default", "10.0.2.1");
        Host.AddRoute("::/0", "fd00:2::1");
        Router.AddNeighbour("fd00:2::2", Host.Device("eth0").Mac.ToString(), Router.Device("eth1"));
        Vm1 = Compute.AddVm("vm1", Bridge, vm => vm.Address("10.0.1.10/24").Address("fd00:1::10/64").Gateway("10.0.1.1"));
        Vm2 = Compute.AddVm("vm2", Bridge, vm => vm.Address("10.0.1.11/24"));
    }

    public Node Compute { get; }

    public Node Router { get; }

    public Node Host { get; }

    public Bridge Bridge { get; }

    public FakeVm Vm1 { get; }

    public FakeVm Vm2 { get; }

    public Lab Lab => _lab;

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    public Node Node(string name) => _lab.Nodes.Single(n => n.Name == name);

    /// <summary>Across the bridge.</summary>
    public Task<Fate> BridgedAsync(int port = 53) => Vm1.SendAsync(Frame.Udp(Vm1, Vm2, port, "across the bridge"));

    /// <summary>Through the router.</summary>
    public Task<Fate> RoutedAsync(string to = "10.0.2.2") =>
        Vm1.SendAsync(Frame.Udp(Vm1.Mac, RouterMac, Vm1.Address, IPAddress.Parse(to), Port(), 53, "through the router"u8));

    public Task<Fate> Routed6Async() =>
        Vm1.SendAsync(Frame.Udp(Vm1.Mac, RouterMac, Vm1.Addresses[1].Address, HostAddress6, Port(), 53, "through the router"u8));

    public Task<Fate> RoutedTcpAsync(TcpFlags flags = TcpFlags.Syn) =>
        Vm1.SendAsync(Frame.Tcp(Vm1.Mac, RouterMac, Vm1.Address, HostAddress, Port(), 80, flags, 1, 0));

    public Task<Fate> ToBridgeAsync() =>
        Vm1.SendAsync(Frame.Udp(Vm1.Mac, Bridge.Mac, Vm1.Address, IPAddress.Parse("10.0.1.2"), Port(), 53, "to the bridge itself"u8));

    public Task<Fate> UnaskedReplyAsync() =>
        Vm1.SendAsync(Frame.IcmpEcho(Vm1.Mac, RouterMac, Vm1.Address, HostAddress, IcmpType.EchoReply, 7, 7, new byte[30]));

    public Task<Fate> ArpAsync() => Vm1.SendAsync(Frame.ArpRequest(Vm1.Mac, Vm1.Address, IPAddress.Parse("10.0.1.1")));

    /// <summary>From an address that no route leads to.</summary>
    public Task<Fate> FromNowhereAsync() =>
        Vm1.SendAsync(Frame.Udp(Vm1.Mac, RouterMac, IPAddress.Parse("10.9.9.9"), HostAddress, Port(), 53, "from nowhere"u8));

    public Task<Fate> TaggedAsync() => Vm1.SendAsync(Frame.Udp(Vm1, Vm2, 53, "with a tag").WithVlan(7));

    public async Task<Fate> PingFromHostAsync() => (await Host.PingAsync(Vm1)).Fate;

    public ushort Port() => (ushort)_port++;

    public MacAddress RouterMac => Router.Device("eth0").Mac;
}

public sealed class TracedRuleBed() : RuleBed(FrameTracing.Kernel);

public sealed class UntracedRuleBed() : RuleBed(FrameTracing.PacketSockets);
