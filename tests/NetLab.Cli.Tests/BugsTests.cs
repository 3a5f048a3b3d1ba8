using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
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

    public static TheoryData<string, string> Explained
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (Match report in ExplainPattern().Matches(File.ReadAllText(Path.Combine(NetLabProcess.Root, "docs", "openstack.md"))))
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
            .Select(word => word.StartsWith("scenarios/", StringComparison.Ordinal) ? Path.Combine(NetLabProcess.Root, word) : word);

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
            ? Path.Combine(NetLabProcess.Root, a) : a)]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [GeneratedRegex(@"\$ netlab explain (?<line>.*)\n(?:(?!```).*\n)*?(?<why>Why: .*)")]
    private static partial Regex ExplainPattern();
}
