namespace NetLab;

/// <summary>
/// A device that somebody else made, in a lab of adopted namespaces (<c>Lab.Adopt</c>), of a kind whose other side the lab does not know:
/// a veth end whose peer is elsewhere, a VXLAN, a port of Open vSwitch.
/// </summary>
public sealed class AdoptedDevice : Device
{
    internal AdoptedDevice(Node node, string name, string kind)
        : base(node, name) => Kind = kind;

    /// <inheritdoc/>
    public override string Kind { get; }

    internal override bool LeadsOutOfLab => true;
}
