namespace NetLab;

/// <summary>nft refuses a ruleset; nothing of it is loaded. The message has nft's own words, which point at the place.</summary>
public sealed class RulesetException : Exception
{
    internal RulesetException(Node node, string ruleset, string answer)
        : base($"node {node.Name}: nft refuses the ruleset:{Environment.NewLine}{answer}")
    {
        Node = node;
        Ruleset = ruleset;
        Answer = answer;
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>The ruleset, in the words of nft(8).</summary>
    public string Ruleset { get; }

    /// <summary>What nft wrote: <c>/dev/stdin:2:10-14: Error: syntax error…</c>, with the line and a mark below it.</summary>
    public string Answer { get; }
}
