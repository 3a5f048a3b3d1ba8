using System.Text;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>What nft, Open vSwitch or the kernel refuses while a lab is built is told with its place in the file.</summary>
public sealed class Refusals
{
    [LabFact(Feature.NftProgram)]
    public async Task A_ruleset_is_refused_at_its_line_in_the_words_of_nft()
    {
        var wrong = await WrongAsync("""
            name: a syntax error in nft
            lab:
              nodes:
                h2: { nft: 'table inet good { }' }
                h1:
                  nft: |

                    table inet f {
                      chain o { type filter hook output priority 0; icmp tipe echo-request drop; }
                    }
            """);

        Assert.Equal(new Position(9, 62), wrong.At);
        Assert.StartsWith("nft refuses the ruleset of h1: syntax error, unexpected string", wrong.Wrong);
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_ruleset_on_one_line_is_refused_at_its_column() =>
        Assert.Equal(new Position(4, 32), (await WrongAsync("name: nft\nlab:\n  nodes:\n    h1: { nft: 'table inet f { chian o { } }' }\n")).At);

    [LabFact]
    public async Task A_sysctl_that_is_not_there_and_a_value_that_it_does_not_take_are_refused_at_their_lines()
    {
        Assert.Equal(new Position(6, 9), (await WrongAsync(Node("sysctls: { net.ipv4.ip_forward: 0,\n        net.ipv4.no_such_thing: 1 }"))).At);
        Assert.Equal(new Position(5, 18), (await WrongAsync(Node("sysctls: { net.ipv4.ip_default_ttl: 999 }"))).At);
    }

    [LabFact]
    public async Task A_route_that_the_kernel_refuses_is_told_at_its_line()
    {
        var wrong = await WrongAsync(
            Node("devices: { tap0: { type: tap, up: off, addresses: 10.0.0.1/24 } }\n      routes:\n        - 10.1.0.0/16 via 10.0.0.2"));

        Assert.Equal(new Position(7, 11), wrong.At);
        Assert.Contains("adding route '10.1.0.0/16 via 10.0.0.2' to node h1", wrong.Wrong);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_flow_that_Open_vSwitch_does_not_take_is_told_at_its_line()
    {
        var wrong = await WrongAsync(
            Node("ovs:\n        br0:\n          flows:\n            - priority=1,actions=NORMAL\n            - priority=2,action=fly"));

        Assert.Equal(new Position(9, 15), wrong.At);
        Assert.Contains("fly", wrong.Wrong);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused_with_as_much_as_a_person_reads()
    {
        var file = new StringBuilder("name: x\nlab: { nodes: { h1: {} } }\n");
        for (var i = 0; i < 30_000; i++)
        {
            file.Append(System.Globalization.CultureInfo.InvariantCulture, $"key{i}: {new string('x', 50)}\n");
        }
        file.Append(new string('k', 1000)).Append(": 1\n");

        var refusal = Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(file.ToString()));

        Assert.Equal(Binding.Most + 1, refusal.Diagnostics.Count);
        Assert.Equal("29901 more places are wrong", refusal.Diagnostics[^1].Wrong);
        Assert.InRange(refusal.Message.Length, 1, 100_000);
    }

    private static string Node(string keys) => $"name: refused\nlab:\n  nodes:\n    h1:\n      {keys}\n";

    private static async Task<Diagnostic> WrongAsync(string yaml) =>
        Assert.Single((await Assert.ThrowsAsync<ScenarioException>(() => Play.TextAsync(yaml))).Diagnostics);
}
