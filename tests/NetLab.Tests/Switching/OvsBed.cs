using System.Buffers.Binary;
using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab.Tests;

/// <summary>A node with a private Open vSwitch, and taps to write frames to and read them from. All gone when disposed.</summary>
internal sealed class OvsBed : IAsyncDisposable
{
    private readonly Dictionary<string, Tap> _taps = [];
    private readonly byte[] _buffer = new byte[65536];

    private OvsBed(NetworkNamespace ns, ProcessGroup group)
    {
        Namespace = ns;
        Group = group;
        Route = RouteSocket.Open(ns);
    }

    public NetworkNamespace Namespace { get; }

    public ProcessGroup Group { get; }

    public RouteSocket Route { get; }

    /// <summary>What programs of the node see as /run.</summary>
    public string RunDirectory { get; private set; } = "";

    public OvsInstance Ovs { get; private set; } = null!;

    public static async Task<OvsBed> CreateAsync(string node = "box", ProcessGroup? group = null)
    {
        var bed = new OvsBed(NetworkNamespace.Create(), group ?? ProcessGroup.Create());
        bed.Namespace.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        var userland = bed.Group.CreateUserland(bed.Namespace, node);
        bed.RunDirectory = userland.RunDirectory;
        bed.Ovs = await OvsInstance.StartAsync(bed.Group, userland, node, CancellationToken.None);
        return bed;
    }

    /// <summary>A bed with one bridge br0 and a tap at each of its ports.</summary>
    public static async Task<OvsBed> WithBridgeAsync(OvsBridgeOptions? bridge, params (string Name, OvsPortOptions? Options)[] ports)
    {
        var bed = await CreateAsync();
        bed.AddTaps([.. ports.Select(p => p.Name)]);
        var change = new OvsChange().SetBridge("br0", bridge);
        foreach (var (name, options) in ports)
        {
            change.SetPort("br0", name, options);
        }

        await bed.Ovs.ApplyAsync(change, CancellationToken.None);
        return bed;
    }

    public void AddTaps(params string[] names)
    {
        foreach (var name in names)
        {
            _taps.Add(name, Tap.Create(Namespace, name));
        }

        Up(names);
    }

    public void Up(params string[] devices) => Up(Route, devices);

    public LinkInfo Link(string name) => Route.FindLink(name)!;

    /// <summary>A namespace at the other end of a veth, which is a device "eth0" with an address there and the named one here; both up.</summary>
    public NetworkNamespace AddHost(string device, string address)
    {
        var host = NetworkNamespace.Create();
        host.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        Execute(Route, b => b.AddLink(new VethSpec(device, new VethPeer("eth0") { Namespace = host }) { Up = true }));
        using var route = RouteSocket.Open(host);
        Execute(route, b => b.AddAddress(route.FindLink("eth0")!.Index, IPAddress.Parse(address), 24));
        Up(route, "eth0");
        return host;
    }

    public static void Execute(RouteSocket route, Action<NetlinkBatch> fill)
    {
        var batch = new NetlinkBatch();
        fill(batch);
        route.Execute(batch);
    }

    public static void Up(RouteSocket route, params string[] devices) =>
        Execute(route, batch => Array.ForEach(devices, device => batch.ChangeLink(route.FindLink(device)!.Index, new LinkChange { Up = true })));

    /// <summary>The number of the file system that a path leads to, as the programs of the group see it.</summary>
    public async Task<string> FileSystemAsync(string path) =>
        (await Group.RunAsync(new ProcessStart("stat", "-Lc", "%d", path))).EnsureSuccess().Output.Trim();

    public void Send(string tap, ReadOnlySpan<byte> frame) => _taps[tap].Write(frame);

    /// <summary>All frames that are waiting at a tap.</summary>
    public List<byte[]> Receive(string tap)
    {
        var frames = new List<byte[]>();
        while (_taps[tap].TryRead(_buffer, out var length))
        {
            frames.Add(_buffer[..length]);
        }

        return frames;
    }

    /// <summary>Sends, waits until it is through, and says who got it: <c>b c</c>.</summary>
    public async Task<string> WhoGetsAsync(string from, byte[] frame)
    {
        foreach (var tap in _taps.Keys)
        {
            _ = Receive(tap);
        }

        Send(from, frame);
        Assert.True(await Ovs.SettleAsync(CancellationToken.None));
        return string.Join(' ', _taps.Keys.Order(StringComparer.Ordinal).Select(tap => (tap, Receive(tap))).Where(t => t.Item2.Count > 0).Select(t =>
        {
            var tags = Tags(t.Item2.Single());
            return tags.Length > 0 ? $"{t.tap}:{tags}" : t.tap;
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await Ovs.DisposeAsync();
        await Group.DisposeAsync();
        foreach (var tap in _taps.Values)
        {
            tap.Dispose();
        }

        Route.Dispose();
        Namespace.Dispose();
    }

    public static byte[] Mac(int number) => [0x02, 0, 0, 0, 0, (byte)number];

    public static readonly byte[] Everybody = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

    /// <summary>A frame of an experimental type (RFC 5342) with a number in it.</summary>
    public static byte[] Frame(byte[] to, int from, int? vlan = null, int number = 0)
    {
        byte[] tag = vlan is { } id ? [0x81, 0x00, (byte)(id >> 8), (byte)id] : [];
        var payload = new byte[46];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        return [.. to, .. Mac(from), .. tag, 0x88, 0xb5, .. payload];
    }

    public static int Number(byte[] frame) => BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(14));

    private static string Tags(byte[] frame)
    {
        var tags = new List<int>();
        for (var at = 12; BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(at)) is 0x8100 or 0x88a8; at += 4)
        {
            tags.Add(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(at + 2)) & 0xfff);
        }

        return string.Join('.', tags);
    }
}
