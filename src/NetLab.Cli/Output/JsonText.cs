using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary>How this command writes JSON (RFC 8259): camel case, durations in milliseconds, and nothing left out because it is null.</summary>
internal static class JsonText
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        WriteIndented = true,
        // Standard output is no web page: arrows and µ need no escapes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode?)t)];

    public static JsonArray Array(IEnumerable<JsonObject> objects) => [.. objects];

    public static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    public static JsonObject Of(Failure failure) => new()
    {
        ["kind"] = failure.Kind,
        ["message"] = string.Join('\n', failure.Lines),
        ["diagnostics"] = Array(failure.Diagnostics.Select(Of)),
    };

    private static JsonObject Of(Diagnostic diagnostic) => new()
    {
        ["file"] = diagnostic.File,
        ["line"] = diagnostic.At.Line,
        ["column"] = diagnostic.At.Column,
        ["wrong"] = diagnostic.Wrong,
        ["right"] = diagnostic.Right,
    };
}
