using System.CommandLine;
using System.Text.Json.Nodes;
using NetLab.Linux;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab draw FILE</c>: a scenario's lab as a text, a Mermaid flowchart or an SVG picture. Needs no privilege.</summary>
internal static class DrawCommand
{
    private const string Text = "text", Mermaid = "mermaid", Svg = "svg";

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "The scenario" };
        file.Validators.Add(ScenarioFiles.Check);
        var format = new Option<string?>("--format", "-f") { Description = "What to draw; by default what the output file's name says, or text" };
        format.AcceptOnlyFromAmong(Text, Mermaid, Svg);
        var output = new Option<string?>("--output", "-o") { Description = "The file to write, instead of standard output", HelpName = "file" };
        var json = new Option<bool>("--json") { Description = "Write one JSON document with the lab and its drawing" };
        var variant = ScenarioFiles.Variant();
        var command = new Command("draw", "Draw a scenario's lab") { file, variant, format, output, json };
        command.SetAction(parsed =>
        {
            var target = parsed.GetValue(output);
            return Run(terminal, parsed.GetRequiredValue(file), parsed.GetValue(variant), parsed.GetValue(format) ?? FormatOf(target), target,
                parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(Terminal terminal, string file, string? variant, string format, string? target, bool json)
    {
        var run = ScenarioFiles.Describe([file], variant)[0];
        var options = new DrawingOptions { Title = run.Document.Name };
        var drawing = format switch
        {
            Svg => LabDrawing.Svg(run.Lab, options),
            Mermaid => LabDrawing.Mermaid(run.Lab, options),
            _ => LabDrawing.Text(run.Lab, options with { Columns = terminal.Width }),
        };
        if (target is not null)
        {
            OutputFile.Write(target, path =>
            {
                using var writer = new StreamWriter(NewFile.Create(path));
                writer.Write(drawing);
            });
        }

        if (json)
        {
            terminal.WriteJson(new JsonObject
            {
                ["exitCode"] = ExitCode.Fine,
                ["file"] = file,
                ["name"] = run.Document.Name,
                ["format"] = format,
                ["output"] = target,
                ["drawing"] = drawing,
                ["lab"] = LabJson.Of(run.Lab),
            });
        }
        else if (target is not null)
        {
            terminal.Say($"{target}: {run.Document.Name}, as {format}");
        }
        else if (format == Text)
        {
            terminal.Page.Drawing(drawing);
        }
        else
        {
            terminal.Out.Write(drawing);
        }

        return ExitCode.Fine;
    }

    private static string FormatOf(string? target) => Path.GetExtension(target)?.ToUpperInvariant() switch
    {
        ".SVG" => Svg,
        ".MMD" or ".MERMAID" => Mermaid,
        _ => Text,
    };
}
