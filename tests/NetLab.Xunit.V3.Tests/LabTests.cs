using NetLab.Linux.Probe;
using NetLab.Testing;

[assembly: AssemblyFixture(typeof(NetLab.Xunit.Tests.TwoHosts))]

namespace NetLab.Xunit.Tests;

/// <summary>A lab that all tests of the assembly may share.</summary>
public sealed class TwoHosts : LabFixture
{
    public Node H1 { get; private set; } = null!;

    public Node H2 { get; private set; } = null!;

    protected override void Describe(Lab lab)
    {
        var bridge = lab.AddNode("switch").AddBridge("br0");
        H1 = lab.AddHost("h1", bridge, "10.0.0.1/24");
        H2 = lab.AddHost("h2", bridge, "10.0.0.2/24");
    }
}

public sealed class AssemblyLabTests(TwoHosts hosts)
{
    [LabFact]
    public async Task A_lab_of_the_whole_assembly_is_there() => (await hosts.H1.PingAsync(hosts.H2)).ShouldSucceed();
}

public sealed class SharedLabTests(TwoHosts hosts) : LabTestBase<TwoHosts>(hosts)
{
    [LabFact]
    public void It_is_drawn_into_the_output_of_each_test() => Assert.Contains("─ switch ─", Output.Output);
}

public sealed class OwnLabTests : LabTestBase
{
    [LabFact]
    public async Task A_test_has_a_lab_of_its_own_that_is_drawn_into_its_output()
    {
        Lab.AddHost("h1", Lab.AddNode("switch").AddBridge("br0"), "10.0.0.1/24");

        await ApplyAsync();

        Assert.True(Lab.IsApplied);
        Assert.Contains("─ switch ─", Output.Output);
    }

    [LabTheory]
    [InlineData("10.1.0.2")]
    [InlineData("10.1.0.3")]
    public async Task A_theory_has_a_lab_for_each_row(string address)
    {
        var bridge = Lab.AddNode("switch").AddBridge("br0");
        Node h1 = Lab.AddHost("h1", bridge, "10.1.0.1/24"), h2 = Lab.AddHost("h2", bridge, address + "/24");
        await ApplyAsync();

        (await h1.PingAsync(h2)).ShouldSucceed();
    }

    [LabFact]
    public async Task What_cancels_the_test_cancels_the_building_of_its_lab()
    {
        Lab.AddNode("host");
        TestContext.Current.CancelCurrentTest();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ApplyAsync());
    }
}

public sealed class AttributeTests
{
    [Fact]
    public void An_attribute_says_where_it_stands_and_what_it_needs()
    {
        var attribute = new LabFactAttribute(Feature.Netem, Feature.Tbf);

        Assert.EndsWith("LabTests.cs", attribute.SourceFilePath);
        Assert.Equal([Feature.Netem, Feature.Tbf], attribute.Needs);
    }

    [Fact]
    public void An_attribute_whose_needs_are_unmet_tells_xunit_to_skip_and_why()
    {
        var missing = Capabilities.All.First(f => !f.Available && !LabFeatures.Basic.Contains(f.Feature)).Feature;

        var requirement = Requirement.Of(missing);

        Assert.Equal(requirement.SkipReason, new LabFactAttribute(missing).Skip);
        Assert.Equal(requirement.SkipReason, new LabTheoryAttribute(missing).Skip);
        Assert.True(requirement.SkipReason is not null || requirement.Failure is not null);
    }
}
