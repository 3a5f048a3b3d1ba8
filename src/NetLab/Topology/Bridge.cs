using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A Linux bridge, <c>ip link add … type bridge</c>; STP and multicast snooping are off unless they are asked for.</summary>
public sealed partial class Bridge : Switch
{
    private BridgeOptions _options = new() { StpState = false, MulticastSnooping = false, ForwardDelay = TimeSpan.Zero };

    internal Bridge(Node node, string name)
        : base(node, name)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "bridge";

    /// <summary>The bridge's options; what is null stays at the kernel's default.</summary>
    public BridgeOptions Options
    {
        get => _options;
        set => _options = Describe(value);
    }

    /// <summary>Whether iptables sees frames that this node's bridges forward (<c>net.bridge.bridge-nf-call-iptables</c>); it counts for the whole node.</summary>
    public bool CallIptables { get; set; }

    private protected override void OnAttached(Device device)
    {
    }

    private protected override void OnDetached(Device device)
    {
    }
}
