namespace NetLab.Drawing;

/// <summary>
/// The scene cut into ranks: horizontal bands that each hold a row of items, cables cut into segments between neighbouring
/// ranks. A frame (node) takes a column of its row and a band of its ranks; a cable that passes a rank takes a lane there, so
/// that no cable ever runs over a shape.
/// </summary>
internal sealed class Grid
{
    public List<GridRow> Rows { get; } = [];

    public int RankCount { get; set; }

    public List<Segment> Segments { get; } = [];

    public List<Bend> Bends { get; } = [];

    public Dictionary<Cable, Route> Routes { get; } = [];

    /// <summary>The items of a rank, from left to right.</summary>
    public IEnumerable<GridItem> Rank(int rank)
    {
        var row = Rows.Find(r => rank >= r.FirstRank && rank < r.FirstRank + r.RankCount)!;
        return row.Columns.SelectMany(c => c.Ranks[rank - row.FirstRank]);
    }

    /// <summary>Numbers the items of each rank from left to right.</summary>
    public void Number()
    {
        for (var rank = 0; rank < RankCount; rank++)
        {
            var order = 0;
            foreach (var item in Rank(rank))
            {
                item.Order = order++;
            }
        }
    }
}

/// <summary>A row of frames.</summary>
internal sealed class GridRow(int index, int firstRank, int rankCount)
{
    public int Index { get; } = index;

    public int FirstRank { get; } = firstRank;

    public int RankCount { get; } = rankCount;

    public int LastRank => FirstRank + RankCount - 1;

    public List<GridColumn> Columns { get; } = [];
}

/// <summary>A frame's place in its row, or the lane of a cable that passes the whole row.</summary>
internal sealed class GridColumn(GridRow row, SceneNode? node)
{
    public GridRow Row { get; } = row;

    public SceneNode? Node { get; } = node;

    /// <summary>The items by rank of the row, from left to right.</summary>
    public List<GridItem>[] Ranks { get; } = [.. Enumerable.Range(0, row.RankCount).Select(_ => new List<GridItem>())];

    /// <summary>The rank that holds the frame's name; the frame begins there.</summary>
    public int HeaderRank { get; set; }

    /// <summary>The last rank that holds a shape; the frame ends there.</summary>
    public int LastRank { get; set; }

    public GridItem Add(GridItem item)
    {
        Ranks[item.Rank - Row.FirstRank].Add(item);
        return item;
    }
}

/// <summary>What stands at a place of a rank: a shape, a frame's name, or a cable that passes.</summary>
internal sealed class GridItem(GridColumn column, int rank, Shape? shape, bool isHeader = false)
{
    public GridColumn Column { get; } = column;

    public int Rank { get; } = rank;

    public Shape? Shape { get; } = shape;

    public bool IsHeader { get; } = isHeader;

    public bool IsLane => Shape is null && !IsHeader;

    public int Order { get; set; }

    public List<Segment> Above { get; } = [];

    public List<Segment> Below { get; } = [];

    public List<Bend> Bends { get; } = [];
}

/// <summary>A piece of a cable from one rank to the next.</summary>
internal sealed record Segment(Cable Cable, GridItem Upper, Port? UpperPort, GridItem Lower, Port? LowerPort);

/// <summary>A cable that turns: down from one item, along below the rank, and up to another item of the rank.</summary>
internal sealed record Bend(Cable Cable, GridItem From, Port? FromPort, GridItem To, Port? ToPort)
{
    public int Rank => From.Rank;

    public bool IsInsideFrame => ReferenceEquals(From.Column, To.Column);

    /// <summary>The ports that it has on an item, each with the item at its other end: two where a bridge is cabled to itself.</summary>
    public IEnumerable<(Port Port, GridItem Other)> PortsOn(GridItem item)
    {
        if (FromPort is not null && ReferenceEquals(From, item))
        {
            yield return (FromPort, To);
        }

        if (ToPort is not null && ReferenceEquals(To, item))
        {
            yield return (ToPort, From);
        }
    }
}

/// <summary>The way of a cable: segments from its upper end down, a bend where both ends stand on one level, and segments up again.</summary>
internal sealed record Route(IReadOnlyList<Segment> Down, Bend? Bend, IReadOnlyList<Segment> Up);
