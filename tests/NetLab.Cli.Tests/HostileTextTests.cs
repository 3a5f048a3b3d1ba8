using System.Xml.Linq;
using NetLab.Cli.Running;
using NetLab.Packets;
using NetLab.Scenarios;

namespace NetLab.Cli.Tests;

/// <summary>
/// Names, narration, output of programs and reasons that try to steer the reader's terminal, or to forge a line: every view shows them escaped.
/// </summary>
public sealed class HostileTextTests
{
    private const string Forged = "vm2 received everything";
    private const string Hostile = "\u001b]0;owned\u0007\r\n" + Forged + "\u009b31m\u202e\u007f\ufffe\uffff\ud800";

    private static readonly string HostileYaml = Samples.Yaml
        .Replace("Two VMs on a bridge", "\"\\e]0;owned\\a\\n" + Forged + "\\u202e\"")
        .Replace("The smallest network with a bridge in it.", "\"\\x9b2J\\u2066\"");

    [Theory]
    [InlineData(null)]
    [InlineData(60)]
    public void A_run_steers_no_terminal(int? columns)
    {
        using var recorder = new Recorder(columns);
        var view = new RunView(recorder.Terminal.Page, Samples.Run(HostileYaml), verbose: true);
        view.Begin();
        ScenarioStep step = Samples.Step(1, Hostile, "exec"), inside = Samples.Step(1, Hostile, "state", 1), claim = Samples.Step(2, Hostile, "claim");
        ScenarioEvent[] events =
        [
            new Narration(Hostile, 0), new StepStarted(step), Samples.Ended(step, StepOutcome.Failed, seen: [Hostile], problem: Hostile),
            new StepStarted(claim), new StepStarted(inside), new Narration(Hostile, 1), Samples.Ended(inside, seen: [Hostile]),
                Samples.Ended(claim, seen: [Hostile], holds: true),
        ];
        foreach (var happening in events)
        {
            view.Show(happening);
        }

        // Of a screen, only what takes the line of the running step away is ours.
        ShouldBePlain(recorder.Output.Replace("\r\u001b[2K", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_drawing_of_any_format_is_plain()
    {
        var lab = Samples.Run().Lab;
        var options = new DrawingOptions { Title = Hostile };

        ShouldBePlain(LabDrawing.Text(lab, options));
        ShouldBePlain(LabDrawing.Mermaid(lab, options));
        var svg = LabDrawing.Svg(lab, options);
        ShouldBePlain(svg);
        Assert.Contains(Forged, XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_wrong_is_told_in_lines_of_ours()
    {
        Exception[] wrongs =
        [
            new ScenarioException([new Diagnostic(Hostile, new Position(1, 2), Hostile, Hostile)]),
            new TopologyException(Hostile),
            new InputException(Hostile),
        ];
        foreach (var wrong in wrongs)
        {
            using var recorder = new Recorder();
            recorder.Terminal.Fail(Failure.Of(wrong, verbose: false), json: true);
            ShouldBePlain(recorder.Error);
            ShouldBePlain(recorder.Output);
        }
    }

    [Fact]
    public void What_is_said_of_a_file_is_a_line()
    {
        using var recorder = new Recorder();
        recorder.Terminal.Say($"lab.svg: {Hostile}, as svg");
        ShouldBePlain(recorder.Error);
        Assert.Single(recorder.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_program_that_reads_the_document_reads_what_was_there()
    {
        using var recorder = new Recorder();
        recorder.Terminal.WriteJson(new() { ["seen"] = Hostile });

        ShouldBePlain(recorder.Output);
        // But for half a character, which JSON cannot hold.
        Assert.Equal(Hostile[..^1] + "\ufffd", (string)System.Text.Json.Nodes.JsonNode.Parse(recorder.Output)!["seen"]!);
    }

    [Fact]
    public void A_reason_is_a_line_for_each_of_its_parts()
    {
        var reason = new Reason(Causes.NftRule, new Lab().AddNode("a"), "eth0\u001b", Hostile,
            [new Evidence("nft", Hostile), new Evidence("kernel", Hostile)], Hostile);

        ShouldBePlain(reason.Describe());
        Assert.Equal(4, reason.Describe().ReplaceLineEndings("\n").Split('\n').Length);
        Assert.True(PlainText.IsPlain(reason.ToString()));
    }

    [Fact]
    public void A_name_with_a_character_that_steers_is_refused()
    {
        Assert.Throws<TopologyException>(() => new Lab().AddNode("a\u202eb"));
    }

    private static void ShouldBePlain(string text) => Assert.All(text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n'), line =>
    {
        Assert.True(PlainText.IsPlain(line), line);
        Assert.False(line.StartsWith(Forged, StringComparison.Ordinal), line);
    });
}
