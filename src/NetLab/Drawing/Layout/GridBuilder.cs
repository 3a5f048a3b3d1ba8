namespace NetLab.Drawing;

/// <summary>Cuts a scene into a <see cref="Grid"/>.</summary>
internal sealed class GridBuilder
{
    private readonly Scene _scene;
    private readonly Grid _grid = new();
    private readonly Dictionary<SceneNode, int> _rows;
    private readonly Dictionary<SceneNode, GridColumn> _columns = [];
    private readonly Dictionary<Shape, GridItem> _items = [];

    private GridBuilder(Scene scene)
    {
        _scene = scene;
        _rows = Rows.Of(scene);
    }

    public static Grid Build(Scene scene)
    {
        var builder = new GridBuilder(scene);
        builder.PlaceShapes();
        scene.Cables.ForEach(builder.RouteCable);
        builder._grid.Number();
        return builder._grid;
    }

    private void PlaceShapes()
    {
        var levels = _scene.Nodes.SelectMany(LevelsOf).ToDictionary(l => l.Key, l => l.Value);
        var firstRank = 0;
        foreach (var nodes in _scene.Nodes.GroupBy(n => _rows[n]).OrderBy(g => g.Key))
        {
            var depth = nodes.Max(n => DepthOf(n, levels)) + 1;
            var row = new GridRow(nodes.Key, firstRank, depth);
            _grid.Rows.Add(row);
            foreach (var node in nodes)
            {
                // The first row hangs down to what is below it, the others reach up.
                var header = nodes.Key == 0 ? firstRank + depth - 1 - DepthOf(node, levels) : firstRank;
                var column = new GridColumn(row, node) { HeaderRank = header, LastRank = header + DepthOf(node, levels) };
                row.Columns.Add(column);
                _columns.Add(node, column);
                column.Add(new GridItem(column, header, null, isHeader: true));
                foreach (var shape in node.Shapes)
                {
                    _items.Add(shape, column.Add(new GridItem(column, header + 1 + levels[shape], shape)));
                }
            }

            firstRank += depth;
        }

        _grid.RankCount = firstRank;
    }

    private static int DepthOf(SceneNode node, Dictionary<Shape, int> levels) => node.Shapes.Count == 0 ? 0 : node.Shapes.Max(s => levels[s]) + 1;

    private Dictionary<Shape, int> LevelsOf(SceneNode node)
    {
        List<(Shape A, Shape B)> edges = [.. _scene.Cables.Where(c => c.A.Shape.Node == node && !c.CrossesNodes).Select(c => (c.A.Shape, c.B.Shape))];
        var levels = Levels.Of(node.Shapes, edges, SourcesOf);

        // A part that only leads down stands at the bottom, next to where it leads.
        var deepest = levels.Count == 0 ? 0 : levels.Values.Max();
        foreach (var part in Levels.Parts(node.Shapes, Levels.Neighbours(node.Shapes, edges)))
        {
            if (part.Any(s => LeadsDown(s)) && !part.Any(LeadsUp))
            {
                var shift = deepest - part.Max(s => levels[s]);
                foreach (var shape in part.Where(s => s.Kind != ShapeKind.Machine || part.Count == 1))
                {
                    levels[shape] += shift;
                }
            }
        }

        return levels;
    }

    private IEnumerable<Shape> SourcesOf(IReadOnlyList<Shape> part)
    {
        if (part.Any(s => s.Kind is ShapeKind.Machine or ShapeKind.OpenTap))
        {
            return part.Where(s => s.Kind is ShapeKind.Machine or ShapeKind.OpenTap);
        }

        return part.Any(LeadsUp) ? part.Where(LeadsUp)
            : part.Any(StandsOnAnother) ? part.Where(StandsOnAnother)
            : part.OrderByDescending(s => s.Ports.Count).Take(1);
    }

    private static bool StandsOnAnother(Shape shape) =>
        shape.Ports.Exists(p => p.Cable.Kind == CableKind.Stacked && p.Cable.A == p)
            && !shape.Ports.Exists(p => p.Cable.Kind == CableKind.Stacked && p.Cable.B == p);

    private bool LeadsUp(Shape shape) => shape.Ports.Exists(p => RowDifference(shape, p) < 0);

    private bool LeadsDown(Shape shape) => shape.Ports.Exists(p => p.Cable.CrossesNodes && RowDifference(shape, p) >= 0);

    private int RowDifference(Shape shape, Port port) => _rows[port.Cable.Other(port).Shape.Node] - _rows[shape.Node];

    private void RouteCable(Cable cable)
    {
        (var upper, var lower) = (cable.A, cable.B);
        GridItem from = _items[upper.Shape], to = _items[lower.Shape];
        if (to.Rank < from.Rank)
        {
            (upper, lower, from, to) = (lower, upper, to, from);
        }

        var sameRow = ReferenceEquals(from.Column.Row, to.Column.Row);
        if (from.Rank == to.Rank || (sameRow && cable.CrossesNodes))
        {
            RouteBend(cable, upper, lower, cable.CrossesNodes ? from.Column.Row.LastRank : from.Rank);
            return;
        }

        _grid.Routes.Add(cable, new Route(Descend(cable, from, upper, to, lower), null, []));
    }

    private void RouteBend(Cable cable, Port a, Port b, int rank)
    {
        (var down, var left, var leftPort) = DescendTo(cable, a, rank);
        (var up, var right, var rightPort) = DescendTo(cable, b, rank);
        var bend = new Bend(cable, left, leftPort, right, rightPort);
        left.Bends.Add(bend);
        if (!ReferenceEquals(left, right))
        {
            right.Bends.Add(bend);
        }

        _grid.Bends.Add(bend);
        _grid.Routes.Add(cable, new Route(down, bend, up));
    }

    // Down to a rank of the same frame's row, where the cable is to turn; the port stays where no segment leads away from it.
    private (List<Segment> Way, GridItem Last, Port? LastPort) DescendTo(Cable cable, Port port, int rank)
    {
        var item = _items[port.Shape];
        var at = port;
        var way = new List<Segment>();
        while (item.Rank < rank)
        {
            var lane = item.Column.Add(new GridItem(item.Column, item.Rank + 1, null));
            way.Add(Join(cable, item, at, lane, null));
            (item, at) = (lane, null);
        }

        return (way, item, at);
    }

    private List<Segment> Descend(Cable cable, GridItem from, Port fromPort, GridItem to, Port toPort)
    {
        var way = new List<Segment>();
        var item = from;
        var at = fromPort;
        GridColumn? passing = null;
        for (var rank = from.Rank + 1; rank < to.Rank; rank++)
        {
            var row = _grid.Rows.Find(r => rank >= r.FirstRank && rank <= r.LastRank)!;
            GridColumn column;
            if (row == from.Column.Row)
            {
                column = from.Column;
            }
            else if (row == to.Column.Row)
            {
                column = to.Column;
            }
            else
            {
                if (passing?.Row != row)
                {
                    passing = new GridColumn(row, null);
                    row.Columns.Add(passing);
                }

                column = passing;
            }

            var lane = column.Add(new GridItem(column, rank, null));
            way.Add(Join(cable, item, at, lane, null));
            (item, at) = (lane, null);
        }

        way.Add(Join(cable, item, at, to, toPort));
        return way;
    }

    private Segment Join(Cable cable, GridItem upper, Port? upperPort, GridItem lower, Port? lowerPort)
    {
        var segment = new Segment(cable, upper, upperPort, lower, lowerPort);
        upper.Below.Add(segment);
        lower.Above.Add(segment);
        _grid.Segments.Add(segment);
        return segment;
    }
}
