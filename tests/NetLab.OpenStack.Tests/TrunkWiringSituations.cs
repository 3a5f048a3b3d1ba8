using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>
/// One thing that is wrong between a VM at a trunk and one in the network of its parent port or of its subport: two pairs of patch ports join the bridges.
/// </summary>
public sealed class TrunkWiringSituations
{
    private const string Trunk = "b0a7c1e2-2f7b-4d0a-8b87-6f6a1c0d9e10", Subport = "77777777-7777-4b5e-8f11-7a2e40c1d6b3",
        Tpt = "tpt-0c1383d0-c8", Tpi = "tpi-0c1383d0-c8", Spt = "spt-77777777-77", Spi = "spi-77777777-77";

    // Whether the VM of the subport's network is to get it; the command, the cause, the port, words of the sentence, and the command that is advised.
    public static TheoryData<bool, string, string, string, string, string> Rows { get; } = new()
    {
        { false, $"ovs-vsctl set port {Tpt} tag=3", "ovs-vlan", Tpt, "the frame is in no VLAN there", $"ovs-vsctl clear port {Tpt} tag" },
        { false, $"ovs-vsctl set port {Tpi} tag=9", "ovs-vlan", Tpi, "puts the frame in VLAN 9; in the lab's description it has tag=7",
            $"ovs-vsctl set port {Tpi} tag=7" },
        { true, $"ovs-vsctl set port {Spt} tag=31", "ovs-vlan", Spt, "the frame is in VLAN 30 there", $"ovs-vsctl set port {Spt} tag=30" },
        { true, $"ovs-vsctl set port {Spi} tag=9", "ovs-vlan", Spi, "puts the frame in VLAN 9", $"ovs-vsctl set port {Spi} tag=8" },
        { true, $"ovs-vsctl del-port {Spt}", "ovs-patch", Spt, "is not there (any more)",
            $"ovs-vsctl add-port tbr-b0a7c1e2-2 {Spt} tag=30 vlan_mode=access -- set interface {Spt} type=patch options:peer={Spi}" },
        { true, $"ovs-vsctl set interface {Spi} options:peer=spt-7", "ovs-patch", Spi, $"leads to spt-7, which is not there, and not to {Spt}",
            $"ovs-vsctl set interface {Spi} options:peer={Spt}" },
    };

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Rows))]
    [Trait("Category", "Fate")]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(
        bool isForSubport, string command, string cause, string port, string says, string advised) =>
        Task.WhenAll(new[] { FrameTracing.Kernel, FrameTracing.PacketSockets }
            .Select(level => Task.Run(() => CheckAsync(level, isForSubport, command, cause, port, says, advised))));

    private static async Task CheckAsync(FrameTracing tracing, bool isForSubport, string command, string cause, string port, string says, string advised)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var compute = lab.AddNode("compute1");
        var brInt = compute.AddIntegrationBridge();
        var trunk = compute.AddTrunkPlug(brInt, Trunk, Ports.First, 7, [new Subport(Subport, 8, 30)], "vm01",
            vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24").VlanAddress(30, "10.1.0.11/24"));
        FakeVm parents = compute.AddNativePlug(brInt, Ports.Second, 7, "vm02", vm => vm.Address("10.0.0.12/24")),
            subports = compute.AddNativePlug(brInt, Ports.Third, 8, "vm03", vm => vm.Address("10.1.0.13/24"));
        await lab.ApplyAsync();
        await DoAsync(command);

        var to = isForSubport ? subports : parents;
        var fate = await SendAsync();
        fate.ShouldNotReach(to);
        Assert.DoesNotContain(to.Received, r => r.Frame.Udp is not null);
        var reason = fate.WhyNot(to);
        Assert.True(reason is not null, fate.Describe());
        Assert.True((cause, $"compute1/{port}") == (reason.Cause.Word, reason.Place) && reason.Sentence.Contains(says, StringComparison.Ordinal),
            reason.Describe());
        Assert.Equal(advised, reason.Remedy);
        await DoAsync(reason.Remedy!);
        (await SendAsync()).ShouldReach(to);
        Assert.Contains(to.Received, r => r.Frame.Udp is not null);

        Task<Fate> SendAsync()
        {
            var frame = Frame.Udp(trunk, to, 53, "hello");
            return trunk.SendAsync(isForSubport ? frame.WithVlan(30) : frame);
        }

        async Task DoAsync(string line)
        {
            var words = line.Split(' ');
            (await compute.ExecAsync(words[0], words[1..])).EnsureSuccess();
            await lab.SettleAsync();
        }
    }
}
