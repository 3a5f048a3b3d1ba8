namespace NetLab.Packets;

/// <summary>
/// Puts fragments of IPv4 and IPv6 together again. Owns the fragments of packets that are not whole yet; whoever uses it
/// decides when to forget them. Fragments that overlap make it drop the packet, as RFC 5722 demands and Linux does for both
/// versions; one that comes twice is ignored. Not for several threads at once.
/// </summary>
public sealed class IpReassembler
{
    private readonly Dictionary<Key, List<Piece>> _pending = [];

    /// <summary>Packets of which fragments are missing.</summary>
    public int Pending => _pending.Count;

    /// <summary>What was wrong with the fragment added last, if anything; its packet is then dropped.</summary>
    public Defect Defect { get; private set; }

    /// <summary>Takes a frame.</summary>
    /// <param name="frame">Any frame.</param>
    /// <returns>The frame itself when it is no fragment; the whole packet in a frame when this was the last piece of it; else null.</returns>
    public Frame? Add(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Defect = default;
        var (key, piece) = Read(frame);
        if (key is null)
        {
            return frame;
        }

        if (piece.IsCut || (piece.More && piece.Payload.Length % 8 != 0) || piece.End > ushort.MaxValue)
        {
            _pending.Remove(key);
            Defect = piece.IsCut ? Defect.Truncated("fragment") : Defect.Malformed("fragment of a length that cannot be");
            return null;
        }

        if (!_pending.TryGetValue(key, out var pieces))
        {
            _pending[key] = pieces = [];
        }

        foreach (var other in pieces)
        {
            if (other.Offset == piece.Offset && other.End == piece.End && other.More == piece.More)
            {
                return null;
            }

            if (other.Offset < piece.End && piece.Offset < other.End)
            {
                _pending.Remove(key);
                Defect = Defect.Malformed("fragments that overlap");
                return null;
            }
        }

        pieces.Add(piece);
        pieces.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var expected = 0;
        foreach (var p in pieces)
        {
            if (p.Offset != expected)
            {
                return null;
            }

            expected = p.End;
        }

        if (pieces[^1].More)
        {
            return null;
        }

        _pending.Remove(key);
        return Join(pieces);
    }

    /// <summary>Forgets all packets that are not whole.</summary>
    public void Forget() => _pending.Clear();

    private static (Key? Key, Piece Piece) Read(Frame frame)
    {
        if (frame.Ipv4 is { IsFragment: true } ip4)
        {
            return (new Key(4, default, default, ip4.Source, ip4.Destination, ip4.Identification, ip4.Protocol),
                new Piece(frame, ip4.FragmentOffset, ip4.MoreFragments, ip4.Payload, ip4.IsTruncated));
        }

        return frame.Ipv6 is { IsFragment: true } ip6
            ? (new Key(6, ip6.Source, ip6.Destination, default, default, ip6.Fragment.Identification, 0),
                new Piece(frame, ip6.Fragment.Offset, ip6.Fragment.MoreFragments, FragmentPayload(ip6), ip6.IsTruncated))
            : (null, default);
    }

    /// <summary>What follows the fragment header, with extension headers that the reader has gone over in the first fragment.</summary>
    private static ReadOnlyMemory<byte> FragmentPayload(Ipv6Packet packet)
    {
        var (_, after, _, _) = FindFragmentHeader(packet);
        return after == packet.Extensions.Length ? packet.Payload : (byte[])[.. packet.Extensions.Span[after..], .. packet.Payload.Span];
    }

    private static (int At, int After, int PreviousAt, IpProtocol Next) FindFragmentHeader(Ipv6Packet packet)
    {
        var walk = new Ipv6ExtensionEnumerator(packet.Extensions.Span, packet.FirstExtension);
        var (at, previous) = (0, -1);
        while (walk.MoveNext() && walk.Current.Kind != IpProtocol.Fragment)
        {
            (previous, at) = (at, walk.Consumed);
        }

        return (at, walk.Consumed, previous, walk.Next);
    }

    private Frame? Join(List<Piece> pieces)
    {
        var payload = new byte[pieces[^1].End];
        foreach (var piece in pieces)
        {
            piece.Payload.CopyTo(payload.AsMemory(piece.Offset));
        }

        var first = pieces[0].Frame;
        if (first.Ipv4 is { } ip4)
        {
            var whole = ip4 with { MoreFragments = false, FragmentOffset = 0, Payload = payload };
            if (whole.HeaderLength + payload.Length > ushort.MaxValue)
            {
                Defect = Defect.Malformed("fragments of more than 65535 bytes");
                return null;
            }

            var bytes = Fragmentation.StartOf(first, whole.HeaderLength + payload.Length, out var ip);
            whole.Write(bytes.AsSpan(ip));
            return Frame.Own(bytes);
        }

        return Join(first, first.Ipv6!.Value, payload);
    }

    private Frame? Join(Frame first, Ipv6Packet packet, byte[] payload)
    {
        var (at, _, previousAt, next) = FindFragmentHeader(packet);
        var extensions = packet.Extensions.Span[..at].ToArray();
        if (previousAt >= 0)
        {
            extensions[previousAt] = (byte)next;
        }

        if (extensions.Length + payload.Length > ushort.MaxValue)
        {
            Defect = Defect.Malformed("fragments of more than 65535 bytes");
            return null;
        }

        var whole = packet with { Extensions = extensions, Protocol = next, Payload = payload, Fragment = default };
        var bytes = Fragmentation.StartOf(first, Ipv6Packet.HeaderLength + extensions.Length + payload.Length, out var ip);
        whole.Write(bytes.AsSpan(ip));
        return Frame.Own(bytes);
    }

    private sealed record Key(int Version, Ipv6Address Source6, Ipv6Address Destination6, Ipv4Address Source4, Ipv4Address Destination4,
        uint Identification, IpProtocol Protocol);

    private readonly record struct Piece(Frame Frame, int Offset, bool More, ReadOnlyMemory<byte> Payload, bool IsCut)
    {
        public int End => Offset + Payload.Length;
    }
}
