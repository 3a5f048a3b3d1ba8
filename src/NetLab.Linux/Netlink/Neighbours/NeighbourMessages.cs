using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWNEIGH and RTM_DELNEIGH, for neighbours and for forwarding databases (<c>include/uapi/linux/neighbour.h</c>).</summary>
/// <remarks>
/// <code>
/// struct ndmsg {
///     __u8  ndm_family;   // AF_INET, AF_INET6; AF_BRIDGE for an FDB
///     __u8  ndm_pad1; __u16 ndm_pad2;
///     __s32 ndm_ifindex;
///     __u16 ndm_state;    // NUD_*
///     __u8  ndm_flags;    // NTF_*
///     __u8  ndm_type;
/// };
/// </code>
/// </remarks>
internal static class NeighbourMessages
{
    public const int HeaderSize = 12;
    public const ushort NDA_DST = 1, NDA_LLADDR = 2, NDA_CACHEINFO = 3, NDA_VLAN = 5, NDA_PORT = 6, NDA_VNI = 7, NDA_IFINDEX = 8, NDA_MASTER = 9,
        NDA_LINK_NETNSID = 10, NDA_SRC_VNI = 11, NDA_PROTOCOL = 12, NDA_NH_ID = 13, NDA_FLAGS_EXT = 15;
    private const uint NTF_EXT_MANAGED = 1;

    public static void WriteHeader(MessageWriter writer, byte family, int index, ushort state, NeighbourFlags flags)
    {
        var header = writer.Append(HeaderSize);
        header[0] = family;
        MessageWriter.Write(header[4..], index);
        MessageWriter.Write(header[8..], state);
        header[10] = (byte)flags;
    }

    public static void Add(MessageWriter writer, NeighbourSpec n)
    {
        writer.Begin(RTM_NEWNEIGH, (ushort)(NLM_F_REQUEST | NLM_F_CREATE | (n.Replace ? NLM_F_REPLACE : NLM_F_EXCL)));
        Write(writer, n);
        writer.Mac(NDA_LLADDR, n.Mac);
        writer.U8(NDA_PROTOCOL, n.Protocol);
        writer.U32(NDA_FLAGS_EXT, n.Managed ? NTF_EXT_MANAGED : null);
        writer.End();
    }

    public static void Delete(MessageWriter writer, NeighbourSpec n)
    {
        writer.Begin(RTM_DELNEIGH, NLM_F_REQUEST);
        Write(writer, n);
        writer.End();
    }

    private static void Write(MessageWriter writer, NeighbourSpec n)
    {
        var flags = (n.Proxy ? NeighbourFlags.Proxy : 0) | (n.Router ? NeighbourFlags.Router : 0)
            | (n.ExtLearned ? NeighbourFlags.ExtLearned : 0) | (n.Use ? NeighbourFlags.Use : 0);
        WriteHeader(writer, AddressMessages.FamilyNumber(n.Address.AddressFamily), n.Index, (ushort)n.State, flags);
        writer.Address(NDA_DST, n.Address);
    }

    /// <summary>A neighbour; null for what is none (an FDB entry, a family that is not IP).</summary>
    public static NeighbourInfo? Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, HeaderSize);
        var address = attributes.Find(NDA_DST).Address;
        var family = Attribute.ReadAt<byte>(payload, 0);
        if (address is null || family is not (AF_INET or AF_INET6))
        {
            return null;
        }

        var flags = (NeighbourFlags)Attribute.ReadAt<byte>(payload, 10);
        var mac = attributes.Find(NDA_LLADDR);
        var protocol = attributes.Find(NDA_PROTOCOL);
        return new NeighbourInfo(Attribute.ReadAt<int>(payload, 4), address)
        {
            State = (NeighbourState)Attribute.ReadAt<ushort>(payload, 8),
            Flags = flags,
            Mac = mac.Data.IsEmpty ? null : mac.Mac,
            Proxy = flags.HasFlag(NeighbourFlags.Proxy),
            Router = flags.HasFlag(NeighbourFlags.Router),
            ExtLearned = flags.HasFlag(NeighbourFlags.ExtLearned),
            Managed = (attributes.Find(NDA_FLAGS_EXT).U32 & NTF_EXT_MANAGED) != 0,
            Protocol = protocol.Data.IsEmpty ? null : protocol.U8,
        };
    }
}
