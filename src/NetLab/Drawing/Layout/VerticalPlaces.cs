namespace NetLab.Drawing;

/// <summary>
/// Where everything stands from top to bottom. Between two ranks lies a channel: labels of the ports above it, cables that turn,
/// room for cables to swing sideways, labels of the ports below it. Between two rows of frames the channel also holds the
/// frames' edges.
/// </summary>
internal sealed class VerticalPlaces
{
    private readonly Grid _grid;
    private readonly HorizontalPlaces _x;
    private readonly Dictionary<Bend, int> _track = [];
    private readonly int[] _top;
    private readonly int[] _bottom;
    private readonly int[] _swingTop;
    private readonly int[] _swingBottom;

    private VerticalPlaces(Grid grid, HorizontalPlaces x)
    {
        _grid = grid;
        _x = x;
        _top = new int[grid.RankCount];
        _bottom = new int[grid.RankCount];
        _swingTop = new int[grid.RankCount];
        _swingBottom = new int[grid.RankCount];
    }

    /// <summary>The height of everything.</summary>
    public int Height { get; private set; }

    public static VerticalPlaces Of(Grid grid, HorizontalPlaces x, int top)
    {
        var places = new VerticalPlaces(grid, x);
        places.StackTracks();
        places.StackRanks(top);
        return places;
    }

    /// <summary>Top and bottom of a shape, a header or a lane.</summary>
    public (int Top, int Bottom) Item(GridItem item)
    {
        (var top, var bottom) = (_top[item.Rank], _bottom[item.Rank]);
        var height = HeightOf(item);
        if (item.IsLane)
        {
            return (top, bottom);
        }

        if (item.IsHeader)
        {
            return HeaderOf(item.Column, bottom, height);
        }

        bool above = item.Above.Count > 0, below = item.Below.Count + item.Bends.Count > 0;
        return below && !above ? (bottom - height, bottom)
            : above && !below ? (top, top + height)
            : ((top + bottom - height) / 2, (top + bottom - height) / 2 + height);
    }

    // The name sits on what the frame holds, as long as no cable passes beside it.
    private (int Top, int Bottom) HeaderOf(GridColumn column, int bottom, int height)
    {
        var rank = column.HeaderRank - column.Row.FirstRank;
        if (rank + 1 < column.Row.RankCount && column.Ranks[rank].Count == 1)
        {
            var first = column.Ranks[rank + 1];
            bottom = Math.Max(bottom, first.Select(i => Item(i).Top).DefaultIfEmpty(bottom).Min() - 8);
        }

        return (bottom - height, bottom);
    }

    public (int Top, int Bottom) Frame(GridColumn column)
    {
        var header = column.Ranks.SelectMany(r => r).First(i => i.IsHeader);
        var rank = column.LastRank;
        var last = column.Ranks[rank - column.Row.FirstRank];
        var content = last.Where(i => !i.IsLane).Max(i => Item(i).Bottom) + LabelsBelow(last);
        var bends = _grid.Bends.FindAll(b => b.IsInsideFrame && b.Rank == rank && b.From.Column == column);
        return (Item(header).Top, Math.Max(content, bends.Count == 0 ? 0 : bends.Max(Track) + Sizes.BendPitch) + Sizes.FramePadding);
    }

    /// <summary>Where a cable from this rank to the next may leave the vertical: from here down to the second value.</summary>
    public (int From, int To) Swing(int rank) => (_swingTop[rank], _swingBottom[rank]);

    /// <summary>The height at which a turning cable runs sideways.</summary>
    public int Track(Bend bend)
    {
        var start = _bottom[bend.Rank] + LabelsBelow(_grid.Rank(bend.Rank));
        if (!bend.IsInsideFrame)
        {
            start += Sizes.FramePadding + InsideTracks(bend.Rank) * Sizes.BendPitch;
        }

        return start + (_track[bend] + 1) * Sizes.BendPitch;
    }

    private int InsideTracks(int rank) => Tracks(rank, inside: true);

    private int Tracks(int rank, bool inside) =>
        _grid.Bends.Where(b => b.Rank == rank && b.IsInsideFrame == inside).Select(b => _track[b] + 1).DefaultIfEmpty(0).Max();

    // Turns of one rank that overlap get tracks of their own, the shorter ones nearer to the shapes.
    private void StackTracks()
    {
        foreach (var bends in _grid.Bends.GroupBy(b => (b.Rank, b.IsInsideFrame)))
        {
            var tracks = new List<List<(int Left, int Right)>>();
            foreach ((var bend, var left, var right) in bends.Select(Span).OrderBy(b => b.Right - b.Left).ThenBy(b => b.Left))
            {
                // Above every track that it overlaps there is another one it must stay below.
                var track = tracks.FindLastIndex(t => t.Exists(o => o.Left < right && left < o.Right)) + 1;
                if (track == tracks.Count)
                {
                    tracks.Add([]);
                }

                tracks[track].Add((left, right));
                _track[bend] = track;
            }
        }
    }

    private (Bend Bend, int Left, int Right) Span(Bend bend)
    {
        int a = X(bend.From, bend.FromPort), b = X(bend.To, bend.ToPort);
        return (bend, Math.Min(a, b), Math.Max(a, b));
    }

    private int X(GridItem item, Port? port) => port is null ? _x.Lane(item) : _x.Port(port);

    private void StackRanks(int y)
    {
        foreach (var row in _grid.Rows)
        {
            for (var rank = row.FirstRank; rank <= row.LastRank; rank++)
            {
                List<GridItem> items = [.. _grid.Rank(rank)];
                y += LabelsAbove(items);
                _top[rank] = y;
                y += items.Select(HeightOf).DefaultIfEmpty(0).Max();
                _bottom[rank] = y;
                y += LabelsBelow(items) + InsideTracks(rank) * Sizes.BendPitch;
                var leavesRow = rank == row.LastRank;
                if (leavesRow)
                {
                    y += Sizes.FramePadding + (InsideTracks(rank) > 0 ? Sizes.BendPitch : 0) + Tracks(rank, inside: false) * Sizes.BendPitch;
                }

                _swingTop[rank] = y;
                y += Room(rank, leavesRow);
                _swingBottom[rank] = y;
            }
        }

        Height = y;
    }

    // Cables swing sideways in gentle curves: the further they go, the more room.
    private int Room(int rank, bool leavesRow)
    {
        if (rank == _grid.RankCount - 1)
        {
            return Tracks(rank, inside: false) > 0 ? Sizes.BendPitch : 0;
        }

        var segments = _grid.Segments.FindAll(s => s.Upper.Rank == rank);
        var furthest = segments.Select(s => Math.Abs(X(s.Upper, s.UpperPort) - X(s.Lower, s.LowerPort))).DefaultIfEmpty(0).Max();
        var swing = furthest == 0 ? 0 : 22 + Math.Min(48, furthest / 7);
        return Math.Max(swing, leavesRow ? Sizes.FrameGap : segments.Count > 0 ? 10 : 8);
    }

    private static int HeightOf(GridItem item) =>
        item.IsLane ? 0
        : item.IsHeader ? Sizes.HeaderHeight + Sizes.NoteHeight * item.Column.Node!.Notes.Count
        : Sizes.Of(item.Shape!).Height + (HasTagsAbove(item) ? Sizes.TagHeight : 0) + (HasTagsBelow(item) ? Sizes.TagHeight : 0);

    /// <summary>Whether a port on the item's upper side has a VLAN label, which stands inside the bar.</summary>
    public static bool HasTagsAbove(GridItem item) => item.Above.Exists(s => s.LowerPort?.Vlan is not null);

    private static bool HasTagsBelow(GridItem item) =>
        item.Below.Exists(s => s.UpperPort?.Vlan is not null)
        || item.Bends.Exists(b => b.PortsOn(item).Any(p => p.Port.Vlan is not null));

    private static int LabelsAbove(IEnumerable<GridItem> items) => Labels(items.SelectMany(i => i.Above).Select(s => s.LowerPort));

    private static int LabelsBelow(IEnumerable<GridItem> items) =>
        Labels(items.SelectMany(i => i.Below.Select(s => s.UpperPort).Concat(i.Bends.SelectMany(b => b.PortsOn(i)).Select(p => p.Port))));

    private static int Labels(IEnumerable<Port?> ports)
    {
        List<Port> all = [.. ports.OfType<Port>()];
        return all.Count == 0 ? 0
            : all.Exists(p => p.Note is not null) ? Sizes.PortLabelHeight + Sizes.PortNoteHeight
            : all.Exists(p => p.Name is not null) ? Sizes.PortLabelHeight
            : 6;
    }
}
