using System.Globalization;
using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>
/// Which frames are of interest, on one line, in the words of a <c>send</c> step: <c>udp port=53</c>, <c>icmp</c>, <c>arp</c>, <c>tcp dst=10.0.0.0/24
/// dst=443</c>, <c>mac=fa:16:3e:00:00:01</c>,
/// <c>vlan=7</c>, <c>type=0x88b5</c>. Every word must be true of a frame; <c>!</c> before a word turns it round. Without words it is every frame.
/// </summary>
public sealed class FrameFilter
{
    private const string Sample = "like 'udp port=53', 'icmp', 'src=10.0.0.1', 'dst=10.0.0.0/24', 'mac=fa:16:3e:00:00:01', 'vlan=7', '!arp'";

    private static readonly Dictionary<string, Func<Frame, bool>> Kinds = new()
    {
        ["arp"] = f => f.Arp is not null,
        ["ip"] = f => f.Ipv4 is not null,
        ["ip6"] = f => f.Ipv6 is not null,
        ["icmp"] = f => f.Icmp is not null || f.Icmpv6 is not null,
        ["udp"] = f => f.Udp is not null,
        ["tcp"] = f => f.Tcp is not null,
        ["broadcast"] = f => f.Destination.IsBroadcast,
        ["multicast"] = f => f.Destination is { IsMulticast: true, IsBroadcast: false },
    };

    private static readonly Dictionary<string, Func<string, Func<Frame, bool>?>> Keys = new()
    {
        ["src"] = value => Address(value, f => [Source(f)]) ?? Port(value, f => [Ports(f)?.Source]),
        ["dst"] = value => Address(value, f => [Destination(f)]) ?? Port(value, f => [Ports(f)?.Destination]),
        ["host"] = value => Address(value, f => [Source(f), Destination(f)]),
        ["port"] = value => Port(value, f => [Ports(f)?.Source, Ports(f)?.Destination]),
        ["src_mac"] = value => Mac(value, f => [f.Source]),
        ["dst_mac"] = value => Mac(value, f => [f.Destination]),
        ["mac"] = value => Mac(value, f => [f.Source, f.Destination]),
        ["vlan"] = value => Number(value, 4095) is { } id ? f => f.VlanId == id : null,
        ["type"] = value => Number(value, ushort.MaxValue) is { } type ? f => f.EtherType == type : null,
    };

    private static readonly Dictionary<string, string> Values = new()
    {
        ["src"] = "an address, a network or a port", ["dst"] = "an address, a network or a port", ["host"] = "an address or a network",
            ["port"] = "a port from 0 to 65535",
        ["src_mac"] = "a MAC address", ["dst_mac"] = "a MAC address", ["mac"] = "a MAC address", ["vlan"] = "a VLAN from 0 to 4095",
            ["type"] = "an EtherType like 0x88b5",
    };

    private readonly List<Func<Frame, bool>> _conditions;

    private FrameFilter(List<Func<Frame, bool>> conditions) => _conditions = conditions;

    /// <summary>Reads a filter.</summary>
    /// <param name="line">The line; null or empty for every frame.</param>
    /// <param name="name">What the line is called where something is wrong with it: <c>--filter</c>.</param>
    /// <exception cref="ScenarioException">A word is none; places are those of the line.</exception>
    public static FrameFilter Parse(string? line, string name = "--filter")
    {
        var binding = new Binding(name);
        var conditions = new List<Func<Frame, bool>>();
        foreach ((var word, var at) in FrameLine.Words(line ?? ""))
        {
            var isNot = word[0] == '!';
            if (Condition(isNot ? word[1..] : word, isNot ? at.Shift(1) : at, binding) is { } condition)
            {
                conditions.Add(isNot ? f => !condition(f) : condition);
            }
        }
        return binding.Count == 0 ? new FrameFilter(conditions) : throw new ScenarioException(binding.Diagnostics);
    }

    /// <summary>Whether all words are true of a frame.</summary>
    public bool Matches(Frame frame) => _conditions.TrueForAll(c => c(frame));

    private static Func<Frame, bool>? Condition(string word, Position at, Binding binding)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? word : word[..equals];
        if (equals < 0 && Kinds.TryGetValue(key, out var kind))
        {
            return kind;
        }
        if (equals < 0 || !Keys.TryGetValue(key, out var read))
        {
            string[] known = equals < 0 ? [.. Kinds.Keys] : [.. Keys.Keys];
            binding.Report(at, equals < 0 ? $"'{word}' is no kind of frame" : $"a filter has no key '{key}'", Spelling.Nearest(key, known) is { } near
                ? $"did you mean '{near}'?" : Sample);
            return null;
        }
        if (read(word[(equals + 1)..]) is { } condition)
        {
            return condition;
        }
        binding.Report(at.Shift(equals + 1), $"'{word[(equals + 1)..]}' is not what {key} takes", Values[key]);
        return null;
    }

    private static Func<Frame, bool>? Address(string value, Func<Frame, IPAddress?[]> of)
    {
        if (AddressWords.TryParseIp(value, out var address))
        {
            return f => of(f).Any(a => address.Equals(a));
        }
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !AddressWords.TryParseIp(value[..slash], out _))
        {
            return null;
        }
        try
        {
            // Any address of a network stands for it.
            var network = InterfaceAddress.Parse(value).Network;
            return f => of(f).Any(a => a is not null && a.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(a));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Func<Frame, bool>? Port(string value, Func<Frame, int?[]> of) =>
        Number(value, ushort.MaxValue) is { } port ? f => of(f).Contains(port) : null;

    private static Func<Frame, bool>? Mac(string value, Func<Frame, MacAddress[]> of) =>
        MacAddress.TryParse(value, out var mac) ? f => of(f).Contains(mac) : null;

    private static int? Number(string value, int most)
    {
        var isHex = value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return int.TryParse(isHex ? value[2..] : value, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) && number >= 0 && number <= most ? number : null;
    }

    private static IPAddress? Source(Frame f) =>
        f.Ipv4 is { } ip4 ? ip4.Source : f.Ipv6 is { } ip6 ? ip6.Source : f.Arp is { } arp ? arp.SenderIp : (IPAddress?)null;

    private static IPAddress? Destination(Frame f) =>
        f.Ipv4 is { } ip4 ? ip4.Destination : f.Ipv6 is { } ip6 ? ip6.Destination : f.Arp is { } arp ? arp.TargetIp : (IPAddress?)null;

    private static (int Source, int Destination)? Ports(Frame f) =>
        f.Udp is { } udp ? (udp.SourcePort, udp.DestinationPort) : f.Tcp is { } tcp ? (tcp.SourcePort, tcp.DestinationPort) : null;
}
