using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Readme;

/// <summary>The failed assertion that the README shows is what is printed, but for numbers of the kernel's.</summary>
public sealed partial class FailureTest
{
    [LabFact(Feature.BpfTracing, Feature.NftProgram)]
    public async Task The_failed_assertion_of_the_README_is_what_is_printed()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        await bridge.Node.LoadRulesetAsync("""
            table bridge guard {
              chain f { type filter hook forward priority 0; oifname "tap-vm2" ip protocol udp counter drop comment "vm2-isolated"; }
            }
            """);

        var fate = await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello"));

        var message = Assert.Throws<ForwardingException>(() => fate.ShouldReach(vm2)).Message;
        var readme = File.ReadAllText(Path.Combine(SourceTree.Root, "README.md")).ReplaceLineEndings();
        Assert.Contains(Steady(message.Split($"{Environment.NewLine}Bundle:")[0]), Steady(readme), StringComparison.Ordinal);
    }

    // The trace's id, the rest of the stack and the kernel's version are the machine's.
    private static string Steady(string text) => Varying().Replace(text, "…");

    [GeneratedRegex(@"(?<=trace id )[0-9a-f]+|(?<=__br_forward) < .*|(?<=kernel )\d+\.\d+\S*")]
    private static partial Regex Varying();
}
