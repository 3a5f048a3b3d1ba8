using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

public sealed class Datapath_of_a_bridge
{
    private const string Text = """
        name: Two VMs on a bridge of Open vSwitch in the kernel
        lab:
          nodes:
            compute:
              ovs: { br0: { datapath: system, ports: [tap-vm1, tap-vm2] } }
              vms:
                vm1: { addresses: 10.0.0.1/24 }
                vm2: { addresses: 10.0.0.2/24 }
        steps:
          - ping: vm1 -> vm2
        """;

    [Theory]
    [InlineData("datapath: system, ", "system")]
    [InlineData("datapath: netdev, ", "netdev")]
    [InlineData("", null)]
    public async Task It_is_that_which_the_scenario_says(string key, string? datapath)
    {
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(Text.Replace("datapath: system, ", key, StringComparison.Ordinal)));
        Assert.Equal(datapath, ((OvsBridge)run.Lab.FindNode("compute")!.Device("br0")).Options.DatapathType);
    }

    [LabFact(Feature.OvsKernelDatapath, Feature.OvsVswitchd)]
    public async Task The_kernel_forwards()
    {
        var play = await Play.TextAsync(Text);
        Assert.True(play.Succeeded, play.ToString());
    }
}
