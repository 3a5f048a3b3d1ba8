using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Drawing;

namespace NetLab.Tests.Drawing;

/// <summary>Whatever the lab, nothing in its picture lies on anything else.</summary>
public sealed partial class LayoutTests
{
    private static readonly ConcurrentDictionary<string, (Scene, SceneLayout)> Layouts = [];

    public static TheoryData<string> Labs => SampleLabs.Names;

    [Theory]
    [MemberData(nameof(Labs))]
    public void Frames_stand_apart_and_hold_what_is_theirs(string name)
    {
        (var scene, var layout) = LayOut(name);

        ApartAll(layout.Frames);
        foreach ((var shape, var area) in layout.Shapes)
        {
            Assert.True(layout.Frames[shape.Node].Contains(area), $"{shape} at {area} sticks out of its frame {layout.Frames[shape.Node]}");
        }

        Assert.Equal(scene.Shapes.Count(), layout.Shapes.Count);
        Assert.All(layout.Frames.Values,
            f => Assert.True(f.Left >= Sizes.Margin && f.Top >= Sizes.Margin && f.Right <= layout.Width && f.Bottom <= layout.Height));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Shapes_and_labels_do_not_overlap(string name)
    {
        (_, var layout) = LayOut(name);
        var areas = layout.Shapes.ToDictionary(s => (object)s.Key, s => s.Value);
        foreach ((var port, var place) in layout.Ports.Where(p => p.Key.Name is not null || p.Key.Note is not null))
        {
            var height = port.Note is null ? 12 : 25;
            areas.Add(port, new Area(place.X + Sizes.LabelOffset, place.IsOnTop ? place.Y - 5 - height : place.Y + 7, place.X +
                Sizes.LabelWidth(port), place.IsOnTop ? place.Y - 5 : place.Y + 7 + height));
        }

        ApartAll(areas);
        foreach ((var port, var area) in areas.Where(a => a.Key is Port).Select(a => ((Port)a.Key, a.Value)))
        {
            Assert.True(layout.Frames[port.Shape.Node].Contains(area), $"label {port.Name} of {port.Shape} sticks out of its frame");
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Sockets_are_on_the_edge_of_their_shape_and_apart(string name)
    {
        (var scene, var layout) = LayOut(name);

        Assert.Equal(scene.Shapes.Sum(s => s.Ports.Count), layout.Ports.Count);
        foreach ((var port, var place) in layout.Ports)
        {
            var area = layout.Shapes[port.Shape];
            Assert.Equal(place.IsOnTop ? area.Top : area.Bottom, place.Y);
            Assert.InRange(place.X, area.Left + 9, area.Right - 9);
        }

        foreach (var side in layout.Ports.GroupBy(p => (p.Key.Shape, p.Value.IsOnTop)))
        {
            int[] places = [.. side.Select(p => p.Value.X).Order()];
            Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 24));
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Tags_stay_inside_their_bridge_and_apart(string name)
    {
        (_, var layout) = LayOut(name);
        foreach (var side in layout.Ports.Where(p => p.Key.Vlan is not null).GroupBy(p => (p.Key.Shape, p.Value.IsOnTop)))
        {
            var bar = layout.Shapes[side.Key.Shape];
            var tags = side.ToDictionary(p => p.Key, p => new Area(p.Value.X - Sizes.TagWidth(p.Key) / 2, 0, p.Value.X + Sizes.TagWidth(p.Key) / 2, 1));
            ApartAll(tags);
            Assert.All(tags.Values, t => Assert.True(t.Left > bar.Left && t.Right < bar.Right));
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void No_cable_runs_over_a_shape_or_a_name(string name)
    {
        (var scene, var layout) = LayOut(name);
        var obstacles = layout.Shapes.Select(s => (s.Key.ToString(), s.Value))
            .Concat(layout.Frames.Select(f =>
                ($"the name of {f.Key.Name}",
                    new Area(f.Value.Left + 14, f.Value.Top + 6, f.Value.Left + 14 + Sizes.Bold(f.Key.Name, 14), f.Value.Top + 26)))).ToList();
        foreach (var cable in scene.Cables)
        {
            foreach ((var x, var y) in PointsOf(layout.Paths[cable]))
            {
                foreach ((var what, var area) in obstacles)
                {
                    Assert.False(x > area.Left && x < area.Right && y > area.Top && y < area.Bottom,
                        $"the cable {cable.A.Shape} – {cable.B.Shape} runs over {what} at {x} {y}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void No_cable_lies_on_another_one(string name)
    {
        (var scene, var layout) = LayOut(name);

        // Straight pieces as thin boxes: cables may cross, and none may run along another.
        List<(Cable Cable, bool Upright, Area Area)> pieces =
            [.. scene.Cables.SelectMany(c => StraightPieces(layout.Paths[c]).Select(p => (c, p.Upright, p.Area)))];
        for (var i = 0; i < pieces.Count; i++)
        {
            for (var j = i + 1; j < pieces.Count; j++)
            {
                var together = pieces[i].Upright == pieces[j].Upright && pieces[i].Cable != pieces[j].Cable && pieces[i].Area.Overlaps(pieces[j].Area);
                Assert.False(together, $"{pieces[i].Cable.A.Shape} – {pieces[i].Cable.B.Shape} and {pieces[j].Cable.A.Shape} – " +
                    $"{pieces[j].Cable.B.Shape} run along each other at {pieces[i].Area}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Cables_end_at_their_sockets(string name)
    {
        (var scene, var layout) = LayOut(name);
        foreach (var cable in scene.Cables)
        {
            var points = PointsOf(layout.Paths[cable]);
            (double, double)[] ends = [points[0], points[^1]];
            Assert.Contains(((double)layout.Ports[cable.A].X, (double)layout.Ports[cable.A].Y), ends);
            Assert.Contains(((double)layout.Ports[cable.B].X, (double)layout.Ports[cable.B].Y), ends);
        }
    }

    [Fact]
    public void Cables_of_a_plain_hybrid_plug_are_straight()
    {
        (var scene, var layout) = LayOut("hybrid plug");

        Assert.All(scene.Cables, c => Assert.Equal(layout.Ports[c.A].X, layout.Ports[c.B].X));
    }

    [Fact]
    public void Crossings_are_undone_where_the_order_of_the_description_makes_some()
    {
        var lab = new Lab();
        var core = lab.AddNode("core");
        Node[] switches = [lab.AddNode("s1"), lab.AddNode("s2"), lab.AddNode("s3")];
        for (var i = 0; i < 3; i++)
        {
            lab.AddLink(switches[i].AddBridge("br"), core);
        }

        foreach (var i in new[] { 2, 1, 0 })
        {
            lab.AddHost($"h{i}", (Switch)switches[i].Device("br"), $"10.0.0.{i}/24");
        }

        var grid = GridBuilder.Build(SceneBuilder.Build(lab, new DrawingOptions()));
        Assert.Equal(3, Ordering.Crossings(grid));
        Ordering.Improve(grid);

        Assert.Equal(0, Ordering.Crossings(grid));
    }

    private static (Scene Scene, SceneLayout Layout) LayOut(string name) => Layouts.GetOrAdd(name, _ =>
    {
        var scene = SceneBuilder.Build(SampleLabs.Of(name), new DrawingOptions());
        return (scene, SceneLayout.Of(scene, Sizes.Margin));
    });

    private static void ApartAll<T>(IReadOnlyDictionary<T, Area> areas)
        where T : notnull
    {
        KeyValuePair<T, Area>[] all = [.. areas];
        for (var i = 0; i < all.Length; i++)
        {
            for (var j = i + 1; j < all.Length; j++)
            {
                Assert.False(all[i].Value.Overlaps(all[j].Value), $"{all[i].Key} at {all[i].Value} overlaps {all[j].Key} at {all[j].Value}");
            }
        }
    }

    // Points along a path of M, V, H, Q and C, close enough to each other to hit anything that is drawn.
    private static List<(double X, double Y)> PointsOf(string path)
    {
        var points = new List<(double X, double Y)>();
        (double X, double Y) at = default;
        foreach (Match command in Command().Matches(path))
        {
            double[] n = [.. Number().Matches(command.Value).Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))];
            (double X, double Y)[] curve = command.Value[0] switch
            {
                'M' => [(n[0], n[1]), (n[0], n[1])],
                'V' => [at, (at.X, n[0])],
                'H' => [at, (n[0], at.Y)],
                'Q' => [at, (n[0], n[1]), (n[2], n[3])],
                'C' => [at, (n[0], n[1]), (n[2], n[3]), (n[4], n[5])],
                _ => throw new FormatException(path),
            };
            for (var i = 1; i <= 50; i++)
            {
                points.Add(Along(curve, i / 50.0));
            }

            at = curve[^1];
        }

        return points;
    }

    private static IEnumerable<(bool Upright, Area Area)> StraightPieces(string path)
    {
        const int half = 3;
        (int X, int Y) at = default;
        foreach (Match command in Command().Matches(path))
        {
            int[] n = [.. Number().Matches(command.Value).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
            (int X, int Y) to = command.Value[0] switch { 'V' => (at.X, n[0]), 'H' => (n[0], at.Y), _ => (n[^2], n[^1]) };
            if (command.Value[0] is 'V' or 'H' && to != at)
            {
                var upright = command.Value[0] == 'V';
                yield return (upright, new Area(Math.Min(at.X, to.X) - (upright ? half : 0), Math.Min(at.Y, to.Y) - (upright ? 0 : half),
                    Math.Max(at.X, to.X) + (upright ? half : 0), Math.Max(at.Y, to.Y) + (upright ? 0 : half)));
            }

            at = to;
        }
    }

    private static (double X, double Y) Along((double X, double Y)[] curve, double t)
    {
        while (curve.Length > 1)
        {
            curve = [.. curve.Zip(curve.Skip(1), (a, b) => (a.X + (b.X - a.X) * t, a.Y + (b.Y - a.Y) * t))];
        }

        return (Math.Round(curve[0].X, 6), Math.Round(curve[0].Y, 6));
    }

    [GeneratedRegex("[MVHQC][^MVHQC]*")]
    private static partial Regex Command();

    [GeneratedRegex("-?[0-9.]+")]
    private static partial Regex Number();
}
