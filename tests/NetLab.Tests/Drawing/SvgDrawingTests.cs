using System.Globalization;
using System.Xml.Linq;

namespace NetLab.Tests.Drawing;

public sealed class SvgDrawingTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Labs => SampleLabs.Names;

    [Fact]
    public void The_hybrid_plug_looks_as_expected() =>
        Expected.Matches("hybrid-plug.svg", LabDrawing.Svg(SampleLabs.HybridPlug(), new DrawingOptions { Title = "The hybrid plug" }));

    [Theory]
    [MemberData(nameof(Labs))]
    public void It_is_a_picture_on_its_own(string name)
    {
        var text = LabDrawing.Svg(SampleLabs.Of(name));
        var root = XDocument.Parse(text).Root!;

        Assert.Equal(Svg + "svg", root.Name);
        Assert.DoesNotContain(root.Descendants(), e => e.Name.LocalName is "script" or "image" or "use" or "foreignObject");
        Assert.DoesNotContain("@import", text);
        Assert.DoesNotContain("url(", text);
        Assert.DoesNotContain(root.DescendantsAndSelf().Attributes(), a => a.Name.LocalName is "href" or "src");
        Assert.Equal(text, LabDrawing.Svg(SampleLabs.Of(name)));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Every_device_and_vm_is_named_and_every_text_is_on_the_page(string name)
    {
        var lab = SampleLabs.Of(name);
        var root = XDocument.Parse(LabDrawing.Svg(lab)).Root!;
        int width = (int)root.Attribute("width")!, height = (int)root.Attribute("height")!;
        List<XElement> texts = [.. root.Descendants(Svg + "text")];
        List<string> written = [.. texts.Select(t => t.Value)];

        Assert.All(lab.Nodes, n => Assert.Contains(n.Name, written));
        Assert.All(lab.Vms, vm => Assert.Contains(vm.Name, written));
        Assert.All(lab.Nodes.SelectMany(n => n.Devices), d => Assert.Contains(d.Name, written));
        Assert.All(texts.Where(t => t.Parent!.Attribute("transform") is null), t =>
        {
            Assert.InRange(double.Parse(t.Attribute("x")!.Value, CultureInfo.InvariantCulture), 0, width);
            Assert.InRange(double.Parse(t.Attribute("y")!.Value, CultureInfo.InvariantCulture), 0, height);
        });
    }

    [Fact]
    public void Each_vlan_has_one_colour_of_its_own()
    {
        var root = XDocument.Parse(LabDrawing.Svg(SampleLabs.HybridPlug())).Root!;
        var colours = root.Descendants(Svg + "text").Where(t => (string?)t.Attribute("class") == "tag")
            .Select(t => (t.Value, Fill: (string)((XElement)t.PreviousNode!).Attribute("fill")!)).ToLookup(t => t.Value, t => t.Fill);

        Assert.Equal(2, colours["VLAN 7"].Count());
        Assert.Single(colours["VLAN 7"].Distinct());
        Assert.NotEqual(colours["VLAN 7"].First(), colours["VLAN 8"].Single());
    }

    [Fact]
    public void The_dead_vlan_is_called_dead_and_trunks_say_what_they_carry()
    {
        var lab = new Lab();
        var node = lab.AddNode("n");
        var bridge = node.AddOvsBridge("br-int");
        OvsPort Port(string name) => bridge.Port(bridge.AddInternalPort(name));
        Port("unbound").Tag = 4095;
        Port("trunk").Trunks = [1, 2];
        Port("many").Trunks = [1, 2, 3, 4, 5, 6];
        var native = Port("native");
        native.Trunks = [8, 9];
        native.Tag = 7;

        var text = LabDrawing.Svg(lab);

        Assert.Contains(">VLAN 4095 (dead)<", text);
        Assert.Contains(">trunk 1,2<", text);
        Assert.Contains(">trunk 1,2,3,4,…<", text);
        Assert.Contains(">VLAN 7 + 8,9<", text);
    }

    [Fact]
    public void The_legend_explains_what_occurs_and_nothing_else()
    {
        string hybrid = LabDrawing.Svg(SampleLabs.HybridPlug()), star = LabDrawing.Svg(SampleLabs.Star(2));

        Assert.Contains(">tap: a file descriptor of the VM<", hybrid);
        Assert.Contains(">Open vSwitch bridge<", hybrid);
        Assert.DoesNotContain(">tap: a file descriptor of the VM<", star);
        Assert.DoesNotContain(">Open vSwitch bridge<", star);
        Assert.DoesNotContain(">way of the frame<", hybrid);
    }

    [Fact]
    public void A_way_is_trailed_through_cables_and_bridges_and_its_end_is_crossed()
    {
        var lab = SampleLabs.HybridPlug();
        Hop At(string device) => new(lab.Nodes[0], device, HopDirection.In, null, TimeSpan.Zero);
        var port = "4a1b7c20-11";

        var text = LabDrawing.Svg(lab,
            new DrawingOptions { HighlightedPath = [At("tap" + port), At("qvb" + port), At("qvo" + port)], FailedHop = At("qvoc3f8a7b1-0d") });

        var root = XDocument.Parse(text).Root!;
        List<XElement> drawn = [.. root.Descendants(Svg + "path").Where(p => p.Parent!.Attribute("transform") is null)];
        Assert.Equal(3, drawn.Count(p => (string?)p.Attribute("class") == "way"));
        Assert.Single(drawn, p => (string?)p.Attribute("class") == "failure");
        Assert.Contains(">way of the frame<", text);
        Assert.Contains("warning mono", text);
    }

    [Theory]
    [InlineData(CopyEnd.Delivered, false)]
    [InlineData(CopyEnd.Lost, true)]
    [InlineData(CopyEnd.Dropped, true)]
    public void Following_a_copy_shows_its_way_and_where_it_was_lost(CopyEnd end, bool isLost)
    {
        var lab = SampleLabs.HybridPlug();
        Hop[] hops = [.. new[] { "tap4a1b7c20-11", "qvb4a1b7c20-11" }.Select(d => new Hop(lab.Nodes[0], d, HopDirection.In, null, TimeSpan.Zero))];

        var options = DrawingOptions.Following(new FrameCopy(hops, end, null, null));

        Assert.Equal(hops, options.HighlightedPath);
        Assert.Equal(isLost ? hops[1] : null, options.FailedHop);
    }

    [Fact]
    public void Markup_in_names_stays_text()
    {
        var lab = new Lab();
        lab.AddNode("<script>&\"'").AddVm("<svg>");

        var root = XDocument.Parse(LabDrawing.Svg(lab, new DrawingOptions { Title = "a < b & c" })).Root!;

        Assert.DoesNotContain(root.Descendants(), e => e.Name.LocalName == "script");
        Assert.Contains(root.Descendants(Svg + "text"), t => t.Value == "a < b & c");
    }
}
