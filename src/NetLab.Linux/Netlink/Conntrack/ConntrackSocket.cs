using System.Net;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>The connections that netfilter tracks in one namespace, read by ctnetlink (<c>include/uapi/linux/netfilter/nfnetlink_conntrack.h</c>).</summary>
/// <remarks>
/// <code>
/// struct nfgenmsg { __u8 nfgen_family; __u8 version; __be16 res_id; };
/// nlmsg_type = NFNL_SUBSYS_CTNETLINK (1) * 256 + IPCTNL_MSG_CT_NEW 0, CT_GET 1, CT_DELETE 2
/// CTA_TUPLE_ORIG, CTA_TUPLE_REPLY { CTA_TUPLE_IP { CTA_IP_V4_SRC… }, CTA_TUPLE_PROTO { CTA_PROTO_NUM, … } }   // numbers are big-endian
/// </code>
/// </remarks>
public sealed class ConntrackSocket : IDisposable
{
    private const ushort CT_NEW = 0x100, CT_GET = 0x101, CT_DELETE = 0x102;
    private const int HeaderSize = 4;
    private const ushort CTA_TUPLE_ORIG = 1, CTA_TUPLE_REPLY = 2, CTA_STATUS = 3, CTA_PROTOINFO = 4, CTA_HELP = 5, CTA_TIMEOUT = 7, CTA_MARK = 8,
        CTA_COUNTERS_ORIG = 9, CTA_COUNTERS_REPLY = 10, CTA_ID = 12, CTA_ZONE = 18;
    private const ushort CTA_TUPLE_IP = 1, CTA_TUPLE_PROTO = 2;
    private const ushort CTA_IP_V4_SRC = 1, CTA_IP_V4_DST = 2, CTA_IP_V6_SRC = 3, CTA_IP_V6_DST = 4;
    private const ushort CTA_PROTO_NUM = 1, CTA_PROTO_SRC_PORT = 2, CTA_PROTO_DST_PORT = 3, CTA_PROTO_ICMP_ID = 4, CTA_PROTO_ICMP_TYPE = 5,
        CTA_PROTO_ICMP_CODE = 6, CTA_PROTO_ICMPV6_ID = 7, CTA_PROTO_ICMPV6_TYPE = 8, CTA_PROTO_ICMPV6_CODE = 9;
    private const ushort CTA_PROTOINFO_TCP = 1, CTA_PROTOINFO_TCP_STATE = 1, CTA_HELP_NAME = 1, CTA_COUNTERS_PACKETS = 1, CTA_COUNTERS_BYTES = 2;
    private const byte IPPROTO_ICMP = 1, IPPROTO_ICMPV6 = 58;

    private readonly NetlinkSocket _socket;

    private ConntrackSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in a namespace.</summary>
    /// <exception cref="LinuxException">The kernel refused: EPROTONOSUPPORT, it has no netfilter netlink (CONFIG_NETFILTER_NETLINK).</exception>
    public static ConntrackSocket Open(NetworkNamespace ns) => new(NetlinkSocket.Open(ns, NETLINK_NETFILTER, strictChecks: false));

    /// <summary>All connections, of both families.</summary>
    /// <exception cref="NetlinkException">The kernel refused: EINVAL or EOPNOTSUPP, it has no ctnetlink (CONFIG_NF_CT_NETLINK).</exception>
    public IReadOnlyList<ConntrackEntry> GetEntries()
    {
        var entries = new List<ConntrackEntry>();
        var request = Request(CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
        _socket.Query(
            request,
            "reading the tracked connections",
            (type, payload) =>
            {
                if (type == CT_NEW && Read(payload) is { } entry)
                {
                    entries.Add(entry);
                }
            },
            entries.Clear);
        return entries;
    }

    /// <summary>Forgets all connections of the namespace.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void Flush()
    {
        var batch = new NetlinkBatch();
        batch.AddRaw(CT_DELETE, new byte[HeaderSize], "forgetting the tracked connections");
        _socket.Execute(batch);
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    private static MessageWriter Request(ushort type, ushort flags)
    {
        var request = new MessageWriter(64);
        request.Begin(type, flags);
        request.Append(HeaderSize);
        request.End();
        return request;
    }

    internal static ConntrackEntry? Read(ReadOnlySpan<byte> payload)
    {
        var a = Attributes.After(payload, HeaderSize);
        if (ReadTuple(a.Find(CTA_TUPLE_ORIG).Nested) is not { } original || ReadTuple(a.Find(CTA_TUPLE_REPLY).Nested) is not { } reply)
        {
            return null;
        }

        var state = a.Find(CTA_PROTOINFO).Nested.Find(CTA_PROTOINFO_TCP).Nested.Find(CTA_PROTOINFO_TCP_STATE);
        var helper = a.Find(CTA_HELP).Nested.Find(CTA_HELP_NAME);
        return new ConntrackEntry(original, reply)
        {
            Status = (ConntrackStatus)a.Find(CTA_STATUS).Be32,
            TcpState = state.Data.IsEmpty ? null : (ConntrackTcpState)state.U8,
            Timeout = TimeSpan.FromSeconds(a.Find(CTA_TIMEOUT).Be32),
            Mark = a.Find(CTA_MARK).Be32,
            Zone = a.Find(CTA_ZONE).Be16,
            Id = a.Find(CTA_ID).Be32,
            Helper = helper.Data.IsEmpty ? null : helper.Text,
            OriginalCounters = ReadCounters(a.Find(CTA_COUNTERS_ORIG).Nested),
            ReplyCounters = ReadCounters(a.Find(CTA_COUNTERS_REPLY).Nested),
        };
    }

    private static ConntrackTuple? ReadTuple(Attributes tuple)
    {
        var ip = tuple.Find(CTA_TUPLE_IP).Nested;
        var source = Either(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
        var destination = Either(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
        if (source is null || destination is null)
        {
            return null;
        }

        var proto = tuple.Find(CTA_TUPLE_PROTO).Nested;
        var number = proto.Find(CTA_PROTO_NUM).U8;
        return number switch
        {
            IPPROTO_ICMP => new(source, destination, number, proto.Find(CTA_PROTO_ICMP_ID).Be16,
                Both(proto.Find(CTA_PROTO_ICMP_TYPE).U8, proto.Find(CTA_PROTO_ICMP_CODE).U8)),
            IPPROTO_ICMPV6 => new(source, destination, number, proto.Find(CTA_PROTO_ICMPV6_ID).Be16,
                Both(proto.Find(CTA_PROTO_ICMPV6_TYPE).U8, proto.Find(CTA_PROTO_ICMPV6_CODE).U8)),
            _ => new(source, destination, number, proto.Find(CTA_PROTO_SRC_PORT).Be16, proto.Find(CTA_PROTO_DST_PORT).Be16),
        };
    }

    private static IPAddress? Either(Attributes ip, ushort four, ushort six) => ip.Find(four).Address ?? ip.Find(six).Address;

    private static ushort Both(byte type, byte code) => (ushort)((type << 8) | code);

    private static (ulong Packets, ulong Bytes) ReadCounters(Attributes counters) =>
        (counters.Find(CTA_COUNTERS_PACKETS).Be64, counters.Find(CTA_COUNTERS_BYTES).Be64);
}
