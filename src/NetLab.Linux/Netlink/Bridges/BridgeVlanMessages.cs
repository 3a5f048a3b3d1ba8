using static NetLab.Linux.Netlink.LinkAttributes;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads VLANs of bridge ports (<c>include/uapi/linux/if_bridge.h</c>).</summary>
/// <remarks>
/// Adding and deleting are RTM_SETLINK and RTM_DELLINK of family AF_BRIDGE, with IFLA_AF_SPEC { IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_VLAN_INFO… }; options
/// are RTM_NEWVLAN.
/// <code>
/// struct bridge_vlan_info { __u16 flags; __u16 vid; };
/// struct br_vlan_msg { __u8 family; __u8 reserved1; __u16 reserved2; __u32 ifindex; };
/// </code>
/// </remarks>
internal static class BridgeVlanMessages
{
    public const int HeaderSize = 8;
    private const ushort IFLA_BRIDGE_FLAGS = 0, IFLA_BRIDGE_VLAN_INFO = 2, IFLA_BRIDGE_VLAN_TUNNEL_INFO = 3;
    private const ushort IFLA_BRIDGE_VLAN_TUNNEL_ID = 1, IFLA_BRIDGE_VLAN_TUNNEL_VID = 2, IFLA_BRIDGE_VLAN_TUNNEL_FLAGS = 3;
    private const ushort BRIDGE_FLAGS_SELF = 2;
    private const ushort BRIDGE_VLAN_INFO_PVID = 2, BRIDGE_VLAN_INFO_UNTAGGED = 4, BRIDGE_VLAN_INFO_RANGE_BEGIN = 8, BRIDGE_VLAN_INFO_RANGE_END = 16,
        BRIDGE_VLAN_INFO_ONLY_OPTS = 64;
    private const ushort BRIDGE_VLANDB_ENTRY = 1, BRIDGE_VLANDB_GLOBAL_OPTIONS = 2;
    private const ushort BRIDGE_VLANDB_ENTRY_INFO = 1, BRIDGE_VLANDB_ENTRY_RANGE = 2, BRIDGE_VLANDB_ENTRY_STATE = 3, BRIDGE_VLANDB_ENTRY_MCAST_ROUTER = 6;
    private const ushort BRIDGE_VLANDB_GOPTS_ID = 1, BRIDGE_VLANDB_GOPTS_RANGE = 2, BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING = 3,
        BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION = 4, BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION = 5, BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT = 6,
        BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT = 7, BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL = 8,
        BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL = 10, BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL = 11, BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL = 12,
        BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL = 13, BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL = 14,
        BRIDGE_VLANDB_GOPTS_MCAST_QUERIER = 15, BRIDGE_VLANDB_GOPTS_MSTI = 18;

    public static void Add(MessageWriter writer, BridgeVlanSpec vlan) => Write(writer, vlan, RTM_SETLINK);

    public static void Delete(MessageWriter writer, BridgeVlanSpec vlan) => Write(writer, vlan, RTM_DELLINK);

    private static void Write(MessageWriter writer, BridgeVlanSpec vlan, ushort type)
    {
        CheckId(vlan.Id);
        CheckId(vlan.EndId ?? vlan.Id);
        writer.Begin(type, NLM_F_REQUEST);
        LinkMessages.WriteHeader(writer, vlan.Index, LinkFlags.None, LinkFlags.None, AF_BRIDGE);
        using (writer.Nest(IFLA_AF_SPEC))
        {
            writer.U16(IFLA_BRIDGE_FLAGS, vlan.Self ? BRIDGE_FLAGS_SELF : null);
            var flags = (ushort)((vlan.Pvid ? BRIDGE_VLAN_INFO_PVID : 0) | (vlan.Untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0));
            if (vlan.TunnelId is { } tunnel)
            {
                WriteTunnel(writer, vlan, tunnel);
            }
            else if (vlan.EndId is { } end)
            {
                WriteInfo(writer, IFLA_BRIDGE_VLAN_INFO, (ushort)(flags | BRIDGE_VLAN_INFO_RANGE_BEGIN), vlan.Id);
                WriteInfo(writer, IFLA_BRIDGE_VLAN_INFO, (ushort)(flags | BRIDGE_VLAN_INFO_RANGE_END), end);
            }
            else
            {
                WriteInfo(writer, IFLA_BRIDGE_VLAN_INFO, flags, vlan.Id);
            }
        }

        writer.End();
    }

    private static void WriteTunnel(MessageWriter writer, BridgeVlanSpec vlan, uint tunnel)
    {
        if (vlan.EndId is not { } end)
        {
            Tunnel(tunnel, vlan.Id, 0);
            return;
        }

        Tunnel(tunnel, vlan.Id, BRIDGE_VLAN_INFO_RANGE_BEGIN);
        Tunnel(tunnel + end - vlan.Id, end, BRIDGE_VLAN_INFO_RANGE_END);

        void Tunnel(uint id, ushort vid, ushort flags)
        {
            using (writer.Nest(IFLA_BRIDGE_VLAN_TUNNEL_INFO))
            {
                writer.U32(IFLA_BRIDGE_VLAN_TUNNEL_ID, id);
                writer.U16(IFLA_BRIDGE_VLAN_TUNNEL_VID, vid);
                writer.U16(IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, flags);
            }
        }
    }

    private static void WriteInfo(MessageWriter writer, ushort type, ushort flags, ushort vid)
    {
        var info = writer.Attribute(type, 4);
        MessageWriter.Write(info, flags);
        MessageWriter.Write(info[2..], vid);
    }

    public static void SetOptions(MessageWriter writer, int index, ushort id, ushort? endId, BridgeVlanOptions options)
    {
        CheckId(id);
        Begin(writer, index);
        using (writer.Nest(BRIDGE_VLANDB_ENTRY | MessageWriter.NLA_F_NESTED))
        {
            WriteInfo(writer, BRIDGE_VLANDB_ENTRY_INFO, BRIDGE_VLAN_INFO_ONLY_OPTS, id);
            writer.U16(BRIDGE_VLANDB_ENTRY_RANGE, endId);
            writer.U8(BRIDGE_VLANDB_ENTRY_STATE, (byte?)options.State);
            writer.U8(BRIDGE_VLANDB_ENTRY_MCAST_ROUTER, options.MulticastRouter);
        }

        writer.End();
    }

    public static void SetGlobalOptions(MessageWriter writer, int bridge, ushort id, ushort? endId, BridgeVlanGlobalOptions options)
    {
        CheckId(id);
        Begin(writer, bridge);
        using (writer.Nest(BRIDGE_VLANDB_GLOBAL_OPTIONS | MessageWriter.NLA_F_NESTED))
        {
            writer.U16(BRIDGE_VLANDB_GOPTS_ID, id);
            writer.U16(BRIDGE_VLANDB_GOPTS_RANGE, endId);
            writer.U8(BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING, options.MulticastSnooping);
            writer.U8(BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, options.MulticastQuerier);
            writer.U8(BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION, options.MulticastIgmpVersion);
            writer.U8(BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION, options.MulticastMldVersion);
            writer.U32(BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT, options.MulticastLastMemberCount);
            writer.U32(BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT, options.MulticastStartupQueryCount);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL, options.MulticastLastMemberInterval);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL, options.MulticastMembershipInterval);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL, options.MulticastQuerierInterval);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL, options.MulticastQueryInterval);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL, options.MulticastQueryResponseInterval);
            writer.Clock64(BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL, options.MulticastStartupQueryInterval);
            writer.U16(BRIDGE_VLANDB_GOPTS_MSTI, options.SpanningTree);
        }

        writer.End();
    }

    private static void Begin(MessageWriter writer, int index)
    {
        writer.Begin(RTM_NEWVLAN, NLM_F_REQUEST);
        var header = writer.Append(HeaderSize);
        header[0] = AF_BRIDGE;
        MessageWriter.Write(header[4..], index);
    }

    private static void CheckId(ushort id)
    {
        if (id is 0 or > 4094)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, "A VLAN of a bridge is 1 to 4094.");
        }
    }

    /// <summary>The states of one port's VLANs, out of an RTM_NEWVLAN: BRIDGE_VLANDB_ENTRY { INFO, RANGE (the last of several), STATE }.</summary>
    public static void ReadStates(ReadOnlySpan<byte> payload, ICollection<BridgeVlanState> states)
    {
        var index = Attribute.ReadAt<int>(payload, 4);
        foreach (var entry in Attributes.After(payload, HeaderSize))
        {
            var info = entry.Nested.Find(BRIDGE_VLANDB_ENTRY_INFO);
            var range = entry.Nested.Find(BRIDGE_VLANDB_ENTRY_RANGE);
            var state = entry.Nested.Find(BRIDGE_VLANDB_ENTRY_STATE);
            if (entry.Type == BRIDGE_VLANDB_ENTRY && info.Data.Length >= 4 && state.Data.Length >= 1)
            {
                var first = info.Read<ushort>(2);
                states.Add(new BridgeVlanState(index, first, range.Data.Length < 2 ? first : range.U16, (BridgePortState)state.U8));
            }
        }
    }

    /// <summary>The VLANs of one port, out of an RTM_NEWLINK of family AF_BRIDGE; ranges are taken apart.</summary>
    public static void Read(ReadOnlySpan<byte> payload, ICollection<BridgeVlanInfo> vlans)
    {
        var index = Attribute.ReadAt<int>(payload, 4);
        var attributes = Attributes.After(payload, LinkMessages.HeaderSize);
        var master = attributes.Find(IFLA_MASTER);
        ushort first = 0;
        foreach (var a in attributes.Find(IFLA_AF_SPEC).Nested)
        {
            if (a.Type != IFLA_BRIDGE_VLAN_INFO || a.Data.Length < 4)
            {
                continue;
            }

            var (flags, vid) = (a.Read<ushort>(0), Math.Min(a.Read<ushort>(2), (ushort)4095));
            if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) != 0)
            {
                first = vid;
                continue;
            }

            for (var id = (flags & BRIDGE_VLAN_INFO_RANGE_END) != 0 && first != 0 && first <= vid ? first : vid; id <= vid; id++)
            {
                vlans.Add(new BridgeVlanInfo(index, id)
                {
                    Pvid = (flags & BRIDGE_VLAN_INFO_PVID) != 0,
                    Untagged = (flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0,
                    MasterIndex = master.Data.Length < 4 ? null : master.S32,
                    Self = master.Data.Length < 4 || master.S32 == index,
                });
            }

            first = 0;
        }
    }
}
