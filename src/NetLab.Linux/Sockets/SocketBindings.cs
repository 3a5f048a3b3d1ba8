using System.Net;
using System.Runtime.InteropServices;
using NetLab.Linux.Netlink;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux;

/// <summary>What a socket of UDP or TCP is bound to, and to whom it is connected.</summary>
/// <param name="Local">The address and port that it has.</param>
/// <param name="Remote">To whom it is connected; port 0 where it is not.</param>
/// <param name="InterfaceIndex">The device that it is bound to (SO_BINDTODEVICE, or a scope); 0 where it is to none.</param>
/// <param name="IsIpv6Only">One of IPv6 that takes no IPv4 (IPV6_V6ONLY).</param>
internal readonly record struct SocketBinding(IPEndPoint Local, IPEndPoint Remote, int InterfaceIndex, bool IsIpv6Only);

/// <summary>Sockets of a namespace by sock_diag(7), which says of them what <c>/proc/net</c> does not: the device that one is bound to.</summary>
/// <remarks>
/// <code>
/// include/uapi/linux/inet_diag.h
/// struct inet_diag_req_v2 { __u8 sdiag_family, sdiag_protocol, idiag_ext, pad; __u32 idiag_states; struct inet_diag_sockid id; };
/// struct inet_diag_msg { __u8 idiag_family, idiag_state, idiag_timer, idiag_retrans; struct inet_diag_sockid id; … };       // 72 bytes, then attributes
/// struct inet_diag_sockid { __be16 idiag_sport, idiag_dport; __be32 idiag_src[4], idiag_dst[4]; __u32 idiag_if, idiag_cookie[2]; };
/// </code>
/// </remarks>
internal static class SocketBindings
{
    private const int NETLINK_SOCK_DIAG = 4, RequestSize = 56, MessageSize = 72, IdAt = 4, IdRequestAt = 8;
    private const ushort SOCK_DIAG_BY_FAMILY = 20, INET_DIAG_SKV6ONLY = 11;
    private const byte IPPROTO_TCP = 6, IPPROTO_UDP = 17;
    private const uint Listening = 1 << 10, ConnectedOrNot = (1 << 1) | (1 << 7); // TCP_LISTEN; TCP_ESTABLISHED and TCP_CLOSE, of UDP

    /// <summary>The sockets of one family that take packets at a port; of TCP, those that listen.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="isTcp">Those of TCP; else of UDP.</param>
    /// <param name="isIpv6">Those of IPv6; else of IPv4.</param>
    /// <param name="port">The port.</param>
    /// <exception cref="LinuxException">
    /// The kernel cannot tell: EPROTONOSUPPORT or ENOENT, it has no inet_diag (CONFIG_INET_DIAG, CONFIG_INET_UDP_DIAG).
    /// </exception>
    public static IReadOnlyList<SocketBinding> At(NetworkNamespace ns, bool isTcp, bool isIpv6, int port)
    {
        var request = new MessageWriter(RequestSize + MessageWriter.HeaderSize);
        request.Begin(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP);
        var body = request.Append(RequestSize);
        body[0] = (byte)(isIpv6 ? Libc.AF_INET6 : Libc.AF_INET);
        body[1] = isTcp ? IPPROTO_TCP : IPPROTO_UDP;
        MessageWriter.Write(body[4..], isTcp ? Listening : ConnectedOrNot);
        MessageWriter.Write(body[IdRequestAt..], (ushort)IPAddress.HostToNetworkOrder((short)port));
        request.End();

        using var socket = NetlinkSocket.Open(ns, NETLINK_SOCK_DIAG, strictChecks: false);
        var found = new List<SocketBinding>();
        socket.Query(request, "reading the sockets", (_, message) =>
        {
            if (message.Length >= MessageSize && Port(message[IdAt..]) == port)
            {
                found.Add(Read(message, isIpv6));
            }
        }, found.Clear);
        return found;
    }

    private static SocketBinding Read(ReadOnlySpan<byte> message, bool isIpv6)
    {
        var id = message[IdAt..];
        return new(new IPEndPoint(Address(id[4..], isIpv6), Port(id)), new IPEndPoint(Address(id[20..], isIpv6), Port(id[2..])),
            MemoryMarshal.Read<int>(id[36..]), Attributes.After(message, MessageSize).Find(INET_DIAG_SKV6ONLY).U8 != 0);
    }

    private static int Port(ReadOnlySpan<byte> bytes) => (bytes[0] << 8) | bytes[1];

    // What is IPv4 in IPv6 is IPv4.
    private static IPAddress Address(ReadOnlySpan<byte> bytes, bool isIpv6)
    {
        var address = new IPAddress(bytes[..(isIpv6 ? 16 : 4)]);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
