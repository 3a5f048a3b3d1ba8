using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>Namespaces with taps and bridges, and a tracer that watches them. All of it goes with the object.</summary>
internal sealed class TestNetwork : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<ulong, string> _names = [];
    private readonly List<TraceEvent> _events = [];
    private readonly List<ulong> _tracedNamespaces = [];
    private readonly Lazy<ProcessGroup> _programs;

    public TestNetwork(TracerOptions? options = null)
    {
        Tracer = KernelTracer.Start(options);
        _programs = new(() => Own(ProcessGroup.Create()));
    }

    public KernelTracer Tracer { get; }

    /// <summary>Inode numbers of the namespaces that are traced.</summary>
    public IReadOnlyList<ulong> TracedNamespaces => _tracedNamespaces;

    public ProcessGroup Programs => _programs.Value;

    /// <summary>All events so far, in the order of their times.</summary>
    public IReadOnlyList<TraceEvent> Events => [.. _events.OrderBy(e => e.Timestamp)];

    /// <summary>A new namespace, quiet (no IPv6), and traced unless said otherwise.</summary>
    public NetworkNamespace Namespace(string name, bool traced = true)
    {
        var ns = Own(NetworkNamespace.Create());
        ns.WriteSysctl("net.ipv6.conf.all.disable_ipv6", "1");
        ns.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        ns.WriteSysctl("net.ipv4.ip_forward", "0");
        ns.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        _names[ns.Inode] = name;
        if (traced)
        {
            Tracer.AddNamespace(ns.Inode);
            _tracedNamespaces.Add(ns.Inode);
        }

        return ns;
    }

    public Tap Tap(NetworkNamespace ns, string name)
    {
        var tap = Own(NetLab.Linux.Tap.Create(ns, name));
        Change(ns, name, new LinkChange { Up = true });
        return tap;
    }

    /// <summary>A bridge without multicast snooping and without a network of its own, with these ports.</summary>
    public static void Bridge(NetworkNamespace ns, string name, params string[] ports)
    {
        using var routes = RouteSocket.Open(ns);
        var batch = new NetlinkBatch();
        batch.AddLink(new BridgeSpec(name) { Options = new BridgeOptions { MulticastSnooping = false }, Up = true });
        routes.Execute(batch);
        var bridge = routes.FindLink(name)!.Index;
        batch.Clear();
        foreach (var port in ports)
        {
            batch.ChangeLink(routes.FindLink(port)!.Index, new LinkChange { MasterIndex = bridge });
        }

        routes.Execute(batch);
        Ethtool.RunLinkWatch(ns, ports);
    }

    public static void Veth(NetworkNamespace ns, string name, NetworkNamespace peerNs, string peer)
    {
        using (var routes = RouteSocket.Open(ns))
        {
            var batch = new NetlinkBatch();
            batch.AddLink(new VethSpec(name, new VethPeer(peer) { Namespace = peerNs }) { Up = true });
            routes.Execute(batch);
        }

        Change(peerNs, peer, new LinkChange { Up = true });
        Ethtool.RunLinkWatch(ns, [name]);
        Ethtool.RunLinkWatch(peerNs, [peer]);
    }

    public static void Change(NetworkNamespace ns, string device, LinkChange change) => Execute(ns, device, (batch, index) => batch.ChangeLink(index, change));

    public static void Address(NetworkNamespace ns, string device, string address)
    {
        var network = address.Split('/');
        Execute(ns, device, (batch, index) =>
            batch.AddAddress(index, IPAddress.Parse(network[0]), int.Parse(network[1], CultureInfo.InvariantCulture),
                new AddressOptions { Flags = network[0].Contains(':', StringComparison.Ordinal) ? AddressFlags.NoDad : AddressFlags.None }));
    }

    public static void Route(NetworkNamespace ns, string device, string destination, string gateway) =>
        Execute(ns, device, (batch, index) =>
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse(destination), Gateway = IPAddress.Parse(gateway), OutputIndex = index }));

    public static void Neighbour(NetworkNamespace ns, string device, string address, string mac) =>
        Execute(ns, device, (batch, index) => batch.AddNeighbour(new NeighbourSpec(index, IPAddress.Parse(address)) { Mac = PhysicalAddress.Parse(mac) }));

    public static PhysicalAddress MacOf(NetworkNamespace ns, string device)
    {
        using var routes = RouteSocket.Open(ns);
        return routes.FindLink(device)!.Mac!;
    }

    public Task NftAsync(NetworkNamespace ns, string ruleset) => RunAsync(ns, "nft", ruleset, "-f", "-");

    /// <summary>Runs a program in the namespace; what it wrote.</summary>
    public async Task<string> RunAsync(NetworkNamespace ns, string program, string input, params string[] arguments) =>
        (await Programs.RunAsync(new ProcessStart(program, arguments) { Namespace = ns }, input)).EnsureSuccess().Output;

    /// <summary>Reads all that the ring holds.</summary>
    public void Drain() => Tracer.Drain((in TraceRecord record) => _events.Add(record.ToEvent()));

    /// <summary>Reads until the events satisfy the condition; those that carry the frame's own bytes are given to it.</summary>
    public IReadOnlyList<TraceEvent> Follow(TestFrame frame, Func<IReadOnlyList<TraceEvent>, bool> until)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            Drain();
            var seen = Events.Where(frame.IsIn).ToList();
            if (until(seen))
            {
                return seen;
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Patience,
                $"Not seen in {Patience.TotalSeconds} s; what was seen:\n{string.Join('\n', Events.Select(Describe))}");
            Thread.Yield();
        }
    }

    /// <summary><c>NetifReceiveSkb a/tap0</c>.</summary>
    public string Brief(TraceEvent e) => $"{e.Kind} {_names.GetValueOrDefault(e.Namespace, e.Namespace.ToString(CultureInfo.InvariantCulture))}/{e.DeviceName}";

    public void Dispose()
    {
        Tracer.Dispose();
        _owned.Reverse();
        foreach (var one in _owned)
        {
            one.Dispose();
        }
    }

    public T Own<T>(T one)
        where T : IDisposable
    {
        _owned.Add(one);
        return one;
    }

    private string Describe(TraceEvent e) => $"{_names.GetValueOrDefault(e.Namespace)} {e}";

    private static void Execute(NetworkNamespace ns, string device, Action<NetlinkBatch, int> add)
    {
        using var routes = RouteSocket.Open(ns);
        var batch = new NetlinkBatch();
        add(batch, routes.FindLink(device)!.Index);
        routes.Execute(batch);
    }
}

/// <summary>A frame that no other frame is taken for: eight random bytes are in its payload.</summary>
internal sealed class TestFrame
{
    private readonly byte[] _mark = new byte[8];

    private TestFrame(byte[] header, int payload)
    {
        Random.Shared.NextBytes(_mark);
        Bytes = [.. header, .. _mark, .. new byte[Math.Max(0, payload - _mark.Length)]];
    }

    public byte[] Bytes { get; }

    /// <summary>An Ethernet frame of an EtherType for experiments (IEEE 802, 0x88B5).</summary>
    public static TestFrame Ethernet(string destination = "02-00-00-00-00-02", int payload = 50) =>
        new([.. PhysicalAddress.Parse(destination).GetAddressBytes(), 2, 0, 0, 0, 0, 1, 0x88, 0xB5], payload);

    /// <summary>A UDP datagram, without a UDP checksum.</summary>
    public static TestFrame Udp(PhysicalAddress destination, string from, string to, int port, byte timeToLive = 64, int payload = 22)
    {
        byte[] ip = [0x45, 0, (byte)((28 + payload) >> 8), (byte)(28 + payload), 0, 1, 0x40, 0, timeToLive, 17, 0, 0, .. IPAddress.Parse(from)
            .GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes()];
        var sum = 0;
        for (var i = 0; i < 20; i += 2)
        {
            sum += (ip[i] << 8) | ip[i + 1];
        }

        sum = ~((sum & 0xFFFF) + (sum >> 16));
        (ip[10], ip[11]) = ((byte)(sum >> 8), (byte)sum);
        return new([.. destination.GetAddressBytes(), 2, 0, 0, 0, 0, 1, 8, 0, .. ip, 0x9C, 0x40, (byte)(port >> 8), (byte)port,
            (byte)((8 + payload) >> 8), (byte)(8 + payload), 0, 0], payload);
    }

    public bool IsIn(TraceEvent e) => e.Bytes.Span.IndexOf(_mark) >= 0;
}
