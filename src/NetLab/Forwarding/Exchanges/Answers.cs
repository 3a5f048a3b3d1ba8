using NetLab.Packets;

namespace NetLab;

/// <summary>What answers what: ARP (RFC 826), neighbour discovery (RFC 4861), echo (RFC 792, RFC 4443), TCP (RFC 9293), and UDP by its ports.</summary>
internal static class Answers
{
    /// <summary>Whether a frame is of a kind that should be answered.</summary>
    public static bool IsExpectedFor(Frame request) =>
        request is { Arp.Operation: ArpOperation.Request } or { NeighborSolicitation: not null } or { Icmp.Type: IcmpType.EchoRequest }
            or { Icmpv6.Type: Icmpv6Type.EchoRequest } || IsForConnection(request);

    /// <summary>Whether a frame is the answer to another, as it was where it was taken.</summary>
    public static bool Is(Frame answer, Frame request) => request switch
    {
        { Arp: { } asked } => answer.Arp is { Operation: ArpOperation.Reply } reply && reply.SenderIp == asked.TargetIp,
        { NeighborSolicitation: { } asked } => answer.NeighborAdvertisement is { } told && told.Target.Equals(asked.Target),
        { Icmp: { Type: IcmpType.EchoRequest } asked } => answer.Icmp is { Type: IcmpType.EchoReply } reply
            && reply.Identifier == asked.Identifier && reply.SequenceNumber == asked.SequenceNumber,
        { Icmpv6: { Type: Icmpv6Type.EchoRequest } asked } => answer.Icmpv6 is { Type: Icmpv6Type.EchoReply } reply
            && reply.Identifier == asked.Identifier && reply.SequenceNumber == asked.SequenceNumber,
        { Tcp: { } asked } => answer.Tcp is { } segment && segment.SourcePort == asked.DestinationPort && segment.DestinationPort == asked.SourcePort,
        { Udp: { } asked } => answer.Udp is { } datagram && datagram.SourcePort == asked.DestinationPort && datagram.DestinationPort == asked.SourcePort,
        _ => false,
    };

    private static bool IsForConnection(Frame request) =>
        request.Tcp is { } tcp && (tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn;
}
