using System.Buffers.Binary;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWRULE and RTM_DELRULE (<c>include/uapi/linux/fib_rules.h</c>).</summary>
/// <remarks>
/// <code>
/// struct fib_rule_hdr {
///     __u8 family, dst_len, src_len, tos;
///     __u8 table;          // numbers above 255 only in FRA_TABLE
///     __u8 res1, res2;
///     __u8 action;         // FR_ACT_*
///     __u32 flags;         // FIB_RULE_*
/// };
/// struct fib_rule_uid_range  { __u32 start, end; };
/// struct fib_rule_port_range { __u16 start, end; };    // host byte order
/// </code>
/// </remarks>
internal static class RuleMessages
{
    public const int HeaderSize = 12;
    private const ushort FRA_DST = 1, FRA_SRC = 2, FRA_IIFNAME = 3, FRA_GOTO = 4, FRA_PRIORITY = 6, FRA_FWMARK = 10, FRA_TUN_ID = 12,
        FRA_SUPPRESS_IFGROUP = 13, FRA_SUPPRESS_PREFIXLEN = 14, FRA_TABLE = 15, FRA_FWMASK = 16, FRA_OIFNAME = 17, FRA_L3MDEV = 19,
        FRA_UID_RANGE = 20, FRA_PROTOCOL = 21, FRA_IP_PROTO = 22, FRA_SPORT_RANGE = 23, FRA_DPORT_RANGE = 24;
    private const uint FIB_RULE_INVERT = 2;

    public static void Add(MessageWriter writer, RuleSpec rule)
    {
        writer.Begin(RTM_NEWRULE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
        var action = rule.Action ?? RuleAction.Table;
        Write(writer, rule, action, action is RuleAction.Table && !rule.L3Master ? rule.Table ?? RouteTable.Main : rule.Table ?? 0);
        writer.End();
    }

    public static void Delete(MessageWriter writer, RuleSpec rule)
    {
        writer.Begin(RTM_DELRULE, NLM_F_REQUEST);
        Write(writer, rule, rule.Action ?? RuleAction.Unspecified, rule.Table ?? 0);
        writer.End();
    }

    private static void Write(MessageWriter writer, RuleSpec rule, RuleAction action, uint table)
    {
        var header = writer.Append(HeaderSize);
        header[0] = AddressMessages.FamilyNumber(rule.Family);
        header[1] = (byte)(rule.To?.PrefixLength ?? 0);
        header[2] = (byte)(rule.From?.PrefixLength ?? 0);
        header[3] = rule.Tos ?? 0;
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[7] = (byte)action;
        MessageWriter.Write(header[8..], rule.Invert ? FIB_RULE_INVERT : 0);
        writer.Address(FRA_SRC, rule.From?.BaseAddress);
        writer.Address(FRA_DST, rule.To?.BaseAddress);
        writer.U8(FRA_L3MDEV, rule.L3Master ? true : null);
        writer.U32(FRA_PRIORITY, rule.Priority);
        writer.U32(FRA_FWMARK, rule.FirewallMark);
        writer.U32(FRA_FWMASK, rule.FirewallMask);
        writer.U32(FRA_TABLE, table > 255 ? table : null);
        writer.U32(FRA_SUPPRESS_PREFIXLEN, rule.SuppressPrefixLength);
        writer.U32(FRA_SUPPRESS_IFGROUP, rule.SuppressInterfaceGroup);
        writer.Text(FRA_IIFNAME, rule.InputInterface);
        writer.Text(FRA_OIFNAME, rule.OutputInterface);
        if (rule.Uids is { } uids)
        {
            var range = writer.Attribute(FRA_UID_RANGE, 8);
            MessageWriter.Write(range, uids.Start);
            MessageWriter.Write(range[4..], uids.End);
        }

        writer.U32(FRA_GOTO, rule.Goto);
        writer.U8(FRA_IP_PROTO, rule.IpProtocol);
        WritePorts(writer, FRA_SPORT_RANGE, rule.SourcePorts);
        WritePorts(writer, FRA_DPORT_RANGE, rule.DestinationPorts);
        writer.U8(FRA_PROTOCOL, rule.Protocol);
        if (rule.TunnelId is { } tunnel)
        {
            BinaryPrimitives.WriteUInt64BigEndian(writer.Attribute(FRA_TUN_ID, 8), tunnel);
        }
    }

    private static void WritePorts(MessageWriter writer, ushort type, PortRange? ports)
    {
        if (ports is { } p)
        {
            var range = writer.Attribute(type, 4);
            MessageWriter.Write(range, p.Low);
            MessageWriter.Write(range[2..], p.High);
        }
    }

    /// <summary>A rule; null for a family that is not IP.</summary>
    public static RuleInfo? Read(ReadOnlySpan<byte> payload)
    {
        var family = Attribute.ReadAt<byte>(payload, 0);
        if (family is not (AF_INET or AF_INET6))
        {
            return null;
        }

        var attributes = Attributes.After(payload, HeaderSize);
        var tos = Attribute.ReadAt<byte>(payload, 3);
        var table = attributes.Find(FRA_TABLE);
        var uids = attributes.Find(FRA_UID_RANGE);
        var tunnel = attributes.Find(FRA_TUN_ID);
        var prefix = attributes.Find(FRA_SUPPRESS_PREFIXLEN);
        var mask = Number(attributes.Find(FRA_FWMASK)); // the kernel leaves out a mark of 0, which with a mask is a condition
        return new RuleInfo
        {
            Family = family == AF_INET6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            To = RouteMessages.NetworkOf(attributes.Find(FRA_DST).Address, Attribute.ReadAt<byte>(payload, 1)),
            From = RouteMessages.NetworkOf(attributes.Find(FRA_SRC).Address, Attribute.ReadAt<byte>(payload, 2)),
            Tos = tos == 0 ? null : tos,
            Table = table.Data.Length < 4 ? Attribute.ReadAt<byte>(payload, 4) : table.U32,
            Action = (RuleAction)Attribute.ReadAt<byte>(payload, 7),
            Invert = (Attribute.ReadAt<uint>(payload, 8) & FIB_RULE_INVERT) != 0,
            L3Master = attributes.Find(FRA_L3MDEV).Bool,
            Priority = Number(attributes.Find(FRA_PRIORITY)) ?? 0,
            FirewallMark = Number(attributes.Find(FRA_FWMARK)) ?? (mask is null ? null : 0u),
            FirewallMask = mask,
            SuppressPrefixLength = prefix.Data.Length < 4 || prefix.U32 == uint.MaxValue ? null : prefix.U32,
            SuppressInterfaceGroup = Number(attributes.Find(FRA_SUPPRESS_IFGROUP)) is not uint.MaxValue and { } group ? group : null,
            InputInterface = Text(attributes.Find(FRA_IIFNAME)),
            OutputInterface = Text(attributes.Find(FRA_OIFNAME)),
            Uids = uids.Data.Length < 8 ? null : new UidRange(uids.Read<uint>(0), uids.Read<uint>(4)),
            Goto = Number(attributes.Find(FRA_GOTO)),
            IpProtocol = attributes.Find(FRA_IP_PROTO).U8 is not 0 and { } protocol ? protocol : null,
            SourcePorts = Ports(attributes.Find(FRA_SPORT_RANGE)),
            DestinationPorts = Ports(attributes.Find(FRA_DPORT_RANGE)),
            Protocol = attributes.Find(FRA_PROTOCOL).U8,
            TunnelId = tunnel.Data.Length < 8 ? null : tunnel.Be64,
        };
    }

    private static uint? Number(Attribute a) => a.Data.Length < 4 ? null : a.U32;

    private static string? Text(Attribute a) => a.Data.IsEmpty ? null : a.Text;

    private static PortRange? Ports(Attribute a) => a.Data.Length < 4 ? null : new PortRange(a.Read<ushort>(0), a.Read<ushort>(2));
}
