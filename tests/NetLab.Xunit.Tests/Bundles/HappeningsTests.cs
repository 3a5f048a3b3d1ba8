using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NetLab.Linux.Probe;

namespace NetLab.Xunit.Tests;

/// <summary>What the text of a failed test says of frames that it did not send itself, seen from outside. README.md and docs/failed-tests.md show it.</summary>
public sealed partial class HappeningsTests(HappeningsTests.Failed failed) : IClassFixture<HappeningsTests.Failed>
{
    [LabTheory(Feature.BpfTracing)]
    [InlineData("README.md", "Everybody.A_page_that_a_rule_keeps_away")]
    [InlineData("README.md", "Everybody.A_name_that_does_not_resolve")]
    [InlineData("docs/failed-tests.md", "Everybody.A_page_that_a_rule_keeps_away")]
    [InlineData("docs/failed-tests.md", "Everybody.A_name_that_does_not_resolve")]
    [InlineData("docs/failed-tests.md", "Everybody.A_host_behind_an_isolated_port")]
    public void A_page_shows_what_failed_tests_say(string page, string test)
    {
        var shown = Blocks().Matches(File.ReadAllText(Path.Combine(Root, page))).Select(b => b.Groups[1].Value)
            .Single(b => b.Contains(test, StringComparison.Ordinal));
        Assert.Equal(Stable(shown), Stable(failed.TextOf(test)));
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData("Everybody.A_page_that_a_rule_keeps_away")]
    [InlineData("Everybody.A_name_that_does_not_resolve")]
    public void The_bundle_holds_the_drops_and_a_capture(string test)
    {
        var bundle = failed.Bundle(test);
        Assert.Contains("and got no answer", File.ReadAllText(Path.Combine(bundle, "drops.txt")));
        Assert.True(new FileInfo(Path.Combine(bundle, "drops.pcapng")).Length > 500, "the capture is empty");
        Assert.False(File.Exists(Path.Combine(bundle, "not-written.txt")), "something could not be written");
    }

    private static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    // What is different from run to run: addresses of Ethernet, ports that the kernel chose, sequence numbers, counts of attempts, times, places.
    private static string Stable(string text) => Different().Replace(StableText.Of(text), "…").Trim();

    [GeneratedRegex("```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"(?<=seq |ack |> |UDP |TCP |win )\d{3,}|, \d+ times|\[\{time\}\]|(?<=Bundle: ).*|(?<=handle )\d+|(?<=_DROP in ).*")]
    private static partial Regex Different();

    /// <summary>One run of <see cref="FailingForOthers"/>.</summary>
    public sealed class Failed : BundleTests.FailedTests
    {
        protected override string Tests => nameof(FailingForOthers);

        /// <summary>The failure of a test, from its name to where its stack begins.</summary>
        public string TextOf(string test)
        {
            var from = Output.IndexOf($"Failed NetLab.Xunit.Tests.{Tests}+{test}", StringComparison.Ordinal);
            Assert.True(from >= 0, Output);
            var text = Output[from..];
            var end = Regex.Match(text, "^(----|  Stack Trace)", RegexOptions.Multiline);
            return string.Join('\n', text[..end.Index].Split('\n').Select(l => l.TrimEnd()));
        }
    }
}
