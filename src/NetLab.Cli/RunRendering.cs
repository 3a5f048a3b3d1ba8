using NetLab.Scenarios;
using Spectre.Console;

namespace NetLab.Cli;

/// <summary>A run as text: the drawing, then each step as it ends, with what was seen.</summary>
internal sealed class RunRendering(IAnsiConsole console)
{
    public void Begin(ScenarioDocument document, string drawing)
    {
        console.MarkupLine($"[bold]{Markup.Escape(document.Name)}[/]");
        if (document.Description is { } description)
        {
            Paragraph(description, "");
        }

        console.WriteLine();
        foreach (string line in drawing.TrimEnd('\n').Split('\n'))
        {
            console.WriteLine(line);
        }

        console.WriteLine();
    }

    public void Show(ScenarioEvent happening)
    {
        switch (happening)
        {
            case LabReady ready:
                console.MarkupLine($"[dim]The lab stands: {ready.Lab.Nodes.Count} {(ready.Lab.Nodes.Count == 1 ? "node" : "nodes")}, {ready.Lab.Nodes.Sum(n => n.Devices.Count)} devices, built in {ready.Took.TotalMilliseconds:0} ms.[/]");
                break;
            case Narration narration:
                console.WriteLine();
                Paragraph(narration.Text, Indent(narration.Depth));
                break;
            case StepStarted { Step.Action: "claim" } started:
                console.WriteLine();
                console.MarkupLine($"{Indent(started.Step.Depth)}[bold]Claim {started.Step.Number}: {Markup.Escape(started.Step.Title)}[/]");
                break;
            case TaskOffered task:
                console.MarkupLine($"{Indent(task.Step.Depth)}[bold]Task: {Markup.Escape(task.Offer.Text.Trim())}[/]");
                break;
            case StepEnded ended:
                Show(ended);
                break;
            case ScenarioEnded end:
                Show(end);
                break;
            default:
                break;
        }
    }

    private static string Indent(int depth) => new(' ', depth * 4);

    private void Show(StepEnded ended)
    {
        string indent = Indent(ended.Step.Depth);
        string mark = ended.Outcome switch
        {
            StepOutcome.Passed => "[green]ok  [/]",
            StepOutcome.Skipped => "[yellow]skip[/]",
            _ => "[red]FAIL[/]",
        };
        string verdict = ended.Holds is { } holds ? holds ? " [green]It holds.[/]" : " [yellow]It does not hold.[/]" : "";
        console.MarkupLine($"{indent}{mark} {ended.Step.Number,2}. {Markup.Escape(ended.Step.Title)}{verdict} [dim]({Time(ended.Took)})[/]");
        foreach (string seen in ended.Seen)
        {
            // A way stays in one line, to be found and copied whole.
            console.WriteLine($"{indent}         {seen.TrimEnd()}");
        }

        if (ended.Problem is { } problem)
        {
            foreach (string line in problem.TrimEnd().Split('\n'))
            {
                console.MarkupLine($"{indent}         [red]{Markup.Escape(line.TrimEnd('\r'))}[/]");
            }
        }
    }

    private void Show(ScenarioEnded end)
    {
        console.WriteLine();
        string colour = end.Failed > 0 ? "red" : "green";
        console.MarkupLine($"[{colour}]{end.Passed} passed, {end.Failed} failed, {end.Skipped} skipped[/] [dim]in {Time(end.Took)}[/]");
    }

    private static string Time(TimeSpan took) => took.TotalSeconds >= 1 ? $"{took.TotalSeconds:0.0} s" : $"{took.TotalMilliseconds:0.0} ms";

    // Text from a file is broken where its author broke it; folded text is broken at words.
    private void Paragraph(string text, string indent)
    {
        const int width = 100;
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            var row = new System.Text.StringBuilder(indent);
            foreach (string word in line.Split(' '))
            {
                if (row.Length > indent.Length && row.Length + word.Length > width)
                {
                    console.WriteLine(row.ToString().TrimEnd());
                    row.Clear().Append(indent);
                }

                row.Append(word).Append(' ');
            }

            console.WriteLine(row.ToString().TrimEnd());
        }
    }
}
