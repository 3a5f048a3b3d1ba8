using System.Text;
using static NetLab.Linux.Netlink.LinkAttributes;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes the requests about links: RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK, RTM_NEWLINKPROP.</summary>
/// <remarks>
/// <code>
/// struct ifinfomsg {            // include/uapi/linux/rtnetlink.h
///     unsigned char  ifi_family;
///     unsigned char  __ifi_pad;
///     unsigned short ifi_type;   // ARPHRD_*
///     int            ifi_index;
///     unsigned       ifi_flags;  // IFF_*
///     unsigned       ifi_change; // which of them
/// };
/// </code>
/// </remarks>
internal static class LinkMessages
{
    public const int HeaderSize = 16;

    public static void WriteHeader(MessageWriter writer, int index, LinkFlags flags, LinkFlags change, byte family = AF_UNSPEC)
    {
        var header = writer.Append(HeaderSize);
        header[0] = family;
        MessageWriter.Write(header[4..], index);
        MessageWriter.Write(header[8..], (uint)flags);
        MessageWriter.Write(header[12..], (uint)change);
    }

    public static void Add(MessageWriter writer, LinkSpec link)
    {
        var up = link.Up is true ? LinkFlags.Up : LinkFlags.None;
        writer.Begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
        WriteHeader(writer, link.Index ?? 0, up, up);
        writer.S32(IFLA_MTU, link.Mtu);
        writer.Mac(IFLA_ADDRESS, link.Mac);
        writer.S32(IFLA_TXQLEN, link.TxQueueLength);
        writer.U32(IFLA_GROUP, link.Group);
        writer.S32(IFLA_NUM_TX_QUEUES, link.NumTxQueues);
        writer.S32(IFLA_NUM_RX_QUEUES, link.NumRxQueues);
        writer.S32(IFLA_MASTER, link.MasterIndex);
        WriteNamespace(writer, link.Namespace);
        writer.S32(IFLA_LINK, link.Lower);
        writer.Text(IFLA_IFNAME, CheckName(link.Name));
        WriteKind(writer, link);
        writer.End();
    }

    /// <summary>The kernel does not look at an alias while it makes a device, so that it takes a request of its own.</summary>
    public static void SetAlias(MessageWriter writer, LinkSpec link)
    {
        writer.Begin(RTM_NEWLINK, NLM_F_REQUEST);
        WriteHeader(writer, link.Index ?? 0, LinkFlags.None, LinkFlags.None);
        WriteAlias(writer, link.Alias);
        writer.Text(IFLA_IFNAME, link.Index is null ? link.Name : null);
        writer.End();
    }

    public static void Change(MessageWriter writer, int index, LinkChange change)
    {
        var (flags, mask) = change.Flags();
        writer.Begin(RTM_NEWLINK, NLM_F_REQUEST);
        WriteHeader(writer, index, flags, mask);
        writer.S32(IFLA_MTU, change.Mtu);
        writer.Mac(IFLA_ADDRESS, change.Mac);
        writer.Mac(IFLA_BROADCAST, change.Broadcast);
        writer.S32(IFLA_TXQLEN, change.TxQueueLength);
        writer.U32(IFLA_GROUP, change.Group);
        writer.S32(IFLA_MASTER, change.MasterIndex);
        writer.U8(IFLA_CARRIER, change.Carrier);
        writer.U8(IFLA_LINKMODE, change.Dormant);
        writer.U8(IFLA_PROTO_DOWN, change.ProtoDown);
        writer.U32(IFLA_GSO_MAX_SIZE, change.GsoMaxSize);
        writer.U32(IFLA_GSO_MAX_SEGS, change.GsoMaxSegments);
        writer.U32(IFLA_GRO_MAX_SIZE, change.GroMaxSize);
        if (change.AddressGenMode is not null || change.Token is not null)
        {
            using (writer.Nest(IFLA_AF_SPEC))
            using (writer.Nest(AF_INET6))
            {
                writer.U8(IFLA_INET6_ADDR_GEN_MODE, (byte?)change.AddressGenMode);
                writer.Address(IFLA_INET6_TOKEN, change.Token);
            }
        }

        WriteNamespace(writer, change.Namespace);
        writer.S32(IFLA_NEW_IFINDEX, change.NewIndex);
        WriteAlias(writer, change.Alias);
        writer.Text(IFLA_IFNAME, change.Name is null ? null : CheckName(change.Name));
        if (change.KindData is { } kind)
        {
            WriteKind(writer, kind);
        }

        if (change.BondPort is { } bondPort)
        {
            using (writer.Nest(IFLA_LINKINFO))
            {
                writer.TextUnterminated(IFLA_INFO_KIND, "bond_slave");
                using (writer.Nest(IFLA_INFO_SLAVE_DATA))
                {
                    bondPort.Write(writer);
                }
            }
        }

        writer.End();
    }

    /// <summary>
    /// Port flags go the way of <c>bridge link set</c>: the way of <c>ip link set type bridge_slave</c> makes newer kernels call modprobe each time.
    /// </summary>
    public static void SetBridgePort(MessageWriter writer, int index, BridgePortOptions options)
    {
        writer.Begin(RTM_SETLINK, NLM_F_REQUEST);
        WriteHeader(writer, index, LinkFlags.None, LinkFlags.None, AF_BRIDGE);
        using (writer.Nest(IFLA_PROTINFO | MessageWriter.NLA_F_NESTED))
        {
            options.Write(writer);
        }

        writer.End();
    }

    public static void Delete(MessageWriter writer, int index)
    {
        writer.Begin(RTM_DELLINK, NLM_F_REQUEST);
        WriteHeader(writer, index, LinkFlags.None, LinkFlags.None);
        writer.End();
    }

    public static void DeleteGroup(MessageWriter writer, uint group)
    {
        writer.Begin(RTM_DELLINK, NLM_F_REQUEST);
        WriteHeader(writer, 0, LinkFlags.None, LinkFlags.None);
        writer.U32(IFLA_GROUP, group);
        writer.End();
    }

    /// <summary>Adds or removes further names. The device is given by index, or by name when the index is 0.</summary>
    public static void AltNames(MessageWriter writer, bool add, int index, string? name, IReadOnlyList<string> altNames)
    {
        writer.Begin(add ? RTM_NEWLINKPROP : RTM_DELLINKPROP, add ? (ushort)(NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND) : NLM_F_REQUEST);
        WriteHeader(writer, index, LinkFlags.None, LinkFlags.None);
        using (writer.Nest(IFLA_PROP_LIST | MessageWriter.NLA_F_NESTED))
        {
            foreach (var altName in altNames)
            {
                writer.Text(IFLA_ALT_IFNAME, CheckName(altName, 127));
            }
        }

        writer.Text(IFLA_IFNAME, index == 0 ? name : null);
        writer.End();
    }

    public static void WriteNamespace(MessageWriter writer, NetworkNamespace? ns)
    {
        if (ns is not null)
        {
            writer.S32(IFLA_NET_NS_FD, (int)ns.Handle.DangerousGetHandle());
        }
    }

    /// <summary>Refuses a name that the kernel would refuse with a bare EINVAL or ERANGE (dev_valid_name in net/core/dev.c).</summary>
    public static string CheckName(string name, int limit = 15)
    {
        var size = Encoding.UTF8.GetByteCount(name);
        if (size == 0 || size > limit)
        {
            throw new ArgumentException($"'{name}' cannot name an interface: it has {size} bytes, Linux takes 1 to {limit}.", nameof(name));
        }

        if (name is "." or ".." || name.AsSpan().IndexOfAny("/:") >= 0 || name.Any(char.IsWhiteSpace))
        {
            throw new ArgumentException($"'{name}' cannot name an interface: '/', ':' and blanks are not allowed, nor the names '.' and '..'.", nameof(name));
        }

        return name;
    }

    private static void WriteKind(MessageWriter writer, LinkSpec link)
    {
        using (writer.Nest(IFLA_LINKINFO))
        {
            writer.TextUnterminated(IFLA_INFO_KIND, link.Kind);
            using (writer.Nest(IFLA_INFO_DATA, dropWhenEmpty: true))
            {
                link.WriteData(writer);
            }
        }
    }

    // Without the terminating zero, as iproute2 writes it.
    private static void WriteAlias(MessageWriter writer, string? alias)
    {
        if (alias is not null)
        {
            writer.TextUnterminated(IFLA_IFALIAS, alias);
        }
    }
}
