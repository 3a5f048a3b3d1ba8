using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>What somebody asked another by a packet.</summary>
public enum QuestionKind
{
    /// <summary>Who has an IPv4 address (ARP).</summary>
    Arp,

    /// <summary>Who has an IPv6 address (neighbour discovery).</summary>
    NeighbourDiscovery,

    /// <summary>A TCP connection (SYN).</summary>
    Connection,

    /// <summary>A name (DNS).</summary>
    Name,

    /// <summary>An echo (ping).</summary>
    Ping,
}

/// <summary>
/// A packet that wants an answer, and how that is known again, wherever it is seen: also behind a router that has translated addresses. Pure: needs no kernel.
/// Two that are equal are the same question, asked again.
/// </summary>
internal abstract record Question(QuestionKind Kind)
{
    /// <summary>The question that a frame asks; null where it asks none, or one that wants no answer (a gratuitous ARP, duplicate address detection).</summary>
    public static Question? Of(Frame frame) =>
        frame.Arp is { Operation: ArpOperation.Request } arp
            ? arp.SenderIp == arp.TargetIp || arp.SenderIp.ToUInt32() == 0 ? null : new ArpQuestion(arp.SenderIp, arp.TargetIp)
        : frame.NeighborSolicitation is { } nd
            ? frame.Ipv6 is { } from && from.Source != default ? new NeighbourQuestion(nd.Target) : null
        : frame.Tcp is { } tcp && (tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn && Ends(frame) is var (_, server)
            ? new ConnectionQuestion(server, tcp.DestinationPort, tcp.SequenceNumber)
        : frame.Udp is { DestinationPort: DnsPort } udp && IdOf(udp) is { } id && Ends(frame) is var (_, resolver)
            ? new NameQuestion(resolver, id, frame.Dns?.Questions is [var asked, ..] ? $"{asked.Name} ({asked.Type})" : "a name")
        : frame.Icmp is { Type: IcmpType.EchoRequest } echo && Ends(frame) is var (_, pinged)
            ? new PingQuestion(pinged, echo.Identifier, echo.SequenceNumber)
        : frame.Icmpv6 is { Type: Icmpv6Type.EchoRequest } echo6 && Ends(frame) is var (_, pinged6)
            ? new PingQuestion(pinged6, (ushort)(echo6.RestOfHeader >> 16), (ushort)echo6.RestOfHeader)
        : null;

    protected const int DnsPort = 53;

    /// <summary>Whom or what is asked, and for what: <c>10.0.2.2 for a connection to TCP port 80</c>.</summary>
    public abstract string Words { get; }

    /// <summary>Who is asked; null for who asks everybody.</summary>
    public virtual IPAddress? Asked => null;

    /// <summary>The address that the question is after.</summary>
    public abstract IPAddress Target { get; }

    /// <summary>How often it is asked as one: all pings of a row are.</summary>
    public virtual object Group => this;

    /// <summary>Whether another is the same, wherever it was seen: also where its addresses were translated on the way.</summary>
    public virtual bool IsSameAs(Question? other) => other is not null && Group.Equals(other.Group);

    /// <summary>Whether a frame is its answer, a refusal too.</summary>
    public abstract bool IsAnsweredBy(Frame frame);

    /// <summary>Whether an ICMP error is about it: that is an answer, too.</summary>
    public virtual bool IsRefusedBy(Frame frame) => false;

    private protected static (IPAddress From, IPAddress To)? Ends(Frame frame) =>
        frame.Ipv4 is { } ip4 ? (ip4.Source, ip4.Destination) : frame.Ipv6 is { } ip6 ? (ip6.Source, ip6.Destination) : null;

    private protected static ushort? IdOf(UdpDatagram udp) =>
        udp.Payload.Length >= 12 ? (ushort)((udp.Payload.Span[0] << 8) | udp.Payload.Span[1]) : null;

    // The packet that an ICMP error quotes, as far as it does.
    private protected static (IPAddress To, byte Protocol, ReadOnlyMemory<byte> Transport)? Quoted(Frame frame)
    {
        if (frame.Icmp is { IsError: true } v4 && v4.Payload is { Length: >= 28 } packet && packet.Span[0] >> 4 == 4)
        {
            return (new IPAddress(packet.Span[16..20]), packet.Span[9], packet[Math.Min(packet.Length, (packet.Span[0] & 15) * 4)..]);
        }

        return frame.Icmpv6 is { } v6 && (byte)v6.Type < 128 && v6.Payload is { Length: >= 48 } packet6
            ? (new IPAddress(packet6.Span[24..40]), packet6.Span[6], packet6[40..]) : null;
    }
}

internal sealed record ArpQuestion(Ipv4Address From, Ipv4Address For) : Question(QuestionKind.Arp)
{
    public override string Words => $"who has {For} (ARP)";

    public override IPAddress Target => For;

    public override bool IsAnsweredBy(Frame frame) => frame.Arp is { Operation: ArpOperation.Reply } reply && reply.SenderIp == For && reply.TargetIp == From;
}

internal sealed record NeighbourQuestion(Ipv6Address For) : Question(QuestionKind.NeighbourDiscovery)
{
    public override string Words => $"who has {For} (neighbour discovery)";

    public override IPAddress Target => For;

    public override bool IsAnsweredBy(Frame frame) => frame.NeighborAdvertisement is { } answer && answer.Target == For;
}

// A router that translates addresses and ports leaves the sequence numbers.
internal sealed record ConnectionQuestion(IPAddress Server, ushort Port, uint Sequence) : Question(QuestionKind.Connection)
{
    public override string Words => $"{Server} for a connection to TCP port {Port}";

    public override IPAddress Asked => Server;

    public override IPAddress Target => Server;

    public override bool IsSameAs(Question? other) => other is ConnectionQuestion same && same.Sequence == Sequence;

    public override bool IsAnsweredBy(Frame frame) =>
        frame.Tcp is { } tcp && tcp.AcknowledgmentNumber == Sequence + 1 && (tcp.Flags & (TcpFlags.Syn | TcpFlags.Rst)) != 0;

    public override bool IsRefusedBy(Frame frame) =>
        Quoted(frame) is (_, 6, { Length: >= 8 } segment) && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(segment.Span[4..]) == Sequence;
}

internal sealed record NameQuestion(IPAddress Resolver, ushort Id, string Name) : Question(QuestionKind.Name)
{
    public override string Words => $"{Resolver} for the name {Name}";

    public override IPAddress Asked => Resolver;

    public override IPAddress Target => Resolver;

    public override object Group => (Resolver, Name);

    public override bool IsSameAs(Question? other) => other is NameQuestion same && same.Id == Id && same.Name == Name;

    public override bool IsAnsweredBy(Frame frame) => frame.Udp is { SourcePort: DnsPort } udp && IdOf(udp) == Id;

    public override bool IsRefusedBy(Frame frame) =>
        Quoted(frame) is var (to, protocol, datagram) && protocol == 17 && to.Equals(Resolver) && datagram.Length >= 8
            && ((datagram.Span[2] << 8) | datagram.Span[3]) == DnsPort;
}

internal sealed record PingQuestion(IPAddress Pinged, ushort Id, ushort Number) : Question(QuestionKind.Ping)
{
    public override string Words => $"{Pinged} for an echo (ping)";

    public override IPAddress Asked => Pinged;

    public override IPAddress Target => Pinged;

    public override object Group => (Pinged, Id);

    public override bool IsSameAs(Question? other) => other is PingQuestion same && (same.Id, same.Number) == (Id, Number);

    public override bool IsAnsweredBy(Frame frame) =>
        (frame.Icmp is { Type: IcmpType.EchoReply } reply && reply.Identifier == Id && reply.SequenceNumber == Number)
        || (frame.Icmpv6 is { Type: Icmpv6Type.EchoReply } reply6 && (reply6.RestOfHeader >> 16) == Id && (ushort)reply6.RestOfHeader == Number);

    public override bool IsRefusedBy(Frame frame) => Quoted(frame) is var (to, protocol, _) && protocol is 1 or 58 && to.Equals(Pinged);
}
