using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWMDB and RTM_DELMDB (<c>include/uapi/linux/if_bridge.h</c>).</summary>
/// <remarks>
/// <code>
/// struct br_port_msg { __u8 family; __u32 ifindex; };        // 8 bytes: ifindex at 4
/// struct br_mdb_entry {                                      // 28 bytes
///     __u32 ifindex;      // the port
///     __u8  state;        // MDB_TEMPORARY 0, MDB_PERMANENT 1
///     __u8  flags;        // MDB_FLAGS_*
///     __u16 vid;
///     struct {
///         union { __be32 ip4; struct in6_addr ip6; unsigned char mac_addr[ETH_ALEN]; } u;
///         __be16 proto;   // ETH_P_IP, ETH_P_IPV6; 0 for a MAC group
///     } addr;
/// };
/// </code>
/// A dump nests: MDBA_MDB { MDBA_MDB_ENTRY { MDBA_MDB_ENTRY_INFO: struct br_mdb_entry, then MDBA_MDB_EATTR_* } }.
/// </remarks>
internal static class MdbMessages
{
    public const int HeaderSize = 8;
    private const int EntrySize = 28;
    private const ushort MDBA_SET_ENTRY = 1, MDBA_SET_ENTRY_ATTRS = 2, MDBE_ATTR_SOURCE = 1;
    private const ushort MDBA_MDB = 1, MDBA_MDB_ENTRY = 1, MDBA_MDB_ENTRY_INFO = 1, MDBA_MDB_EATTR_TIMER = 1, MDBA_MDB_EATTR_SOURCE = 4;
    private const ushort ETH_P_IP = 0x0800, ETH_P_IPV6 = 0x86dd;

    public static void Add(MessageWriter writer, MdbSpec entry)
    {
        writer.Begin(RTM_NEWMDB, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
        Write(writer, entry, entry.Permanent);
        writer.End();
    }

    public static void Delete(MessageWriter writer, MdbSpec entry)
    {
        writer.Begin(RTM_DELMDB, NLM_F_REQUEST);
        Write(writer, entry, permanent: false);
        writer.End();
    }

    private static void Write(MessageWriter writer, MdbSpec entry, bool permanent)
    {
        if (entry.Group is null == entry.MacGroup is null)
        {
            throw new ArgumentException("A multicast database entry has either an IP group or a MAC group.");
        }

        var header = writer.Append(HeaderSize);
        header[0] = AF_BRIDGE;
        MessageWriter.Write(header[4..], entry.BridgeIndex);
        var data = writer.Attribute(MDBA_SET_ENTRY, EntrySize);
        MessageWriter.Write(data, entry.PortIndex);
        data[4] = permanent ? (byte)1 : (byte)0;
        MessageWriter.Write(data[6..], entry.Vlan);
        if (entry.Group is { } group)
        {
            group.TryWriteBytes(data[8..], out _);
            BinaryPrimitives.WriteUInt16BigEndian(data[24..], group.AddressFamily is AddressFamily.InterNetworkV6 ? ETH_P_IPV6 : ETH_P_IP);
        }
        else
        {
            entry.MacGroup!.GetAddressBytes().CopyTo(data[8..]);
        }

        if (entry.Source is { } source)
        {
            using (writer.Nest(MDBA_SET_ENTRY_ATTRS | MessageWriter.NLA_F_NESTED))
            {
                writer.Address(MDBE_ATTR_SOURCE, source);
            }
        }
    }

    /// <summary>The entries of one bridge: a message carries them all.</summary>
    public static void Read(ReadOnlySpan<byte> payload, ICollection<MdbInfo> entries)
    {
        var bridge = Attribute.ReadAt<int>(payload, 4);
        foreach (var group in Attributes.After(payload, HeaderSize).Find(MDBA_MDB).Nested)
        {
            if (group.Type != MDBA_MDB_ENTRY)
            {
                continue;
            }

            foreach (var info in group.Nested)
            {
                if (info.Type == MDBA_MDB_ENTRY_INFO && info.Data.Length >= EntrySize)
                {
                    entries.Add(ReadEntry(bridge, info.Data));
                }
            }
        }
    }

    private static MdbInfo ReadEntry(int bridge, ReadOnlySpan<byte> data)
    {
        var attributes = new Attributes(data[EntrySize..]);
        var timer = attributes.Find(MDBA_MDB_EATTR_TIMER);
        var permanent = data[4] == 1;
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(data[24..]);
        return new MdbInfo(bridge, Attribute.ReadAt<int>(data, 0))
        {
            Permanent = permanent,
            Flags = data[5],
            Vlan = Attribute.ReadAt<ushort>(data, 6),
            Group = protocol switch
            {
                ETH_P_IP => new IPAddress(data[8..12]),
                ETH_P_IPV6 => new IPAddress(data[8..24]),
                _ => null,
            },
            MacGroup = protocol == 0 ? new PhysicalAddress(data[8..14].ToArray()) : null,
            Source = attributes.Find(MDBA_MDB_EATTR_SOURCE).Address,
            Timer = permanent || timer.Data.Length < 4 ? null : timer.Clock32,
        };
    }
}
