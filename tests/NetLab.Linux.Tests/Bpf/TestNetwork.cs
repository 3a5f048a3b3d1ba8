using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>Namespaces with taps and bridges, made by iproute2 and nft, and a tracer that watches them. All of it goes with the object.</summary>
internal sealed class TestNetwork : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<IDisposable> owned = [];
    private readonly Dictionary<ulong, string> names = [];
    private readonly List<TraceEvent> events = [];

    public TestNetwork(TracerOptions? options = null)
    {
        Tracer = KernelTracer.Start(options);
    }

    public KernelTracer Tracer { get; }

    /// <summary>All events so far, in the order of their times.</summary>
    public IReadOnlyList<TraceEvent> Events => [.. events.OrderBy(e => e.Timestamp)];

    /// <summary>A new namespace, quiet (no IPv6), and traced unless said otherwise.</summary>
    public NetworkNamespace Namespace(string name, bool traced = true)
    {
        var ns = Own(NetworkNamespace.Create());
        ns.WriteSysctl("net.ipv6.conf.all.disable_ipv6", "1");
        ns.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        ns.WriteSysctl("net.ipv4.ip_forward", "0");
        ns.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        names[ns.Inode] = name;
        if (traced)
        {
            Tracer.AddNamespace(ns.Inode);
        }

        return ns;
    }

    public Tap Tap(NetworkNamespace ns, string name)
    {
        var tap = Own(NetLab.Linux.Tap.Create(ns, name));
        Ip(ns, $"link set {name} up");
        return tap;
    }

    /// <summary>A bridge without multicast snooping and without a network of its own, with these ports.</summary>
    public static void Bridge(NetworkNamespace ns, string name, params string[] ports)
    {
        Ip(ns, [$"link add {name} type bridge mcast_snooping 0", .. ports.Select(p => $"link set {p} master {name}"), $"link set {name} up"]);
        Ethtool.RunLinkWatch(ns, ports);
    }

    public static void Veth(NetworkNamespace ns, string name, NetworkNamespace peerNs, string peer)
    {
        Ip(ns, $"link add {name} type veth peer name {peer} netns {PathOf(peerNs)}", $"link set {name} up");
        Ip(peerNs, $"link set {peer} up");
        Ethtool.RunLinkWatch(ns, [name]);
        Ethtool.RunLinkWatch(peerNs, [peer]);
    }

    public static void Ip(NetworkNamespace ns, params string[] lines) => Run(ns, "ip", string.Join('\n', lines) + '\n', "-batch", "-");

    public static void Nft(NetworkNamespace ns, string ruleset) => Run(ns, "nft", ruleset, "-f", "-");

    /// <summary>Runs a program in the namespace; what it wrote.</summary>
    public static string Run(NetworkNamespace ns, string program, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("nsenter") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[$"--net={PathOf(ns)}", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.Result}\n{input}");
        return output;
    }

    public static PhysicalAddress MacOf(NetworkNamespace ns, string device)
    {
        var line = Run(ns, "ip", "", "-o", "link", "show", device);
        var start = line.IndexOf("link/ether ", StringComparison.Ordinal) + "link/ether ".Length;
        return PhysicalAddress.Parse(line.AsSpan(start, 17));
    }

    /// <summary>Reads all that the ring holds.</summary>
    public void Drain() => Tracer.Drain((in TraceRecord record) => events.Add(record.ToEvent()));

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

            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Not seen in {Patience.TotalSeconds} s; what was seen:\n{string.Join('\n', Events.Select(Describe))}");
            Thread.Yield();
        }
    }

    /// <summary><c>NetifReceiveSkb a/tap0</c>.</summary>
    public string Brief(TraceEvent e) => $"{e.Kind} {names.GetValueOrDefault(e.Namespace, e.Namespace.ToString(CultureInfo.InvariantCulture))}/{e.DeviceName}";

    public void Dispose()
    {
        Tracer.Dispose();
        owned.Reverse();
        foreach (var one in owned)
        {
            one.Dispose();
        }
    }

    public T Own<T>(T one)
        where T : IDisposable
    {
        owned.Add(one);
        return one;
    }

    private string Describe(TraceEvent e) => $"{names.GetValueOrDefault(e.Namespace)} {e}";

    private static string PathOf(NetworkNamespace ns) => $"/proc/{Environment.ProcessId}/fd/{ns.Handle.DangerousGetHandle()}";
}

/// <summary>A frame that no other frame is taken for: eight random bytes are in its payload.</summary>
internal sealed class TestFrame
{
    private readonly byte[] mark = new byte[8];

    private TestFrame(byte[] header, int payload)
    {
        Random.Shared.NextBytes(mark);
        Bytes = [.. header, .. mark, .. new byte[Math.Max(0, payload - mark.Length)]];
    }

    public byte[] Bytes { get; }

    /// <summary>An Ethernet frame of an EtherType for experiments (IEEE 802, 0x88B5).</summary>
    public static TestFrame Ethernet(string destination = "02-00-00-00-00-02", int payload = 50) =>
        new([.. PhysicalAddress.Parse(destination).GetAddressBytes(), 2, 0, 0, 0, 0, 1, 0x88, 0xB5], payload);

    /// <summary>A UDP datagram, without a UDP checksum.</summary>
    public static TestFrame Udp(PhysicalAddress destination, string from, string to, int port, byte timeToLive = 64, int payload = 22)
    {
        byte[] ip = [0x45, 0, (byte)((28 + payload) >> 8), (byte)(28 + payload), 0, 1, 0x40, 0, timeToLive, 17, 0, 0, .. System.Net.IPAddress.Parse(from).GetAddressBytes(), .. System.Net.IPAddress.Parse(to).GetAddressBytes()];
        var sum = 0;
        for (var i = 0; i < 20; i += 2)
        {
            sum += (ip[i] << 8) | ip[i + 1];
        }

        sum = ~((sum & 0xFFFF) + (sum >> 16));
        (ip[10], ip[11]) = ((byte)(sum >> 8), (byte)sum);
        return new([.. destination.GetAddressBytes(), 2, 0, 0, 0, 0, 1, 8, 0, .. ip, 0x9C, 0x40, (byte)(port >> 8), (byte)port, (byte)((8 + payload) >> 8), (byte)(8 + payload), 0, 0], payload);
    }

    public bool IsIn(TraceEvent e) => e.Bytes.Span.IndexOf(mark) >= 0;
}
