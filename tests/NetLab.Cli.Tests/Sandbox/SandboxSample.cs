using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests.Sandbox;

/// <summary>A few tests as a user has them, which <see cref="SandboxTests"/> runs without privileges; elsewhere they run like any other.</summary>
public sealed class SandboxSample
{
    [LabFact]
    public async Task Two_hosts_on_a_bridge_reach_each_other()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        Node h1 = lab.AddHost("h1", bridge, "10.0.0.1/24"), h2 = lab.AddHost("h2", bridge, "10.0.0.2/24");
        await lab.ApplyAsync();
        (await h1.PingAsync(h2)).ShouldSucceed();
        Assert.Equal(0, (await h1.ExecAsync("ping", ["-c1", "-W60", "10.0.0.2"])).ExitCode);
    }

    [LabFact]
    public async Task A_vm_on_a_tap_reaches_another()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        FakeVm vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24")), vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        (await vm1.PingAsync(vm2)).ShouldSucceed();
    }

    [LabFact]
    public async Task Two_hosts_on_an_Open_vSwitch_bridge_reach_each_other()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddOvsBridge("br-int");
        Node h1 = lab.AddHost("h1", bridge, "10.0.0.1/24"), h2 = lab.AddHost("h2", bridge, "10.0.0.2/24");
        await lab.ApplyAsync();
        (await h1.PingAsync(h2)).ShouldSucceed();
    }

    [LabFact(Feature.BpfTracing)]
    public async Task The_kernel_tells_of_drops()
    {
        await using var lab = new Lab();
        lab.AddNode("a");
        await lab.ApplyAsync();
        Assert.True(lab.Drops.IsRecording, lab.Drops.Level);
    }

    // Fails where SandboxTests ask it to.
    [LabFact]
    public async Task A_neighbour_that_nobody_is_does_not_answer()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var h1 = lab.AddHost("h1", bridge, "10.0.0.1/24");
        await lab.ApplyAsync();
        using var socket = h1.OpenUdp();
        await socket.SendAsync(new byte[1], "10.0.0.9", 7);
        Assert.NotEqual("1", Environment.GetEnvironmentVariable(FailsHere));
    }

    internal const string FailsHere = "NETLAB_SANDBOX_SAMPLE_FAILS";
}
