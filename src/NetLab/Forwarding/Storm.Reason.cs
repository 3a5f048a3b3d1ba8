namespace NetLab;

/// <summary>What a storm means for the frames that were in it.</summary>
public sealed partial record Storm
{
    /// <summary>The storm as the reason why its frames ended.</summary>
    public Reason Reason
    {
        get
        {
            (var closed, var opens) = Port.Switch!.ClosingOf(Port);
            return new Reason(Causes.Storm, Port.Node, Port.Name,
                $"The frame went round in a loop: it passed {Port} {Times} times in {Within.TotalMilliseconds:0.#} ms. The lab has stopped it by {closed}.",
                [Evidence.Seen($"{string.Join(", ", Ports.OrderByDescending(p => p.Value).Select(p => $"{p.Key} {p.Value} times"))}.")],
                $"take one of the links of the loop away, or let its switches run STP; `{opens}` opens the port again");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"  A storm of {Frame}{Environment.NewLine}{Reason.Describe("    ")}";
}
