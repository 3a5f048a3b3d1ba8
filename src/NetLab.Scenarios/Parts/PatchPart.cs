namespace NetLab.Scenarios;

/// <summary><c>patches: ['br-int:patch-tun -- br-tun:patch-int']</c>: two patch ports, each the other's peer.</summary>
internal sealed class PatchPart : Part
{
    private const string Sample = "br-int:patch-tun -- br-tun:patch-int";

    public static readonly PartKind Kind = PartKind.Listed("patches", "Patch ports that join two OVS bridges of this node.", "patch",
        new ObjectShape<PatchPart>("patch", "a pair of patch ports")
        .With("a", "One patch port, bridge:port.", Scalars.Device, (patch, value) => patch.A = value, required: true)
        .With("b", "Its peer.", Scalars.Device, (patch, value) => patch.B = value, required: true)
        .OrShort(Sample, $"^{Texts.DevicePattern}\\s+--\\s+{Texts.DevicePattern}$", (scalar, what, binding) =>
            Texts.Pair(scalar, what, Sample, binding) is { } ends ? new PatchPart { A = ends.A, B = ends.B } : null));

    /// <summary>bridge:port.</summary>
    private Located<DevicePlace> A { get; set; }

    private Located<DevicePlace> B { get; set; }

    public override void TellNames(NodeInventory node)
    {
        node.AddPatchPort(A);
        node.AddPatchPort(B);
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        foreach (var end in new[] { A, B })
        {
            if (wiring.IsBridge(node, new Located<string>(end.Value.Node, end.At)) && !node.IsOvsBridge(end.Value.Node))
            {
                wiring.Report(end.At, $"'{end.Value.Node}' is a Linux bridge, which has no patch ports",
                    "join it by a link: a veth pair with one end in each bridge");
            }
        }
        if (A.Value.Node == B.Value.Node)
        {
            wiring.Report(B.At, $"both patch ports are in '{A.Value.Node}'", "a patch joins two bridges");
        }
    }

    public override void Add(Node node, NodeEntry entry) =>
        ((OvsBridge)node.Device(A.Value.Node)).AddPatch((OvsBridge)node.Device(B.Value.Node), A.Value.Device, B.Value.Device);
}
