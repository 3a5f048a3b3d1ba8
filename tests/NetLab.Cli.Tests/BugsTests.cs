using System.Text.RegularExpressions;
using NetLab.Cli.Bugs;
using NetLab.Linux.Probe;
using NetLab.Scenarios;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary><c>netlab bugs</c>: the list, one of them in both its variants, and what is no bug.</summary>
public sealed partial class BugsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_list_has_every_bug_of_the_repository_by_its_ticket()
    {
        var result = await NetLabProcess.RunAsync("bugs");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            Directory.EnumerateFiles(NetLabProcess.Scenario("openstack/bugs"), "*.yaml").Select(file => Regex.Match(file, "LP-[0-9]+").Value).Order(),
            Regex.Matches(result.Output, "LP-[0-9]+").Select(ticket => ticket.Value).Order());
    }

    [LabFact(Feature.CapNetAdmin)]
    public async Task One_bug_shows_its_report_when_broken_and_none_when_fixed()
    {
        var result = await NetLabProcess.RunAsync("bugs", "run", "lp-1715317");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("Cause: While the VM still runs on the source host", result.Output);
        Assert.Single(Regex.Matches(result.Output, "believes that fa:16:3e:00:00:01 is behind qvb0c1383d0-c8"));
        Assert.Equal(2, Regex.Count(result.Output, "2 passed, 0 failed, 0 skipped"));
    }

    [LabFact(Feature.CapNetAdmin)]
    public async Task A_bug_of_a_file_that_is_not_as_it_says_fails()
    {
        var file = Path.Combine(_folder, "mine.yaml");
        var yaml = await File.ReadAllTextAsync(NetLabProcess.Scenario("openstack/bugs/LP-1715317-qbr-learns-behind-qvb.yaml"));
        await File.WriteAllTextAsync(file, yaml.Replace("fixed: 0 }", "fixed: 300s }"));

        var result = await NetLabProcess.RunAsync("bugs", "run", file);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("1 passed, 1 failed", result.Output);
    }

    [LabFact(Feature.CapNetAdmin)]
    public async Task A_bug_with_a_step_that_the_machine_lacks_something_for_is_not_as_reported_and_a_failure_is_worse()
    {
        var yaml = await File.ReadAllTextAsync(NetLabProcess.Scenario("openstack/bugs/LP-1715317-qbr-learns-behind-qvb.yaml"));
        string lacking = Path.Combine(_folder, "lacking.yaml"), failing = Path.Combine(_folder, "failing.yaml");
        await File.WriteAllTextAsync(lacking, """
            name: A guest boots
            bug:
              id: LP-1
              area: ARP
              symptom: There is none.
              cause: There is none.
              sources: https://example.com
            variants: [broken, fixed]
            lab: { nodes: { host: { devices: { tap0: { type: tap } } } } }
            steps:
              - boot: { device: 'host:tap0', address: 10.0.0.2/24 }
              - exec: { node: host, run: 'false' }
                fails: { broken: exit code 1 }
            """);
        await File.WriteAllTextAsync(failing, yaml.Replace("fixed: 0 }", "fixed: 300s }"));

        var result = await NetLabProcess.RunWithoutGuestsAsync("bugs", "run", lacking);
        var both = await NetLabProcess.RunWithoutGuestsAsync("bugs", "run", lacking, failing);

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("this machine has no ", result.Output);
        Assert.True(both.ExitCode == 1, both.ToString());
    }

    [Fact]
    public void What_the_machine_lacks_is_told_beside_what_is_wrong()
    {
        var view = new BugView();

        view.Show(Samples.Ended(Samples.Step(1, "a guest boots", "boot"), StepOutcome.Skipped, problem: "this machine has no QEMU") with { IsLacking = true });
        view.Show(Samples.Ended(Samples.Step(2, "after it"), StepOutcome.Skipped, problem: "an earlier change failed"));

        Assert.Equal(["11:5: a guest boots: this machine has no QEMU"], view.Lacking);
        Assert.Empty(view.Wrong);
    }

    public static TheoryData<string, string> Explained
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (Match report in ExplainPattern().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "openstack.md"))))
            {
                data.Add(report.Groups["line"].Value, report.Groups["why"].Value);
            }

            return data;
        }
    }

    [LabTheory(Feature.CapNetAdmin, Feature.CapPerfmon)]
    [MemberData(nameof(Explained))]
    public async Task The_reports_in_the_docs_name_the_cause_that_explain_names(string line, string why)
    {
        var words = Regex.Matches(line, "'([^']*)'|(\\S+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)
            .Select(word => word.StartsWith("scenarios/", StringComparison.Ordinal) ? Path.Combine(SourceTree.Root, word) : word);

        var result = await NetLabProcess.RunAsync(["explain", .. words]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(why, result.Output);
    }

    [Theory]
    [InlineData("there is no bug LP-1; 'netlab bugs' lists those there are", "run", "LP-1")]
    [InlineData("Required argument missing: a ticket, a file, or --all", "run")]
    [InlineData("--all runs every bug: name none", "run", "LP-1715317", "--all")]
    [InlineData("describes no bug", "run", "scenarios/basics/bridge.yaml")]
    public async Task What_is_no_bug_is_told(string message, params string[] arguments)
    {
        var result = await NetLabProcess.RunAsync(["bugs", .. arguments.Select(a => a.StartsWith("scenarios/", StringComparison.Ordinal)
            ? Path.Combine(SourceTree.Root, a) : a)]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [GeneratedRegex(@"\$ netlab explain (?<line>.*)\n(?:(?!```).*\n)*?(?<why>Why: .*)")]
    private static partial Regex ExplainPattern();
}
