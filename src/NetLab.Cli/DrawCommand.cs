using System.CommandLine;
using System.Text.Json;
using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary><c>netlab draw</c>: a scenario's lab as text, Mermaid or SVG. Nothing is built, no privilege is needed.</summary>
internal static class DrawCommand
{
    public static Command Create(TextWriter output)
    {
        var file = new Argument<string>("file") { Description = "The scenario" };
        var format = new Option<string>("--format", "-f") { Description = "What to draw", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "mermaid", "svg");
        var target = new Option<string?>("--output", "-o") { Description = "The file to write; standard output unless it is given" };
        var json = new Option<bool>("--json") { Description = "One JSON document: the format and the drawing" };
        var command = new Command("draw", "Draw a scenario's lab") { file, format, target, json };
        command.SetAction(async (parsed, ct) =>
        {
            string path = parsed.GetRequiredValue(file), wanted = parsed.GetRequiredValue(format);
            await using ScenarioRun run = ScenarioRun.Describe(Scenario.Load(path));
            string drawing = Draw(run, wanted);
            if (parsed.GetValue(json))
            {
                drawing = JsonSerializer.Serialize(new { scenario = path, format = wanted, drawing }, Json.Options) + "\n";
            }

            if (parsed.GetValue(target) is { } name)
            {
                await File.WriteAllTextAsync(name, drawing, ct);
            }
            else
            {
                await output.WriteAsync(drawing);
            }

            return CommandLine.Fine;
        });
        return command;
    }

    private static string Draw(ScenarioRun run, string format)
    {
        var options = new DrawingOptions { Title = run.Document.Name };
        return format switch
        {
            "svg" => LabDrawing.Svg(run.Lab, options),
            "mermaid" => LabDrawing.Mermaid(run.Lab, options),
            _ => LabDrawing.Text(run.Lab, options),
        };
    }
}
