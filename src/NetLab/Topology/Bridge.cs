using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>A Linux bridge, <c>ip link add … type bridge</c>; STP and multicast snooping are off unless they are asked for.</summary>
public sealed partial class Bridge : Switch
{
    private BridgeOptions _options = new() { StpState = false, MulticastSnooping = false, ForwardDelay = TimeSpan.Zero };
    private bool _callIptables;

    internal Bridge(Node node, string name)
        : base(node, name)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "bridge";

    internal override Bridge InKernel => this;

    internal override MacAddress? GivenMac => Mac;

    /// <summary>The bridge's options; what is null stays at the kernel's default.</summary>
    public BridgeOptions Options
    {
        get => _options;
        set => _options = Describe(value);
    }

    /// <summary>
    /// Whether iptables sees frames that this node's bridges forward (<c>net.bridge.bridge-nf-call-iptables</c>); it counts for the whole node.
    /// </summary>
    /// <exception cref="InvalidOperationException">The bridge runs; the setting is changed there by <see cref="Node.WriteSysctl"/>.</exception>
    public bool CallIptables
    {
        get => _callIptables;
        set => _callIptables = !IsApplied || value == _callIptables ? value
            : throw new InvalidOperationException(
                $"{this} is already applied; change net.bridge.bridge-nf-call-iptables of node {Node.Name} with WriteSysctl.");
    }

    /// <summary>The most ports of a bridge: port numbers have ten bits, and 0 is none (BR_MAX_PORTS, net/bridge/br_private.h).</summary>
    internal const int MostPorts = 1023;

    private protected override void OnAttached(Device device)
    {
        if (Ports.Count > MostPorts)
        {
            Detach(device);
            throw new TopologyException(
                $"{device} cannot be a port of {this}: a Linux bridge has at most {MostPorts}; spread them over two bridges that a link joins");
        }
    }

    private protected override void OnDetached(Device device)
    {
    }
}
