using static NetLab.Linux.Netlink.NeighbourMessages;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads forwarding database entries: RTM_NEWNEIGH with family AF_BRIDGE. Layout: <see cref="NeighbourMessages"/>.</summary>
internal static class FdbMessages
{
    public static void Add(MessageWriter writer, FdbSpec entry)
    {
        var mode = entry.Mode switch
        {
            FdbMode.Replace => NLM_F_REPLACE,
            FdbMode.Append => NLM_F_APPEND,
            _ => NLM_F_EXCL,
        };
        writer.Begin(RTM_NEWNEIGH, (ushort)(NLM_F_REQUEST | NLM_F_CREATE | mode));
        Write(writer, entry);
        writer.End();
    }

    public static void Delete(MessageWriter writer, FdbSpec entry)
    {
        writer.Begin(RTM_DELNEIGH, NLM_F_REQUEST);
        Write(writer, entry);
        writer.End();
    }

    private static void Write(MessageWriter writer, FdbSpec entry)
    {
        // The states that bridge(8) sends for its three words.
        var state = entry.Kind switch
        {
            FdbKind.Local => NeighbourState.Permanent | NeighbourState.NoArp,
            FdbKind.Static => NeighbourState.NoArp | NeighbourState.Reachable,
            _ => NeighbourState.Reachable,
        };
        var flags = (entry.IsSelf ? NeighbourFlags.Self : NeighbourFlags.Master) | (entry.Sticky ? NeighbourFlags.Sticky : 0)
            | (entry.ExtLearned ? NeighbourFlags.ExtLearned : 0);
        WriteHeader(writer, AF_BRIDGE, entry.Index, (ushort)state, flags);
        writer.Mac(NDA_LLADDR, entry.Mac);
        writer.Address(NDA_DST, entry.Remote);
        writer.U16(NDA_VLAN, entry.Vlan);
        writer.Be16(NDA_PORT, entry.Port);
        writer.U32(NDA_VNI, entry.Vni);
        writer.U32(NDA_SRC_VNI, entry.SourceVni);
        writer.U32(NDA_NH_ID, entry.NexthopId);
        writer.S32(NDA_IFINDEX, entry.Via);
    }

    /// <summary>An entry; null for a message that is none.</summary>
    public static FdbInfo? Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, HeaderSize);
        var mac = attributes.Find(NDA_LLADDR);
        if (mac.Data.Length != 6 || Attribute.ReadAt<byte>(payload, 0) != AF_BRIDGE)
        {
            return null;
        }

        var flags = (NeighbourFlags)Attribute.ReadAt<byte>(payload, 10);
        var state = (NeighbourState)Attribute.ReadAt<ushort>(payload, 8);
        var cache = attributes.Find(NDA_CACHEINFO);
        var vlan = attributes.Find(NDA_VLAN);
        var port = attributes.Find(NDA_PORT);
        var master = attributes.Find(NDA_MASTER);
        return new FdbInfo(Attribute.ReadAt<int>(payload, 4), mac.Mac)
        {
            Flags = flags,
            State = state,
            Kind = state.HasFlag(NeighbourState.Permanent) ? FdbKind.Local : state.HasFlag(NeighbourState.NoArp) ? FdbKind.Static : FdbKind.Dynamic,
            Self = flags.HasFlag(NeighbourFlags.Self) || master.Data.Length < 4,
            MasterIndex = master.Data.Length < 4 ? null : master.S32,
            Sticky = flags.HasFlag(NeighbourFlags.Sticky),
            ExtLearned = flags.HasFlag(NeighbourFlags.ExtLearned),
            Vlan = vlan.Data.Length < 2 ? null : vlan.U16,
            Remote = attributes.Find(NDA_DST).Address,
            Port = port.Data.Length < 2 ? null : port.Be16,
            Vni = Number(attributes.Find(NDA_VNI)),
            SourceVni = Number(attributes.Find(NDA_SRC_VNI)),
            NexthopId = Number(attributes.Find(NDA_NH_ID)),
            Via = (int?)Number(attributes.Find(NDA_IFINDEX)),
            Used = Time(cache, 4),
            Updated = Time(cache, 8),
        };
    }

    private static uint? Number(Attribute a) => a.Data.Length < 4 ? null : a.U32;

    // struct nda_cacheinfo { __u32 ndm_confirmed, ndm_used, ndm_updated, ndm_refcnt; };   clock_t
    private static TimeSpan? Time(Attribute cache, int offset) =>
        cache.Data.Length < offset + 4 ? null : TimeSpan.FromMilliseconds(cache.Read<uint>(offset) * 10L);
}
