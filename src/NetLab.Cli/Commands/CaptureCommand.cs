using System.CommandLine;
using System.Globalization;
using NetLab.Cli.Keeping;
using NetLab.Cli.Live;
using NetLab.Cli.Running;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab capture FILE -o OUT</c>: runs a scenario, and writes every frame at every device of its lab into a pcapng file.</summary>
internal static class CaptureCommand
{
    public static Command Create(Terminal terminal, Option<bool> verbose)
    {
        var file = new Argument<string?>("file") { Description = "The scenario to run; without one, a lab that is up is captured until Ctrl-C",
            Arity = ArgumentArity.ZeroOrOne };
        file.Validators.Add(ScenarioFiles.Check);
        var output = new Option<string>("--output", "-o")
            { Description = "The pcapng file to write, with one interface a device", HelpName = "file", Required = true };
        var lab = KeptLabCommands.Lab();
        var time = new Option<string?>("--for") { Description = "Of a lab that is up: end after so long: 10s, 2m", HelpName = "time" };
        var command = new Command("capture", "Run a scenario and capture every frame at every device; or capture in a lab that is up")
            { file, output, lab, time };
        command.Validators.Add(result =>
        {
            foreach (var wrong in new Option[] { lab, time }.Where(o => result.GetResult(file) is { Tokens.Count: > 0 } && result.GetResult(o) is not null))
            {
                result.AddError($"Option '{wrong.Name}' is for a lab that is up, and a scenario is named");
            }
        });
        command.SetAction((parsed, ct) => parsed.GetValue(file) is { } scenario
            ? RunAsync(terminal, scenario, parsed.GetRequiredValue(output), parsed.GetValue(verbose), ct)
            : OfKeptLabAsync(terminal, parsed.GetValue(lab), parsed.GetRequiredValue(output), parsed.GetValue(time), ct));
        return command;
    }

    private static Task<int> OfKeptLabAsync(Terminal terminal, string? lab, string output, string? time, CancellationToken ct)
    {
        var options = new Dictionary<string, string> { ["output"] = output };
        if (time is not null)
        {
            options["for"] = LiveExplain.Duration(time).TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        }

        return KeptLabCommands.AskAsync(terminal, lab, new KeeperRequest("capture", []) { Options = options }, ct);
    }

    private static async Task<int> RunAsync(Terminal terminal, string file, string output, bool verbose, CancellationToken ct)
    {
        var run = ScenarioFiles.Describe([file])[0];
        LabCapture? capture = null;
        var code = await RunCommand.PlayAsync(
            terminal, run, new RunView(terminal.Page, run, verbose), verbose, lab => OutputFile.Write(output, path => capture = lab.Capture(path)),
                ct).ConfigureAwait(false);
        if (capture is not null)
        {
            await StopAsync(terminal, capture, output).ConfigureAwait(false);
        }

        return code;
    }

    /// <summary>Ends a capture, or takes note that it has ended with its lab, and tells what it holds.</summary>
    internal static async Task StopAsync(Terminal terminal, LabCapture capture, string output)
    {
        try
        {
            await capture.StopAsync().ConfigureAwait(false);
        }
        catch (IOException unwritten)
        {
            throw new OutputException($"{output} is not whole: {unwritten.Message}");
        }

        var lost = capture.Lost;
        terminal.Say($"{output}: {capture.Counts.Sum(c => c.Captured)} frames of {capture.Counts.Count} " +
            $"{(capture.Counts.Count == 1 ? "node" : "nodes")}{(lost > 0 ? $"; {lost} more came too fast and are lost" : "")}");
    }
}
