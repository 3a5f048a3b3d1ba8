using System.Globalization;
using System.Text;

namespace NetLab.Drawing;

/// <summary>A rectangle of the picture; y grows downwards.</summary>
internal readonly record struct Area(int Left, int Top, int Right, int Bottom)
{
    public int Width => Right - Left;

    public int Height => Bottom - Top;

    public bool Overlaps(Area other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;

    public bool Contains(Area other) => Left <= other.Left && Top <= other.Top && Right >= other.Right && Bottom >= other.Bottom;
}

/// <summary>Where a port is: on the upper or lower edge of its shape.</summary>
internal readonly record struct PortPlace(int X, int Y, bool IsOnTop);

/// <summary>A scene with a place for everything. The same scene always gets the same places.</summary>
internal sealed class SceneLayout
{
    private readonly Grid _grid;
    private readonly HorizontalPlaces _x;
    private readonly VerticalPlaces _y;

    private SceneLayout(Scene scene, int top)
    {
        _grid = GridBuilder.Build(scene);
        Ordering.Improve(_grid);
        _x = HorizontalPlaces.Of(_grid);
        _y = VerticalPlaces.Of(_grid, _x, top);
        foreach (var column in _grid.Rows.SelectMany(r => r.Columns).Where(c => c.Node is not null))
        {
            (var left, var right) = _x.Frame(column);
            (var frameTop, var bottom) = _y.Frame(column);
            Frames.Add(column.Node!, new Area(left, frameTop, right, bottom));
            foreach (var item in column.Ranks.SelectMany(r => r).Where(i => i.Shape is not null))
            {
                Shapes.Add(item.Shape!, AreaOf(item));
                TagsOnTop[item.Shape!] = VerticalPlaces.HasTagsAbove(item);
            }
        }

        foreach ((var cable, var route) in _grid.Routes)
        {
            Paths.Add(cable, PathOf(route));
        }

        Width = Frames.Values.Select(f => f.Right).Concat(_grid.Rows.SelectMany(r => r.Columns).Select(c => _x.Frame(c).Right)).DefaultIfEmpty(0).Max();
        Height = Frames.Values.Select(f => f.Bottom).Append(_y.Height).Max();
    }

    public Dictionary<SceneNode, Area> Frames { get; } = [];

    public Dictionary<Shape, Area> Shapes { get; } = [];

    public Dictionary<Shape, bool> TagsOnTop { get; } = [];

    public Dictionary<Port, PortPlace> Ports { get; } = [];

    /// <summary>SVG path data of each cable.</summary>
    public Dictionary<Cable, string> Paths { get; } = [];

    /// <summary>The right edge of the rightmost thing.</summary>
    public int Width { get; }

    /// <summary>The lower edge of the lowest thing.</summary>
    public int Height { get; }

    /// <summary>Places a scene below <paramref name="top"/>.</summary>
    public static SceneLayout Of(Scene scene, int top) => new(scene, top);

    private Area AreaOf(GridItem item)
    {
        (var left, var right) = _x.Item(item);
        (var top, var bottom) = _y.Item(item);
        return new Area(left, top, right, bottom);
    }

    private string PathOf(Route route)
    {
        var path = new StringBuilder();
        if (route.Down.Count > 0)
        {
            Start(path, route.Down[0].Upper, route.Down[0].UpperPort!);
            foreach (var segment in route.Down)
            {
                Swing(path, segment, downwards: true);
            }
        }

        if (route.Bend is { } bend)
        {
            if (route.Down.Count == 0)
            {
                Start(path, bend.From, bend.FromPort!);
            }

            Turn(path, bend);
            foreach (var segment in route.Up.Reverse())
            {
                Swing(path, segment, downwards: false);
            }

            (var item, var port) = route.Up.Count > 0 ? (route.Up[0].Upper, route.Up[0].UpperPort!) : (bend.To, bend.ToPort!);
            End(path, port, _y.Item(item).Bottom, isOnTop: false);
        }
        else
        {
            End(path, route.Down[^1].LowerPort!, _y.Item(route.Down[^1].Lower).Top, isOnTop: true);
        }

        return path.ToString();
    }

    private void Start(StringBuilder path, GridItem item, Port port)
    {
        int x = _x.Port(port), y = _y.Item(item).Bottom;
        Ports.Add(port, new PortPlace(x, y, false));
        Append(path, $"M{x} {y}");
    }

    private void End(StringBuilder path, Port port, int y, bool isOnTop)
    {
        Ports.Add(port, new PortPlace(_x.Port(port), y, isOnTop));
        Append(path, $"V{y}");
    }

    private void Swing(StringBuilder path, Segment segment, bool downwards)
    {
        int upper = X(segment.Upper, segment.UpperPort), lower = X(segment.Lower, segment.LowerPort);
        if (upper == lower)
        {
            return;
        }

        (var top, var bottom) = _y.Swing(segment.Upper.Rank);
        var middle = (top + bottom) / 2;
        Append(path, downwards
            ? (FormattableString)$"V{top}C{upper} {middle} {lower} {middle} {lower} {bottom}"
            : $"V{bottom}C{lower} {middle} {upper} {middle} {upper} {top}");
    }

    private void Turn(StringBuilder path, Bend bend)
    {
        int from = X(bend.From, bend.FromPort), to = X(bend.To, bend.ToPort), y = _y.Track(bend);
        var radius = Math.Min(10, Math.Abs(to - from) / 2);
        var step = to > from ? radius : -radius;
        Append(path, $"V{y - radius}Q{from} {y} {from + step} {y}H{to - step}Q{to} {y} {to} {y - radius}");
    }

    private int X(GridItem item, Port? port) => port is null ? _x.Lane(item) : _x.Port(port);

    private static void Append(StringBuilder path, FormattableString text) => path.Append(text.ToString(CultureInfo.InvariantCulture));
}
