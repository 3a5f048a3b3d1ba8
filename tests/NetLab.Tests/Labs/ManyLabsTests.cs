using System.Diagnostics;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Many labs at once, with the same names and addresses, in one process and in several, do not disturb each other.</summary>
[Collection("alone")]
public class ManyLabsTests
{
    [LabFact]
    public async Task Twenty_labs_in_one_process() =>
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => OneLabAsync(i))));

    [LabFact]
    public async Task Twenty_labs_in_five_processes()
    {
        var programs = Enumerable.Range(0, 5)
            .Select(_ => Process.Start(
                new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "NetLab.CrashProbe.dll"), "lab", "bridge", "--turns", "4"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!).ToList();
        foreach (var program in programs)
        {
            Task<string> output = program.StandardOutput.ReadToEndAsync(), error = program.StandardError.ReadToEndAsync();
            await program.WaitForExitAsync();
            Assert.True(program.ExitCode == 0, await error);
            Assert.Contains("removing 3", await output, StringComparison.Ordinal);
        }
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_machine_itself_is_not_touched()
    {
        var before = Machine();
        await OneLabAsync(0);
        await using (var lab = new Lab())
        {
            var router = lab.AddNode("router");
            router.Forwarding = true;
            var bridge = router.AddOvsBridge("br-int");
            bridge.AddInternalPort("patch0").AddAddress("10.9.0.1/24");
            var vm = router.AddVm("vm", bridge, v => v.Address("10.9.0.2/24"));
            router.AddRuleset("table inet filter { chain input { type filter hook input priority 0; icmp type echo-request drop\n }\n }");
            await lab.ApplyAsync();
            (await vm.PingAsync(router)).ShouldFail();
            Assert.Equal(before, Machine());
        }

        Assert.Equal(before, Machine());
    }

    // What a lab could have changed outside. That it makes no files CrashTests look at, where nobody else makes any.
    private static string Machine() => string.Join(
        '\n', [.. MachineNetwork.State(), File.ReadAllText("/proc/sys/net/ipv4/ip_forward"), File.ReadAllText("/proc/sys/net/ipv6/conf/all/disable_ipv6")]);

    private static async Task OneLabAsync(int number)
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        Node h1 = lab.AddHost("h1", bridge, "10.0.0.1/24"), h2 = lab.AddHost("h2", bridge, "10.0.0.2/24");
        var vm = bridge.Node.AddVm("vm", bridge, v => v.Address("10.0.0.3/24"));
        await lab.ApplyAsync();
        (await h1.PingAsync(h2)).ShouldSucceed();
        (await vm.PingAsync(h2)).ShouldSucceed();
        var fate = await vm.SendAsync(Frame.Broadcast(vm, $"lab {number}"));
        Assert.Equal(2, fate.Copies.Count);
        await vm.ShouldReceiveNothingElseAsync();
    }
}
