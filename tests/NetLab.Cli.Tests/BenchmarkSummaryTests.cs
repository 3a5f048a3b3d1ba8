using System.Diagnostics;
using System.Text.Json.Nodes;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>What other programs read of the benchmarks' summary; the figures are nobody's business here.</summary>
public class BenchmarkSummaryTests
{
    [LabFact]
    public async Task The_summary_as_JSON_is_one_array_of_rows_and_nothing_else()
    {
        var result = await RunAsync("summary", "--json", "--only", "codec: parse");
        Assert.True(result.ExitCode is 0 or 1, result.ToString());
        var rows = JsonNode.Parse(result.Output)!.AsArray();
        Assert.Equal(["codec: parse a 64-byte UDP frame", "codec: parse, allocated"], rows.Select(r => (string?)r!["name"]));
        Assert.All(rows, row => Assert.Equal(["name", "value", "unit", "baseline", "ratio", "target", "holds"], row!.AsObject().Select(p => p.Key)));
        var allocated = rows[1]!;
        Assert.Equal((0, "bytes", null, "≤ 0", true),
            ((double)allocated["value"]!, (string?)allocated["unit"], allocated["ratio"], (string?)allocated["target"], (bool)allocated["holds"]!));
        var time = rows[0]!;
        Assert.Equal((double)time["value"]! <= 20, (bool)time["holds"]!);
        Assert.Equal(rows.All(r => (bool)r!["holds"]!) ? 0 : 1, result.ExitCode);
        Assert.Contains("measuring codec: parse", result.Error, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_row_that_does_not_exist_is_wrong_usage()
    {
        var result = await RunAsync("summary", "--json", "--only", "no such row");
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("no such row", result.Error, StringComparison.Ordinal);
    }

    private static Task<NetLabResult> RunAsync(params string[] arguments) => NetLabProcess.FinishAsync(Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "NetLab.Benchmarks.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
}
