using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>scenarios/openstack/README.md: each of its scenarios runs, and the report that it shows is what the broken one says.</summary>
public sealed partial class OpenStack_readme
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Files.Scenarios, "openstack", "README.md"));

    public static TheoryData<string, string> Snippets
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var yaml in Fence().Matches(Page).Select(fence => fence.Groups["yaml"].Value))
            {
                foreach (var variant in ScenarioDocument.Parse(yaml).Variants is { Count: > 0 } variants ? variants : [""])
                {
                    data.Add(yaml, variant);
                }
            }
            return data;
        }
    }

    [LabTheory(Feature.CapNetAdmin)]
    [MemberData(nameof(Snippets))]
    public async Task Each_snippet_runs_as_it_says(string yaml, string variant)
    {
        var play = await Play.OfAsync(ScenarioDocument.Parse(yaml, variant: variant.Length > 0 ? variant : null));

        Assert.True(play.Succeeded, play.ToString());
        foreach (var line in variant == Bug.Broken ? Page.Split('\n').Where(line => line.Contains("Why: ", StringComparison.Ordinal)) : [])
        {
            Assert.Contains(line.Trim(), play.ToString());
        }
    }

    [GeneratedRegex("```yaml\n(?<yaml>name: .*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
