using System.Buffers.Binary;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>A fragment: a part of a datagram, of IPv4 (RFC 791, 3.2) or IPv6 (RFC 8200, 4.5).</summary>
/// <param name="Datagram">By what the parts of one datagram are known.</param>
/// <param name="Offset">Where in the datagram it begins, in bytes.</param>
/// <param name="Length">How many bytes of it there are.</param>
/// <param name="IsLast">Whether nothing comes after it.</param>
internal readonly record struct DatagramPart(Datagram Datagram, int Offset, int Length, bool IsLast)
{
    /// <summary>What a frame has a part of; null where it is none.</summary>
    public static DatagramPart? Of(Frame? frame) => frame switch
    {
        { Ipv4: { IsFragment: true } ip } => new DatagramPart(new Datagram(ip.Source, ip.Destination, ip.Identification, ip.Protocol),
            ip.FragmentOffset, Said(frame, at: 2) - ip.HeaderLength, !ip.MoreFragments),
        { Ipv6: { IsFragment: true } ip } => new DatagramPart(new Datagram(ip.Source, ip.Destination, ip.Fragment.Identification, null),
            ip.Fragment.Offset, Said(frame, at: 4) - ip.Extensions.Length, !ip.Fragment.MoreFragments),
        _ => null,
    };

    // The length that its header tells: of a frame that was seen, not all bytes are known.
    private static int Said(Frame frame, int at) => BinaryPrimitives.ReadUInt16BigEndian(frame.Payload.Span[at..]);
}

/// <summary>By what the fragments of a datagram are known as such.</summary>
/// <param name="Source">Who sends it.</param>
/// <param name="Destination">Who is to get it.</param>
/// <param name="Identification">Its number.</param>
/// <param name="Protocol">The protocol above IPv4, which counts too.</param>
internal readonly record struct Datagram(IPAddress Source, IPAddress Destination, uint Identification, IpProtocol? Protocol);
