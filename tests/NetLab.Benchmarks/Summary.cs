namespace NetLab.Benchmarks;

/// <summary>A row with what was measured for it.</summary>
internal sealed record SummaryLine(Row Row, Result Result)
{
    public bool? Holds => Row.Target?.Holds(Result);
}

/// <summary>All rows, and the measuring of them one after the other.</summary>
internal static class Summary
{
    /// <summary>The row families, in the order of the table: each has its own file.</summary>
    public static IReadOnlyList<Measurement> Measurements { get; } =
    [
        .. CodecRows.All,
        .. TopologyRows.All,
        .. OtherProgramsRows.All,
        .. FirstDatagramRows.All,
        .. NodeMemoryRows.All,
        .. TracerRows.All,
        .. DropsRows.All,
        .. FramePathRows.All,
        .. CaptureRows.All,
        .. LabRows.All,
        .. ConcurrencyRows.All,
        .. OpenVSwitchRows.All,
    ];

    /// <summary>Measures the rows whose name contains <paramref name="only"/>, and says on <paramref name="progress"/> what it is at.</summary>
    public static async Task<IReadOnlyList<SummaryLine>> MeasureAsync(string only, TextWriter progress)
    {
        var lines = new List<SummaryLine>();
        foreach (var measurement in Measurements.Where(m => m.Rows.Any(Wanted)))
        {
            await progress.WriteLineAsync($"measuring {measurement.Rows.First(Wanted).Name}").ConfigureAwait(false);
            var results = await measurement.MeasureAsync().ConfigureAwait(false);
            lines.AddRange(measurement.Rows.Zip(results, (row, result) => new SummaryLine(row, result)).Where(l => Wanted(l.Row)));
        }

        return lines;

        bool Wanted(Row row) => row.Name.Contains(only, StringComparison.OrdinalIgnoreCase);
    }
}
