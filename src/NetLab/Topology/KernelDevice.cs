using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A device of any other kind, described by its link specification: vxlan, vlan, macvlan, dummy, ifb…</summary>
public sealed partial class KernelDevice : Device
{
    private readonly Func<int, LinkSpec> _spec;

    internal KernelDevice(Node node, Device? parent, Func<int, LinkSpec> spec)
        : base(node, spec(0).Name)
    {
        _spec = spec;
        Parent = parent;
    }

    /// <inheritdoc/>
    public override string Kind => Spec.Kind;

    /// <summary>What the kernel is asked for.</summary>
    public LinkSpec Spec => _spec(Parent?.LiveIndex ?? 0);

    /// <summary>The device below this one, for kinds that have one (<c>ip link add link PARENT …</c>).</summary>
    public Device? Parent { get; }

    internal override Device? Lower => Parent;

    internal override Tunnel? Tunnel => Tunnel.Of(Spec);

    internal override Device? SharesFramesOf => Spec is MacvlanLinkSpec or IpvlanLinkSpec ? Parent : null;
}
