using System.Diagnostics;
using System.Runtime.InteropServices;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Switching;

/// <summary>A daemon of Open vSwitch that does not answer is told, within the lab's patience.</summary>
public sealed partial class OvsPatienceTests
{
    private const int SIGCONT = 18, SIGSTOP = 19;

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_stopped_ovs_vswitchd_is_named_and_nobody_waits_for_ever()
    {
        await using var lab = new Lab(new LabOptions { Patience = TimeSpan.FromSeconds(1) });
        var node = lab.AddNode("a");
        var bridge = node.AddOvsBridge("br-int");
        FakeVm vm1 = node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24")), vm2 = node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        var pid = node.Live.Ovs!.Pid;
        Assert.Equal(0, kill(pid, SIGSTOP));
        try
        {
            var begun = Stopwatch.StartNew();
            var stopped = await Assert.ThrowsAsync<OvsException>(() => vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello")));
            Assert.True(begun.Elapsed < TimeSpan.FromMinutes(1), $"It took {begun.Elapsed}.");
            Assert.Contains($"in node a: ovs-vswitchd is stopped (process {pid}, state T", stopped.Message, StringComparison.Ordinal);
            Assert.Contains($"kill -CONT {pid}", stopped.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<OvsException>(() => bridge.AddFlowsAsync(["priority=9,udp,actions=drop"]));
        }
        finally
        {
            Assert.Equal(0, kill(pid, SIGCONT));
        }

        (await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "again"))).ShouldReach(vm2);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
