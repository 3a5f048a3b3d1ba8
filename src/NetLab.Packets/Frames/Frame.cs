namespace NetLab.Packets;

/// <summary>
/// An Ethernet frame: immutable bytes (without the check sequence) and a typed view of them, read when first asked for.
/// </summary>
/// <remarks>
/// The views are null when the frame has no such header, when that header is cut or malformed, and when the packet is a
/// fragment other than the first. A header that is whole while its payload is cut is given, and says IsTruncated;
/// <see cref="Defect"/> names what is wrong. Nothing here throws on what came from the wire.
/// Make frames with <c>Frame.Udp(…)</c>, <c>Frame.ArpRequest(…)</c> and the others of <see cref="FrameFactories"/>.
/// </remarks>
public sealed partial class Frame : IEquatable<Frame>
{
    private readonly byte[] _bytes;
    private FrameLayout _layout;
    private volatile bool _read;

    private Frame(byte[] bytes) => _bytes = bytes;

    /// <summary>Copies bytes into a frame.</summary>
    /// <param name="bytes">The frame from its destination address on, without the check sequence; anything at all is accepted.</param>
    public static Frame FromBytes(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>Copies bytes into a frame as a packet socket saw it.</summary>
    /// <param name="bytes">The frame from its destination address on, without the check sequence; anything at all is accepted.</param>
    /// <param name="hasPendingChecksum">See <see cref="HasPendingChecksum"/>.</param>
    public static Frame FromBytes(ReadOnlySpan<byte> bytes, bool hasPendingChecksum) => new(bytes.ToArray()) { HasPendingChecksum = hasPendingChecksum };

    /// <summary>Takes an array over; nobody may write to it any more.</summary>
    internal static Frame Own(byte[] bytes) => new(bytes);

    /// <summary>The bytes of the frame.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Number of bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>
    /// The checksum of the transport protocol was not yet computed when the frame was seen: the device does that, or nobody, where the frame never leaves
    /// the machine (packet(7), TP_STATUS_CSUMNOTREADY). It says nothing about what is wrong. Frames of equal bytes are equal all the same.
    /// </summary>
    public bool HasPendingChecksum { get; private init; }

    /// <summary>
    /// The first thing that is wrong with the headers and their options, up to the transport protocol's; none for a frame that is well formed.
    /// </summary>
    public Defect Defect => Layout.Defect;

    /// <summary>Destination address; zero when the frame is too short to have one.</summary>
    public MacAddress Destination => _bytes.Length >= 6 ? MacAddress.Read(_bytes) : default;

    /// <summary>Source address; zero when the frame is too short to have one.</summary>
    public MacAddress Source => _bytes.Length >= 12 ? MacAddress.Read(_bytes.AsSpan(6)) : default;

    /// <summary>The type after all tags; below 0x0600 the length of an 802.3 frame; 0 when the header is cut.</summary>
    public ushort EtherType => Layout.EtherType;

    /// <summary>VLAN tags, outermost first.</summary>
    public IReadOnlyList<VlanTag> VlanTags
    {
        get
        {
            if (!EthernetReader.TryParse(_bytes, out var ethernet) || ethernet.VlanCount == 0)
            {
                return [];
            }

            var tags = new VlanTag[ethernet.VlanCount];
            for (var i = 0; i < tags.Length; i++)
            {
                tags[i] = ethernet.Vlan(i);
            }

            return tags;
        }
    }

    /// <summary>The id of the outermost VLAN tag; null without a tag.</summary>
    public ushort? VlanId => EthernetReader.TryParse(_bytes, out var ethernet) && ethernet.VlanCount > 0 ? ethernet.Vlan(0).Id : null;

    /// <summary>What follows addresses, tags and type, padding included; empty when they are cut.</summary>
    public ReadOnlyMemory<byte> Payload => Layout.PayloadOffset is var at and > 0 ? _bytes.AsMemory(at) : default;

    /// <summary>The ARP or RARP packet.</summary>
    public ArpPacket? Arp => Layout.EtherType is EtherTypes.Arp or EtherTypes.Rarp && ArpPacket.TryParse(Payload.Span, out var packet) ? packet : null;

    /// <summary>The outermost IPv4 packet.</summary>
    public Ipv4Packet? Ipv4 => Layout.IpVersion == 4 && Ipv4Packet.TryParse(Payload, out var packet) ? packet : null;

    /// <summary>The outermost IPv6 packet.</summary>
    public Ipv6Packet? Ipv6 => Layout.IpVersion == 6 && Ipv6Packet.TryParse(Payload, out var packet) ? packet : null;

    /// <summary>The protocol above IP; null without IP.</summary>
    public IpProtocol? Protocol => Layout.IpVersion > 0 ? Layout.Protocol : null;

    /// <summary>What the outermost IP packet carries; empty without IP, and in a fragment other than the first.</summary>
    public ReadOnlyMemory<byte> TransportBytes => Layout.TransportOffset is var at and > 0 ? _bytes.AsMemory(at, Layout.TransportLength) : default;

    /// <summary>The UDP datagram.</summary>
    public UdpDatagram? Udp => Carries(IpProtocol.Udp) && UdpDatagram.TryParse(TransportBytes, out var datagram) ? datagram : null;

    /// <summary>The TCP segment.</summary>
    public TcpSegment? Tcp => Carries(IpProtocol.Tcp) && TcpSegment.TryParse(TransportBytes, out var segment) ? segment : null;

    /// <summary>The ICMP message over IPv4.</summary>
    public IcmpMessage? Icmp => Layout.IpVersion == 4 && Carries(IpProtocol.Icmp) && IcmpMessage.TryParse(TransportBytes, out var message) ? message : null;

    /// <summary>The ICMPv6 message over IPv6.</summary>
    public Icmpv6Message? Icmpv6 => Layout.IpVersion == 6 && Carries(IpProtocol.Icmpv6) && Icmpv6Message.TryParse(TransportBytes, out var message)
        ? message : null;

    /// <summary>The neighbor solicitation of IPv6; null also when it is cut or one of its options is malformed.</summary>
    public NeighborSolicitation? NeighborSolicitation =>
        IsWholeIcmpv6 && Packets.NeighborSolicitation.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The neighbor advertisement of IPv6; null also when it is cut or one of its options is malformed.</summary>
    public NeighborAdvertisement? NeighborAdvertisement =>
        IsWholeIcmpv6 && Packets.NeighborAdvertisement.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <inheritdoc/>
    public bool Equals(Frame? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Frame);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    // Two threads may both find the layout: they find the same one, and the flag is set after it is whole.
    private ref readonly FrameLayout Layout
    {
        get
        {
            if (!_read)
            {
                _layout = FrameLayout.Of(_bytes);
                _read = true;
            }

            return ref _layout;
        }
    }

    private bool IsWholeIcmpv6 => Layout.IpVersion == 6 && Carries(IpProtocol.Icmpv6) && Layout.Defect.IsNone;

    private bool Carries(IpProtocol protocol) => Layout.TransportOffset > 0 && Layout.Protocol == protocol;
}
