using NetLab.Cli.Running;
using NetLab.Cli.Sharding;
using NetLab.Xunit;

namespace NetLab.Cli.Tests.Sharding;

/// <summary>One report of what several shards left, and whatever is not there is told.</summary>
public sealed class MergeTests : IDisposable
{
    private static readonly string[] Tests = [.. Enumerable.Range(0, 40).Select(i => $"Tests.Class{i}.Test")];

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Three_shards_of_tests_are_one_run()
    {
        for (var n = 1; n <= 3; n++)
        {
            Leave(n, 3);
        }

        Trx("whole/all.trx", Tests);

        MergedReport merged = Merge("1", "2", "3"), whole = Merge("whole");
        Assert.Equal(whole.ToJson().ToJsonString(), merged.ToJson().ToJsonString());
        Assert.Equal((0, 40), (merged.Code, (int)merged.ToJson()["passed"]!));
        Assert.Equal(1000, (double)merged.ToJson()["times"]!["Tests.Class7"]!);
    }

    [Fact]
    public async Task A_missing_shard_and_a_test_that_a_shard_did_not_come_to_are_told()
    {
        Leave(1, 3);
        var lost = Leave(3, 3, leaveOut: 2);

        var result = await NetLabProcess.RunAsync("merge", Path.Combine(_folder, "1"), Path.Combine(_folder, "3"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing  shard 2/3: none of its results is here", result.Output);
        Assert.Contains($"missing  {lost[0]}: shard 3/3 was to run it, and left no result", result.Output);
        Assert.EndsWith("passed, 0 failed, 0 skipped, missing 1 shard and 2 results\n", result.Output);
    }

    [Fact]
    public async Task Failures_and_skips_are_told_with_their_words()
    {
        Trx("a/one.trx", ["A.B"], "Failed", "Expected VM vm2 to receive the frame\n  second line");
        Trx("a/two.trx", ["A.C"], "NotExecuted", "it lacks\nCAP_BPF");

        var result = await NetLabProcess.RunAsync("merge", Path.Combine(_folder, "a"));

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("""
            skipped  A.C: it lacks CAP_BPF
            failed   A.B
                       Expected VM vm2 to receive the frame
                         second line
            0 passed, 1 failed, 1 skipped

            """, result.Output);
    }

    [Fact]
    public void A_crashed_test_host_is_a_failure_though_no_test_failed()
    {
        Trx("a/one.trx", ["A.B"], summary: "Failed");
        var merged = Merge("a");
        Assert.Equal(1, merged.Code);
        Assert.StartsWith("a whole test project", Assert.Single(merged.Results, r => r.Outcome == "failed").Title);
    }

    [Fact]
    public void A_shard_that_is_there_twice_is_refused()
    {
        Leave(1, 2);
        Directory.Move(Path.Combine(_folder, "1"), Path.Combine(_folder, "again"));
        Leave(1, 2);
        Assert.Contains("shard 1/2 is there twice", Assert.Throws<InputException>(() => Merge("1", "again")).Message);
    }

    [Fact]
    public void Shards_of_different_wholes_are_refused()
    {
        Leave(1, 2);
        Leave(2, 2, [.. Tests, "Tests.New.Test"]);
        Assert.Contains("are not of the same whole", Assert.Throws<InputException>(() => Merge("1", "2")).Message);
    }

    [Fact]
    public void What_is_no_result_is_refused_by_name_and_beside_results_left_alone()
    {
        Leave(1, 1);
        File.WriteAllText(Path.Combine(_folder, "1/lab.json"), "{}");
        Assert.Equal(0, Merge("1").Code);
        Assert.Contains("lab.json holds no results", Assert.Throws<InputException>(() => Merge("1/lab.json")).Message);
    }

    [Theory]
    [InlineData("cut.trx", "<TestRun><Res")]
    [InlineData("names-no-test.trx", "<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'><UnitTestResult testName='a'/></TestRun>")]
    [InlineData("too-long.json", """{ "scenarios": [{ "file": "a", "succeeded": true, "steps": [], "milliseconds": 1e300 }] }""")]
    public void Results_that_are_broken_are_refused_by_name(string file, string text)
    {
        Leave(1, 1);
        File.WriteAllText(Path.Combine(_folder, "1", file), text);
        Assert.Contains($"{file} holds no results that can be read", Assert.Throws<InputException>(() => Merge("1")).Message);
    }

    [Theory]
    [InlineData("""{ "exitCode": 0, "passed": 3, "failed": 0, "results": [] }""")]
    [InlineData("""{ "exitCode": 1, "fate": {} }""")]
    [InlineData("""{ "exitCode": 3, "canRun": false }""")]
    public void What_another_command_tells_with_an_exit_code_is_no_run(string json)
    {
        Leave(1, 1);
        File.WriteAllText(Path.Combine(_folder, "1/report.json"), json);

        Assert.Equal(0, Merge("1").Code);
        Assert.Contains("report.json holds no results", Assert.Throws<InputException>(() => Merge("1/report.json")).Message);
    }

    [Fact]
    public void A_machine_that_lacks_something_gives_its_own_exit_code()
    {
        var document = new RunDocument();
        document.Add(Samples.Run()).Fail(new Failure(ExitCode.Lacking, "machine", ["netlab: no privilege"]));
        Directory.CreateDirectory(Path.Combine(_folder, "a"));
        File.WriteAllText(Path.Combine(_folder, "a/run.json"), document.Close(ExitCode.Lacking).ToJsonString());
        Assert.Equal(ExitCode.Lacking, Merge("a").Code);
    }

    [LabFact]
    public async Task A_folder_of_scenarios_in_shards_is_the_same_as_in_one_run()
    {
        foreach (var name in new[] { "a", "b", "below/c", "d" })
        {
            var file = Path.Combine(_folder, "scenarios", name + ".yaml");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, name == "b" ? Samples.Yaml.Replace("10.0.0.12", "10.0.9.12") : Samples.Yaml);
        }

        await RunAsync("whole");
        await RunAsync("first", "--shard", "1/2");
        await RunAsync("second", "--shard", "2/2");

        MergedReport whole = Merge("whole.json"), merged = Merge("first.json", "second.json");
        Assert.Equal(["passed", "failed", "passed", "passed"], whole.Results.Select(r => r.Outcome));
        Assert.Equal(Outcomes(whole), Outcomes(merged));
        Assert.Equal((1, 1), (whole.Code, merged.Code));
        Assert.Equal([new Shard(2, 2)], Merge("first.json").MissingShards);
    }

    private static IEnumerable<string> Outcomes(MergedReport report) => report.Results.Select(r => $"{r.Name} {r.Outcome}");

    private async Task RunAsync(string name, params string[] shard) => File.WriteAllText(Path.Combine(_folder, name + ".json"),
        (await NetLabProcess.RunAsync(["run", Path.Combine(_folder, "scenarios"), "--json", .. shard])).Output);

    private MergedReport Merge(params string[] names)
    {
        var read = new ResultReader();
        foreach (var name in names)
        {
            read.Read(Path.Combine(_folder, name));
        }

        return new MergedReport(read);
    }

    // What a shard leaves; but for the first of its tests, where some are left out: those are returned.
    private string[] Leave(int number, int count, string[]? tests = null, int leaveOut = 0)
    {
        var record = ShardRecord.Of(new Shard(number, count), tests ?? Tests, TestList.ClassOf, null);
        Trx($"{number}/results.trx", [.. record.Names.Skip(leaveOut)]);
        File.WriteAllText(Path.Combine(_folder, $"{number}", ShardRecord.FileName), record.ToJson().ToJsonString());
        return [.. record.Names.Take(leaveOut)];
    }

    private void Trx(string file, string[] tests, string outcome = "Passed", string words = "", string summary = "Completed")
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"""
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>{string.Concat(tests.Select(t => $"""
                <UnitTestResult testId="{t}" testName="{t}" duration="00:00:01.0" outcome="{outcome}">
                  <Output><ErrorInfo><Message>{words}</Message></ErrorInfo></Output>
                </UnitTestResult>
                """))}</Results>
              <TestDefinitions>{string.Concat(tests.Select(t => $"""
                <UnitTest id="{t}"><TestMethod className="{TestList.ClassOf(t)}" name="{t.Split('.')[^1]}" /></UnitTest>
                """))}</TestDefinitions>
              <ResultSummary outcome="{summary}" />
            </TestRun>
            """);
    }
}
