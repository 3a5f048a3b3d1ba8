using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWNEXTHOP and RTM_DELNEXTHOP (<c>include/uapi/linux/nexthop.h</c>).</summary>
/// <remarks>
/// <code>
/// struct nhmsg {
///     unsigned char nh_family, nh_scope /* return only */, nh_protocol, resvd;
///     unsigned int  nh_flags;       // RTNH_F_*
/// };
/// struct nexthop_grp { __u32 id; __u8 weight /* minus 1 */, resvd1; __u16 resvd2; };
/// </code>
/// </remarks>
internal static class NexthopMessages
{
    public const int HeaderSize = 8;
    private const ushort NHA_ID = 1, NHA_GROUP = 2, NHA_GROUP_TYPE = 3, NHA_BLACKHOLE = 4, NHA_OIF = 5, NHA_GATEWAY = 6, NHA_FDB = 11, NHA_RES_GROUP = 12;
    private const ushort NHA_RES_GROUP_BUCKETS = 1, NHA_RES_GROUP_IDLE_TIMER = 2, NHA_RES_GROUP_UNBALANCED_TIMER = 3;
    private const ushort NEXTHOP_GRP_TYPE_RES = 1;

    public static void Add(MessageWriter writer, NexthopSpec nexthop, bool replace)
    {
        writer.Begin(RTM_NEWNEXTHOP, (ushort)(NLM_F_REQUEST | NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL)));
        var header = writer.Append(HeaderSize);
        header[0] = nexthop.Group.Count > 0 ? AF_UNSPEC : AddressMessages.FamilyNumber(nexthop.Family);
        header[2] = nexthop.Protocol;
        MessageWriter.Write(header[4..], nexthop.OnLink ? (uint)NexthopFlags.OnLink : 0);
        writer.U32(NHA_ID, nexthop.Id);
        writer.Address(NHA_GATEWAY, nexthop.Gateway);
        writer.S32(NHA_OIF, nexthop.OutputIndex);
        writer.Flag(NHA_BLACKHOLE, nexthop.Blackhole);
        WriteGroup(writer, nexthop);
        writer.Flag(NHA_FDB, nexthop.Fdb);
        if (nexthop.Resilient is { } resilient)
        {
            using (writer.Nest(NHA_RES_GROUP | MessageWriter.NLA_F_NESTED))
            {
                writer.U16(NHA_RES_GROUP_BUCKETS, resilient.Buckets);
                writer.Clock32(NHA_RES_GROUP_IDLE_TIMER, resilient.IdleTimer);
                writer.Clock32(NHA_RES_GROUP_UNBALANCED_TIMER, resilient.UnbalancedTimer);
            }

            writer.U16(NHA_GROUP_TYPE, NEXTHOP_GRP_TYPE_RES);
        }

        writer.End();
    }

    private static void WriteGroup(MessageWriter writer, NexthopSpec nexthop)
    {
        if (nexthop.Group.Count == 0)
        {
            return;
        }

        var members = writer.Attribute(NHA_GROUP, 8 * nexthop.Group.Count);
        foreach (var (id, weight) in nexthop.Group)
        {
            if (weight is < 1 or > 256)
            {
                throw new ArgumentException($"The weight of a nexthop in a group is 1 to 256, not {weight}.");
            }

            MessageWriter.Write(members, id);
            members[4] = (byte)(weight - 1);
            members = members[8..];
        }
    }

    public static void Delete(MessageWriter writer, uint id)
    {
        writer.Begin(RTM_DELNEXTHOP, NLM_F_REQUEST);
        writer.Append(HeaderSize);
        writer.U32(NHA_ID, id);
        writer.End();
    }

    public static NexthopInfo Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, HeaderSize);
        var output = attributes.Find(NHA_OIF);
        var flags = (NexthopFlags)Attribute.ReadAt<uint>(payload, 4);
        var (blackhole, fdb) = (false, false);
        foreach (var a in attributes)
        {
            blackhole |= a.Type == NHA_BLACKHOLE;
            fdb |= a.Type == NHA_FDB;
        }

        return new NexthopInfo(attributes.Find(NHA_ID).U32)
        {
            Family = Attribute.ReadAt<byte>(payload, 0) == AF_INET6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Protocol = Attribute.ReadAt<byte>(payload, 2),
            Flags = flags,
            OnLink = flags.HasFlag(NexthopFlags.OnLink),
            Gateway = attributes.Find(NHA_GATEWAY).Address,
            OutputIndex = output.Data.Length < 4 ? null : output.S32,
            Blackhole = blackhole,
            Fdb = fdb,
            Group = ReadGroup(attributes.Find(NHA_GROUP).Data),
            Resilient = ReadResilient(attributes.Find(NHA_RES_GROUP).Nested),
        };
    }

    private static ValueList<NexthopGroupMember> ReadGroup(ReadOnlySpan<byte> data)
    {
        var members = new ValueList<NexthopGroupMember>();
        for (; data.Length >= 8; data = data[8..])
        {
            members.Add(new NexthopGroupMember(Attribute.ReadAt<uint>(data, 0), data[4] + 1));
        }

        return members;
    }

    private static ResilientGroup? ReadResilient(Attributes data)
    {
        var buckets = data.Find(NHA_RES_GROUP_BUCKETS);
        if (buckets.Data.Length < 2)
        {
            return null;
        }

        var unbalanced = data.Find(NHA_RES_GROUP_UNBALANCED_TIMER).Clock32;
        return new ResilientGroup(buckets.U16, data.Find(NHA_RES_GROUP_IDLE_TIMER).Clock32, unbalanced == TimeSpan.Zero ? null : unbalanced);
    }
}
