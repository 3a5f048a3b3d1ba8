using NetLab.Linux.Probe;
using NetLab.Xunit;
using Xunit.Abstractions;

namespace NetLab.Scenarios.Tests;

public sealed class Running_scenarios(ITestOutputHelper output)
{
    [LabTheory(Feature.OvsdbServer, Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl)]
    [MemberData(nameof(Good_scenarios.All), MemberType = typeof(Good_scenarios))]
    public async Task Every_scenario_of_the_repository_runs_as_it_says(string file)
    {
        var play = await Play.OfAsync(ScenarioDocument.Load(Path.Combine(Files.Scenarios, file)));

        output.WriteLine(play.ToString());
        Assert.True(play.Succeeded, play.ToString());
        Assert.DoesNotContain(play.Steps, step => step.Outcome != StepOutcome.Passed);
    }
}
