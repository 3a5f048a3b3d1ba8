using NetLab.Packets;

namespace NetLab;

/// <summary>One end of a veth pair: what goes out here comes in at <see cref="Peer"/>, in whichever node that is (veth(4)).</summary>
public sealed partial class VethEnd : Device
{
    internal VethEnd(Node node, string name, Link link)
        : base(node, name) => Link = link;

    /// <inheritdoc/>
    public override string Kind => "veth";

    /// <summary>The pair that this end belongs to.</summary>
    public Link Link { get; }

    /// <summary>The other end.</summary>
    public VethEnd Peer => ReferenceEquals(Link.A, this) ? Link.B : Link.A;

    internal override Device OtherEnd => Peer;

    internal override MacAddress? GivenMac => Mac;
}
