namespace NetLab.Drawing;

/// <summary>
/// Orders what stands beside each other so that few cables cross: the barycenter method (Sugiyama, Tagawa, Toda, 1981) in
/// sweeps down and up, frames of a row first, then the items inside each frame. The order of the description wins every tie.
/// </summary>
internal static class Ordering
{
    private const int Sweeps = 12;

    public static void Improve(Grid grid)
    {
        var best = Crossings(grid);
        var kept = Snapshot.Of(grid);
        for (var sweep = 0; sweep < Sweeps && best > 0; sweep++)
        {
            var downwards = sweep % 2 == 0;
            foreach (var row in downwards ? grid.Rows : Enumerable.Reverse(grid.Rows))
            {
                OrderRow(grid, row, downwards);
            }

            var now = Crossings(grid);
            if (now < best)
            {
                best = now;
                kept = Snapshot.Of(grid);
            }
        }

        kept.Restore(grid);
    }

    /// <summary>How often segments cross between neighbouring ranks.</summary>
    public static int Crossings(Grid grid)
    {
        var crossings = 0;
        foreach (var between in grid.Segments.GroupBy(s => s.Upper.Rank))
        {
            List<Segment> segments = [.. between];
            for (var i = 0; i < segments.Count; i++)
            {
                for (var j = i + 1; j < segments.Count; j++)
                {
                    var upper = segments[i].Upper.Order.CompareTo(segments[j].Upper.Order);
                    var lower = segments[i].Lower.Order.CompareTo(segments[j].Lower.Order);
                    if (upper * lower < 0)
                    {
                        crossings++;
                    }
                }
            }
        }

        return crossings;
    }

    private static void OrderRow(Grid grid, GridRow row, bool downwards)
    {
        Sort(row.Columns, column => Mean(Outward(column, downwards)));
        grid.Number();
        for (var n = 0; n < row.RankCount; n++)
        {
            var rank = downwards ? n : row.RankCount - 1 - n;
            foreach (var items in row.Columns.Select(c => c.Ranks[rank]))
            {
                Sort(items, item => item.IsHeader ? double.MinValue : Mean(downwards ? item.Above.Select(s => s.Upper) : item.Below.Select(s => s.Lower)));
            }

            grid.Number();
        }
    }

    // The items of other rows that a frame's cables lead to.
    private static IEnumerable<GridItem> Outward(GridColumn column, bool downwards)
    {
        var items = column.Ranks.SelectMany(r => r);
        return downwards
            ? items.SelectMany(i => i.Above).Select(s => s.Upper).Where(i => i.Column.Row != column.Row)
            : items.SelectMany(i => i.Below).Select(s => s.Lower).Where(i => i.Column.Row != column.Row);
    }

    private static double? Mean(IEnumerable<GridItem> items)
    {
        List<int> orders = [.. items.Select(i => i.Order)];
        return orders.Count == 0 ? null : orders.Average();
    }

    // Sorts what has a wish by it; what has none keeps its place.
    private static void Sort<T>(List<T> items, Func<T, double?> wish)
    {
        var wishes = items.Select((item, at) => (item, at, wish: wish(item))).Where(w => w.wish is not null).ToList();
        List<int> places = [.. wishes.Select(w => w.at)];
        foreach ((var place, var item) in places.Zip(wishes.OrderBy(w => w.wish).ThenBy(w => w.at).Select(w => w.item)))
        {
            items[place] = item;
        }
    }

    private sealed record Snapshot(List<(GridRow Row, List<GridColumn> Columns)> Rows, List<(List<GridItem> Place, List<GridItem> Items)> Ranks)
    {
        public static Snapshot Of(Grid grid) => new(
            [.. grid.Rows.Select(r => (r, r.Columns.ToList()))],
            [.. grid.Rows.SelectMany(r => r.Columns).SelectMany(c => c.Ranks).Select(r => (r, r.ToList()))]);

        public void Restore(Grid grid)
        {
            foreach ((var row, var columns) in Rows)
            {
                row.Columns.Clear();
                row.Columns.AddRange(columns);
            }

            foreach ((var place, var items) in Ranks)
            {
                place.Clear();
                place.AddRange(items);
            }

            grid.Number();
        }
    }
}
