using NetLab.Linux.Probe;

namespace NetLab.Testing.Tests;

public sealed class RequirementTests
{
    [Fact]
    public void A_test_whose_needs_are_met_runs()
    {
        var requirement = Of([Feature.Netem], lacking: []);

        Assert.Null(requirement.SkipReason);
        Assert.Null(requirement.Failure);
    }

    [Fact]
    public void A_missing_feature_skips_the_test_and_the_reason_says_what_and_what_to_do()
    {
        var requirement = Of([Feature.Netem, Feature.Veth], lacking: [Feature.Netem]);

        Assert.Equal("the feature Netem is not available here (tried it). The kernel option is CONFIG_NETEM. Do without.", requirement.SkipReason);
        Assert.Null(requirement.Failure);
    }

    [Fact]
    public void A_feature_that_the_test_does_not_need_does_not_skip_it() =>
        Assert.Null(Of([Feature.Netem], lacking: [Feature.Tbf]).SkipReason);

    [Fact]
    public void What_every_lab_needs_is_needed_without_being_named() =>
        Assert.Contains("the feature CapNetAdmin", Of([], lacking: [Feature.CapNetAdmin]).SkipReason);

    [Theory]
    [InlineData("all")]
    [InlineData("ALL")]
    [InlineData("Netem")]
    [InlineData("tbf, netem")]
    public void A_missing_feature_that_is_required_fails_the_test(string required)
    {
        var requirement = Of([Feature.Netem], lacking: [Feature.Netem], required);

        var failure = Assert.IsType<MissingFeatureException>(requirement.Failure);
        Assert.Equal(Feature.Netem, Assert.Single(failure.Missing).Feature);
        Assert.Null(requirement.SkipReason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Tbf")]
    public void Requiring_another_feature_leaves_the_skip_a_skip(string required)
    {
        var requirement = Of([Feature.Netem], lacking: [Feature.Netem], required);

        Assert.NotNull(requirement.SkipReason);
        Assert.Null(requirement.Failure);
    }

    [Theory]
    [InlineData("netm")]
    [InlineData("3")]
    public void A_mistyped_requirement_fails_every_test_instead_of_requiring_nothing(string required)
    {
        var requirement = Of([], lacking: [], required);

        Assert.Contains($"'{required}', which is no feature", requirement.Failure?.Message);
        Assert.Contains("Netem", requirement.Failure!.Message);
    }

    [Fact]
    public void Without_privileges_only_they_are_named_and_the_way_to_them() => Assert.Equal(
        "This process may not build labs: it lacks the feature CapNetAdmin, the feature CapSysAdmin. "
            + "Run as root, or as any user by: netlab sandbox -- dotnet test",
        Of([Feature.Netem], lacking: [Feature.CapNetAdmin, Feature.CapSysAdmin, Feature.Veth, Feature.Netem]).SkipReason);

    [Fact]
    public void What_cannot_be_tried_without_privileges_is_still_insisted_on() =>
        Assert.NotNull(Of([Feature.Netem], lacking: [Feature.CapNetAdmin, Feature.Netem], "Netem").Failure);

    [Fact]
    public void A_test_without_taps_does_not_need_them() => Assert.Null(Of([], lacking: [Feature.Tap]).SkipReason);

    [Fact]
    public void What_a_test_finds_missing_late_is_not_held_against_what_every_lab_needs() =>
        Assert.Equal("the feature Netem is not available here (tried it).", Requirement.Of(Missing(Feature.Netem)).SkipReason);

    private static MissingFeatureException Missing(Feature feature) => new(new FeatureState(feature, $"the feature {feature}", false, "tried it", null, null));

    private static Requirement Of(Feature[] needs, Feature[] lacking, string? required = null) =>
        Requirement.Of(needs, f =>
            new FeatureState(f, $"the feature {f}", !lacking.Contains(f), "tried it", $"CONFIG_{f.ToString().ToUpperInvariant()}", "Do without"), required);
}
