using System.Globalization;
using System.Net;
using NetLab.Linux;

namespace NetLab;

/// <summary>A socket as <c>/proc/net/udp</c> and <c>/proc/net/tcp</c> show it, or sock_diag(7).</summary>
/// <param name="Local">Where it listens.</param>
/// <param name="Remote">To whom it is connected; port 0 where it is not.</param>
/// <param name="Waiting">What waits in it to be read, in bytes; of a TCP socket that listens: how many connections wait to be accepted.</param>
internal sealed record KernelSocket(IPEndPoint Local, IPEndPoint Remote, int Waiting)
{
    private const string Listening = "0A", Connected = "01", Unconnected = "07";

    /// <summary>The number of the device that it is bound to, 0 where it is bound to none; null where the kernel was not asked, or does not tell.</summary>
    public int? Device { get; private init; }

    /// <summary>Whether it is one of IPv6 that takes no IPv4 (IPV6_V6ONLY); null where the kernel was not asked, or does not tell.</summary>
    public bool? IsIpv6Only { get; private init; }

    /// <summary>
    /// The IPv4 sockets of a node that take packets at a port, or those of IPv6 (<c>udp6</c>, <c>tcp6</c>); of TCP, those that listen.
    /// </summary>
    public static List<KernelSocket> At(Node node, string protocol, int port) =>
        [.. Read(node, protocol)
            .Where(s => s.Socket.Local.Port == port && (protocol is "tcp" or "tcp6" ? s.State is Listening : s.State is Connected or Unconnected))
            .Select(s => s.Socket)];

    /// <summary>The same, with what each is bound to, where the kernel tells that.</summary>
    public static List<KernelSocket> Bound(Node node, string protocol, int port)
    {
        try
        {
            return [.. SocketBindings.At(node.Live.Namespace, protocol is "tcp" or "tcp6", protocol.EndsWith('6'), port)
                .Select(s => new KernelSocket(s.Local, s.Remote, 0) { Device = s.InterfaceIndex, IsIpv6Only = s.IsIpv6Only })];
        }
        catch (LinuxException)
        {
            return At(node, protocol, port); // a kernel without inet_diag
        }
    }

    /// <summary>The sockets that listen at a TCP port, those of IPv6 too, which may take IPv4.</summary>
    public static List<KernelSocket> Listeners(Node node, int port) =>
        [.. ReadTcp(node).Where(s => s.State is Listening && s.Socket.Local.Port == port).Select(s => s.Socket)];

    /// <summary>Whether the node has a TCP connection between two ends, be it only asked for.</summary>
    public static bool HasConnection(Node node, IPEndPoint local, IPEndPoint remote) =>
        ReadTcp(node).Any(s => s.Socket.Local.Equals(local) && s.Socket.Remote.Equals(remote));

    /// <summary>How often a connection was refused in this node because a queue of connections was full.</summary>
    public static long Overflows(Node node) => CounterOf(node, "TcpExt", "ListenOverflows");

    /// <summary>A counter of <c>/proc/net/netstat</c>; 0 where the kernel has none of that name.</summary>
    public static long CounterOf(Node node, string group, string name)
    {
        string[][] lines = [.. Lines(node, "netstat").Where(l => l.StartsWith($"{group}:", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        var column = lines is [var names, _] ? Array.IndexOf(names, name) : -1;
        return column < 0 ? 0 : long.Parse(lines[1][column], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// What <c>/proc/net/sockstat</c>, or <c>sockstat6</c>, says of fragments that wait for others: <c>FRAG: inuse 1 memory 800</c>; null where none do.
    /// </summary>
    public static string? Fragments(Node node, bool isIpv6)
    {
        var (file, name) = isIpv6 ? ("sockstat6", "FRAG6") : ("sockstat", "FRAG");
        return Lines(node, file).FirstOrDefault(l => l.StartsWith($"{name}: inuse ", StringComparison.Ordinal)
            && !l.StartsWith($"{name}: inuse 0 ", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public override string ToString() => Remote.Port == 0 ? $"{Local}" : $"{Local} connected to {Remote}";

    private static IEnumerable<(KernelSocket Socket, string State)> ReadTcp(Node node) => Read(node, "tcp").Concat(Read(node, "tcp6"));

    // sl, local_address, rem_address, st, tx_queue:rx_queue: "0: 0100007F:0035 00000000:0000 07 00000000:00000000"
    private static IEnumerable<(KernelSocket Socket, string State)> Read(Node node, string protocol) =>
        Lines(node, protocol).Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 4)
            .Select(w => (new KernelSocket(Parse(w[1]), Parse(w[2]),
                int.Parse(w[4].AsSpan(w[4].IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture)), w[3]));

    /// <summary>
    /// Whether programs have joined an IPv4 group on a device with a choice of its senders: <c>/proc/net/mcfilter</c> has a line for each, which begins with
    /// the number of the device, its name, the group and the sender.
    /// </summary>
    public static bool HasSourceFilter(Node node, string device, IPAddress group) => node.Live.Route.FindLink(device) is { Index: var index }
        && Lines(node, "mcfilter").Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Any(w => w.Length > 3
            && w[0] == index.ToString(CultureInfo.InvariantCulture) && w[2] == $"0x{Convert.ToHexStringLower(group.GetAddressBytes())}");

    private static string[] Lines(Node node, string file)
    {
        using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile($"/proc/thread-self/net/{file}", 0), FileAccess.Read));
        return reader.ReadToEnd().Split('\n');
    }

    // An address is one number, or of IPv6 four, in the machine's own order, as %08X. What is IPv4 in IPv6 is IPv4.
    private static IPEndPoint Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var bytes = new byte[colon / 2];
        for (var i = 0; i < bytes.Length; i += 4)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(i), uint.Parse(text.AsSpan(2 * i, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }

        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address,
            int.Parse(text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
