using NetLab.Linux.Probe;
using NetLab.Xunit;
using Xunit.Abstractions;

namespace NetLab.Scenarios.Tests;

/// <summary>scenarios/openstack/bugs: each fails as its ticket reports, names the cause, and passes with the fix.</summary>
public sealed class OpenStack_bugs(ITestOutputHelper output)
{
    private static readonly string Folder = Path.Combine(Files.Scenarios, "openstack", "bugs");

    public static TheoryData<string> All => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Order()];

    [LabTheory(Feature.OvsdbServer, Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl)]
    [MemberData(nameof(All))]
    public async Task Each_fails_as_reported_and_passes_with_the_fix(string file)
    {
        foreach (var variant in new[] { Bug.Broken, Bug.Fixed })
        {
            var play = await Play.OfAsync(ScenarioDocument.Load(Path.Combine(Folder, file), variant));
            output.WriteLine($"{variant}\n{play}");
            Assert.True(play.Succeeded, $"{variant}\n{play}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Each_is_named_by_its_ticket_and_says_what_it_is_about(string file)
    {
        var bug = ScenarioDocument.Load(Path.Combine(Folder, file)).Bug;

        Assert.NotNull(bug);
        Assert.StartsWith(bug.Id + "-", file);
        Assert.NotEmpty(bug.Symptom);
        Assert.NotEmpty(bug.Cause);
        Assert.Contains($"https://bugs.launchpad.net/bugs/{bug.Id["LP-".Length..]}", bug.Sources);
    }
}
