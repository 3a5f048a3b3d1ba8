using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NetLab.Xunit.Tests;

/// <summary>What tests that fail leave behind, seen from outside: they run in another process, as a user runs them.</summary>
public sealed class BundleTests(BundleTests.FailedTests failed) : IClassFixture<BundleTests.FailedTests>
{
    [LabFact]
    public void A_failed_test_names_its_bundle_in_its_text()
    {
        Assert.NotEqual(0, failed.ExitCode);
        var bundle = failed.Bundle("Plain.A_lab_that_the_test_disposes");

        Assert.Contains("Expected VM vm2 to receive the frame, but it did not.", failed.Output);
        Assert.Contains($"Bundle: {bundle}", failed.Output);
        Assert.Contains("Expected VM vm2 to receive the frame", File.ReadAllText(Path.Combine(bundle, "failure.txt")));
        Assert.False(File.Exists(Path.Combine(bundle, "not-written.txt")), "something could not be written");
    }

    [LabFact]
    public void The_drawing_marks_the_hop_where_the_frame_ended()
    {
        var bundle = failed.Bundle("Plain.A_lab_that_the_test_disposes");

        Assert.Contains("─ switch ─", File.ReadAllText(Path.Combine(bundle, "drawing.txt")));
        Assert.Contains('✗', File.ReadAllText(Path.Combine(bundle, "drawing.txt")));
        Assert.StartsWith("<svg", File.ReadAllText(Path.Combine(bundle, "drawing.svg")));
    }

    [LabFact]
    public void The_fates_are_there_as_text_and_as_JSON()
    {
        var bundle = failed.Bundle("Plain.A_lab_that_the_test_disposes");

        Assert.Contains("vm1 sent", File.ReadAllText(Path.Combine(bundle, "fates.txt")));
        var fate = JsonNode.Parse(File.ReadAllText(Path.Combine(bundle, "fates.json")))!.AsArray()[0]!;
        Assert.Equal("vm1", (string?)fate["from"]);
    }

    [LabFact]
    public async Task The_capture_file_opens_in_tshark_with_the_end_of_each_copy_as_a_comment()
    {
        var bundle = failed.Bundle("Plain.A_lab_that_the_test_disposes");

        (var code, var output) =
            await RunAsync("tshark", ["-r", Path.Combine(bundle, "frames.pcapng"), "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"]);

        Assert.Equal(0, code);
        Assert.Contains("switch/tap-vm1\tDROPPED at switch/tap-vm2", output);
    }

    [LabFact]
    public void State_rules_and_logs_of_every_node_are_there()
    {
        var bundle = failed.Bundle("Base.A_lab_that_the_base_class_disposes");

        Assert.Contains("tap-vm2", File.ReadAllText(Path.Combine(bundle, "state", "switch.txt")));
        Assert.NotNull(JsonNode.Parse(File.ReadAllText(Path.Combine(bundle, "state", "switch.json"))));
        Assert.Contains("table inet marker", File.ReadAllText(Path.Combine(bundle, "nft", "switch.nft")));
        Assert.Contains("a word from the program", File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(bundle, "logs"), "switch-echo-*.txt"))));
        Assert.Contains("as it should be", File.ReadAllText(Path.Combine(bundle, "failure.txt")));
    }

    [LabFact]
    public void It_says_how_to_run_the_test_again()
    {
        var rerun = File.ReadAllText(Path.Combine(failed.Bundle("Base.A_lab_that_the_base_class_disposes"), "rerun.txt"));

        Assert.Matches(
            @"^dotnet test \S*NetLab\.Xunit\.Tests --filter "
                + @"FullyQualifiedName=NetLab\.Xunit\.Tests\.FailingOnPurpose\+Base\.A_lab_that_the_base_class_disposes\s*$", rerun);
    }

    [LabFact]
    public void Only_the_row_that_failed_leaves_a_bundle() => Assert.Contains("row__2", failed.Bundle("Plain.A_row_that_fails"));

    [LabFact]
    public void A_lab_that_stays_after_the_test_is_written_too() =>
        Assert.Contains("Expected VM vm2", File.ReadAllText(Path.Combine(failed.Bundle("Shared.A_lab_that_several_tests_share"), "failure.txt")));

    [LabFact]
    public void An_exception_that_the_test_expected_leaves_nothing() =>
        Assert.DoesNotContain(Directory.GetDirectories(failed.Folder), d => d.Contains("An_exception_that_was_expected", StringComparison.Ordinal));

    [LabFact]
    public void A_test_that_runs_out_of_time_leaves_its_lab_as_it_was_then() =>
        Assert.True(File.Exists(Path.Combine(failed.Bundle("Slow.A_test_that_runs_out_of_time"), "state", "switch.txt")));

    [LabFact]
    public void A_cancellation_that_goes_through_the_test_leaves_a_bundle() =>
        Assert.Contains("TaskCanceledException",
            File.ReadAllText(Path.Combine(failed.Bundle("Slow.A_cancellation_that_goes_through_the_test"), "failure.txt")));

    [LabFact]
    public void A_feature_that_is_found_missing_late_skips_the_test()
    {
        Assert.Matches(@"FailingOnPurpose\+Late\.A_feature_that_only_the_running_test_finds_missing \[SKIP\]", failed.Output);
        Assert.DoesNotContain(Directory.GetDirectories(failed.Folder), d => d.Contains("Late", StringComparison.Ordinal));
    }

    [LabFact]
    public void A_fixture_whose_tests_are_all_skipped_builds_no_lab() =>
        Assert.False(File.Exists(Path.Combine(failed.Folder, "described")), "it was described");

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((var name, var value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    /// <summary>One run of <see cref="FailingOnPurpose"/>, and the folder of its bundles.</summary>
    public class FailedTests : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("netlab-bundles-").FullName;

        public string Output { get; private set; } = "";

        public int ExitCode { get; private set; }

        protected virtual string Tests => nameof(FailingOnPurpose);

        /// <summary>The one bundle of a test.</summary>
        public string Bundle(string test) =>
            Assert.Single(Directory.GetDirectories(Folder), d => Path.GetFileName(d).StartsWith($"{Tests}_{test}", StringComparison.Ordinal));

        public async Task InitializeAsync() =>
            (ExitCode, Output) = await RunAsync("dotnet",
                ["test", typeof(FailingOnPurpose).Assembly.Location, "--filter", $"FullyQualifiedName~{Tests}+", "--nologo"],
                (FailingOnPurpose.Variable, "1"), (FailureBundle.Variable, Folder));

        public Task DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return Task.CompletedTask;
        }
    }
}
