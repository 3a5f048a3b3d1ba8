using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>
/// A VM behind a tunnel, the router on a network node, and the world: what arrives, also without a byte by which it could be known again, and what is told of
/// one thing that is wrong between them.
/// </summary>
public sealed class RouterWiringSituations
{
    private const string Inside = "77777777-7777-4b5e-8f11-7a2e40c1d6b3", Outside = "88888888-8888-4b5e-8f11-7a2e40c1d6b3", Floating = "203.0.113.50";

    // Whether the world sends; the command and its node, the cause, the place, words of the sentence, and the command that is advised; null for words.
    public static TheoryData<bool, string, string, string, string, string, string?> Rows { get; } = new()
    {
        { true, "qrouter-r1", "sysctl -w net.ipv4.ip_forward=0", "forwarding-off", "qrouter-r1/qg-88888888-88", $"It came for {Floating}:53, and ",
            "sysctl -w net.ipv4.ip_forward=1" },
        { true, "qrouter-r1", "iptables -t mangle -F neutron-l3-agent-scope", "iptables-rule", "qrouter-r1/qg-88888888-88",
            "rule 1 of chain \"neutron-l3-agent-scope\"", "iptables -D neutron-l3-agent-scope" },
        { false, "network1", "ovs-vsctl set port qr-77777777-77 tag=4095 vlan_mode=trunk trunks=4095", "ovs-vlan", "network1/qr-77777777-77",
            "br-int does not send it to qr-77777777-77: the frame is in VLAN 3 there", "ovs-vsctl clear port qr-77777777-77 vlan_mode trunks" },
        { false, "network1", "ovs-vsctl set port qg-88888888-88 tag=10", "ovs-vlan", "network1/qg-88888888-88",
            "puts the frame in VLAN 10; in the lab's description it has tag=9", "ovs-vsctl set port qg-88888888-88 tag=9" },
        { true, "network1", "ovs-vsctl set port qr-77777777-77 tag=4", "ovs-vlan", "network1/qr-77777777-77", "puts the frame in VLAN 4",
            "ovs-vsctl set port qr-77777777-77 tag=3" },
        { false, "qrouter-r1", "ip link set dev qr-77777777-77 down", "port-down", "qrouter-r1/qr-77777777-77", "is down in node qrouter-r1",
            "ip link set dev qr-77777777-77 up" },
    };

    [LabTheory(Feature.OvsVswitchd, Feature.IptablesProgram)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    [Trait("Category", "Fate")]
    public async Task A_datagram_without_content_is_followed_through_tunnel_and_translation(FrameTracing tracing)
    {
        await using var scene = new Scene(tracing);
        await scene.Lab.ApplyAsync();
        (await scene.Vm.SendAsync(scene.ToTheWorld())).ShouldReach(scene.World).Once();
        Assert.Equal(Floating, (await scene.World.ReceiveAsync(frame => frame.Udp is not null)).Ipv4!.Value.Source.ToString());
        (await scene.World.SendAsync(scene.ToTheVm())).ShouldReach(scene.Vm).Once();
        Assert.Equal("203.0.113.1", (await scene.Vm.ReceiveAsync(frame => frame.Udp is not null)).Ipv4!.Value.Source.ToString());
    }

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd, Feature.IptablesProgram), MemberData(nameof(Rows))]
    [Trait("Category", "Fate")]
    public async Task What_is_wrong_is_told_and_what_is_advised_mends_it(
        bool isFromWorld, string node, string command, string cause, string place, string says, string? advised)
    {
        await using var scene = new Scene(FrameTracing.Kernel);
        await scene.Lab.ApplyAsync();
        var (from, to) = isFromWorld ? (scene.World, scene.Vm) : (scene.Vm, scene.World);
        (await SendAsync()).ShouldReach(to);
        var before = to.Received.Count(IsSent);
        await DoAsync(scene.Lab.Nodes.Single(n => n.Name == node), command);

        var fate = await SendAsync();
        fate.ShouldNotReach(to);
        Assert.Equal(before, to.Received.Count(IsSent));
        var reason = fate.WhyNot(to);
        Assert.True(reason is not null, fate.Describe());
        Assert.True((cause, place) == (reason.Cause.Word, reason.Place) && reason.Sentence.Contains(says, StringComparison.Ordinal), reason.Describe());
        Assert.StartsWith(advised, reason.Remedy, StringComparison.Ordinal);
        await DoAsync(reason.Node, reason.Remedy!.Split(", ")[0]);
        (await SendAsync()).ShouldReach(to);
        Assert.Equal(before + 1, to.Received.Count(IsSent));

        Task<Fate> SendAsync() => from.SendAsync(isFromWorld ? scene.ToTheVm() : scene.ToTheWorld());

        static bool IsSent(ReceivedFrame received) => received.Frame.Udp is { DestinationPort: 53 };

        async Task DoAsync(Node at, string line)
        {
            var words = line.Split(' ');
            (await at.ExecAsync(words[0], words[1..])).EnsureSuccess();
            await scene.Lab.SettleAsync();
        }
    }

    private sealed class Scene : IAsyncDisposable
    {
        private static readonly MacAddress RouterInside = MacAddress.Parse("fa:16:3e:00:00:f1"), RouterOutside = MacAddress.Parse("fa:16:3e:00:00:f2");

        public Scene(FrameTracing tracing)
        {
            Lab = new Lab(new LabOptions { Tracing = tracing });
            var (compute, brInt) = Host("compute1", 1, 5);
            var (network, brInt2) = Host("network1", 2, 3);
            Lab.AddLink(compute.End("eth1"), network.End("eth1"));
            foreach (var node in new[] { compute, network })
            {
                ((OvsBridge)node.Device("br-phy")).Attach(node.Device("eth1"));
            }

            Vm = compute.AddNativePlug(brInt, Ports.First, 5, "vm01", vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24").Gateway("10.0.0.1"));
            var brEx = network.AddProviderBridge(brInt2, "br-ex", new ProviderNetwork(9, 100));
            World = network.AddVm("world", brEx, vm => vm.Address("203.0.113.1/24").Vlan(100));
            Lab.AddNode("qrouter-r1").AddRouter(brInt2, new RouterOptions
            {
                Interfaces = [new RouterPort(Inside, 3, "10.0.0.1/24", $"{RouterInside}", 1450)],
                Gateway = new RouterPort(Outside, 9, "203.0.113.2/24", $"{RouterOutside}"),
                NextHop = IPAddress.Parse("203.0.113.1"),
                FloatingIps = [new FloatingIp(IPAddress.Parse(Floating), IPAddress.Parse("10.0.0.11"))],
            });
            Lab.ConnectTunnels();
        }

        public Lab Lab { get; }

        public FakeVm Vm { get; }

        public FakeVm World { get; }

        public Frame ToTheWorld() => Frame.Udp(Vm.Mac, RouterInside, Vm.Address, World.Address, 40_000, 53, []);

        public Frame ToTheVm() => Frame.Udp(World.Mac, RouterOutside, World.Address, IPAddress.Parse(Floating), 40_000, 53, []);

        public ValueTask DisposeAsync() => Lab.DisposeAsync();

        private (Node Node, OvsBridge Integration) Host(string name, int number, int vlan)
        {
            var node = Lab.AddNode(name);
            node.AddOvsBridge("br-phy").AddAddress($"192.168.1.{number}/24");
            var brInt = node.AddIntegrationBridge();
            node.AddTunnelBridge(brInt, new TunnelBridgeOptions
            {
                LocalIp = IPAddress.Parse($"192.168.1.{number}"), Type = "vxlan", L2Population = true, Networks = [new TunnelledNetwork(vlan, 100)],
            });
            return (node, brInt);
        }
    }
}
