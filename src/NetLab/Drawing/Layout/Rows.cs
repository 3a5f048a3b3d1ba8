namespace NetLab.Drawing;

/// <summary>Which row of frames each node stands in: hosts and compute nodes on top, what joins them below.</summary>
internal static class Rows
{
    private const int WidestStar = 10;
    private const int LonersInARow = 6;

    public static Dictionary<SceneNode, int> Of(Scene scene)
    {
        List<(SceneNode A, SceneNode B)> edges = [.. scene.Cables.Where(c => c.CrossesNodes).Select(c => (c.A.Shape.Node, c.B.Shape.Node))];
        var neighbours = Levels.Neighbours(scene.Nodes, edges);
        var rows = Levels.Of(scene.Nodes, edges, part => part.Where(n => IsSource(n, neighbours)));

        SpreadStars(scene, neighbours, rows);
        var alone = 0;
        foreach (var node in scene.Nodes.Where(n => neighbours[n].Count == 0))
        {
            rows[node] = alone++ / LonersInARow;
        }

        // Rows that nothing stands in are closed up.
        List<int> used = [.. rows.Values.Distinct().Order()];
        return rows.ToDictionary(r => r.Key, r => used.IndexOf(r.Value));
    }

    private static bool IsSource(SceneNode node, Dictionary<SceneNode, List<SceneNode>> neighbours) =>
        neighbours[node].Count <= 1 || node.Shapes.Exists(s => s.Kind == ShapeKind.Machine);

    // Twenty hosts on one switch: ten above it, ten below it, and so on outwards.
    private static void SpreadStars(Scene scene, Dictionary<SceneNode, List<SceneNode>> neighbours, Dictionary<SceneNode, int> rows)
    {
        foreach (var hub in scene.Nodes)
        {
            var leaves = neighbours[hub].FindAll(n => neighbours[n].Count == 1);
            if (leaves.Count <= WidestStar)
            {
                continue;
            }

            var width = Math.Max(WidestStar, (int)Math.Ceiling(Math.Sqrt(2 * leaves.Count)));
            for (var i = 0; i < leaves.Count; i++)
            {
                var group = i / width;
                rows[leaves[i]] = group % 2 == 0 ? rows[hub] - 1 - group / 2 : rows[hub] + 1 + group / 2;
            }
        }
    }
}
