using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>Scenarios that not every machine can run, or none: who is to blame, by exit code and words.</summary>
public sealed class DeviceKindTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabTheory]
    [InlineData(Feature.Vlan)]
    [InlineData(Feature.Vxlan)]
    [InlineData(Feature.Macvlan)]
    [InlineData(Feature.Dummy)]
    [InlineData(Feature.Wireguard)]
    public async Task A_kind_of_device_that_the_kernel_lacks_is_told_with_its_option_and_an_alternative(Feature kind)
    {
        var state = Capabilities.Of(kind);

        var result = await NetLabProcess.RunAsync("run", $"scenarios/basics/devices/{kind.ToString().ToLowerInvariant()}.yaml");

        if (state.Available)
        {
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            return;
        }

        Assert.Equal(3, result.ExitCode);
        Assert.Contains($"{state.Name} is not available here", result.Error);
        Assert.Contains($"The kernel option is {state.KernelOption}.", result.Error);
        Assert.Contains(state.Remedy!, result.Error);
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_ruleset_that_nft_refuses_is_bad_input_with_its_place()
    {
        var file = Path.Combine(_folder, "typo.yaml");
        File.WriteAllText(file, "name: typo\nlab:\n  nodes:\n    h1:\n      nft: |\n        table inet f {\n          chian o { }\n        }\n");

        var result = await NetLabProcess.RunAsync("run", file);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{file}:7:11: nft refuses the ruleset of h1: syntax error", result.Error);
        Assert.DoesNotContain("fault of netlab", result.Error);
    }
}
