using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A tap: a device whose other end is a file descriptor. What the kernel sends out of it, the descriptor's owner reads; what the
/// owner writes comes in from it (Documentation/networking/tuntap.rst).
/// </summary>
public sealed partial class TapDevice : Device
{
    internal TapDevice(Node node, string name, FakeVm? vm)
        : base(node, name) => Vm = vm;

    /// <inheritdoc/>
    public override string Kind => "tun";

    /// <summary>The fake VM that owns the descriptor; null for a tap that nobody has opened.</summary>
    public FakeVm? Vm { get; }

    internal override FakeVm? Guest => Vm;

    internal override MacAddress? GivenMac => Mac;

    internal override bool LeadsToUserSpace => true;

    internal override bool LeadsOutOfLab => Vm is null;
}
