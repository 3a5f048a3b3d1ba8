namespace NetLab.Scenarios;

/// <summary>A node as the file writes it: its parts.</summary>
internal sealed class NodeEntry : Entry
{
    private readonly Dictionary<string, List<Part>> _parts = [];

    public static readonly ObjectShape<NodeEntry> Shape = Describe();

    /// <summary>The parts, kind by kind in the order of <see cref="NetLab.Scenarios.Parts.All"/>, whatever the order of the file.</summary>
    public IEnumerable<Part> Parts => NetLab.Scenarios.Parts.All.SelectMany(kind => _parts.TryGetValue(kind.Key, out var parts) ? parts : []);

    public void Put(string key, Part part)
    {
        if (!_parts.TryGetValue(key, out var parts))
        {
            _parts[key] = parts = [];
        }
        parts.Add(part);
    }

    private static ObjectShape<NodeEntry> Describe()
    {
        var shape = new ObjectShape<NodeEntry>("node", "a node");
        foreach (var kind in NetLab.Scenarios.Parts.All)
        {
            kind.AddTo(shape);
        }
        return shape;
    }
}
