using System.Net;
using NetLab;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding;

/// <summary>A VM behind a bridge, a router, and a host behind it, with addresses of both IP versions.</summary>
internal sealed class RouterScene : IAsyncDisposable
{
    public const string HostAddress = "10.0.2.2", HostAddress6 = "fd00:2::2";

    private RouterScene(FrameTracing tracing)
    {
        Lab = new Lab(new LabOptions { Tracing = tracing });
        var compute = Lab.AddNode("compute");
        Router = Lab.AddNode("router");
        Host = Lab.AddNode("host");
        Router.Forwarding = true;
        var bridge = compute.AddBridge("br0");
        Lab.AddLink(Router.End("eth0", "10.0.1.1/24").Address("fd00:1::1/64"), bridge.End("up"));
        Lab.AddLink(Router.End("eth1", "10.0.2.1/24").Address("fd00:2::1/64").Address("fe80::1/64"), Host.End("eth0", $"{HostAddress}/24")
            .Address($"{HostAddress6}/64").Address("fe80::2/64"));
        Host.AddRoute("default", "10.0.2.1");
        Host.AddRoute("default", "fd00:2::1");
        Vm = compute.AddVm("vm", bridge, vm => vm.Address("10.0.1.10/24").Address("fd00:1::10/64").Gateway("10.0.1.1"));
    }

    public Lab Lab { get; }

    public Node Router { get; }

    public Node Host { get; }

    public FakeVm Vm { get; }

    public MacAddress RouterMac => Router.Device("eth0").Mac;

    public static async Task<RouterScene> BuildAsync(FrameTracing tracing = FrameTracing.Kernel)
    {
        var scene = new RouterScene(tracing);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    /// <summary>
    /// Where fragments for the host are put together, by the router's own counter: at the router where that tracks connections, as every namespace does
    /// on older kernels once the module openvswitch is loaded (nf_conncount_init).
    /// </summary>
    public async Task<string> ReassemblesAsync()
    {
        var lines = await Router.RunAsync(() => File.ReadAllLines("/proc/thread-self/net/snmp"));
        string[][] ip = [.. lines.Where(l => l.StartsWith("Ip: ", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        return ip[1][Array.IndexOf(ip[0], "ReasmReqds")] is "0" ? "host/eth0" : "router/eth0";
    }

    /// <summary>A datagram from the VM, for the host unless told otherwise, with the router's MAC address.</summary>
    public Frame Udp(string to = HostAddress, string from = "10.0.1.10", int payload = 20, IpOptions? options = null, MacAddress? mac = null) =>
        Frame.Udp(Vm.Mac, mac ?? RouterMac, IPAddress.Parse(from), IPAddress.Parse(to), 40_000, 53, new byte[payload],
            options ?? new IpOptions { Identification = 4711 });

    /// <inheritdoc cref="Udp"/>
    public Frame Udp6(string to = HostAddress6, string from = "fd00:1::10", int payload = 20, IpOptions? options = null) =>
        Frame.Udp(Vm.Mac, RouterMac, IPAddress.Parse(from), IPAddress.Parse(to), 40_000, 53, new byte[payload], options);

    public Task<Fate> SendAsync(Frame frame) => Vm.SendAsync(frame);

    /// <summary>Sends a datagram to the host after a command in the router.</summary>
    public async Task<Fate> SendAfterAsync(string command, Frame? frame = null)
    {
        await Router.DoAsync(command);
        return await Vm.SendAsync(frame ?? Udp());
    }

    /// <summary>Sends a datagram to the host after a setting of the router.</summary>
    public Task<Fate> SendWithAsync(string sysctl, string value, Frame? frame = null)
    {
        Router.WriteSysctl(sysctl, value);
        return Vm.SendAsync(frame ?? Udp());
    }

    /// <summary>The same frame with bytes of its IPv4 header changed, and the checksum made right again.</summary>
    public static Frame Ipv4(Frame frame, Action<byte[]> change)
    {
        var bytes = frame.Bytes.ToArray();
        change(bytes);
        (bytes[24], bytes[25]) = (0, 0);
        int length = Math.Max(20, (bytes[14] & 15) * 4), sum = 0;
        for (var i = 14; i < 14 + length; i += 2)
        {
            sum += (bytes[i] << 8) + bytes[i + 1];
        }

        sum = (sum & 0xffff) + (sum >> 16);
        sum = ~((sum & 0xffff) + (sum >> 16));
        (bytes[24], bytes[25]) = ((byte)(sum >> 8), (byte)sum);
        return Frame.FromBytes(bytes);
    }

    /// <summary>The same frame with options in its IPv4 header; their length is a multiple of four.</summary>
    public static Frame WithOptions(Frame frame, params byte[] options)
    {
        byte[] bytes = [.. frame.Bytes.Span[..34], .. options, .. frame.Bytes.Span[34..]];
        return Ipv4(Frame.FromBytes(bytes), b =>
        {
            b[14] = (byte)(0x40 | (5 + (options.Length / 4)));
            var total = b.Length - 14;
            (b[16], b[17]) = ((byte)(total >> 8), (byte)total);
        });
    }
}
