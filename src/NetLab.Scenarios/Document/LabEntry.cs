namespace NetLab.Scenarios;

/// <summary>
/// What stands under `lab:`, as written. Names are those of the file; the words of NetLab have dashes, options of iproute2 and columns of OVS are spelled
/// as there.
/// </summary>
internal sealed class LabEntry : Entry
{
    public static readonly ObjectShape<LabEntry> Shape = new ObjectShape<LabEntry>("lab", "a lab")
        .With("nodes", "Network namespaces: hosts, compute nodes, routers, switch boxes.", new MapShape<NodeEntry>(Scalars.Name, NodeEntry.Shape, "node"),
            (lab, value) => lab.Nodes = value.Value, required: true)
        .With("links", "Cables between nodes: veth pairs, 'h1:eth0 -- sw:p1'.", new ListShape<LinkEntry>("link", LinkEntry.Shape), (lab, value) =>
            lab.Links = value.Value);

    public IReadOnlyList<Named<NodeEntry>> Nodes { get; set; } = [];

    public IReadOnlyList<Located<LinkEntry>> Links { get; set; } = [];
}

/// <summary><c>h1:eth0 -- sw:p1</c>: a veth pair.</summary>
internal sealed class LinkEntry : Entry
{
    private const string Sample = "h1:eth0 -- sw:p1";

    public static readonly ObjectShape<LinkEntry> Shape = new ObjectShape<LinkEntry>("link", "a link")
        .With("a", "One end of the veth pair.", LinkEndEntry.Shape, (link, value) => link.A = value.Value, required: true)
        .With("b", "The other end.", LinkEndEntry.Shape, (link, value) => link.B = value.Value, required: true)
        .With("mtu", "The MTU of both ends, in bytes.", Scalars.Mtu, (link, value) => link.Mtu = value)
        .OrShort(Sample, $"^{Texts.DevicePattern}\\s+--\\s+{Texts.DevicePattern}$", (scalar, what, binding) =>
            Texts.Pair(scalar, what, Sample, binding) is { } ends
                ? new LinkEntry { A = new LinkEndEntry { At = ends.A.At, Place = ends.A }, B = new LinkEndEntry { At = ends.B.At, Place = ends.B } }
                : null);

    public LinkEndEntry A { get; set; } = new();

    public LinkEndEntry B { get; set; } = new();

    private Located<int>? Mtu { get; set; }

    public void AddTo(Lab lab)
    {
        var link = lab.AddLink(A.In(lab), B.In(lab));
        foreach (var (device, end) in new[] { (link.A, A), (link.B, B) })
        {
            device.Mtu = Mtu?.Value ?? device.Mtu;
            end.Device.ApplyTo(device);
            if (end.Master is { } master)
            {
                ((Switch)device.Node.Device(master.Value)).Attach(device);
            }
        }
    }
}

/// <summary>An end of a link.</summary>
internal sealed class LinkEndEntry : Entry
{
    public static readonly ObjectShape<LinkEndEntry> Shape = new ObjectShape<LinkEndEntry>("link-end", "an end of a link")
        .With("device", "The node and the name of the device that this end is, node:device.", Scalars.Device, (end, value) => end.Place = value, required: true)
        .With("master", "The bridge of that node that takes this end as a port.", Scalars.DeviceName, (end, value) => end.Master = value)
        .WithDeviceSettings(end => end.Device)
        .OrShort("h1:eth0", $"^{Texts.DevicePattern}$", (scalar, what, binding) =>
        {
            var (place, problem) = Scalars.ParseDevice(scalar.Text);
            if (problem is null)
            {
                return new LinkEndEntry { Place = new Located<DevicePlace>(place, scalar.At) };
            }
            binding.Report(scalar.Inside(problem.Offset), $"{what} {problem.Wrong}", problem.Right);
            return null;
        });

    public Located<DevicePlace> Place { get; set; }

    public Located<string>? Master { get; set; }

    public DeviceSettings Device { get; } = new();

    public LinkEnd In(Lab lab) => lab.FindNode(Place.Value.Node)!.End(Place.Value.Device);
}
