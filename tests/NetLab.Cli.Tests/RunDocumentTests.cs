using System.Text.Json.Nodes;
using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Tests;

public sealed class RunDocumentTests
{
    [Fact]
    public void Steps_keep_their_order_their_evidence_and_the_words_before_them()
    {
        var ping = Samples.Step(1, "vm01 pings vm02");
        var scenario = Record(
        [
            new LabReady(Samples.Run().Lab, TimeSpan.FromMilliseconds(42)),
            new Narration("First, a ping.\n", 0),
            new StepStarted(ping),
            Samples.Ended(ping, seen: ["answered"]),
            .. Samples.Claim(2, StepOutcome.Passed, holds: false),
            new Narration("That was it.", 0),
            new ScenarioEnded(2, 0, 0, TimeSpan.FromSeconds(1)),
        ]);

        Assert.Equal(42, (double)scenario["buildMilliseconds"]!);
        Assert.True((bool)scenario["succeeded"]!);
        Assert.Equal(["That was it."], Texts(scenario["closing"]!));
        var steps = scenario["steps"]!.AsArray();
        Assert.Equal(["vm01 pings vm02", "A tap is a veth"], steps.Select(s => (string)s!["title"]!));
        Assert.Equal(["First, a ping."], Texts(steps[0]!["narration"]!));
        Assert.Equal(["answered"], Texts(steps[0]!["seen"]!));
        Assert.Equal((11, 5), ((int)steps[0]!["line"]!, (int)steps[0]!["column"]!));
        Assert.Null(steps[0]!["holds"]);
        Assert.False((bool)steps[1]!["holds"]!);
        Assert.Equal(["passed", "failed"], steps[1]!["steps"]!.AsArray().Select(s => (string)s!["outcome"]!));
        Assert.Equal(["Now look for the other end."], Texts(steps[1]!["steps"]![1]!["narration"]!));
    }

    [Fact]
    public void The_lab_is_described()
    {
        var scenario = Record([]);
        var node = scenario["lab"]!["nodes"]![0]!;

        Assert.Equal("host", (string)node["name"]!);
        Assert.Equal(["vm01", "vm02"], node["vms"]!.AsArray().Select(v => (string)v!["name"]!));
        Assert.Contains(node["devices"]!.AsArray(), d => (string)d!["name"]! == "tap-vm01" && (string)d["bridge"]! == "br0");
        Assert.Contains("tap-vm01", (string)scenario["drawing"]!);
    }

    [Fact]
    public void A_run_that_could_not_be_finished_has_its_error()
    {
        var document = new RunDocument();
        document.Add(Samples.Run()).Fail(new Failure(ExitCode.Lacking, "machine", ["netlab: no privilege"]));
        var json = document.Close(ExitCode.Lacking);

        Assert.Equal(3, (int)json["exitCode"]!);
        Assert.Equal("netlab: no privilege", (string)json["scenarios"]![0]!["error"]!["message"]!);
        Assert.False((bool)json["scenarios"]![0]!["succeeded"]!);
    }

    private static JsonObject Record(IEnumerable<ScenarioEvent> events)
    {
        var document = new RunDocument();
        var view = document.Add(Samples.Run());
        foreach (var happening in events)
        {
            view.Show(happening);
        }

        return document.Close(0)["scenarios"]![0]!.AsObject();
    }

    private static IEnumerable<string> Texts(JsonNode array) => array.AsArray().Select(t => (string)t!);
}
