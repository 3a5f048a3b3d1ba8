namespace NetLab.Scenarios.Tests;

/// <summary>One description with several variants, and steps that must fail.</summary>
public sealed class Variants_of_a_scenario
{
    private const string Two = """
        name: two
        variants: [short, long]
        lab:
          nodes:
            sw:
              bridges: { br0: { mtu: { short: 1400, long: 1500 }, addresses: [{ long: [10.0.0.1/24, 10.0.1.1/24] }, 10.0.2.1/24] } }
              forwarding: { long: on }
        steps:
          - say: hello
        """;

    [Fact]
    public void A_value_is_that_of_the_variant_that_is_asked_for_and_the_first_otherwise()
    {
        Assert.Equal((1400, "short"), Of(null));
        Assert.Equal((1400, "short"), Of("short"));
        Assert.Equal((1500, "long"), Of("long"));

        static (int?, string?) Of(string? variant)
        {
            var document = ScenarioDocument.Parse(Two, variant: variant);
            return (ScenarioRun.Describe(document).Lab.FindNode("sw")!.Device("br0").Mtu, document.Variant);
        }
    }

    [Fact]
    public void What_a_variant_does_not_have_is_left_out_and_a_list_in_a_list_stands_for_its_items()
    {
        Assert.Equal("False 10.0.2.1/24", Of("short"));
        Assert.Equal("True 10.0.0.1/24 10.0.1.1/24 10.0.2.1/24", Of("long"));

        static string Of(string variant)
        {
            var node = ScenarioRun.Describe(ScenarioDocument.Parse(Two, variant: variant)).Lab.FindNode("sw")!;
            return $"{node.Forwarding} {string.Join(' ', node.Device("br0").Addresses)}";
        }
    }

    [Fact]
    public void A_variant_that_is_not_there_is_told() =>
        Assert.Contains("no variant 'lon'; did you mean 'long'?", Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Two, variant: "lon")).Message);

    [Fact]
    public void What_is_wrong_with_the_variant_that_is_not_run_is_told_too() =>
        Assert.Contains("mtu 15 is out of range", Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Two.Replace("1500", "15"))).Message);

    [Theory]
    [InlineData("variants: [broken, fixed]", "variants: [fixed, broken]", "a bug has two variants")]
    [InlineData("broken: 'no reply'", "fixed: 'no reply'", "no step fails in the variant 'broken'")]
    [InlineData("{ broken: 'no reply' }", "'no reply'", "this step fails in the variant 'fixed' too")]
    [InlineData("'no reply'", "[]", "the step may fail for whatever reason")]
    [InlineData("LP-1", "1", "'1' is not a ticket")]
    [InlineData("area: ARP", "area: arp", "did you mean 'ARP'?")]
    public void A_bug_must_fail_when_it_is_broken_for_a_cause_and_not_when_it_is_fixed(string right, string wrong, string complaint)
    {
        const string Yaml = """
            name: a bug
            bug: { id: LP-1, area: ARP, symptom: no answer, cause: a cable, sources: https://bugs.launchpad.net/bugs/1 }
            variants: [broken, fixed]
            lab:
              nodes:
                sw: { bridges: { br0: {} }, vms: { vm1: { bridge: { fixed: br0 }, addresses: 10.0.0.1/24 }, vm2: { bridge: br0, addresses: 10.0.0.2/24 } } }
            steps:
              - ping: vm1 -> vm2
                fails: { broken: 'no reply' }
            """;
        ScenarioDocument.Parse(Yaml);

        Assert.Contains(complaint, Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Yaml.Replace(right, wrong))).Message);
    }

    [Fact]
    public async Task A_step_that_must_fail_fails_when_it_does_not_and_when_its_report_says_something_else()
    {
        var play = await Play.TextAsync("""
            name: steps that must fail
            lab:
              nodes: { sw: { bridges: { br0: {} }, vms: { vm1: { bridge: br0, addresses: 10.0.0.1/24 }, vm2: { addresses: 10.0.0.2/24 } } } }
            steps:
              - { name: right, send: { from: vm1, to: vm2, udp: 53 }, expect: vm2, fails: [vm2 to receive the frame, br0] }
              - { name: it passes, send: { from: vm1, to: vm2, udp: 53 }, expect-none: vm2, fails: vm2 }
              - { name: another cause, send: { from: vm1, to: vm2, udp: 53 }, expect: vm2, fails: the moon }
            """);

        Assert.Equal(StepOutcome.Passed, play.Step("right").Outcome);
        Assert.Equal("it must fail, and did not", play.Step("it passes").Problem);
        Assert.StartsWith("it failed, as it must, but its report does not contain 'the moon'", play.Step("another cause").Problem);
    }

    [Fact]
    public void Only_what_acts_can_be_said_to_fail() =>
        Assert.Contains("'fails' is about a step that acts, and this one only speaks", Assert.Throws<ScenarioException>(() =>
            ScenarioDocument.Parse("name: x\nlab: { nodes: { a: {} } }\nsteps: [{ say: hello, fails: why }]")).Message);
}
