using System.CommandLine;
using System.Text.Json;
using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary><c>netlab run</c>: builds a scenario's lab, takes its steps and says what was seen.</summary>
internal static class RunCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var files = new Argument<string[]>("file") { Description = "One or more scenarios", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output, and nothing else there" };
        var command = new Command("run", "Run scenarios: build the lab, take each step, say what was seen") { files, json };
        command.SetAction(async (parsed, ct) =>
        {
            // Every file is read before the first lab is built, so that a typo in the last one costs no time.
            string[] paths = parsed.GetRequiredValue(files);
            var documents = new List<ScenarioDocument>();
            bool bad = false;
            foreach (string path in paths)
            {
                try
                {
                    documents.Add(Scenario.Load(path));
                }
                catch (Exception e) when (e is ScenarioException or FileNotFoundException)
                {
                    await error.WriteLineAsync(e is ScenarioException ? e.Message : $"netlab: {e.Message}");
                    bad = true;
                }
            }

            if (bad)
            {
                return CommandLine.BadInput;
            }

            var reports = new List<RunReport>();
            foreach (ScenarioDocument document in documents)
            {
                reports.Add(await PlayAsync(document, parsed.GetValue(json) ? null : new RunRendering(Terminal.For(output)), ct));
            }

            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(reports.Count == 1 ? (object)reports[0] : reports, Json.Options));
            }

            return reports.TrueForAll(r => r.Succeeded) ? CommandLine.Fine : CommandLine.ExpectationFailed;
        });
        return command;
    }

    private static async Task<RunReport> PlayAsync(ScenarioDocument document, RunRendering? rendering, CancellationToken ct)
    {
        await using ScenarioRun run = ScenarioRun.Describe(document);
        var report = new RunReport(document.File, document.Name, LabDrawing.Text(run.Lab));
        rendering?.Begin(document, report.Drawing);
        await foreach (ScenarioEvent happening in run.PlayAsync(ct))
        {
            report.Add(happening);
            rendering?.Show(happening);
        }

        report.Succeeded = run.Succeeded;
        return report;
    }
}
