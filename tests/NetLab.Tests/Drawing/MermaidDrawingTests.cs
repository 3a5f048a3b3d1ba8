using System.Text.RegularExpressions;

namespace NetLab.Tests.Drawing;

public sealed partial class MermaidDrawingTests
{
    public static TheoryData<string> Labs => SampleLabs.Names;

    [Fact]
    public void The_hybrid_plug_looks_as_expected() =>
        Expected.Matches("hybrid-plug.mmd", LabDrawing.Mermaid(SampleLabs.HybridPlug(), new DrawingOptions { Title = "The hybrid plug" }));

    [Theory]
    [MemberData(nameof(Labs))]
    public void Every_edge_joins_shapes_that_are_there_and_every_subgraph_ends(string name)
    {
        var lab = SampleLabs.Of(name);
        var lines = LabDrawing.Mermaid(lab).Split('\n');

        Assert.Equal("flowchart TB", lines[0]);
        Assert.Equal(lab.Nodes.Count, lines.Count(l => l.StartsWith("  subgraph ", StringComparison.Ordinal)));
        Assert.Equal(lab.Nodes.Count, lines.Count(l => l == "  end"));
        var shapes = lines.Select(l => Shape().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value).ToHashSet();
        List<Match> edges = [.. lines.Select(l => Edge().Match(l)).Where(m => m.Success)];
        Assert.All(edges, e => Assert.True(shapes.Contains(e.Groups[1].Value) && shapes.Contains(e.Groups[2].Value), e.Value));
        Assert.Equal(lab.Links.Count, lines.Count(l => l.Contains(" ===", StringComparison.Ordinal)));
        Assert.Equal(lab.Vms.Count(), lines.Count(l => l.EndsWith(":::machine", StringComparison.Ordinal)));
    }

    [Fact]
    public void Names_cannot_break_out_of_their_label()
    {
        var lab = new Lab();
        lab.AddNode("a\"]<b>;#").AddVm("x\"y`z");

        var text = LabDrawing.Mermaid(lab);

        Assert.Contains("[\"<b>a#34;]#60;b#62;#59;#35;</b>\"]", text);
        Assert.Contains("(\"<b>x#34;y#96;z</b>", text);
    }

    [Fact]
    public void A_way_is_coloured()
    {
        var lab = SampleLabs.Star(2);
        Hop[] way = [new(lab.FindNode("h1")!, "eth0", HopDirection.Out, null, TimeSpan.Zero),
            new(lab.FindNode("switch")!, "h1", HopDirection.In, null, TimeSpan.Zero)];

        Assert.Contains("linkStyle 0 stroke", LabDrawing.Mermaid(lab, new DrawingOptions { HighlightedPath = way }));
    }

    [GeneratedRegex(@"^    (\w+)[\[(]")]
    private static partial Regex Shape();

    [GeneratedRegex(@"^  (s\d+) (?:===|-\.-|---)(?:\|""[^""]*""\|)? (s\d+)$")]
    private static partial Regex Edge();
}
