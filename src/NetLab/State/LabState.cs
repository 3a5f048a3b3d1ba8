namespace NetLab;

/// <summary>What all nodes of a lab have: <see cref="StateReading"/>.</summary>
/// <param name="Nodes">The nodes, in the order in which they were added.</param>
public sealed record LabState(IReadOnlyList<NodeState> Nodes)
{
    /// <summary>The state of the node with this name, or null.</summary>
    public NodeState? FindNode(string name) => Nodes.FirstOrDefault(n => n.Node == name);

    /// <summary>The changes that lead from this reading to a later one; nodes are matched by name.</summary>
    public StateDiff DiffTo(LabState later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var names = Nodes.Concat(later.Nodes).Select(n => n.Node).Distinct();
        return new StateDiff([.. names.SelectMany(name => (FindNode(name) ?? Nothing(name)).DiffTo(later.FindNode(name) ?? Nothing(name)).Changes)]);
    }

    /// <summary>All of it as JSON: an array of what <see cref="NodeState.ToJson"/> makes of each node.</summary>
    public string ToJson() => StateJson.Write(this);

    /// <summary>The listings of the nodes, one after the other.</summary>
    public override string ToString() => string.Join('\n', Nodes);

    private static NodeState Nothing(string name) => new() { Node = name };
}
