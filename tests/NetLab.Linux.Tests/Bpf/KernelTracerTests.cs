using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>The tracer on the running kernel, in namespaces of its own.</summary>
public sealed class KernelTracerTests
{
    [Fact]
    public void Root_may_trace() => Assert.True(KernelTracer.IsAllowed(out var why), why);

    [Fact]
    public void A_frame_is_seen_at_every_device_from_tap_over_bridge_and_veth_to_tap_in_order()
    {
        using var net = new TestNetwork();
        var (tap, _, _) = TwoBridges(net);
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var seen = net.Follow(frame, e => e.Any(x => net.Brief(x) == "NetDevStartXmit b/tap0"));
        Assert.Equal(
            [
                "NetifReceiveSkb a/tap0", "NetDevQueue a/v0", "NetDevStartXmit a/v0", "NetifRx b/v1", "NetifReceiveSkb b/v1", "NetDevQueue b/tap0",
                    "NetDevStartXmit b/tap0",
            ],
            seen.Select(net.Brief));
        Assert.Single(seen.Select(e => e.SkbAddress).Distinct());
        Assert.All(seen, e => Assert.Equal(frame.Bytes, e.Bytes));
        Assert.All(seen, e => Assert.Equal((frame.Bytes.Length, 0x88B5, true, 14), (e.Length, e.Protocol, e.StartsWithEthernet, e.NetworkOffset)));
        Assert.Equal(seen.Select(e => e.Timestamp).Order(), seen.Select(e => e.Timestamp));
        Assert.Equal(tap.Index, seen[0].InterfaceIndex);
    }

    [Fact]
    public void A_VLAN_tag_is_in_the_bytes_at_the_tap_and_beside_them_from_then_on()
    {
        using var net = new TestNetwork();
        var (tap, _, _) = TwoBridges(net);
        var plain = TestFrame.Ethernet();
        byte[] tagged = [.. plain.Bytes[..12], 0x81, 0x00, 0x60, 0x07, .. plain.Bytes[12..]];

        tap.Write(tagged);

        var seen = net.Follow(plain, e => e.Any(x => net.Brief(x) == "NetDevStartXmit b/tap0"));
        Assert.Equal(tagged, seen[0].Bytes);
        Assert.Equal(((ushort?)null, 0), (seen[0].VlanTci, seen[0].VlanProtocol));
        Assert.All(seen.Skip(1).SkipLast(1), e => Assert.Equal(((ushort?)0x6007, 0x8100, plain.Bytes.Length), (e.VlanTci, e.VlanProtocol, e.Length)));
        Assert.Equal(tagged.AsSpan(0, 12), seen[^1].Bytes.Span[..12]);
    }

    [Fact]
    public void The_events_of_a_flooded_frame_make_a_tree_of_copies()
    {
        using var net = new TestNetwork();
        var (a, b) = (net.Namespace("a"), net.Namespace("b"));
        var tap = net.Tap(a, "t0");
        net.Tap(a, "t1");
        TestNetwork.Veth(a, "v0", b, "v1");
        TestNetwork.Bridge(a, "br0", "t0", "v0", "t1");
        net.Tap(b, "t2");
        TestNetwork.Bridge(b, "br0", "v1", "t2");
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var seen = net.Follow(frame, e => e.Count(x => x.Kind is TraceEventKind.NetDevStartXmit && x.DeviceName is "t1" or "t2") == 2);
        var copies = SkbTree.Build(seen).Copies;
        Assert.Equal([SkbOrigin.Root, SkbOrigin.Clone], copies.Select(c => c.Origin));
        Assert.Equal(["t0 in > t1 out", "t0 in > v0 out > v1 in > t2 out"], copies.Select(c => string.Join(" > ", c.Way)).Order());
    }

    [Fact]
    public void Times_are_those_of_the_stopwatch()
    {
        using var net = new TestNetwork();
        var (tap, _, _) = TwoBridges(net);
        var frame = TestFrame.Ethernet();

        var before = Stopwatch.GetTimestamp();
        tap.Write(frame.Bytes);
        var first = net.Follow(frame, e => e.Count > 0)[0];

        Assert.Equal(1_000_000_000, Stopwatch.Frequency);
        Assert.InRange(first.Timestamp, before, Stopwatch.GetTimestamp());
    }

    [Fact]
    public void A_namespace_that_is_not_traced_is_not_seen_and_nor_is_one_that_was_removed()
    {
        using var net = new TestNetwork();
        var a = net.Namespace("a");
        var b = net.Namespace("b", traced: false);
        var tap = TwoBridges(net, a, b).Tap;
        var (first, second) = (TestFrame.Ethernet(), TestFrame.Ethernet());

        tap.Write(first.Bytes);
        var seen = net.Follow(first, e => e.Any(x => net.Brief(x) == "NetDevStartXmit a/v0"));
        Assert.DoesNotContain(seen, e => e.Namespace == b.Inode);

        net.Tracer.RemoveNamespace(a.Inode);
        net.Tracer.RemoveNamespace(a.Inode);
        net.Tracer.AddNamespace(b.Inode);
        tap.Write(second.Bytes);
        seen = net.Follow(second, e => e.Any(x => net.Brief(x) == "NetDevStartXmit b/tap0"));
        Assert.DoesNotContain(seen, e => e.Namespace == a.Inode);
    }

    [Fact]
    public void Copies_of_a_flooded_frame_share_the_buffer_and_have_addresses_of_their_own()
    {
        using var net = new TestNetwork();
        var a = net.Namespace("a");
        Tap[] taps = [net.Tap(a, "t0"), net.Tap(a, "t1"), net.Tap(a, "t2")];
        TestNetwork.Bridge(a, "br0", "t0", "t1", "t2");
        var frame = TestFrame.Ethernet();

        taps[0].Write(frame.Bytes);

        var sent = net.Follow(frame, e => e.Count(x => x.Kind is TraceEventKind.NetDevStartXmit) == 2)
            .Where(e => e.Kind is TraceEventKind.NetDevStartXmit).ToList();
        Assert.Equal(2, sent.Select(e => e.SkbAddress).Distinct().Count());
        Assert.Single(sent.Select(e => e.HeadAddress).Distinct());
    }

    [Fact]
    public async Task A_drop_by_an_nft_rule_tells_reason_function_and_hook()
    {
        using var net = new TestNetwork();
        var (tap, _, b) = TwoBridges(net);
        await net.NftAsync(b, "table bridge guard {\n chain f {\n type filter hook forward priority 0\n ether type 0x88b5 drop\n }\n}\n");
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var drop = net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb))[^1];
        Assert.Equal("KfreeSkb b/tap0", net.Brief(drop));
        Assert.Equal("NETFILTER_DROP", drop.ReasonName);
        Assert.Equal("nft_do_chain", drop.Location);
        Assert.Equal(["nft_do_chain", "nft_do_chain_bridge", "nf_hook_slow", "__br_forward"], drop.Stack.Take(4));
    }

    [Fact]
    public void A_frame_above_the_mtu_of_a_bridge_port_is_dropped_there_with_its_length()
    {
        using var net = new TestNetwork();
        var (tap, a, _) = TwoBridges(net);
        TestNetwork.Change(a, "v0", new LinkChange { Mtu = 1000 });
        var frame = TestFrame.Ethernet(payload: 1400);

        tap.Write(frame.Bytes);

        var drop = net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb))[^1];
        Assert.Equal("KfreeSkb a/v0", net.Brief(drop));
        Assert.Equal("NOT_SPECIFIED", drop.ReasonName);
        Assert.Equal("br_dev_queue_push_xmit", drop.Location);
        Assert.Equal(1414, drop.Length);
        Assert.Equal(128, drop.Bytes.Length);
    }

    [Fact]
    public void A_frame_that_no_protocol_wants_is_dropped_at_the_device()
    {
        using var net = new TestNetwork();
        var a = net.Namespace("a");
        var tap = net.Tap(a, "tap0");
        var frame = TestFrame.Ethernet("FF-FF-FF-FF-FF-FF");

        tap.Write(frame.Bytes);

        var drop = net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb))[^1];
        Assert.Equal(("KfreeSkb a/tap0", "UNHANDLED_PROTO"), (net.Brief(drop), drop.ReasonName));
    }

    [Fact]
    public void A_datagram_to_a_closed_port_is_dropped_and_answered_by_an_ICMP_error()
    {
        using var net = new TestNetwork();
        var (tap, a) = Host(net);
        var frame = TestFrame.Udp(TestNetwork.MacOf(a, "tap0"), "10.0.0.9", "10.0.0.1", 9);

        tap.Write(frame.Bytes);

        var seen = net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb));
        var drop = seen.Single(e => e.Kind is TraceEventKind.KfreeSkb);
        var error = seen.Single(e => e.Kind is TraceEventKind.IcmpSend);
        Assert.Equal(("NO_SOCKET", "__udp4_lib_rcv"), (drop.ReasonName, drop.Location));
        Assert.Equal((3, 3, drop.SkbAddress), (error.IcmpType, error.IcmpCode, error.SkbAddress));
    }

    [Fact]
    public void A_datagram_for_an_open_port_is_seen_to_reach_its_socket()
    {
        using var net = new TestNetwork();
        var (tap, a) = Host(net);
        using var socket = NamespaceSockets.Create(a, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 7007));
        var frame = TestFrame.Udp(TestNetwork.MacOf(a, "tap0"), "10.0.0.9", "10.0.0.1", 7007);

        tap.Write(frame.Bytes);
        _ = socket.Receive(new byte[100]);

        var received = net.Follow(frame, e => e.Count > 0)[0];
        net.Drain();
        var ready = Assert.Single(net.Events, e => e.Kind is TraceEventKind.SkDataReady);
        Assert.Equal((17, 7007, received.SkbAddress, "SkDataReady a/tap0"), (ready.SocketProtocol, ready.SocketPort, ready.SkbAddress, net.Brief(ready)));
    }

    [Fact]
    public void Route_lookups_tell_the_table_the_next_hop_and_the_frame_they_are_for()
    {
        using var net = new TestNetwork();
        var (tap, a) = Host(net);
        a.WriteSysctl("net.ipv4.ip_forward", "1");
        TestNetwork.Route(a, "tap0", "10.7.0.0/16", "10.0.0.9");
        TestNetwork.Neighbour(a, "tap0", "10.0.0.9", "02-00-00-00-00-01");
        var (routed, unrouted) =
            (TestFrame.Udp(TestNetwork.MacOf(a, "tap0"), "10.0.0.9", "10.7.1.1", 9), TestFrame.Udp(TestNetwork.MacOf(a, "tap0"), "10.0.0.9", "10.8.1.1", 9));

        tap.Write(routed.Bytes);
        var received = net.Follow(routed, e => e.Any(x => x.Kind is TraceEventKind.NetDevStartXmit))[0];
        tap.Write(unrouted.Bytes);
        var dropped = net.Follow(unrouted, e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb))[^1];

        var hit = net.Events.First(e => e.RouteLookup?.Destination.ToString() == "10.7.1.1" && e.RouteLookup.Error == 0);
        Assert.Equal((254, "tap0", "10.0.0.9", received.SkbAddress),
            (hit.RouteLookup!.Table, hit.RouteLookup.NextHopDevice, hit.RouteLookup.Gateway!.ToString(), hit.SkbAddress));
        var miss = net.Events.First(e => e.RouteLookup?.Destination.ToString() == "10.8.1.1");
        Assert.Equal((-Errno.EAGAIN, dropped.SkbAddress, a.Inode), (miss.RouteLookup!.Error, miss.SkbAddress, miss.Namespace));
        Assert.Equal("IP_INNOROUTES", dropped.ReasonName);
    }

    [Fact]
    public void IPv6_route_lookups_are_told_too()
    {
        using var net = new TestNetwork();
        var (_, a) = Host(net);
        a.WriteSysctl("net.ipv6.conf.tap0.disable_ipv6", "0");
        TestNetwork.Address(a, "tap0", "fd00::1/64");
        TestNetwork.Route(a, "tap0", "fd01::/64", "fd00::9");
        using var socket = NamespaceSockets.Create(a, AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);

        socket.Connect(new IPEndPoint(IPAddress.Parse("fd01::5"), 9));
        net.Drain();

        var hit = net.Events.Last(e => e.RouteLookup is { Error: 0 } lookup && lookup.Destination.ToString() == "fd01::5");
        Assert.Equal(("tap0", "fd00::9", 0x86DD), (hit.RouteLookup!.NextHopDevice, hit.RouteLookup.Gateway!.ToString(), hit.Protocol));
    }

    [Fact]
    public async Task A_drop_before_there_is_a_device_is_found_by_its_socket_and_starts_at_the_network_header()
    {
        using var net = new TestNetwork();
        var (_, a) = Host(net);
        await net.NftAsync(a, "table ip guard {\n chain o {\n type filter hook output priority 0\n udp dport 4242 drop\n }\n}\n");
        using var socket = NamespaceSockets.Create(a, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var payload = "a very special payload"u8.ToArray();

        Assert.Throws<SocketException>(() => socket.SendTo(payload, new IPEndPoint(IPAddress.Parse("10.0.0.9"), 4242)));
        net.Drain();

        var drop = Assert.Single(net.Events, e => e.Kind is TraceEventKind.KfreeSkb && e.Bytes.Span.IndexOf(payload) >= 0);
        Assert.Equal(("NETFILTER_DROP", a.Inode, "", false, 0, 28 + payload.Length),
            (drop.ReasonName, drop.Namespace, drop.DeviceName, drop.StartsWithEthernet, drop.NetworkOffset, drop.Length));
        Assert.Contains("__ip_local_out", drop.Stack);
    }

    [Fact]
    public void A_tap_whose_queue_is_full_refuses_the_frame()
    {
        using var net = new TestNetwork();
        var a = net.Namespace("a");
        var (first, _) = (net.Tap(a, "t0"), net.Tap(a, "t1"));
        TestNetwork.Change(a, "t1", new LinkChange { TxQueueLength = 2 });
        TestNetwork.Bridge(a, "br0", "t0", "t1");
        TestFrame[] frames = [TestFrame.Ethernet(), TestFrame.Ethernet(), TestFrame.Ethernet(), TestFrame.Ethernet()];

        foreach (var frame in frames)
        {
            first.Write(frame.Bytes);
        }

        var drop = net.Follow(frames[3], e => e.Any(x => x.Kind is TraceEventKind.KfreeSkb))[^1];
        Assert.Equal(("FULL_RING", "tun_net_xmit"), (drop.ReasonName, drop.Location));
        var refusal = Assert.Single(net.Events, e => e.Kind is TraceEventKind.NetDevXmit && e.SkbAddress == drop.SkbAddress && e.Timestamp > drop.Timestamp);
        Assert.Equal((1, "NetDevXmit a/t1", frames[3].Bytes.Length), (refusal.TransmitResult, net.Brief(refusal), refusal.Length));
    }

    [Fact]
    public void Reading_a_frame_from_a_tap_is_its_use()
    {
        using var net = new TestNetwork();
        var a = net.Namespace("a");
        var (from, to) = (net.Tap(a, "t0"), net.Tap(a, "t1"));
        TestNetwork.Bridge(a, "br0", "t0", "t1");
        var frame = TestFrame.Ethernet();

        from.Write(frame.Bytes);
        Assert.DoesNotContain(net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.NetDevStartXmit)), e => e.Kind is TraceEventKind.ConsumeSkb);
        var buffer = new byte[2000];
        while (to.TryRead(buffer, out var length) && !buffer.AsSpan(0, length).SequenceEqual(frame.Bytes))
        {
        }

        var use = net.Follow(frame, e => e.Any(x => x.Kind is TraceEventKind.ConsumeSkb))[^1];
        Assert.Equal(("ConsumeSkb a/t1", "tun_do_read"), (net.Brief(use), use.Location));
    }

    [Fact]
    public void What_finds_no_room_in_the_ring_is_counted()
    {
        using var net = new TestNetwork(new TracerOptions { RingSize = Environment.SystemPageSize });
        var (tap, _, _) = TwoBridges(net);
        net.Drain();
        var lostBefore = net.Tracer.LostEvents;

        for (var i = 0; i < 100; i++)
        {
            tap.Write(TestFrame.Ethernet().Bytes);
        }

        var read = net.Tracer.Drain((in TraceRecord _) => { });
        Assert.InRange(read, 1, 40);
        Assert.InRange(net.Tracer.LostEvents - lostBefore, 600, long.MaxValue);
        var frame = TestFrame.Ethernet();
        tap.Write(frame.Bytes);
        Assert.NotEmpty(net.Follow(frame, e => e.Count > 0));
    }

    [Fact]
    public void What_a_namespace_lost_is_counted_for_it_alone()
    {
        using var net = new TestNetwork(new TracerOptions { RingSize = Environment.SystemPageSize });
        var (tap, _, _) = TwoBridges(net);
        using var quiet = NetworkNamespace.Create();
        net.Tracer.AddNamespace(quiet.Inode);
        net.Drain();
        var lostBefore = net.Tracer.LostEvents;
        var ofNamespacesBefore = OfNamespaces();

        for (var i = 0; i < 100; i++)
        {
            tap.Write(TestFrame.Ethernet().Bytes);
        }

        Assert.InRange(OfNamespaces() - ofNamespacesBefore, 600, long.MaxValue);
        Assert.Equal(net.Tracer.LostEvents - lostBefore, OfNamespaces() - ofNamespacesBefore);
        Assert.Equal(0, net.Tracer.LostEventsOf(quiet.Inode));

        long OfNamespaces() => net.TracedNamespaces.Sum(net.Tracer.LostEventsOf);
    }

    [Fact]
    public async Task The_ring_asks_to_be_read_when_a_sixteenth_of_it_is_full()
    {
        using var net = new TestNetwork(new TracerOptions { RingSize = 256 * 1024 });
        var (tap, _, _) = TwoBridges(net);
        var asked = new TaskCompletionSource();
        using var registration = Reactor.Shared.OnReadable(net.Tracer.Filling, () =>
        {
            net.Tracer.Drain((in TraceRecord _) => { });
            asked.TrySetResult();
        }, failed: null);

        for (var i = 0; i < 100 && !asked.Task.IsCompleted; i++)
        {
            tap.Write(TestFrame.Ethernet().Bytes);
        }

        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Bytes_beyond_those_asked_for_are_not_kept()
    {
        using var net = new TestNetwork(new TracerOptions { CaptureLength = 32 });
        var (tap, _, _) = TwoBridges(net);
        var frame = TestFrame.Ethernet(payload: 200);

        tap.Write(frame.Bytes);

        var first = net.Follow(frame, e => e.Count > 0)[0];
        Assert.True(first.Bytes.Span.SequenceEqual(frame.Bytes.AsSpan(0, 32)));
        Assert.Equal(frame.Bytes.Length, first.Length);
    }

    [Fact]
    public void A_tracer_that_was_disposed_reads_no_more()
    {
        var tracer = KernelTracer.Start();
        tracer.Dispose();
        tracer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tracer.Drain((in TraceRecord _) => { }));
    }

    [Fact]
    public void The_tracer_says_what_it_stands_on()
    {
        using var tracer = KernelTracer.Start();

        Assert.Matches(@"^BPF on \d+ tracepoints, kernel \d+\.\d+", tracer.Describe());
    }

    // tap0 - br0 - v0 | v1 - br0 - tap0
    private static (Tap Tap, NetworkNamespace A, NetworkNamespace B) TwoBridges(TestNetwork net) => TwoBridges(net, net.Namespace("a"), net.Namespace("b"));

    private static (Tap Tap, NetworkNamespace A, NetworkNamespace B) TwoBridges(TestNetwork net, NetworkNamespace a, NetworkNamespace b)
    {
        var tap = net.Tap(a, "tap0");
        net.Tap(b, "tap0");
        TestNetwork.Veth(a, "v0", b, "v1");
        TestNetwork.Bridge(a, "br0", "tap0", "v0");
        TestNetwork.Bridge(b, "br0", "tap0", "v1");
        return (tap, a, b);
    }

    private static (Tap Tap, NetworkNamespace A) Host(TestNetwork net)
    {
        var a = net.Namespace("a");
        var tap = net.Tap(a, "tap0");
        TestNetwork.Address(a, "tap0", "10.0.0.1/24");
        TestNetwork.Change(a, "lo", new LinkChange { Up = true });
        return (tap, a);
    }
}
