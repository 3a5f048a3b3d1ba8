using NetLab.Packets;

namespace NetLab;

/// <summary>nft, or iptables-restore, refuses rules; nothing of them is loaded. The message has the program's own words, which point at the place.</summary>
public sealed class RulesetException : Exception
{
    internal RulesetException(Node node, string program, string ruleset, string answer)
        : base($"node {node.Name}: {program} refuses the ruleset:{Environment.NewLine}{PlainText.Lines(answer)}")
    {
        Node = node;
        Ruleset = ruleset;
        Answer = answer;
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>The ruleset, in the program's words.</summary>
    public string Ruleset { get; }

    /// <summary>What the program wrote: <c>/dev/stdin:2:10-14: Error: syntax error…</c>, with the line and a mark below it.</summary>
    public string Answer { get; }
}
