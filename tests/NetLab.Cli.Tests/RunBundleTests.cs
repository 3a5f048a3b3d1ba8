using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>The bundle that a failed scenario leaves.</summary>
public sealed class RunBundleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact]
    public async Task A_failed_scenario_names_its_bundle_and_a_good_one_leaves_none()
    {
        string bad = Path.Combine(_folder, "bad.yaml"), bundles = Path.Combine(_folder, "bundles");
        await File.WriteAllTextAsync(bad,
            Samples.Yaml.Replace("ping: vm01 -> vm02", "send: { from: vm01, to: vm02, udp: 53 }\n    expect-none: vm02", StringComparison.Ordinal));

        var result = await NetLabProcess.RunWithAsync(FailureBundle.Variable, bundles, "run", bad, NetLabProcess.Scenario("basics/two-hosts.yaml"));

        Assert.True(result.ExitCode == ExitCode.Failed, result.ToString());
        var bundle = Assert.Single(Directory.GetDirectories(bundles));
        Assert.Contains($"Bundle: {bundle}", result.Output);
        Assert.Contains("Expected VM vm02 not to receive the frame", await File.ReadAllTextAsync(Path.Combine(bundle, "failure.txt")));
        Assert.Contains($"{bad}:", await File.ReadAllTextAsync(Path.Combine(bundle, "failure.txt")));
        Assert.Equal($"netlab run {bad}\n", await File.ReadAllTextAsync(Path.Combine(bundle, "rerun.txt")));
        Assert.Contains("tap-vm02", await File.ReadAllTextAsync(Path.Combine(bundle, "state", "host.txt")));
    }

    [LabFact]
    public async Task With_json_the_bundle_is_in_the_document()
    {
        var bad = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(bad, Samples.Yaml.Replace("vm01 -> vm02", "{ from: vm01, to: vm02, expect: no-reply }", StringComparison.Ordinal));

        var result = await NetLabProcess.RunWithAsync(FailureBundle.Variable, Path.Combine(_folder, "bundles"), "run", bad, "--json");

        Assert.True(Directory.Exists((string?)result.Json["scenarios"]![0]!["bundle"]), result.ToString());
    }
}
