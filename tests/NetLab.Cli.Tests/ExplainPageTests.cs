using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>
/// What docs/explain.md shows of <c>netlab explain</c> is what the command prints, apart from times and the kernel's own words. With
/// NETLAB_WRITE_EXPECTED=1 in the environment its texts are written anew.
/// </summary>
public sealed partial class ExplainPageTests
{
    private const string Prompt = "$ docker/netlab ";

    private static string ExplainPage => Path.Combine(SourceTree.Root, "docs/explain.md");

    [LabFact(Feature.OvsVswitchd, Feature.BpfTracing)]
    public async Task What_the_page_shows_of_explain_is_what_it_prints()
    {
        var page = await File.ReadAllTextAsync(ExplainPage);
        var blocks = Block().Matches(page);
        Assert.Equal(4, blocks.Count);
        foreach (Match block in blocks)
        {
            var command = block.Groups["command"].Value;
            var result = await NetLabProcess.RunAsync(command.Split(' '));

            Assert.True(result.ExitCode == ExitCode.Failed, $"{command}: {result}");
            if (Environment.GetEnvironmentVariable("NETLAB_WRITE_EXPECTED") == "1")
            {
                page = page.Replace(block.Value, $"```text\n{Prompt}{command}\n{Version().Replace(result.Output.TrimEnd(), "$1")}\n```",
                    StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(Normal(block.Groups["output"].Value), Normal(result.Output));
            }
        }

        if (Environment.GetEnvironmentVariable("NETLAB_WRITE_EXPECTED") == "1")
        {
            await File.WriteAllTextAsync(ExplainPage, page);
        }
    }

    private static string Normal(string text) =>
        TraceId().Replace(Version().Replace(Stack().Replace(Times().Replace(text.Trim(), "n $1"), " in …"), "a kernel"), "trace id …");

    [GeneratedRegex(@"```text\n\$ docker/netlab (?<command>explain .*)\n(?<output>(?:(?!```).*\n)*)```")]
    private static partial Regex Block();

    [GeneratedRegex(@"\d+(?:\.\d+)? (µs|ms|bytes|tracepoints|packets)")]
    private static partial Regex Times();

    [GeneratedRegex(@" in \w+(?:\.\w+)*(?: < \w+(?:\.\w+)*)+")]
    private static partial Regex Stack();

    [GeneratedRegex("trace id [0-9a-f]+")]
    private static partial Regex TraceId();

    [GeneratedRegex(@"(kernel \d+\.\d+)\S*")]
    private static partial Regex Version();
}
