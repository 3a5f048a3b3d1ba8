using System.Diagnostics;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Vms;

/// <summary>Many frames that are followed at the same time: each waits for what can concern it, and no longer than one alone would.</summary>
public sealed class ManyAtOnceTests : IAsyncLifetime
{
    private const int Guests = 24, Each = 16;

    private readonly Lab _lab = new();
    private readonly FakeVm[] _vms;

    public ManyAtOnceTests()
    {
        var bridge = _lab.AddNode("compute").AddBridge("br0");
        _vms = [.. Enumerable.Range(1, Guests).Select(n => bridge.Node.AddVm($"vm{n}", bridge, vm => vm.Address($"10.0.0.{n}/24")))];
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task Every_ping_of_many_at_once_is_answered()
    {
        var results = await Task.WhenAll(
            from n in Enumerable.Range(0, Guests)
            from step in Enumerable.Range(1, Each)
            select Task.Run(() => _vms[n].PingAsync(_vms[(n + step) % Guests])));
        Assert.All(results, result => result.ShouldSucceed());
    }

    [LabFact]
    public async Task Who_waits_for_quiet_while_another_sends_waits_until_that_ends()
    {
        var patience = TimeSpan.FromMilliseconds(200);
        await using var lab = new Lab(new LabOptions { Patience = patience });
        var bridge = lab.AddNode("compute").AddBridge("br0");
        var vm = bridge.Node.AddVm("vm", bridge);
        await lab.ApplyAsync();
        var frame = Frame.Broadcast(vm, "more");
        Task? settling = null;
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < 3 * patience;)
        {
            vm.Inject(frame.Bytes.Span);
            settling ??= lab.SettleAsync();
        }

        await settling!;
    }
}
