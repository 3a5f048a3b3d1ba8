using System.CommandLine;
using NetLab.Cli.Keeping;
using NetLab.Cli.Live;
using NetLab.Scenarios;

namespace NetLab.Cli.Commands;

/// <summary>
/// <c>netlab explain FILE --from A --to B</c>: builds a scenario's lab, sends one frame, and tells what became of it and why; without a file, in the lab that
/// is up.
/// <c>netlab explain --live NAMESPACE…</c>: tells what becomes of
/// the frames in namespaces that are there (<see cref="LiveExplain"/>). <c>netlab explain --causes</c>: prints the catalogue of causes.
/// </summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string?>("file") { Description = "The scenario whose lab is built; without one, the lab that is up",
            Arity = ArgumentArity.ZeroOrOne };
        file.Validators.Add(ScenarioFiles.Check);
        var from = new Option<string>("--from") { Description = "The VM that sends the frame, or a node, which pings", HelpName = "name" };
        var to = new Option<string>("--to") { Description = "The VM, node or address that it is for", HelpName = "name" };
        var frame = new Option<string?>("--frame")
            { Description = "The frame, in the words of a send step: 'udp port=53' (as if absent), 'tcp 80 flags=syn', icmp, arp, 'ethernet " +
                "type=0x88b5', with ttl=, vlan=, dst_mac= and so on; or its bytes in hex. From a node: icmp (as if absent), " +
                    "tcp:80, udp:53", HelpName = "frame" };
        var after = new Option<int?>("--after-steps")
            { Description = "Take the scenario's steps first: so many of them, or all where no number is given", HelpName = "count",
                Arity = ArgumentArity.ZeroOrOne };
        var lab = KeptLabCommands.Lab();
        var live = new Option<string[]>("--live")
            { Description = "Watch these network namespaces instead, without changing them: names as 'ip netns' has them, paths, pid:1234 " +
                "for that of a process or container, host", HelpName = "namespace", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
        var filter = new Option<string?>("--filter")
            { Description = "With --live: the frames of interest: udp, tcp, icmp, arp, ip6, port=53, src=10.0.0.1, dst=10.0.0.0/24, host=, " +
                "mac=, vlan=, type=0x88b5; all words must be true of a frame, ! before one turns it round", HelpName = "words" };
        var stopped = new Option<bool>("--only-dropped") { Description = "With --live: leave out frames that went well" };
        var time = new Option<string?>("--for") { Description = "With --live: end after so long: 10s, 2m; otherwise Ctrl-C ends it", HelpName = "time" };
        var count = new Option<int?>("--count") { Description = "With --live: end after so many frames", HelpName = "number" };
        var rules = new Option<bool>("--rules")
            { Description = "With --live: let nftables trace which rule drops a frame; each namespace that has rules gets a table " +
                "netlab_trace while it is watched" };
        var pcapng = new Option<string?>("--pcapng") { Description = "Write the frames' hops into this file too, the reasons as comments", HelpName = "file" };
        var causes = new Option<bool>("--causes") { Description = "Print the catalogue of causes instead: what each means, what confirms it, what to do" };
        var coverage = new Option<bool>("--coverage")
            { Description = "With --causes: print the kernel's drop reasons instead, each with the test that provokes it, or why none does" };
        var json = new Option<bool>("--json") { Description = "Write one JSON document; with --live, one a line for each frame" };
        var variant = ScenarioFiles.Variant();
        var command = new Command("explain",
            "Tell where a frame goes in a scenario's lab, and why it does not arrive; or, with --live, what becomes of the frames in " +
                "namespaces that are there. Exit codes: 0 it arrives, 1 it does not, 2 and 3 as ever; with --live always 0 when it could watch.")
                    { file, variant, from, to, frame, after, lab, live, filter, stopped, time, count, rules, causes, coverage, pcapng, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(causes))
            {
                return;
            }

            if (result.GetValue(coverage))
            {
                result.AddError("Option '--coverage' is for --causes alone");
            }

            var isLive = result.GetResult(live) is not null;
            Option[] ofScenario = [variant, from, to, frame, after], ofLive = [filter, stopped, time, count, rules];
            foreach (var wrong in (isLive ? ofScenario : ofLive).Where(o => result.GetResult(o) is { Implicit: false }))
            {
                result.AddError($"Option '{wrong.Name}' is {(isLive ? "not for --live" : "for --live alone")}");
            }

            if (isLive && result.GetResult(file) is { Tokens.Count: > 0 })
            {
                result.AddError("A scenario is not watched: name either a file or --live");
            }
            var isKept = !isLive && result.GetResult(file) is not { Tokens.Count: > 0 };
            foreach (var wrong in isKept ? [after] : new Option[] { lab }.Where(o => result.GetResult(o) is not null))
            {
                if (result.GetResult(wrong) is not null)
                {
                    result.AddError($"Option '{wrong.Name}' is {(isKept ? "for a scenario's file" : "for a lab that is up, where no file is named")}");
                }
            }

            foreach (var missing in new Option[] { from, to }.Where(o => !isLive && result.GetResult(o) is null))
            {
                result.AddError($"Option '{missing.Name}' is required.");
            }

            if (result.GetResult(count) is { Tokens: [{ Value: var number }] } && int.TryParse(number, out var n) && n < 1)
            {
                result.AddError("--count takes a number from 1");
            }
        });
        command.SetAction((parsed, ct) =>
        {
            if (parsed.GetValue(causes))
            {
                terminal.Out.Write(parsed.GetValue(coverage) ? Causes.ToCoverageMarkdown() : Causes.ToMarkdown());
                return Task.FromResult(ExitCode.Fine);
            }

            if (parsed.GetValue(live) is { Length: > 0 } namespaces)
            {
                return LiveExplain.RunAsync(terminal,
                    new LiveQuestion(namespaces, parsed.GetValue(filter), parsed.GetValue(stopped), parsed.GetValue(time), parsed.GetValue(count),
                        parsed.GetValue(rules), parsed.GetValue(pcapng), parsed.GetValue(json)), ct);
            }

            if (parsed.GetValue(file) is not { } scenario)
            {
                return OfKeptLabAsync(terminal, parsed, lab, [from, to, frame, pcapng], json, ct);
            }

            var steps = parsed.GetResult(after) is null ? 0 : parsed.GetValue(after) ?? int.MaxValue;
            return RunAsync(terminal, scenario, parsed.GetValue(variant),
                (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(frame)), steps, parsed.GetValue(pcapng),
                    parsed.GetValue(json), ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string file, string? variant, (string From, string To, string? Frame) asked, int steps,
        string? pcapng, bool json, CancellationToken ct)
    {
        await using var run = ScenarioFiles.Describe([file], variant)[0];
        var question = FrameQuestion.Ask(run, asked.From, asked.To, asked.Frame);
        RunCommand.RequireWhatItNeeds(run.Lab);
        await BuildAsync(terminal, run, steps, ct).ConfigureAwait(false);
        return await AnswerAsync(terminal, question, file, pcapng, json, ct).ConfigureAwait(false);
    }

    private static Task<int> OfKeptLabAsync(Terminal terminal, ParseResult parsed, Option<string?> lab, Option[] words, Option<bool> json, CancellationToken ct)
    {
        var options = words.Where(word => parsed.GetResult(word) is not null)
            .ToDictionary(word => word.Name[2..], word => parsed.GetResult(word)!.Tokens[0].Value);
        if (parsed.GetValue(json))
        {
            options["json"] = "";
        }

        return KeptLabCommands.AskAsync(terminal, parsed.GetValue(lab), new KeeperRequest("explain", []) { Options = options }, ct);
    }

    /// <summary>Sends the frame, and tells what became of it.</summary>
    internal static async Task<int> AnswerAsync(Terminal terminal, FrameQuestion question, string file, string? pcapng, bool json, CancellationToken ct)
    {
        var verdict = await question.AnswerAsync(ct).ConfigureAwait(false);
        if (pcapng is not null)
        {
            OutputFile.Write(pcapng, path => FatePcapng.Write(path, verdict.Fates, verdict as FateVerdict));
        }

        var code = verdict.IsGood ? ExitCode.Fine : ExitCode.Failed;
        if (json)
        {
            var document = verdict.ToJson();
            document.Insert(0, "exitCode", code);
            document.Insert(1, "file", file);
            document["pcapng"] = pcapng;
            terminal.WriteJson(document);
        }
        else
        {
            Show(terminal.Page, verdict);
        }

        return code;
    }

    // The lab, and as many of the scenario's steps as are asked for. How they come out is not the question; what failed is told beside.
    private static async Task BuildAsync(Terminal terminal, ScenarioRun run, int steps, CancellationToken ct)
    {
        var taken = 0;
        await foreach (var happening in run.PlayAsync(ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Step.Depth: 0 } ended)
            {
                taken++;
                if (ended.Outcome is StepOutcome.Failed)
                {
                    terminal.Say($"netlab: step {ended.Step.Number}, {ended.Step.Title}: {ended.Problem?.ReplaceLineEndings("\n").Split('\n')[0]}");
                    foreach (var printed in ended.Seen.Where(line => line.StartsWith("  ", StringComparison.Ordinal)))
                    {
                        terminal.Say(printed);
                    }
                }
            }

            if (happening is LabReady or StepEnded { Step.Depth: 0 } && taken >= steps)
            {
                return;
            }
        }
    }

    private static void Show(Page page, IVerdict verdict)
    {
        var lines = verdict.Describe().ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var style = i == 0 ? verdict.IsGood ? "green" : "red"
                : lines[i].StartsWith("Fix:", StringComparison.Ordinal) ? "green"
                : lines[i].Contains(" X ", StringComparison.Ordinal) && lines[i].StartsWith("  ", StringComparison.Ordinal) ? "red"
                : lines[i].StartsWith("Why:", StringComparison.Ordinal) || lines[i].StartsWith("  ", StringComparison.Ordinal) ? null
                : "grey";
            page.Item(0, lines[i], style);
        }
    }
}
