using System.Diagnostics;
using System.Xml.Linq;
using NetLab.Linux.Probe;
using NetLab.Testing;

namespace NetLab.Xunit.Tests;

/// <summary>What tests that fail leave behind under xunit v3, seen from outside: they run in another process, as a user runs them.</summary>
public sealed class BundleTests(BundleTests.FailedTests failed) : IClassFixture<BundleTests.FailedTests>
{
    [LabFact]
    public void A_failed_test_names_its_bundle_in_its_text()
    {
        var bundle = failed.Bundle("Plain.A_lab_that_the_test_disposes");

        Assert.Equal("Failed", failed.Outcome("Plain.A_lab_that_the_test_disposes"));
        Assert.Contains($"Bundle: {bundle}", failed.TextOf("Plain.A_lab_that_the_test_disposes"));
        Assert.Contains("Expected VM vm2 to receive the frame", File.ReadAllText(Path.Combine(bundle, "failure.txt")));
        Assert.False(File.Exists(Path.Combine(bundle, "not-written.txt")), "something could not be written");
    }

    [LabTheory]
    [InlineData("Plain.A_lab_that_the_test_disposes")]
    [InlineData("Base.A_lab_that_the_base_class_disposes")]
    [InlineData("Slow.A_test_that_runs_out_of_time")]
    public void The_text_of_a_failure_ends_with_the_bundle(string test) => Assert.EndsWith($"Bundle: {failed.Bundle(test)}", failed.TextOf(test).TrimEnd());

    [LabTheory]
    [InlineData("Plain.A_row_that_fails(row: 2)", "Plain.A_row_that_fails_row__2_")]
    [InlineData("Plain.A_row_that_is_known_late", "Plain.A_row_that_is_known_late")]
    public void So_does_that_of_a_row(string test, string bundle) => Assert.EndsWith($"Bundle: {failed.Bundle(bundle)}", failed.TextOf(test).TrimEnd());

    [LabFact(Feature.BpfTracing)]
    public void The_text_of_a_page_that_does_not_come_has_the_rule_that_dropped_the_answer()
    {
        var text = failed.TextOf("Everybody.A_page_that_a_rule_keeps_away");
        Assert.Contains("client asked 10.0.2.2 for a connection to TCP port 80", text);
        Assert.Contains("tcp sport 80 drop", text);
    }

    [LabFact]
    public void Its_files_are_attached_to_the_test()
    {
        var attached = failed.Attached("Plain.A_lab_that_the_test_disposes");

        Assert.Contains(attached, f => f.Contains("/drawing.svg", StringComparison.Ordinal));
        Assert.Contains(attached, f => f.Contains("/frames.pcapng", StringComparison.Ordinal));
        Assert.Contains(attached, f => f.Contains("/state_switch.txt", StringComparison.Ordinal));
    }

    [LabTheory]
    [InlineData("Base.A_lab_that_the_base_class_disposes")]
    [InlineData("Shared.A_lab_that_several_tests_share")]
    [InlineData("Slow.A_test_that_runs_out_of_time")]
    [InlineData("Slow.A_cancellation_that_goes_through_the_test")]
    [InlineData("Plain.A_row_that_fails_row__2_")]
    public void Every_kind_of_failure_leaves_one(string test) => Assert.True(File.Exists(Path.Combine(failed.Bundle(test), "failure.txt")));

    [LabFact]
    public void It_says_how_to_run_the_test_again() => Assert.Matches(
        @"^dotnet test \S*NetLab\.Xunit\.V3\.Tests --filter "
            + @"FullyQualifiedName=NetLab\.Xunit\.Tests\.FailingOnPurpose\+Base\.A_lab_that_the_base_class_disposes\s*$",
        File.ReadAllText(Path.Combine(failed.Bundle("Base.A_lab_that_the_base_class_disposes"), "rerun.txt")));

    [LabFact]
    public void An_exception_that_the_test_expected_leaves_nothing()
    {
        Assert.Equal("Passed", failed.Outcome("Plain.An_exception_that_was_expected"));
        Assert.DoesNotContain(Directory.GetDirectories(failed.Folder), d => d.Contains("An_exception_that_was_expected", StringComparison.Ordinal));
    }

    [LabFact]
    public void A_feature_that_is_found_missing_late_skips_the_test_with_the_reason()
    {
        Assert.Equal("NotExecuted", failed.Outcome("Late.A_feature_that_only_the_running_test_finds_missing"));
        Assert.Contains("is not available here", failed.OutputOf("Late.A_feature_that_only_the_running_test_finds_missing"));
    }

    [LabFact]
    public async Task A_feature_that_is_insisted_on_and_found_missing_late_fails_the_test()
    {
        await using var required = new FailedTests { Required = "all", Filter = $"FullyQualifiedName~{nameof(FailingOnPurpose)}+Late" };
        await required.InitializeAsync();

        Assert.Equal("Failed", required.Outcome("Late.A_feature_that_only_the_running_test_finds_missing"));
        Assert.Contains("NETLAB_REQUIRE insists", required.OutputOf("Late.A_feature_that_only_the_running_test_finds_missing"));
    }

    [LabFact]
    public void A_fixture_whose_tests_are_all_skipped_builds_no_lab() =>
        Assert.False(File.Exists(Path.Combine(failed.Folder, "described")), "it was described");

    /// <summary>One run of <see cref="FailingOnPurpose"/>, its results file, and the folder of its bundles.</summary>
    public sealed class FailedTests : IAsyncLifetime
    {
        private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

        private XDocument _results = new();

        public string Folder { get; } = Directory.CreateTempSubdirectory("netlab-bundles-").FullName;

        public string Filter { get; init; } =
            $"FullyQualifiedName~{nameof(FailingOnPurpose)}+|FullyQualifiedName~{nameof(FailingForOthers)}+Everybody.A_page";

        public string? Required { get; init; }

        private string Results => Path.Combine(Folder, "results");

        /// <summary>The one bundle of a test.</summary>
        public string Bundle(string test) =>
            Assert.Single(Directory.GetDirectories(Folder), d => Path.GetFileName(d).StartsWith($"FailingOnPurpose_{test}", StringComparison.Ordinal));

        public string? Outcome(string test) => (string?)ResultOf(test).Attribute("outcome");

        public string TextOf(string test) => ResultOf(test).Element(Trx + "Output")?.Element(Trx + "ErrorInfo")?.Element(Trx + "Message")?.Value ?? "";

        public string OutputOf(string test) => ResultOf(test).Element(Trx + "Output")?.Value ?? "";

        public string[] Attached(string test) => [.. ResultOf(test).Descendants(Trx + "ResultFile").Select(f => (string?)f.Attribute("path") ?? "")];

        public async ValueTask InitializeAsync()
        {
            string[] arguments =
            [
                "test", typeof(FailingOnPurpose).Assembly.Location, "--filter", Filter, "--nologo",
                "--logger", "trx;LogFileName=results.trx", "--results-directory", Results,
            ];
            var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment[FailingOnPurpose.Variable] = "1";
            start.Environment[FailureBundle.Variable] = Folder;
            start.Environment[Requirement.Variable] = Required;
            using var process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            var trx = Path.Combine(Results, "results.trx");
            Assert.True(File.Exists(trx), $"no results: {await output}{await error}");
            _results = XDocument.Load(trx);
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        private XElement ResultOf(string test) => Assert.Single(
            _results.Descendants(Trx + "UnitTestResult"),
            r => ((string?)r.Attribute("testName"))?.Contains($"+{test}", StringComparison.Ordinal) == true);
    }
}
