using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab.Benchmarks;

/// <summary>The summary for programs: one array, nothing left out because it is null.</summary>
internal static class SummaryJson
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(IReadOnlyList<SummaryLine> lines) => new JsonArray([.. lines.Select(Of)]).ToJsonString(Options);

    private static JsonObject Of(SummaryLine line) => new()
    {
        ["name"] = line.Row.Name,
        ["value"] = Figure(line.Result.Value),
        ["unit"] = line.Row.Unit,
        ["baseline"] = Figure(line.Result.Baseline),
        ["ratio"] = Figure(line.Result.Ratio),
        ["target"] = line.Row.Target?.ToString(),
        ["holds"] = line.Holds,
    };

    private static JsonValue? Figure(double? figure) => figure is { } f ? JsonValue.Create(Math.Round(f, 4)) : null;
}
