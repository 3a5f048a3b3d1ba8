using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>
/// A pair of devices joined back to back (veth(4)). One request makes both ends, each with its final name, in its final namespace, with its
/// final index; nothing has to be looked up or renamed afterwards.
/// </summary>
/// <param name="Name">This end's name.</param>
/// <param name="Peer">The other end.</param>
public sealed record VethSpec(string Name, VethPeer Peer) : LinkSpec(Name)
{
    // include/uapi/linux/veth.h: enum { VETH_INFO_UNSPEC, VETH_INFO_PEER };
    // VETH_INFO_PEER = struct ifinfomsg, then IFLA_* attributes of the peer.
    private const ushort VETH_INFO_PEER = 1;

    /// <inheritdoc/>
    public override string Kind => "veth";

    internal override void WriteData(MessageWriter writer)
    {
        using (writer.Nest(VETH_INFO_PEER))
        {
            // The peer is never born up: veth_open answers ENOTCONN while its other end is not there yet, and the way back costs 16 ms.
            LinkMessages.WriteHeader(writer, Peer.Index ?? 0, LinkFlags.None, LinkFlags.None);
            writer.S32(LinkAttributes.IFLA_MTU, Peer.Mtu);
            writer.Mac(LinkAttributes.IFLA_ADDRESS, Peer.Mac);
            writer.S32(LinkAttributes.IFLA_TXQLEN, Peer.TxQueueLength);
            writer.U32(LinkAttributes.IFLA_GROUP, Peer.Group);
            writer.S32(LinkAttributes.IFLA_NUM_TX_QUEUES, Peer.NumTxQueues);
            writer.S32(LinkAttributes.IFLA_NUM_RX_QUEUES, Peer.NumRxQueues);
            LinkMessages.WriteNamespace(writer, Peer.Namespace);
            writer.Text(LinkAttributes.IFLA_IFNAME, LinkMessages.CheckName(Peer.Name));
        }
    }

    internal override string Describe() => $"veth {Name} (peer {Peer.Name})";
}

/// <summary>The other end of a <see cref="VethSpec"/>. It is born down; bring it up in its own namespace.</summary>
/// <param name="Name">Its name, 1 to 15 bytes.</param>
public sealed record VethPeer(string Name)
{
    /// <summary>The number it shall have in its namespace; the kernel chooses when null.</summary>
    public int? Index { get; init; }

    /// <summary>Largest payload of a frame, in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>Its MAC address.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The namespace it is born in; that of the socket when null.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>Its device group.</summary>
    public uint? Group { get; init; }

    /// <summary>Length of its transmit queue, in frames.</summary>
    public int? TxQueueLength { get; init; }

    /// <summary>Number of its transmit queues.</summary>
    public int? NumTxQueues { get; init; }

    /// <summary>Number of its receive queues.</summary>
    public int? NumRxQueues { get; init; }
}
