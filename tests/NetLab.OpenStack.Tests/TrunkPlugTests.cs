using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>A VM at a trunk: its untagged frames are in the network of the parent port, tagged ones in those of the subports.</summary>
public sealed class TrunkPlugTests : IAsyncLifetime
{
    private const string Trunk = "b0a7c1e2-2f7b-4d0a-8b87-6f6a1c0d9e10", Subport = "77777777-7777-4b5e-8f11-7a2e40c1d6b3";

    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly FakeVm _trunk, _parents, _subports;

    public TrunkPlugTests()
    {
        _compute = _lab.AddNode("compute1");
        var brInt = _compute.AddIntegrationBridge();
        _trunk = _compute.AddTrunkPlug(brInt, Trunk, Ports.First, 7, [new Subport(Subport, 8, 30)], "vm01",
            vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24").VlanAddress(30, "10.1.0.11/24"));
        _parents = _compute.AddNativePlug(brInt, Ports.Second, 7, "vm02", vm => vm.Address("10.0.0.12/24"));
        _subports = _compute.AddNativePlug(brInt, Ports.Third, 8, "vm03", vm => vm.Address("10.1.0.13/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_guest_reaches_both_networks_by_way_of_the_trunks_bridge()
    {
        var untagged = await _trunk.PingAsync(_parents);
        untagged.ShouldSucceed().Fate.ShouldReach(_parents).Once().Via("tap0c1383d0-c8", "tbr-b0a7c1e2-2", "br-int", "tap4a1b5e21-77");
        var tagged = await _trunk.PingAsync(_subports);
        tagged.ShouldSucceed();
        Assert.Equal(30, tagged.Fate.Frame.VlanTags[0].Id);
        (await _subports.PingAsync(System.Net.IPAddress.Parse("10.1.0.11"))).ShouldSucceed();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_broadcast_stays_in_its_network()
    {
        var fate = await _subports.SendAsync(Frame.Broadcast(_subports, "hello"));
        fate.ShouldReach(_trunk).Once();
        fate.ShouldNotReach(_parents);
        Assert.Equal(30, (await _trunk.ReceiveAsync(frame => frame.Destination.IsMulticast)).VlanTags[0].Id);

        (await _trunk.SendAsync(Frame.Broadcast(_trunk, "hello").WithVlan(31))).ShouldNotReach(_parents).ShouldNotReach(_subports);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_names_and_rows_are_those_of_the_agent()
    {
        var rows = (await _compute.ReadStateAsync()).OvsPorts.ToDictionary(row => row.Info.Name, row => row.Info);
        Assert.Equal((0, "access"), (rows["tpt-0c1383d0-c8"].Tag, rows["tpt-0c1383d0-c8"].VlanMode));
        Assert.Equal((30, "access"), (rows["spt-77777777-77"].Tag, rows["spt-77777777-77"].VlanMode));
        Assert.Equal((7, Ports.First), (rows["tpi-0c1383d0-c8"].Tag, rows["tpi-0c1383d0-c8"].ExternalIds["iface-id"]));
        Assert.Equal((8, Subport), (rows["spi-77777777-77"].Tag, rows["spi-77777777-77"].ExternalIds["iface-id"]));
        Assert.Equal(Trunk, rows["tap0c1383d0-c8"].ExternalIds["trunk_id"]);
        Assert.True(Guid.TryParse(rows["tap0c1383d0-c8"].ExternalIds.GetValueOrDefault("vm-uuid"), out _));
        Assert.False(rows["tpi-0c1383d0-c8"].ExternalIds.ContainsKey("vm-uuid"));
    }
}
