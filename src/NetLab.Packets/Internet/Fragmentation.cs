namespace NetLab.Packets;

/// <summary>Cuts IP packets into fragments as a router or sender does (RFC 791 3.2, RFC 8200 4.5).</summary>
public static class Fragmentation
{
    /// <summary>Cuts the IP packet of a frame; each fragment gets the frame's addresses and VLAN tags.</summary>
    /// <param name="frame">A frame with a whole IPv4 or IPv6 packet.</param>
    /// <param name="mtu">Bytes of IP that a fragment may have; at least 68 for IPv4, 1280 is usual for IPv6 but less is done here too.</param>
    /// <param name="identification">The number that IPv6 fragments share; IPv4 has its own in the header.</param>
    /// <returns>The fragments in order; the frame alone when it fits.</returns>
    /// <exception cref="ArgumentException">The frame carries no IP, a cut packet, one that forbids it (DF), or a fragment of IPv6;
    /// or the MTU has no room for headers and eight bytes.</exception>
    public static IReadOnlyList<Frame> Fragment(this Frame frame, int mtu, uint identification = 1)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Ipv4 is { IsTruncated: false } ip4)
        {
            return Cut(frame, ip4, mtu);
        }

        if (frame.Ipv6 is { IsTruncated: false, Fragment.Present: false } ip6)
        {
            return Cut(frame, ip6, mtu, identification);
        }

        throw new ArgumentException($"This frame carries no whole IP packet that could be cut: {frame}", nameof(frame));
    }

    private static List<Frame> Cut(Frame frame, Ipv4Packet packet, int mtu)
    {
        if (packet.HeaderLength + packet.Payload.Length <= mtu)
        {
            return [frame];
        }

        if (packet.DontFragment)
        {
            throw new ArgumentException(
                $"The packet forbids to be cut (DF), and {packet.HeaderLength + packet.Payload.Length} bytes do not fit {mtu}: {frame}", nameof(frame));
        }

        var piece = (mtu - packet.HeaderLength) & ~7;
        NeedsRoom(piece, mtu);
        var fragments = new List<Frame>();
        var copied = CopiedOptions(packet.Options.Span);
        for (var at = 0; at < packet.Payload.Length; at += piece)
        {
            var length = Math.Min(piece, packet.Payload.Length - at);
            var fragment = packet with
            {
                Options = at == 0 ? packet.Options : copied,
                Payload = packet.Payload.Slice(at, length),
                FragmentOffset = packet.FragmentOffset + at,
                MoreFragments = packet.MoreFragments || at + length < packet.Payload.Length,
            };
            var bytes = StartOf(frame, fragment.HeaderLength + length, out var ip);
            fragment.Write(bytes.AsSpan(ip));
            fragments.Add(Frame.Own(bytes));
        }

        return fragments;
    }

    private static List<Frame> Cut(Frame frame, Ipv6Packet packet, int mtu, uint identification)
    {
        if (Ipv6Packet.HeaderLength + packet.Extensions.Length + packet.Payload.Length <= mtu)
        {
            return [frame];
        }

        var (fixedLength, next, lastAt) = PerFragmentHeaders(packet);
        var piece = (mtu - Ipv6Packet.HeaderLength - fixedLength - 8) & ~7;
        NeedsRoom(piece, mtu);
        byte[] rest = [.. packet.Extensions.Span[fixedLength..], .. packet.Payload.Span];
        var fragments = new List<Frame>();
        for (var at = 0; at < rest.Length; at += piece)
        {
            var length = Math.Min(piece, rest.Length - at);
            var extensions = new byte[fixedLength + 8];
            packet.Extensions.Span[..fixedLength].CopyTo(extensions);
            if (lastAt >= 0)
            {
                extensions[lastAt] = (byte)IpProtocol.Fragment;
            }

            Ipv6Extension.WriteFragment(extensions.AsSpan(fixedLength), next, new Ipv6FragmentInfo(true, at, at + length < rest.Length, identification));
            var fragment = packet with
            {
                FirstExtension = fixedLength == 0 ? IpProtocol.Fragment : packet.FirstExtension,
                Extensions = extensions,
                Payload = rest.AsMemory(at, length),
            };
            var bytes = StartOf(frame, Ipv6Packet.HeaderLength + extensions.Length + length, out var ip);
            fragment.Write(bytes.AsSpan(ip));
            fragments.Add(Frame.Own(bytes));
        }

        return fragments;
    }

    /// <summary>The extension headers that every fragment has: up to and with the routing header, or hop-by-hop options.</summary>
    private static (int Length, IpProtocol Next, int LastAt) PerFragmentHeaders(Ipv6Packet packet)
    {
        var result = (Length: 0, Next: packet.Extensions.Length > 0 ? packet.FirstExtension : packet.Protocol, LastAt: -1);
        var walk = new Ipv6ExtensionEnumerator(packet.Extensions.Span, packet.FirstExtension);
        var at = 0;
        while (packet.Extensions.Length > 0 && walk.MoveNext())
        {
            if (walk.Current.Kind is IpProtocol.HopByHop or IpProtocol.Routing)
            {
                result = (walk.Consumed, walk.Next, at);
            }

            at = walk.Consumed;
        }

        return result;
    }

    /// <summary>The options that go into every fragment: those with the copy bit.</summary>
    private static byte[] CopiedOptions(ReadOnlySpan<byte> options)
    {
        var copied = new List<byte>();
        foreach (var option in new HeaderOptionEnumerator(options))
        {
            if ((option.Kind & 0x80) != 0)
            {
                copied.AddRange(option.Bytes);
            }
        }

        return [.. copied];
    }

    internal static byte[] StartOf(Frame frame, int ipLength, out int ip)
    {
        ip = frame.Length - frame.Payload.Length;
        var bytes = new byte[ip + ipLength];
        frame.Bytes.Span[..ip].CopyTo(bytes);
        return bytes;
    }

    private static void NeedsRoom(int piece, int mtu)
    {
        if (piece < 8)
        {
            throw new ArgumentException($"An MTU of {mtu} has no room for the headers and eight bytes of a fragment.", nameof(mtu));
        }
    }
}
