using System.Buffers.Binary;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// By what a frame is known again after bridges tagged it, routers aged it, NAT rewrote it or a tunnel wrapped it: the
/// protocol, the IPv4 identification or IPv6 flow label, and the bytes above the transport header.
/// </summary>
internal readonly struct FrameIdentity
{
    private readonly int _protocol;
    private readonly uint? _mark;
    private readonly ReadOnlyMemory<byte> _content;
    private readonly Frame? _inner;
    private readonly bool _isFragment;

    private FrameIdentity(int protocol, uint? mark, ReadOnlyMemory<byte> content, Frame? inner, bool isFragment = false)
    {
        _isFragment = isFragment;
        _protocol = protocol;
        _mark = mark;
        _content = content;
        _inner = inner;
    }

    /// <summary>A number that frames of the same identity have in common, and others hardly ever.</summary>
    public int Key
    {
        get
        {
            var key = default(HashCode);
            key.Add(_protocol);
            key.Add(_mark);
            key.AddBytes(_content.Span);
            return key.ToHashCode();
        }
    }

    public static FrameIdentity Of(Frame frame)
    {
        if (frame.Ipv4 is { } ip4)
        {
            return new FrameIdentity(0x10000 + (int)ip4.Protocol, ip4.Identification, Content(frame, ip4.Payload), frame.Inner, ip4.IsFragment);
        }

        if (frame.Ipv6 is { } ip6)
        {
            return new FrameIdentity(0x20000 + (int)ip6.Protocol, (uint)ip6.FlowLabel, Content(frame, ip6.Payload), frame.Inner);
        }

        // What Ethernet pads, ARP does not mean.
        var payload = frame.Payload;
        return new FrameIdentity(frame.EtherType, 0, frame.Arp is not null ? payload[..28] : payload, null);
    }

    /// <summary>Whether both are the same frame, or <paramref name="seen"/> is a fragment of it or carries it inside a tunnel.</summary>
    public bool Is(FrameIdentity seen) =>
        (_protocol == seen._protocol && (_mark is null ? !seen._isFragment : _mark == seen._mark)
            && (seen._isFragment || _content.Span.SequenceEqual(seen._content.Span)))
        || (seen._inner is { } inner && Is(Of(inner)));

    /// <summary>The same, whatever identification the sender's stack chooses.</summary>
    public FrameIdentity WithAnyMark() => new(_protocol, null, _content, _inner);

    /// <summary>Whether <paramref name="seen"/> is this frame inside a tunnel's frame.</summary>
    public bool IsInside(FrameIdentity seen) => seen._inner is { } inner && Is(Of(inner));

    // The ports and checksums of a transport header change in NAT; its payload does not.
    private static ReadOnlyMemory<byte> Content(Frame frame, ReadOnlyMemory<byte> payload)
    {
        if (frame.Udp is { } udp)
        {
            return udp.Payload;
        }

        if (frame.Tcp is { } tcp)
        {
            var content = new byte[8 + tcp.Payload.Length];
            BinaryPrimitives.WriteUInt32BigEndian(content, tcp.SequenceNumber);
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(4), tcp.AcknowledgmentNumber);
            tcp.Payload.CopyTo(content.AsMemory(8));
            return content;
        }

        if (frame.Icmp is { Type: IcmpType.EchoRequest or IcmpType.EchoReply } icmp)
        {
            // NAT changes the identifier of an echo; the rest stays.
            var content = new byte[3 + icmp.Payload.Length];
            content[0] = (byte)icmp.Type;
            BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(1), icmp.SequenceNumber);
            icmp.Payload.CopyTo(content.AsMemory(3));
            return content;
        }

        return payload;
    }
}
