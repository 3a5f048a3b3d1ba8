using NetLab.Linux.Probe;
using NetLab.Xunit;
using Xunit.Abstractions;

namespace NetLab.Scenarios.Tests;

public sealed class Running_scenarios(ITestOutputHelper output)
{
    /// <summary>What not every kernel has is <see cref="Kinds_of_device"/>'s; bugs are <see cref="OpenStack_bugs"/>'.</summary>
    public static TheoryData<string> OfAnyMachine => [.. Good_scenarios.Names.Where(file => !file.StartsWith("basics/devices/", StringComparison.Ordinal)
        && !file.StartsWith("openstack/bugs/", StringComparison.Ordinal))];

    [LabTheory(Feature.OvsdbServer, Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl)]
    [MemberData(nameof(OfAnyMachine))]
    public async Task Every_scenario_of_the_repository_runs_as_it_says(string file)
    {
        var play = await Play.OfAsync(ScenarioDocument.Load(Path.Combine(Files.Scenarios, file)));

        output.WriteLine(play.ToString());
        Assert.True(play.Succeeded, play.ToString());
        // A step may be skipped where the machine lacks what a guest needs, or what the step says that it needs, and nowhere else.
        var text = File.ReadAllText(Path.Combine(Files.Scenarios, file));
        var mayLack = text.Contains(" boot: ", StringComparison.Ordinal) || text.Contains(" needs: ", StringComparison.Ordinal);
        Assert.All(play.Steps.Where(step => step.Outcome is StepOutcome.Skipped), step => Assert.True(mayLack && step.IsLacking, play.ToString()));
    }
}
