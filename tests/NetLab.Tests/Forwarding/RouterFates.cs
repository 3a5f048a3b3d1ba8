using System.Net;
using NetLab;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A VM, a router and a host behind it: why a packet does not get through.</summary>
[Trait("Category", "Fate")]
public sealed class RouterFates : IAsyncLifetime
{
    private static readonly IPAddress Host = IPAddress.Parse("10.0.2.2");

    private readonly Lab _lab = new(FateAssert.Traced);
    private readonly Node _router, _host;
    private readonly FakeVm _vm;

    public RouterFates()
    {
        var compute = _lab.AddNode("compute");
        _router = _lab.AddNode("router");
        _host = _lab.AddNode("host");
        _router.Forwarding = true;
        var bridge = compute.AddBridge("br0");
        _lab.AddLink(_router.End("eth0", "10.0.1.1/24"), bridge.End("up"));
        _lab.AddLink(_router.End("eth1", "10.0.2.1/24"), _host.End("eth0", "10.0.2.2/24"));
        _host.AddRoute("default", "10.0.2.1");
        _vm = compute.AddVm("vm", bridge, vm => vm.Address("10.0.1.10/24").Gateway("10.0.1.1"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.BpfTracing)]
    public async Task A_router_that_does_not_forward_says_which_sysctl()
    {
        _router.WriteSysctl("net.ipv4.ip_forward", "0");
        var reason = (await SendAsync()).EndsBy("forwarding-off", "router/eth0", "router does not forward", "net.ipv4.ip_forward is 0");
        Assert.Equal("sysctl -w net.ipv4.ip_forward=1, in node router", reason.Remedy);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_missing_route_is_told_with_the_lookups() =>
        Assert.Contains((await SendAsync(to: "192.0.2.9")).EndsBy("no-route", "router/eth0", "router has no route to 192.0.2.9").Evidence,
            e => e.Text.Contains("route lookup", StringComparison.Ordinal));

    [LabFact(Feature.BpfTracing)]
    public async Task A_packet_with_nothing_left_to_live_ends_at_the_router() =>
        Assert.Contains((await SendAsync(options: new IpOptions { TimeToLive = 1 })).EndsBy("ttl-expired", "router/eth0", "The TTL ran out at router").Evidence,
            e => e.Text.Contains("ICMP error of type 11, code 0", StringComparison.Ordinal));

    [LabFact(Feature.BpfTracing)]
    public async Task A_packet_that_must_not_be_fragmented_is_told_with_the_MTU()
    {
        await _router.Device("eth1").SetMtuAsync(1000);
        (await SendAsync(payload: 1200, options: new IpOptions { DontFragment = true })).EndsBy("too-big", "router/eth0",
            "1228 bytes is larger than the MTU 1000 of router/eth1");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task The_reverse_path_filter_is_named()
    {
        _router.WriteSysctl("net.ipv4.conf.all.rp_filter", "1");
        (await SendAsync(from: "10.9.9.9")).EndsBy("rp-filter", "router/eth0", "rp_filter", "10.9.9.9");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_source_that_is_the_routers_own_is_told() =>
        (await SendAsync(from: "10.0.1.1")).EndsBy("own-source", "router/eth0", "10.0.1.1 is an address of router itself");

    [LabFact(Feature.BpfTracing)]
    public async Task A_source_of_the_loopback_network_is_told() =>
        (await SendAsync(from: "127.0.0.5")).EndsBy("martian", "router/eth0", "127.0.0.0/8");

    [LabFact(Feature.BpfTracing)]
    public async Task A_frame_for_another_MAC_is_told_with_both()
    {
        var frame = Udp(mac: MacAddress.Parse("02:00:00:00:00:99"));
        (await _vm.SendAsync(frame)).EndsBy("other-host", "router/eth0", "02:00:00:00:00:99", _router.Device("eth0").Mac.ToString());
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_closed_UDP_port_is_told() =>
        (await SendAsync()).EndsBy("no-socket", "host/eth0", "Nobody in host listens on UDP port 53");

    [LabFact(Feature.BpfTracing)]
    public async Task A_closed_TCP_port_is_told() =>
        (await _vm.SendAsync(Frame.Tcp(_vm.Mac, RouterMac, _vm.Address, Host, 40_000, 80, TcpFlags.Syn, 1, 0))).EndsBy("no-socket", "host/eth0",
            "Nobody in host listens on TCP port 80");

    [LabFact(Feature.BpfTracing)]
    public async Task A_wrong_UDP_checksum_is_told()
    {
        using var server = _host.OpenUdp(53);
        var bytes = Udp().Bytes.ToArray();
        bytes[40] ^= 0x5a;
        (await _vm.SendAsync(Frame.FromBytes(bytes))).EndsBy("udp-checksum", "host/eth0", "UDP checksum");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_wrong_IP_checksum_is_told()
    {
        var bytes = Udp().Bytes.ToArray();
        bytes[24] ^= 0x5a;
        (await _vm.SendAsync(Frame.FromBytes(bytes))).EndsBy("ip-checksum", "router/eth0", "checksum of the IPv4 header");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_neighbour_that_does_not_answer_keeps_the_packet_waiting()
    {
        var fate = await SendAsync(to: "10.0.2.77");
        fate.EndsBy("neighbour-unresolved", "router/eth1", "router is still resolving 10.0.2.77 on eth1");
        Assert.Equal(CopyEnd.Pending, fate.Copies.Single(c => c.Reason is not null).End);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_of_the_forward_hook_is_quoted()
    {
        await _router.LoadRulesetAsync("table inet fw { chain f { type filter hook forward priority 0; udp dport 53 counter drop comment \"no dns\"; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "router/eth0", "rule 1 of chain \"f\" in table \"inet fw\"", "comment \"no dns\"", "hook forward");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_of_the_input_hook_is_quoted()
    {
        await _host.LoadRulesetAsync("table ip fw { chain inp { type filter hook input priority 0; jump deeper; }\nchain deeper { udp dport 53 drop; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "host/eth0", "rule 1 of chain \"deeper\" in table \"ip fw\"", "hook input");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_rule_of_the_postrouting_hook_is_quoted()
    {
        await _router.LoadRulesetAsync("table ip fw { chain post { type filter hook postrouting priority 0; udp dport 53 drop; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "router/eth1", "rule 1 of chain \"post\"", "hook postrouting");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_ping_from_a_node_that_a_rule_drops_tells_the_rule()
    {
        await _router.LoadRulesetAsync("table ip fw { chain f { type filter hook forward priority 0; icmp type echo-request drop; }\n}");
        var ping = (await _host.PingAsync(_vm)).ShouldFail();
        ping.Fate.EndsBy("nft-rule", "router/eth1", "rule 1 of chain \"f\" in table \"ip fw\"");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_wrong_ICMP_checksum_is_told()
    {
        var bytes = Frame.IcmpEcho(_vm.Mac, RouterMac, _vm.Address, Host, IcmpType.EchoRequest, 1, 1, new byte[30]).Bytes.ToArray();
        bytes[36] ^= 0x5a;
        (await _vm.SendAsync(Frame.FromBytes(bytes))).EndsBy("icmp-checksum", "host/eth0", "ICMP checksum");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_wrong_TCP_checksum_is_told()
    {
        var bytes = Frame.Tcp(_vm.Mac, RouterMac, _vm.Address, Host, 40_000, 80, TcpFlags.Syn, 1, 0).Bytes.ToArray();
        bytes[50] ^= 0x5a;
        (await _vm.SendAsync(Frame.FromBytes(bytes))).EndsBy("tcp-checksum", "host/eth0", "TCP checksum");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_socket_that_is_not_read_is_told()
    {
        using var socket = _host.OpenUdp(53);
        socket.Client.ReceiveBufferSize = 0;
        var fate = await SendAsync(payload: 1000);
        for (var i = 0; i < 20 && fate.Copies.All(c => c.Reason is null); i++)
        {
            fate = await SendAsync(payload: 1000);
        }

        fate.EndsBy("socket-full", "host/eth0", "has no room");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_frame_that_no_protocol_takes_is_told() =>
        (await _vm.SendAsync(Frame.Ethernet(_vm.Mac, RouterMac, 0x88b5, new byte[50]))).EndsBy("no-handler", "router/eth0", "EtherType 0x88b5");

    [LabFact(Feature.BpfTracing)]
    public async Task An_ARP_request_for_nobody_is_used_up() =>
        (await _vm.SendAsync(Frame.ArpRequest(_vm.Mac, _vm.Address, IPAddress.Parse("10.0.1.99")))).EndsBy("arp-for-another", "router/eth0",
            "asks for 10.0.1.99");

    private MacAddress RouterMac => _router.Device("eth0").Mac;

    private Frame Udp(string? to = null, string? from = null, int payload = 20, IpOptions? options = null, MacAddress? mac = null) =>
        Frame.Udp(_vm.Mac, mac ?? RouterMac, from is null ? _vm.Address : IPAddress.Parse(from), to is null ? Host : IPAddress.Parse(to), 40_000,
            53, new byte[payload], options);

    private Task<Fate> SendAsync(string? to = null, string? from = null, int payload = 20, IpOptions? options = null) =>
        _vm.SendAsync(Udp(to, from, payload, options));
}
