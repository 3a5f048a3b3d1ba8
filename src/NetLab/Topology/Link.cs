namespace NetLab;

/// <summary>A veth pair that joins two nodes, two bridges, or a node and a bridge.</summary>
public sealed class Link
{
    internal Link(LinkEnd a, LinkEnd b)
    {
        A = new VethEnd(a.Node, a.DeviceName(b, null), this);
        B = new VethEnd(b.Node, b.DeviceName(a, ReferenceEquals(a.Node, b.Node) ? A.Name : null), this);
    }

    /// <summary>The end that was named first.</summary>
    public VethEnd A { get; }

    /// <summary>The end that was named second.</summary>
    public VethEnd B { get; }

    /// <summary>The end in whose node the pair is made: the port of a bridge, because one request then makes the pair and the port.</summary>
    internal VethEnd First => B.Master is null ? A : B;

    /// <summary><c>node/device -- node/device</c>.</summary>
    public override string ToString() => $"{A} -- {B}";
}
