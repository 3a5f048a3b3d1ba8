using System.Globalization;
using Spectre.Console;

namespace NetLab.Benchmarks;

/// <summary>The summary for people.</summary>
internal static class SummaryTable
{
    private const int PlainWidth = 180;

    public static void Write(IReadOnlyList<SummaryLine> lines)
    {
        // A file or a pipe has no width that lines would have to be broken for, and no colours.
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumn("What");
        foreach (var title in new[] { "Value", "Baseline", "Ratio" })
        {
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("Target").NoWrap()).AddColumn(new TableColumn("Holds").NoWrap()).AddColumn("Note");
        foreach ((var row, var result) in lines)
        {
            var holds = row.Target?.Holds(result);
            table.AddRow(
                new Text(row.Name), new Text(Figure(result.Value, row.Unit)), new Text(Figure(result.Baseline, row.Unit)), new Text(Figure(result.Ratio, "")),
                new Text(row.Target?.ToString() ?? ""),
                    new Text(holds switch { true => "yes", false => "NO", _ => "" }, new Style(holds == false ? Color.Red : Color.Default)),
                new Text(result.Note ?? ""));
        }

        AnsiConsole.Write(table);
    }

    // Three digits that mean something are enough: the machine's noise is in the second.
    private static string Figure(double? figure, string unit) => figure switch
    {
        null => "",
        { } f => $"{f.ToString(Math.Abs(f) switch { >= 100 => "#,0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture)} {unit}".TrimEnd(),
    };
}
