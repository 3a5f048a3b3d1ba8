using System.Diagnostics.CodeAnalysis;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>
/// A device to be made: what every kind has. One record per kind derives from it and adds that kind's own attributes. A property that is null
/// is left to the kernel. The same records come back from <see cref="RouteSocket.GetLinks"/> as <see cref="LinkInfo.KindData"/>.
/// </summary>
/// <param name="Name">The device's name, 1 to 15 bytes.</param>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] // their state is listed by name
public abstract record LinkSpec(string Name) : IDescribed
{
    /// <summary>The kind's name in the kernel, as in <c>ip link add … type KIND</c> (IFLA_INFO_KIND).</summary>
    public abstract string Kind { get; }

    /// <summary>The number the device shall have in its namespace; the kernel chooses when null.</summary>
    public int? Index { get; init; }

    /// <summary>Largest payload of a frame, in bytes (IFLA_MTU).</summary>
    public int? Mtu { get; init; }

    /// <summary>Index of the bridge, bond or VRF it becomes a member of (IFLA_MASTER), in the namespace where it is made.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>Length of the transmit queue, in frames (IFLA_TXQLEN).</summary>
    public int? TxQueueLength { get; init; }

    /// <summary>Number of transmit queues (IFLA_NUM_TX_QUEUES); 1 makes a veth cheaper to create.</summary>
    public int? NumTxQueues { get; init; }

    /// <summary>Number of receive queues (IFLA_NUM_RX_QUEUES).</summary>
    public int? NumRxQueues { get; init; }

    /// <summary>The MAC address (IFLA_ADDRESS).</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The device group (IFLA_GROUP): any number, by which many devices are deleted in one request.</summary>
    public uint? Group { get; init; }

    /// <summary>True: it is born up (IFF_UP).</summary>
    public bool? Up { get; init; }

    /// <summary>The namespace it is born in (IFLA_NET_NS_FD); that of the socket when null.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>
    /// Further names, up to 127 bytes each (IFLA_ALT_IFNAME); a request of their own within the batch.
    /// Only for a device that is born in the socket's namespace.
    /// </summary>
    public IReadOnlyList<string> AltNames { get; init; } = [];

    /// <summary>
    /// The device's alias, free text of up to 255 bytes (IFLA_IFALIAS); a request of its own within the batch.
    /// Only for a device that is born in the socket's namespace.
    /// </summary>
    public string? Alias { get; init; }

    /// <summary>The device below (IFLA_LINK), for kinds that sit on another.</summary>
    internal virtual int? Lower => null;

    /// <summary>Writes the kind's own attributes, the inside of IFLA_INFO_DATA.</summary>
    internal virtual void WriteData(MessageWriter writer)
    {
    }

    /// <inheritdoc/>
    string IDescribed.Describe() => Describe();

    /// <summary>How the device is called in a message: <c>vxlan vx0</c>.</summary>
    internal virtual string Describe() => $"{Kind} {Name}";
}

/// <summary>A device of a kind that has no attributes of its own, or whose attributes are left at their defaults: <c>nlmon</c>, <c>vcan</c>.</summary>
/// <param name="Name">The device's name.</param>
/// <param name="KindName">The kind's name in the kernel.</param>
public sealed record PlainLinkSpec(string Name, string KindName) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => KindName;
}
