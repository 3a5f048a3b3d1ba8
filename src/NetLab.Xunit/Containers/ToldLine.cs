using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetLab.Xunit.Containers;

/// <summary>What the container tells of a test: a line of JSON.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Case">The number of the test case in the list that the container was given; -1 where it is of none.</param>
/// <param name="Name">The name of the test, with a row's arguments.</param>
/// <param name="Time">How long it took, in seconds.</param>
/// <param name="Output">What the test wrote.</param>
/// <param name="Reason">Why it was skipped.</param>
/// <param name="Failure">Why it failed.</param>
internal sealed record ToldLine(ToldKind Kind, int Case, string? Name = null, decimal Time = 0, string? Output = null, string? Reason = null,
    ToldFailure? Failure = null)
{
    /// <summary>Such a line begins with it; what tests write to the console themselves does not.</summary>
    public const string Prefix = "##netlab ";

    public override string ToString() => Prefix + JsonSerializer.Serialize(this, ToldJson.Default.ToldLine);

    public static ToldLine Read(string json) => JsonSerializer.Deserialize(json, ToldJson.Default.ToldLine)!;
}

internal enum ToldKind
{
    CaseStarting, Starting, Passed, Failed, Skipped, Finished, CaseFinished,

    /// <summary>Something failed that is of no single test: a fixture that could not be disposed, for one.</summary>
    Error,
}

/// <summary>A failure as xunit tells it: exceptions with those inside them.</summary>
internal sealed record ToldFailure(string?[] Types, string[] Messages, string?[] Stacks, int[] Parents);

[JsonSerializable(typeof(ToldLine))]
internal sealed partial class ToldJson : JsonSerializerContext;
