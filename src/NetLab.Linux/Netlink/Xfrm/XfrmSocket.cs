using System.Buffers.Binary;
using System.Net;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>The policies of IPsec of one namespace (<c>include/uapi/linux/xfrm.h</c>, ip-xfrm(8)).</summary>
/// <remarks>
/// <code>
/// struct xfrm_selector {
///     xfrm_address_t daddr, saddr;                       // 16 bytes each
///     __be16 dport, dport_mask, sport, sport_mask;
///     __u16 family; __u8 prefixlen_d, prefixlen_s, proto;
///     int ifindex; __kernel_uid32_t user;
/// };                                                     // 56 bytes
/// struct xfrm_userpolicy_info {
///     struct xfrm_selector sel;
///     struct xfrm_lifetime_cfg lft; struct xfrm_lifetime_cur curlft;   // 64 and 32 bytes
///     __u32 priority, index; __u8 dir, action, flags, share;
/// };                                                     // 168 bytes
/// struct xfrm_user_tmpl { struct xfrm_id { xfrm_address_t daddr; __be32 spi; __u8 proto; } id; … __u8 mode, share, optional; … };   // 64 bytes
/// </code>
/// </remarks>
internal sealed class XfrmSocket : IDisposable
{
    private const int NETLINK_XFRM = 6;
    private const ushort XFRM_MSG_NEWPOLICY = 0x13, XFRM_MSG_GETPOLICY = 0x15, XFRMA_TMPL = 5;
    private const int PolicySize = 168, PriorityAt = 152, DirectionAt = 160, ActionAt = 161, TemplateSize = 64, OptionalAt = 50;

    private readonly NetlinkSocket _socket;

    private XfrmSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in a namespace.</summary>
    /// <exception cref="LinuxException">EPROTONOSUPPORT: the kernel has no xfrm netlink (CONFIG_XFRM_USER).</exception>
    public static XfrmSocket Open(NetworkNamespace ns) => new(NetlinkSocket.Open(ns, NETLINK_XFRM, strictChecks: false));

    /// <summary>All policies, those of single sockets left out, the most important first.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<XfrmPolicyInfo> GetPolicies()
    {
        var policies = new List<XfrmPolicyInfo>();
        var request = new MessageWriter(64);
        request.Begin(XFRM_MSG_GETPOLICY, NLM_F_REQUEST | NLM_F_DUMP);
        request.Append(4);
        request.End();
        _socket.Query(
            request,
            "reading the policies of IPsec",
            (type, payload) =>
            {
                if (type == XFRM_MSG_NEWPOLICY && Read(payload) is { } policy)
                {
                    policies.Add(policy);
                }
            },
            policies.Clear);
        return [.. policies.OrderBy(p => p.Priority)];
    }

    public void Dispose() => _socket.Dispose();

    private static XfrmPolicyInfo? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PolicySize || payload[DirectionAt] > (byte)XfrmDirection.Forward)
        {
            return null;
        }

        var size = Attribute.ReadAt<ushort>(payload, 40) == AF_INET ? 4 : 16;
        var templates = Attributes.After(payload, PolicySize).Find(XFRMA_TMPL).Data;
        var needed = 0;
        for (var at = 0; at + TemplateSize <= templates.Length; at += TemplateSize)
        {
            needed += templates[at + OptionalAt] == 0 ? 1 : 0;
        }

        return new XfrmPolicyInfo((XfrmDirection)payload[DirectionAt], payload[ActionAt] != 0)
        {
            Destination = new IPNetwork(new IPAddress(payload[..size]), payload[42]),
            Source = new IPNetwork(new IPAddress(payload[16..(16 + size)]), payload[43]),
            DestinationPort = Port(payload, 32),
            SourcePort = Port(payload, 36),
            Protocol = payload[44],
            InterfaceIndex = Attribute.ReadAt<int>(payload, 48),
            Priority = Attribute.ReadAt<uint>(payload, PriorityAt),
            RequiredTemplates = needed,
        };
    }

    private static ushort? Port(ReadOnlySpan<byte> payload, int at) =>
        BinaryPrimitives.ReadUInt16BigEndian(payload[(at + 2)..]) == 0 ? null : BinaryPrimitives.ReadUInt16BigEndian(payload[at..]);
}
