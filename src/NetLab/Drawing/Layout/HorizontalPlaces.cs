namespace NetLab.Drawing;

/// <summary>
/// Where everything stands from left to right: one linear problem over the edges of frames and shapes, ports and lanes.
/// Neighbours keep apart, frames and bars stretch around what belongs to them, and cables pull their ends into one line.
/// </summary>
internal sealed class HorizontalPlaces
{
    private readonly NetworkSimplex _problem = new();
    private readonly Grid _grid;
    private readonly int _leftMost;
    private readonly Dictionary<GridColumn, (int Left, int Right)> _frames = [];
    private readonly Dictionary<GridItem, (int Left, int Right)> _items = [];
    private readonly Dictionary<Port, int> _ports = [];
    private int[] _solution = [];

    private HorizontalPlaces(Grid grid)
    {
        _grid = grid;
        _leftMost = _problem.Variable();
    }

    public static HorizontalPlaces Of(Grid grid)
    {
        var places = new HorizontalPlaces(grid);
        foreach (var column in grid.Rows.SelectMany(r => r.Columns))
        {
            places.AddColumn(column);
        }

        grid.Rows.ForEach(places.KeepColumnsApart);
        places.PullCables();
        places._solution = places._problem.Solve();
        return places;
    }

    public (int Left, int Right) Frame(GridColumn column) => At(_frames[column]);

    public (int Left, int Right) Item(GridItem item) => At(_items[item]);

    public int Port(Port port) => Sizes.Margin + _solution[_ports[port]];

    public int Lane(GridItem lane) => Item(lane).Left;

    private (int Left, int Right) At((int Left, int Right) variables) =>
        (Sizes.Margin + _solution[variables.Left], Sizes.Margin + _solution[variables.Right]);

    private void AddColumn(GridColumn column)
    {
        if (column.Node is null)
        {
            // A cable that passes a row goes straight through it: one variable for all of its ranks.
            var lane = _problem.Variable();
            _problem.Keep(_leftMost, lane, 0);
            _frames.Add(column, (lane, lane));
            foreach (var item in column.Ranks.SelectMany(r => r))
            {
                _items.Add(item, (lane, lane));
            }

            return;
        }

        (var left, var right) = (_problem.Variable(), _problem.Variable());
        _frames.Add(column, (left, right));
        _problem.Keep(_leftMost, left, 0);
        var header = HeaderWidth(column.Node);
        // The frame of a bridge stretches along what it joins, others stay tight around what they hold.
        _problem.Keep(left, right, header + 2 * Sizes.FramePadding, column.Node.Shapes.Exists(s => s.IsBar) ? 1 : 12);
        foreach (var rank in column.Ranks)
        {
            (int Variable, int Offset) last = (left, Sizes.FramePadding);
            foreach (var item in rank)
            {
                if (item.IsHeader)
                {
                    last = (left, Sizes.FramePadding + header + Sizes.ItemGap);
                    continue;
                }

                var gap = item.IsLane ? Sizes.LaneGap : Sizes.ItemGap;
                (var itemLeft, var itemRight) = item.IsLane ? AddLane(item) : AddShape(item);
                _problem.Keep(last.Variable, itemLeft, last.Offset + (last.Variable == left ? 0 : gap / 2));
                last = (itemRight, gap - gap / 2);
            }

            if (last.Variable != left)
            {
                _problem.Keep(last.Variable, right, Sizes.FramePadding);
            }
        }
    }

    private static int HeaderWidth(SceneNode node) =>
        Math.Max(Sizes.Bold(node.Name, 14) + 8, node.Notes.Count == 0 ? 0 : node.Notes.Max(n => Sizes.Mono(n, 10.5)));

    private (int Left, int Right) AddLane(GridItem item)
    {
        var lane = _problem.Variable();
        _items.Add(item, (lane, lane));
        return (lane, lane);
    }

    private (int Left, int Right) AddShape(GridItem item)
    {
        (var left, var right) = (_problem.Variable(), _problem.Variable());
        _items.Add(item, (left, right));
        var width = Sizes.Of(item.Shape!).Width;
        _problem.Keep(left, right, width, 2);
        List<Port> above = PortsAbove(item), below = PortsBelow(item);
        AddSide(above, left, right, width);
        AddSide(below, left, right, width);
        if (above.Count == 1 && below.Count == 1)
        {
            _problem.Pull(_ports[above[0]], _ports[below[0]], 10);
        }

        return (left, right);
    }

    private void AddSide(List<Port> ports, int left, int right, int width)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            var port = _problem.Variable();
            _ports.Add(ports[i], port);
            var label = Sizes.LabelWidth(ports[i]);
            var edge = ports.Count == 1 ? width / 2 : Math.Max(18, Sizes.TagWidth(ports[i]) / 2 + 8);
            if (i == 0)
            {
                _problem.Keep(left, port, edge);
            }
            else
            {
                var apart = Math.Max(Sizes.LabelWidth(ports[i - 1]), Sizes.TagWidth(ports[i - 1]) / 2 + Sizes.TagWidth(ports[i]) / 2);
                _problem.Keep(_ports[ports[i - 1]], port, Math.Max(apart + Sizes.LabelGap, 24));
            }

            if (i == ports.Count - 1)
            {
                _problem.Keep(port, right, Math.Max(edge, label == 0 ? 0 : label + 8));
            }
        }
    }

    private void KeepColumnsApart(GridRow row)
    {
        foreach ((var left, var right) in row.Columns.Zip(row.Columns.Skip(1)))
        {
            var gap = left.Node is null && right.Node is null ? Sizes.LaneGap : Sizes.FrameGap;
            _problem.Keep(_frames[left].Right, _frames[right].Left, gap);
        }
    }

    private void PullCables()
    {
        foreach (var segment in _grid.Segments)
        {
            Span(segment);
            // Lanes are to be straighter than ends, and what is inside a frame straighter than what is between frames.
            var weight = (segment.UpperPort is null ? 2 : 1) * (segment.LowerPort is null ? 2 : 1) * (segment.Upper.Column == segment.Lower.Column ? 24 : 4);
            _problem.Pull(End(segment.Upper, segment.UpperPort), End(segment.Lower, segment.LowerPort), weight);
        }

        foreach (var bend in _grid.Bends)
        {
            _problem.Pull(End(bend.From, bend.FromPort), End(bend.To, bend.ToPort), 1);
        }
    }

    // A bar with several ports on one side reaches as far out as the outermost shapes that they lead to.
    private void Span(Segment segment)
    {
        if (segment is { UpperPort: not null, LowerPort: not null })
        {
            Span(segment.Lower, PortsAbove(segment.Lower), segment.LowerPort, segment.Upper);
            Span(segment.Upper, PortsBelow(segment.Upper), segment.UpperPort, segment.Lower);
        }
    }

    private void Span(GridItem bar, List<Port> side, Port port, GridItem other)
    {
        if (bar.Shape!.IsBar && side.Count > 1 && port == side[0])
        {
            _problem.Pull(_items[bar].Left, _items[other].Left, 3);
        }

        if (bar.Shape.IsBar && side.Count > 1 && port == side[^1])
        {
            _problem.Pull(_items[bar].Right, _items[other].Right, 3);
        }
    }

    private int End(GridItem item, Port? port) => port is null ? _items[item].Left : _ports[port];

    // Ports of one side, in the order of what they lead to.
    private static List<Port> PortsAbove(GridItem item) =>
        [.. item.Above.Where(s => s.LowerPort is not null).OrderBy(s => s.Upper.Order).Select(s => s.LowerPort!)];

    private static List<Port> PortsBelow(GridItem item)
    {
        var ports = item.Below.Where(s => s.UpperPort is not null).Select((s, i) => (Port: s.UpperPort!, Group: 1, s.Lower.Order, Tie: i)).ToList();

        // A cable that turns leaves at the side that it turns to; of two that turn the same way, the longer one encloses the other.
        foreach (((var port, var other), var i) in item.Bends.SelectMany(b => b.PortsOn(item)).Select((p, i) => (p, i)))
        {
            ports.Add(other.Order < item.Order ? (port, 0, -other.Order, -i) : (port, 2, -other.Order, i));
        }

        return [.. ports.OrderBy(p => p.Group).ThenBy(p => p.Order).ThenBy(p => p.Tie).Select(p => p.Port)];
    }
}
