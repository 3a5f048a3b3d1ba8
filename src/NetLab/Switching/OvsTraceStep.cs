namespace NetLab;

/// <summary>One flow table's answer.</summary>
public sealed record OvsTraceStep
{
    /// <summary>The bridge whose table it is.</summary>
    public required string Bridge { get; init; }

    /// <summary>The number of the table.</summary>
    public required int Table { get; init; }

    /// <summary>The flow that matched, <c>in_port=pb,dl_dst=02:00:00:00:00:99</c>; empty if it matches everything; null if no flow did.</summary>
    public required string? Match { get; init; }

    /// <summary>The flow's priority, or null if no flow matched.</summary>
    public required int? Priority { get; init; }

    /// <summary>The flow's cookie; 0 if it has none.</summary>
    public required ulong Cookie { get; init; }

    /// <summary>The flow's actions, one a line: <c>NORMAL</c>, <c>resubmit(,5)</c>, <c>drop</c>.</summary>
    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>Those of <see cref="Actions"/> that stand in the flow itself, and not in a group or an action of it.</summary>
    internal IReadOnlyList<string> Own { get; init; } = [];

    /// <summary>What Open vSwitch remarks: <c>no learned MAC for destination, flooding</c>.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>True unless all that the flow does is change the frame or pass it on to another table, by connection tracking too.</summary>
    public bool Decides => Match is null || Actions.Count is 0
        || !Actions.All(a => OvsTraceReader.PassesOn.IsMatch(a) || (a is "drop" && Actions.Any(OvsTraceReader.IsResumed)));

    /// <summary><c>br1 table 0, priority 100, in_port=pb,dl_dst=02:00:00:00:00:99, cookie 0x77: drop</c></summary>
    public override string ToString() =>
        Match is null ? $"{Bridge} table {Table}: no match"
        : $"{Bridge} table {Table}, priority {Priority}{(Match.Length > 0 ? $", {Match}" : "")}{(Cookie is 0 ? "" : $", cookie 0x{Cookie:x}")}: " +
            $"{string.Join(", ", Actions)}";
}
