using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using NetLab.Packets;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

// What a frame of a `send` step carries: one class and one shape for each kind of content.

/// <summary>A UDP datagram or a TCP segment.</summary>
internal sealed class PortsEntry : Entry
{
    private static readonly ScalarShape<long> Sequence = Scalars.LongNumber("a sequence number", 0, uint.MaxValue);

    private static readonly ListShape<string> FlagList = new("flag", Scalars.OneOf("a flag", "syn", "ack", "fin", "rst", "psh", "urg"), single: true);

    public static readonly ObjectShape<PortsEntry> Udp = new ObjectShape<PortsEntry>("udp", "a UDP datagram")
        .With("dst", "The destination port.", Scalars.Port, (udp, value) => udp.Destination = value.Value, required: true)
        .With("src", "The source port; 40000 when absent.", Scalars.Port, (udp, value) => udp.Source = value.Value)
        .With("payload", "The payload, as text.", Scalars.Text, (udp, value) => udp.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", FrameShapes.Size, (udp, value) => udp.Size = value.Value)
        .OrShort("53", "^[0-9]+$", OnePort);

    public static readonly ObjectShape<PortsEntry> Tcp = new ObjectShape<PortsEntry>("tcp", "a TCP segment")
        .With("dst", "The destination port.", Scalars.Port, (tcp, value) => tcp.Destination = value.Value, required: true)
        .With("src", "The source port; 40000 when absent.", Scalars.Port, (tcp, value) => tcp.Source = value.Value)
        .With("seq", "The sequence number; 0 when absent.", Sequence, (tcp, value) => tcp.SequenceNumber = (uint)value.Value)
        .With("ack", "The acknowledgment number; 0 when absent.", Sequence, (tcp, value) => tcp.AcknowledgmentNumber = (uint)value.Value)
        .With("flags", "Its flags; syn when absent.", FlagList, (tcp, value) => tcp.Flags = value.Value)
        .With("payload", "The payload, as text.", Scalars.Text, (tcp, value) => tcp.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", FrameShapes.Size, (tcp, value) => tcp.Size = value.Value)
        .OrShort("80", "^[0-9]+$", OnePort);

    public int Source { get; set; } = 40000;

    public int Destination { get; set; }

    public uint SequenceNumber { get; private set; }

    public uint AcknowledgmentNumber { get; private set; }

    public string? Payload { get; set; }

    public int? Size { get; set; }

    public IReadOnlyList<Located<string>> Flags { get; set; } = [];

    private static PortsEntry? OnePort(YamlScalar scalar, string what, Binding binding) =>
        Scalars.Port.TryBind(scalar, what, binding, out var port) ? new PortsEntry { Destination = port } : null;
}

/// <summary>An ICMP or ICMPv6 echo.</summary>
internal sealed class EchoEntry : Entry
{
    private static readonly ScalarShape<bool> Type = FrameShapes.Either("a type", "echo-request", "echo-reply");

    public static readonly ObjectShape<EchoEntry> Icmp = new ObjectShape<EchoEntry>("icmp", "an ICMP echo")
        .With("type", "'echo-request' (as if absent) or 'echo-reply'.", Type, (echo, value) => echo.Request = value.Value)
        .With("id", "The identifier; 1 when absent.", Scalars.Port, (echo, value) => echo.Id = value.Value)
        .With("seq", "The sequence number; 1 when absent.", Scalars.Port, (echo, value) => echo.Sequence = value.Value)
        .With("size", "Bytes of payload.", FrameShapes.Size, (echo, value) => echo.Size = value.Value)
        .OrShort("echo-request", "^echo-(request|reply)$", (scalar, what, binding) =>
            Type.TryBind(scalar, what, binding, out var request) ? new EchoEntry { Request = request } : null);

    public bool Request { get; set; } = true;

    public int Id { get; set; } = 1;

    public int Sequence { get; set; } = 1;

    public int? Size { get; set; }
}

/// <summary>An ARP message.</summary>
internal sealed class ArpEntry : Entry
{
    private static readonly ScalarShape<bool> Op = FrameShapes.Either("an operation", "request", "reply");

    public static readonly ObjectShape<ArpEntry> Arp = new ObjectShape<ArpEntry>("arp", "an ARP message")
        .With("op", "'request' (as if absent) or 'reply'.", Op, (arp, value) => arp.Request = value.Value)
        .OrShort("request", "^(request|reply)$", (scalar, what, binding) =>
            Op.TryBind(scalar, what, binding, out var request) ? new ArpEntry { Request = request } : null);

    public bool Request { get; set; } = true;
}

/// <summary>A frame with nothing but a header and a payload.</summary>
internal sealed class EthernetEntry : Entry
{
    private static readonly ScalarShape<int> EtherType = new("an EtherType", "0x88b5",
        scalar => (scalar.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                ? int.TryParse(scalar.Text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
                : int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out number)) && number is >= 0 and <= 0xffff
            ? (number, null)
            : (0, new Problem($"{scalar.Noun} is not an EtherType", "two bytes, like 0x88b5 (for experiments) or 0x0800 (IPv4)")),
        () => new JsonObject { ["type"] = new JsonArray("integer", "string") });

    public static readonly ObjectShape<EthernetEntry> Ethernet = new ObjectShape<EthernetEntry>("ethernet", "a bare Ethernet frame")
        .With("type", "The EtherType; 0x88b5 is free for experiments.", EtherType, (frame, value) => frame.Type = value.Value, required: true)
        .With("payload", "The payload, as text.", Scalars.Text, (frame, value) => frame.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", FrameShapes.Size, (frame, value) => frame.Size = value.Value);

    public int Type { get; set; }

    public string? Payload { get; set; }

    public int? Size { get; set; }
}

/// <summary>The neighbour advertisement of a <c>send</c> step.</summary>
internal sealed class NeighborAdvertisementEntry : Entry
{
    private static readonly ScalarShape<IPAddress> Claimed = Scalars.Address.But(address => address.AddressFamily is AddressFamily.InterNetworkV6 ? null
        : new Problem($"{address} is no address of IPv6", "one like fd00::1; for IPv4 'arp: reply' with 'src'"));

    public static readonly ObjectShape<NeighborAdvertisementEntry> Shape =
        new ObjectShape<NeighborAdvertisementEntry>("na", "a neighbour advertisement")
        .With("address", "The IPv6 address that the sender claims.", Claimed, (na, value) => na.Address = value.Value, required: true)
        .OrShort("fd00::1", "^[0-9A-Fa-f.:]+$", (scalar, what, binding) =>
            Claimed.TryBind(scalar, what, binding, out var address) ? new NeighborAdvertisementEntry { Address = address } : null);

    public IPAddress Address { get; private set; } = IPAddress.IPv6None;
}

/// <summary>A router advertisement.</summary>
internal sealed class RouterAdvertisementEntry : Entry
{
    private static readonly ScalarShape<InterfaceAddress> Prefix = new("a prefix", "2001:db8::/64",
        scalar => Network(scalar.Text) is { } prefix ? (prefix, null)
            : (default, new Problem($"{scalar.Noun} is not an IPv6 prefix", "a network and its length, like 2001:db8::/64")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:]+/[0-9]{1,3}$" });

    public static readonly ObjectShape<RouterAdvertisementEntry> Shape = new ObjectShape<RouterAdvertisementEntry>("ra", "a router advertisement")
        .With("prefix", "The prefix for hosts to make addresses of.", Prefix, (ra, value) => ra.Network6 = value.Value)
        .With("lifetime", "For how long the sender is a default router; 1800 s when absent, with 0 it is none.", Scalars.Duration, (ra, value) =>
            ra.Lifetime = value.Value)
        .OrShort("2001:db8::/64", "^[0-9A-Fa-f:]+/[0-9]{1,3}$", (scalar, what, binding) =>
            Prefix.TryBind(scalar, what, binding, out var prefix) ? new RouterAdvertisementEntry { Network6 = prefix } : null);

    private InterfaceAddress? Network6 { get; set; }

    private TimeSpan Lifetime { get; set; } = TimeSpan.FromSeconds(1800);

    public RouterAdvertisement ToAdvertisement() => new()
    {
        RouterLifetime = (ushort)Lifetime.TotalSeconds,
        Prefixes = Network6 is { } prefix ? [new NdpPrefix(Ipv6Address.From(prefix.Address), (byte)prefix.PrefixLength)] : [],
    };

    private static InterfaceAddress? Network(string text)
    {
        try
        {
            return text.Contains('/', StringComparison.Ordinal) && InterfaceAddress.Parse(text) is { IsIPv6: true } network ? network : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>Words that several kinds of content share.</summary>
internal static class FrameShapes
{
    public static readonly ScalarShape<int> Size = Scalars.Number("a payload size", 0, 65507, "1000", "bytes");

    public static readonly ScalarShape<byte[]> Hex = new("bytes in hex", "'ff ff ff ff ff ff 02 00 00 00 00 01 88 b5'",
        scalar =>
        {
            var digits = string.Concat(scalar.Text.Where(character => !char.IsWhiteSpace(character) && character is not (':' or '-')));
            return digits.Length % 2 == 0 && digits.Length > 0 && digits.All(char.IsAsciiHexDigit)
                ? (Convert.FromHexString(digits), null)
                : ([], new Problem($"{scalar.Noun} is not bytes in hex", "two hex digits a byte, spaces and colons as you like"));
        },
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:\\s-]+$" });

    /// <summary>One of two words; true for the first.</summary>
    public static ScalarShape<bool> Either(string noun, string yes, string no) => new(noun, yes,
        scalar => scalar.Text == yes ? (true, null) : scalar.Text == no ? (false, null) : (true, new Problem($"{scalar.Noun} is not known", $"{yes} or {no}")),
        () => new JsonObject { ["enum"] = new JsonArray(yes, no) });
}
