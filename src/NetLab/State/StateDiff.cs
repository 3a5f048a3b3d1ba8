using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>What happened to an entry between two readings.</summary>
public enum StateChangeKind
{
    /// <summary>It is new.</summary>
    Added,
    /// <summary>It is gone.</summary>
    Removed,
    /// <summary>It is still there, and other than it was.</summary>
    Changed,
}

/// <summary>One field of an entry that changed.</summary>
/// <param name="Name">The field.</param>
/// <param name="From">Its value before, in words.</param>
/// <param name="To">Its value after.</param>
public sealed record FieldChange(string Name, string From, string To)
{
    /// <summary><c>mtu 1500 → 1400</c>.</summary>
    public override string ToString() => $"{Name} {From} → {To}";
}

/// <summary>One change between two readings.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">The node.</param>
/// <param name="Before">The entry as it was; null for one that was added.</param>
/// <param name="After">The entry as it is; null for one that was removed.</param>
/// <param name="Fields">What changed about it; empty unless it is of the kind <see cref="StateChangeKind.Changed"/>.</param>
public sealed record StateChange(StateChangeKind Kind, string Node, StateEntry? Before, StateEntry? After, IReadOnlyList<FieldChange> Fields)
{
    /// <summary><c>+ route 10.0.0.0/24 via 10.1.0.1 dev eth0</c>, <c>- …</c>, or <c>~ link eth0: mtu 1500 → 1400</c>.</summary>
    public override string ToString() => PlainText.Line(Kind switch
    {
        StateChangeKind.Added => $"+ {After!.Exactly()}",
        StateChangeKind.Removed => $"- {Before!.Exactly()}",
        _ => $"~ {After!.Section} {After.Key}: {string.Join(", ", Fields)}",
    });
}

/// <summary>The changes between two readings of a node, or of a lab.</summary>
/// <param name="Changes">The changes, section by section; see <see cref="NodeState"/> for what is not compared.</param>
public sealed record StateDiff(IReadOnlyList<StateChange> Changes)
{
    /// <summary>Nothing changed.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>The changes that lead from one reading to another.</summary>
    public static StateDiff Between(NodeState before, NodeState after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new StateDiff([.. before.Sections.Zip(after.Sections)
            .SelectMany(pair => SectionDiff.Between(before.Node, pair.First.Entries, pair.Second.Entries))]);
    }

    /// <summary>A line a change, under the name of its node where there are several nodes; <c>no change</c> for none.</summary>
    public override string ToString()
    {
        if (IsEmpty)
        {
            return "no change";
        }

        var text = new StringBuilder();
        var named = Changes.Select(c => c.Node).Distinct().Skip(1).Any();
        foreach (var node in Changes.GroupBy(c => c.Node))
        {
            text.Append(named ? $"node {node.Key}\n" : "").AppendJoin('\n', node.Select(c => (named ? "  " : "") + c)).Append('\n');
        }

        return text.ToString(0, text.Length - 1);
    }
}
