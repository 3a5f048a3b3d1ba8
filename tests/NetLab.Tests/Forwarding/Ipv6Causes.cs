using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Why a router, or the host behind it, does not take an IPv6 packet.</summary>
[Trait("Category", "Fate")]
public sealed class Ipv6Causes
{
    internal static readonly CauseTable<RouterScene> Table = new()
    {
        { "no route", "no-route", "router/eth0", "router has no route to 2001:db8::9", s => s.SendAsync(s.Udp6("2001:db8::9")) },
        { "a blackhole route", "blackhole-route", "router/eth0", "of type blackhole",
            s => s.SendAfterAsync("ip -6 route add blackhole 2001:db8::/32", s.Udp6("2001:db8::9")) },
        { "an unreachable route", "unreachable-route", "router/eth0", "of type unreachable",
            s => s.SendAfterAsync("ip -6 route add unreachable 2001:db8::/32", s.Udp6("2001:db8::9")) },
        { "a prohibit route", "prohibit-route", "router/eth0", "of type prohibit",
            s => s.SendAfterAsync("ip -6 route add prohibit 2001:db8::/32", s.Udp6("2001:db8::9")) },
        { "a rule that prohibits", "prohibit-rule", "router/eth0", "a routing rule of type prohibit matches",
            s => s.SendAfterAsync("ip -6 rule add from fd00:1::10 prohibit", s.Udp6()) },
        { "forwarding is off", "forwarding-off", "router/eth0", "net.ipv6.conf.all.forwarding is 0",
            s => s.SendWithAsync("net.ipv6.conf.all.forwarding", "0", s.Udp6()) },
        { "the hop limit runs out", "ttl-expired", "router/eth0", "The hop limit ran out at router",
            s => s.SendAsync(s.Udp6(options: new IpOptions { TimeToLive = 1 })) },
        { "larger than the next link's MTU", "too-big", "router/eth1", "larger than the MTU 1300 of router/eth1", async s =>
            {
                await s.Router.Device("eth1").SetMtuAsync(1300);
                return await s.SendAsync(s.Udp6(payload: 1400));
            } },
        { "a neighbour that does not answer", "neighbour-unresolved", "router/eth1", "still resolving fd00:2::77 on eth1",
            s => s.SendAsync(s.Udp6("fd00:2::77")) },
        { "a device without a link-local address", "no-link-local", "router/eth1", "eth1 has no link-local address",
            s => s.SendAfterAsync("ip -6 addr del fe80::1/64 dev eth1", s.Udp6("fd00:2::77")) },
        { "a multicast source", "invalid-source", "router/eth0", "ff02::5 cannot be the source", s => s.SendAsync(s.Udp6(from: "ff02::5")) },
        { "the source ::", "invalid-source", "router/eth0", ":: cannot be the source", s => s.SendAsync(s.Udp6(from: "::")) },
        { "a destination of the loopback", "invalid-destination", "router/eth0", "::1 cannot be the destination", s => s.SendAsync(s.Udp6("::1")) },
        { "a link-local source on the way elsewhere", "link-local", "router/eth0", "fe80::10 is valid on one link only",
            s => s.SendAsync(s.Udp6(from: "fe80::10")) },
        { "IPv6 is off", "ipv6-off", "router/eth0", "disable_ipv6 is 1", s => s.SendWithAsync("net.ipv6.conf.eth0.disable_ipv6", "1", s.Udp6()) },
        { "a wrong version", "ip-header", "router/eth0", "says version 5", s => s.SendAsync(Changed(s.Udp6(), 14, 0x50)) },
        { "a length beyond the end of the frame", "truncated", "router/eth0", "says that the packet has 240 bytes",
            s => s.SendAsync(Changed(s.Udp6(), 19, 200)) },
        { "an option that must be known", "ip-option", "router/eth0", "extension headers",
            s => s.SendAsync(WithHopByHop(s.Udp6(), 0x40 | 0x1e, 4, 0, 0, 0, 0)) },
        { "a fragment whose others do not come", "fragments-awaited", "host/eth0", "at 0 of datagram 7 waits for the other fragments; host keeps it for 60 s",
            s => s.SendAsync(s.Udp6(payload: 1400).Fragment(1280, 7)[0]) },
        { "a solicitation for an address of nobody", "arp-for-another", "router/eth0", "asks for fd00:1::99", s =>
            s.SendAsync(Frame.NeighborSolicitation(s.Vm.Mac, IPAddress.Parse("fd00:1::10"), IPAddress.Parse("fd00:1::99"))) },
        { "a solicitation from afar", "ndp-invalid", "router/eth0", "hop limit 64", s =>
            s.SendAsync(Changed(Frame.NeighborSolicitation(s.Vm.Mac, IPAddress.Parse("fd00:1::10"), IPAddress.Parse("fd00:1::1")), 21, 64)) },
        { "a closed UDP port", "no-socket", "host/eth0", "Nobody in host listens on UDP port 53", s => s.SendAsync(s.Udp6()) },
        { "a closed TCP port", "no-socket", "host/eth0", "Nobody in host listens on TCP port 80", s =>
            s.SendAsync(Frame.Tcp(s.Vm.Mac, s.RouterMac, IPAddress.Parse("fd00:1::10"), IPAddress.Parse(RouterScene.HostAddress6), 40_000, 80,
                TcpFlags.Syn, 1, 0)) },
        { "a wrong UDP checksum", "udp-checksum", "host/eth0", "UDP checksum", async s =>
            {
                using var server = s.Host.OpenUdp(53, System.Net.Sockets.AddressFamily.InterNetworkV6);
                var frame = s.Udp6();
                return await s.SendAsync(Changed(frame, 60, (byte)(frame.Bytes.Span[60] ^ 0x5a)));
            } },
        { "a protocol that nobody knows", "no-protocol", "host/eth0", "does not know the IP protocol 253", s => s.SendAsync(Changed(s.Udp6(), 20, 253)) },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing), MemberData(nameof(Names))]
    public Task An_IPv6_packet_that_ends_says_why(string cause) => Table.CheckAsync(cause, RouterScene.BuildAsync());

    private static Frame Changed(Frame frame, int offset, byte value) => frame.WithBytes(offset, [value]);

    private static Frame WithHopByHop(Frame frame, params byte[] option)
    {
        byte[] bytes = [.. frame.Bytes.Span[..54], frame.Bytes.Span[20], 0, .. option, .. frame.Bytes.Span[54..]];
        bytes[20] = 0;
        bytes[19] += 8;
        return Frame.FromBytes(bytes);
    }
}
