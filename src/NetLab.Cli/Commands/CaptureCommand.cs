using System.CommandLine;
using NetLab.Cli.Running;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab capture FILE -o OUT</c>: runs a scenario, and writes every frame at every device of its lab into a pcapng file.</summary>
internal static class CaptureCommand
{
    public static Command Create(Terminal terminal, Option<bool> verbose)
    {
        var file = new Argument<string>("file") { Description = "The scenario to run" };
        file.Validators.Add(ScenarioFiles.Check);
        var output = new Option<string>("--output", "-o")
            { Description = "The pcapng file to write, with one interface a device", HelpName = "file", Required = true };
        var command = new Command("capture", "Run a scenario and capture every frame at every device") { file, output };
        command.SetAction((parsed, ct) => RunAsync(terminal, parsed.GetRequiredValue(file), parsed.GetRequiredValue(output), parsed.GetValue(verbose), ct));
        return command;
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
            // It has ended with its lab; what went wrong with the file is told here.
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

        return code;
    }
}
