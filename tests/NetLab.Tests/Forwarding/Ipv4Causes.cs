using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Why a router, or the host behind it, does not take an IPv4 packet.</summary>
[Trait("Category", "Fate")]
public sealed class Ipv4Causes
{
    internal static readonly CauseTable<RouterScene> Table = new()
    {
        { "a blackhole route", "blackhole-route", "router/eth0", "the route to 192.0.2.9 is of type blackhole",
            s => s.SendAfterAsync("ip route add blackhole 192.0.2.0/24", s.Udp("192.0.2.9")) },
        { "an unreachable route", "unreachable-route", "router/eth0", "of type unreachable",
            s => s.SendAfterAsync("ip route add unreachable 192.0.2.0/24", s.Udp("192.0.2.9")) },
        { "a prohibit route", "prohibit-route", "router/eth0", "of type prohibit",
            s => s.SendAfterAsync("ip route add prohibit 192.0.2.0/24", s.Udp("192.0.2.9")) },
        { "a throw route with nothing behind it", "no-route", "router/eth0", "router has no route to 192.0.2.9",
            s => s.SendAfterAsync("ip route add throw 192.0.2.0/24", s.Udp("192.0.2.9")) },
        { "a rule that prohibits", "prohibit-rule", "router/eth0", "a routing rule of type prohibit matches",
            s => s.SendAfterAsync("ip rule add from 10.0.1.10 prohibit") },
        { "a rule that is a blackhole", "blackhole-rule", "router/eth0", "a routing rule of type blackhole matches",
            s => s.SendAfterAsync("ip rule add from 10.0.1.10 blackhole") },
        { "a rule that is unreachable", "unreachable-rule", "router/eth0", "a routing rule of type unreachable matches",
            s => s.SendAfterAsync("ip rule add from 10.0.1.10 unreachable") },
        { "a rule that leads to a table with a blackhole", "blackhole-route", "router/eth0", "in table 100", async s =>
            {
                await s.Router.DoAsync("ip route add blackhole default table 100");
                return await s.SendAfterAsync("ip rule add from 10.0.1.10 table 100");
            } },
        { "the device of the route is down", "egress-down", "router/eth0", "10.0.2.0/24 is on eth1, which is down", async s =>
            {
                await s.Router.Device("eth1").SetUpAsync(false);
                return await s.SendAsync(s.Udp());
            } },
        { "the other end of the next link is down", "peer-down", "router/eth1", "the other end of the link, host/eth0, is down", async s =>
            {
                await s.Router.DoAsync($"ip neigh replace 10.0.2.2 lladdr {s.Host.Device("eth0").Mac} dev eth1 nud permanent");
                await s.Host.Device("eth0").SetUpAsync(false);
                return await s.SendAsync(s.Udp());
            } },
        { "forwarding is off for one device", "forwarding-off", "router/eth0", "net.ipv4.conf.eth0.forwarding is 0",
            s => s.SendWithAsync("net.ipv4.conf.eth0.forwarding", "0") },
        { "the strict reverse path filter", "rp-filter", "router/eth0", "would not answer 10.0.2.77 by eth0",
            s => s.SendWithAsync("net.ipv4.conf.eth0.rp_filter", "1", s.Udp(from: "10.0.2.77")) },
        { "the loose reverse path filter", "rp-filter", "router/eth0", "would not answer 203.0.113.5 by any device",
            s => s.SendWithAsync("net.ipv4.conf.all.rp_filter", "2", s.Udp(from: "203.0.113.5")) },
        { "a destination in 127.0.0.0/8", "martian", "router/eth0", "127.0.0.1", s => s.SendAsync(s.Udp("127.0.0.1")) },
        { "the destination 0.0.0.0", "invalid-destination", "router/eth0", "0.0.0.0 cannot be the destination", s => s.SendAsync(s.Udp("0.0.0.0")) },
        { "a multicast source", "invalid-source", "router/eth0", "224.0.0.5 cannot be the source", s => s.SendAsync(s.Udp(from: "224.0.0.5")) },
        { "the source 0.0.0.0", "invalid-source", "router/eth0", "0.0.0.0 cannot be the source", s => s.SendAsync(s.Udp(from: "0.0.0.0")) },
        { "the broadcast source", "invalid-source", "router/eth0", "255.255.255.255 cannot be the source", s => s.SendAsync(s.Udp(from: "255.255.255.255")) },
        { "a broadcast frame for one host", "link-broadcast", "router/eth0", "does not pass on what came as a broadcast of the link",
            s => s.SendAsync(s.Udp(mac: MacAddress.Broadcast)) },
        { "unicast in a multicast frame, not wanted", "unicast-in-multicast", "router/eth0", "drop_unicast_in_l2_multicast",
            s => s.SendWithAsync("net.ipv4.conf.eth0.drop_unicast_in_l2_multicast", "1", s.Udp(mac: MacAddress.Broadcast)) },
        { "a group that nobody has joined", "group-not-joined", "router/eth0", "nobody in router has joined 239.1.2.3 on eth0",
            s => s.SendAsync(s.Udp("239.1.2.3", mac: MacAddress.Parse("01:00:5e:01:02:03"))) },
        { "a directed broadcast", "directed-broadcast", "router/eth0", "10.0.2.255 is the broadcast address of eth1", s => s.SendAsync(s.Udp("10.0.2.255")) },
        { "a wrong version", "ip-header", "router/eth0", "says version 5", s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[14] = 0x55)) },
        { "a header that is too short", "ip-header", "router/eth0", "says that it is 16 bytes long",
            s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[14] = 0x44)) },
        { "a length beyond the end of the frame", "truncated", "router/eth0", "says that the packet has 200 bytes",
            s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[17] = 200)) },
        { "a source route", "source-route", "router/eth0", "accept_source_route",
            s => s.SendAsync(RouterScene.WithOptions(s.Udp("10.0.1.1"), 131, 7, 4, 10, 0, 2, 2, 0)) },
        { "an option that ends too late", "ip-option", "router/eth0", "options of the IPv4 header",
            s => s.SendAsync(RouterScene.WithOptions(s.Udp(), 7, 40, 4, 0)) },
        { "a protocol that nobody knows", "no-protocol", "host/eth0", "does not know the IP protocol 253",
            s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[23] = 253)) },
        { "a fragment whose others do not come", "fragments-awaited", s => s.ReassemblesAsync(), "waits for the other fragments",
            s => s.SendAsync(s.Udp(payload: 800).Fragment(500)[0]) },
        { "fragments that never come", "fragments-missing", s => s.ReassemblesAsync(), "waited for the other fragments", s =>
            {
                s.Host.WriteSysctl("net.ipv4.ipfrag_time", "0");
                s.Router.WriteSysctl("net.ipv4.ipfrag_time", "0");
                return s.Vm.SendUntilEndedAsync(s.Udp(payload: 800).Fragment(500)[0]);
            } },
        { "a neighbour that never answers", "neighbour-failed", "router/eth1", "Nobody answered for 10.0.2.77 on router/eth1", s =>
            {
                s.Router.WriteSysctl("net.ipv4.neigh.eth1.mcast_solicit", "1");
                s.Router.WriteSysctl("net.ipv4.neigh.eth1.retrans_time_ms", "20");
                return s.Vm.SendUntilEndedAsync(s.Udp("10.0.2.77"));
            } },
        { "a fragment that comes twice", "fragment-twice", s => s.ReassemblesAsync(), "has this fragment already", async s =>
            {
                var first = s.Udp(payload: 800).Fragment(500)[0];
                await s.SendAsync(first);
                return await s.SendAsync(first);
            } },
        { "a fragment that overlaps another", "fragment-overlap", s => s.ReassemblesAsync(), "overlaps", async s =>
            {
                var parts = s.Udp(payload: 800).Fragment(500);
                await s.SendAsync(parts[0]);
                return await s.SendAsync(RouterScene.Ipv4(parts[1], b => b[21] -= 4));
            } },
        { "a neighbour whom the router must not ask for", "neighbour-failed", "router/eth1", "mcast_solicit", s =>
            {
                s.Router.WriteSysctl("net.ipv4.neigh.eth1.mcast_solicit", "0");
                return s.SendAsync(s.Udp("10.0.2.77"));
            } },
        { "too much waits for a neighbour", "neighbour-queue", "router/eth1", "wait on router/eth1 for an answer to ARP", async s =>
            {
                await s.Router.Device("eth1").SetMtuAsync(600);
                return await s.SendWithAsync("net.ipv4.neigh.eth1.unres_qlen_bytes", "1", s.Udp("10.0.2.77", payload: 1400));
            } },
        { "ARP for an address of another device", "arp-ignored", "router/eth0", "net.ipv4.conf.eth0.arp_ignore is 1", s =>
            s.SendWithAsync("net.ipv4.conf.eth0.arp_ignore", "1", Frame.ArpRequest(s.Vm.Mac, s.Vm.Address, IPAddress.Parse("10.0.2.1"))) },
        { "ARP that is never answered", "arp-ignored", "router/eth0", "net.ipv4.conf.all.arp_ignore is 8", s =>
            s.SendWithAsync("net.ipv4.conf.all.arp_ignore", "8", Frame.ArpRequest(s.Vm.Mac, s.Vm.Address, IPAddress.Parse("10.0.1.1"))) },
        { "ARP from where no route leads back", "arp-filtered", "router/eth0", "net.ipv4.conf.eth0.arp_filter is 1", s =>
            s.SendWithAsync("net.ipv4.conf.eth0.arp_filter", "1", Frame.ArpRequest(s.Vm.Mac, IPAddress.Parse("10.0.2.50"), IPAddress.Parse("10.0.1.1"))) },
        { "a ping that is not answered", "echo-ignored", "router/eth0", "icmp_echo_ignore_all is 1", s =>
            s.SendWithAsync("net.ipv4.icmp_echo_ignore_all", "1",
                Frame.IcmpEcho(s.Vm.Mac, s.RouterMac, s.Vm.Address, IPAddress.Parse("10.0.1.1"), IcmpType.EchoRequest, 1, 1, new byte[20])) },
        { "a ping of everybody", "echo-ignored", "router/eth0", "icmp_echo_ignore_broadcasts is 1", s =>
            s.SendAsync(Frame.IcmpEcho(s.Vm.Mac, MacAddress.Broadcast, s.Vm.Address, IPAddress.Parse("10.0.1.255"), IcmpType.EchoRequest, 1, 1,
                new byte[20])) },
        { "a tagged frame on an interface without VLANs", "vlan-unknown", "router/eth0", "tagged with VLAN 30", s => s.SendAsync(s.Udp().WithVlan(30)) },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing), MemberData(nameof(Names))]
    public Task An_IPv4_packet_that_ends_says_why(string cause) => Table.CheckAsync(cause, RouterScene.BuildAsync());
}
