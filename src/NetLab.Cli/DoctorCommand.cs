using System.CommandLine;
using System.Text.Json;
using NetLab.Linux.Probe;
using Spectre.Console;

namespace NetLab.Cli;

/// <summary><c>netlab doctor</c>: what this machine has and lacks, each by trying it, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create(TextWriter output)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document" };
        var command = new Command("doctor", "Try every feature of the machine that NetLab can use, and say what to do about each that is missing") { json };
        command.SetAction(async (parsed, _) =>
        {
            IReadOnlyList<FeatureState> all = NetLab.Linux.Probe.Capabilities.All;
            var needed = LabFeatures.Basic.ToHashSet();
            bool ready = all.Where(s => needed.Contains(s.Feature)).All(s => s.Available);
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(
                    new
                    {
                        ready,
                        features = all.Select(s => new { id = s.Feature.ToString(), name = s.Name, available = s.Available, required = needed.Contains(s.Feature), evidence = s.Evidence, kernelOption = s.KernelOption, remedy = s.Available ? null : s.Remedy }),
                    },
                    Json.Options));
            }
            else
            {
                Render(Terminal.For(output), all, needed, ready);
            }

            return ready ? CommandLine.Fine : CommandLine.MachineLacks;
        });
        return command;
    }

    private static void Render(IAnsiConsole console, IReadOnlyList<FeatureState> all, HashSet<Feature> needed, bool ready)
    {
        foreach (FeatureState state in all)
        {
            string mark = state.Available ? "[green]  ok [/]" : needed.Contains(state.Feature) ? "[red] MISS[/]" : "[yellow]   - [/]";
            console.MarkupLine($"{mark} {Markup.Escape(state.Name)} [dim]({Markup.Escape(state.Evidence)})[/]");
            if (!state.Available)
            {
                string todo = string.Join("; ", new[] { state.KernelOption, state.Remedy }.Where(s => s is not null));
                if (todo.Length > 0)
                {
                    console.MarkupLine($"         [italic]{Markup.Escape(todo)}[/]");
                }
            }
        }

        int have = all.Count(s => s.Available);
        console.WriteLine();
        console.WriteLine(ready
            ? $"{have} of {all.Count} features are here, and all that a lab needs."
            : $"{have} of {all.Count} features are here. A lab needs those marked MISS.");
    }
}
