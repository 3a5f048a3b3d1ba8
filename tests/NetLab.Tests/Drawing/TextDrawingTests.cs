namespace NetLab.Tests.Drawing;

public sealed class TextDrawingTests
{
    [Fact]
    public void The_hybrid_plug_looks_as_expected() =>
        Expected.Matches("hybrid-plug.txt", LabDrawing.Text(SampleLabs.HybridPlug(), new DrawingOptions { Title = "The hybrid plug" }));

    [Fact]
    public void A_cloud_looks_as_expected() => Expected.Matches("cloud.txt", LabDrawing.Text(SampleLabs.Cloud()));

    [Fact]
    public void A_mixture_looks_as_expected() => Expected.Matches("mixture.txt", LabDrawing.Text(SampleLabs.Mixture()));

    [Fact]
    public void Routers_show_their_routes()
    {
        var text = LabDrawing.Text(SampleLabs.Chain());

        Assert.Contains("│ route default via 10.0.1.254", text);
        Assert.Contains("│ forwards between its devices", text);
        Assert.Contains("│ eth1  10.0.12.1/30 ═══ r2/eth0  10.0.12.2/30 │", text);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(200)]
    public void Frames_stand_side_by_side_as_far_as_the_width_allows(int columns)
    {
        var lines = LabDrawing.Text(SampleLabs.Star(8), new DrawingOptions { Columns = columns }).Split('\n');

        var widest = lines.Max(l => l.Length);
        var narrowest = lines.Max(l => l.Split("╭─ ").Max(f => f.Length));
        Assert.True(widest <= Math.Max(columns, narrowest + 3), $"{widest} columns");
        Assert.Equal(columns > 80, lines[0].IndexOf('╭') != lines[0].LastIndexOf('╭'));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Every_device_and_vm_is_named_and_every_frame_is_closed(string name)
    {
        var lab = SampleLabs.Of(name);
        var text = LabDrawing.Text(lab);

        Assert.All(lab.Nodes, n => Assert.Contains($"╭─ {n.Name} ", text));
        Assert.All(lab.Nodes.SelectMany(n => n.Devices), d => Assert.Contains(d.Name, text));
        Assert.All(lab.Vms, vm => Assert.Equal(2, text.Split($"  {vm.Name}  {vm.Mac}").Length));
        Assert.Equal(text.Count(c => c == '╭'), text.Count(c => c == '╯'));
        Assert.Equal(text, LabDrawing.Text(SampleLabs.Of(name)));
    }

    [Fact]
    public void A_failed_hop_is_marked()
    {
        var lab = SampleLabs.HybridPlug();
        var failed = new Hop(lab.Nodes[0], "qvoc3f8a7b1-0d", HopDirection.Out, 8, TimeSpan.Zero);

        Assert.Contains("qvoc3f8a7b1-0d ✗", LabDrawing.Text(lab, new DrawingOptions { FailedHop = failed }));
    }

    public static TheoryData<string> Labs => SampleLabs.Names;
}
