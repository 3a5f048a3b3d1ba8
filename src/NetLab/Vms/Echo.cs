using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab;

/// <summary>Echo requests and replies, the same for both IP versions (RFC 792, RFC 4443).</summary>
internal static class Echo
{
    public static Frame Request(MacAddress fromMac, MacAddress toMac, IPAddress from, IPAddress to, ushort id, ushort sequence,
        ReadOnlySpan<byte> payload, ushort mark) =>
        to.AddressFamily == AddressFamily.InterNetworkV6
            ? Frame.Icmpv6Echo(fromMac, toMac, from, to, Icmpv6Type.EchoRequest, id, sequence, payload, new IpOptions { FlowLabel = mark })
            : Frame.IcmpEcho(fromMac, toMac, from, to, IcmpType.EchoRequest, id, sequence, payload, new IpOptions { Identification = mark });

    /// <summary>Who asks by an echo request; null where the frame is none.</summary>
    public static IPAddress? AskerOf(Frame frame) => frame switch
    {
        { Icmp.Type: IcmpType.EchoRequest, Ipv4: { } ip4 } => ip4.Source,
        { Icmpv6.Type: Icmpv6Type.EchoRequest, Ipv6: { } ip6 } => ip6.Source,
        _ => null,
    };

    /// <summary>The answer to an echo request, or null where the frame is none.</summary>
    public static Frame? AnswerTo(Frame frame, MacAddress own, MacAddress to, ushort mark)
    {
        if (frame.Icmp is { Type: IcmpType.EchoRequest } echo && frame.Ipv4 is { } ip4)
        {
            return Frame.IcmpEcho(own, to, ip4.Destination, ip4.Source, IcmpType.EchoReply, echo.Identifier, echo.SequenceNumber, echo.Payload.Span,
                new IpOptions { Identification = mark });
        }

        if (frame.Icmpv6 is { Type: Icmpv6Type.EchoRequest } echo6 && frame.Ipv6 is { } ip6)
        {
            return Frame.Icmpv6Echo(own, to, ip6.Destination, ip6.Source, Icmpv6Type.EchoReply, echo6.Identifier, echo6.SequenceNumber,
                echo6.Payload.Span,
                new IpOptions { FlowLabel = mark });
        }

        return null;
    }

    public static bool IsReply(Frame frame, ushort id, ushort sequence) =>
        frame.Icmp is { Type: IcmpType.EchoReply } reply ? reply.Identifier == id && reply.SequenceNumber == sequence
        : frame.Icmpv6 is { Type: Icmpv6Type.EchoReply } reply6 && reply6.Identifier == id && reply6.SequenceNumber == sequence;

    /// <summary>An echo request as a raw socket sends it: the ICMP message alone. The kernel fills in the checksum of ICMPv6.</summary>
    public static byte[] Message(bool v6, ushort id, ushort sequence, ReadOnlySpan<byte> payload)
    {
        var message = new byte[IcmpMessage.HeaderLength + payload.Length];
        if (v6)
        {
            Icmpv6Message.Echo(Icmpv6Type.EchoRequest, id, sequence, default).Write(message, payload, 0);
        }
        else
        {
            IcmpMessage.Echo(IcmpType.EchoRequest, id, sequence, default).Write(message, payload);
        }

        return message;
    }

    /// <summary>Whether a message that a raw socket received is the reply. An IPv4 raw socket hands out the IP header too.</summary>
    public static bool IsReply(ReadOnlyMemory<byte> received, bool v6, ushort id, ushort sequence) =>
        v6
            ? Icmpv6Message.TryParse(received, out var message6) && message6.Type == Icmpv6Type.EchoReply && message6.Identifier == id
            && message6.SequenceNumber == sequence
            : Ipv4Packet.TryParse(received, out var ip) && IcmpMessage.TryParse(ip.Payload, out var message)
                && message.Type == IcmpType.EchoReply && message.Identifier == id && message.SequenceNumber == sequence;
}
