using FsCheck;
using FsCheck.Fluent;

namespace NetLab.Packets.Tests.Properties;

/// <summary>What is written is read back, and what was read writes the same bytes.</summary>
[Trait("Category", "Codec")]
public sealed class RoundTripTests
{
    [Fact]
    public void Arp() => Property.Holds(
        from operation in Property.U16
        from senderMac in Property.Mac
        from senderIp in Property.Ip4
        from targetMac in Property.Mac
        from targetIp in Property.Ip4
        select new ArpPacket((ArpOperation)operation, senderMac, senderIp, targetMac, targetIp),
        packet =>
        {
            var bytes = Write(packet.Write);
            Assert.True(ArpPacket.TryParse(bytes, out var read));
            Assert.Equal(packet, read);
        });

    [Fact]
    public void Ipv4() => Property.Holds(
        from source in Property.Ip4
        from destination in Property.Ip4
        from protocol in Property.Byte
        from ttl in Property.Byte
        from tos in Property.Byte
        from id in Property.U16
        from flags in Gen.Choose(0, 3)
        from offset in Gen.Choose(0, 8191)
        from options in Gen.Choose(0, 10).SelectMany(n => Property.Byte.ArrayOf(n * 4))
        from payload in Property.Bytes(100)
        select new Ipv4Packet
        {
            Source = source,
            Destination = destination,
            Protocol = (IpProtocol)protocol,
            TimeToLive = ttl,
            TrafficClass = tos,
            Identification = id,
            DontFragment = (flags & 1) != 0,
            MoreFragments = (flags & 2) != 0,
            FragmentOffset = offset * 8,
            Options = options,
            Payload = payload,
        },
        packet =>
        {
            var bytes = Write(packet.Write);
            Assert.True(Ipv4Packet.TryParse(bytes, out var read));
            Assert.Equal(packet, read with { HeaderChecksum = 0, Options = packet.Options, Payload = packet.Payload });
            Assert.Equal(packet.Options.ToArray(), read.Options.ToArray());
            Assert.Equal(packet.Payload.ToArray(), read.Payload.ToArray());
            Assert.True(Ipv4Reader.TryParse(bytes, out var reader) && reader.HasRightChecksum && !reader.IsTruncated);
        });

    [Fact]
    public void Ipv6() => Property.Holds(
        from source in Property.Ip6
        from destination in Property.Ip6
        from hops in Property.Byte
        from traffic in Property.Byte
        from flow in Gen.Choose(0, 0xFFFFF)
        from id in Property.U32
        from withFragment in Property.Bool
        from payload in Property.Bytes(100)
        let extensions = Extensions(withFragment ? id : null)
        select new Ipv6Packet
        {
            Source = source,
            Destination = destination,
            Protocol = IpProtocol.Tcp,
            HopLimit = hops,
            TrafficClass = traffic,
            FlowLabel = flow,
            FirstExtension = IpProtocol.HopByHop,
            Extensions = extensions,
            Fragment = withFragment ? new Ipv6FragmentInfo(true, 0, true, id) : default,
            Payload = payload,
        },
        packet =>
        {
            var bytes = Write(packet.Write);
            Assert.True(Ipv6Packet.TryParse(bytes, out var read));
            Assert.Equal(packet, read with { Extensions = packet.Extensions, Payload = packet.Payload });
            Assert.Equal(packet.Extensions.ToArray(), read.Extensions.ToArray());
            Assert.Equal(packet.Payload.ToArray(), read.Payload.ToArray());
        });

    [Fact]
    public void Udp() => Property.Holds(
        from source in Property.U16
        from destination in Property.U16
        from payload in Property.Bytes(300)
        from sum in Property.U32
        select (new UdpDatagram { SourcePort = source, DestinationPort = destination, Payload = payload }, (ulong)sum),
        x =>
        {
            var (datagram, pseudo) = x;
            var bytes = Write(b => datagram.Write(b, pseudo));
            Assert.True(UdpDatagram.TryParse(bytes, out var read));
            Assert.Equal((datagram.SourcePort, datagram.DestinationPort, bytes.Length), (read.SourcePort, read.DestinationPort, read.Length));
            Assert.Equal(datagram.Payload.ToArray(), read.Payload.ToArray());
            Assert.NotEqual(0, read.Checksum);
            Assert.True(UdpReader.TryParse(bytes, out var reader) && reader.HasRightChecksum(pseudo));
            bytes[^1] ^= 0x10;
            Assert.True(UdpReader.TryParse(bytes, out reader) && !(reader.HasRightChecksum(pseudo) && reader.Checksum != 0 && bytes.Length > 8));
        });

    [Fact]
    public void Tcp() => Property.Holds(
        from ports in Property.U32
        from sequence in Property.U32
        from acknowledgment in Property.U32
        from flags in Gen.Choose(0, 0x1FF)
        from window in Property.U16
        from urgent in Property.U16
        from options in Options
        from payload in Property.Bytes(100)
        select (options, new TcpSegment
        {
            SourcePort = (ushort)(ports >> 16),
            DestinationPort = (ushort)ports,
            SequenceNumber = sequence,
            AcknowledgmentNumber = acknowledgment,
            Flags = (TcpFlags)flags,
            Window = window,
            UrgentPointer = urgent,
            OptionBytes = options.ToArray(),
            Payload = payload,
        }),
        x =>
        {
            var (options, segment) = x;
            var bytes = Write(b => segment.Write(b, 12345));
            Assert.True(TcpSegment.TryParse(bytes, out var read));
            Assert.Equal(segment, read with { Checksum = 0, OptionBytes = segment.OptionBytes, Payload = segment.Payload });
            Assert.Equal(segment.Payload.ToArray(), read.Payload.ToArray());
            Assert.Equal(options with { SackBlocks = [] }, read.Options with { SackBlocks = [] , TimestampEcho = options.TimestampEcho });
            Assert.Equal(options.SackBlocks, read.Options.SackBlocks);
            Assert.True(TcpReader.TryParse(bytes, out var reader) && reader.HasRightChecksum(12345));
        });

    [Fact]
    public void Lacp() => Property.Holds(
        from actor in Party
        from partner in Party
        from delay in Property.U16
        select new LacpPacket(actor, partner, delay),
        packet =>
        {
            Assert.True(LacpPacket.TryParse(Write(packet.Write), out var read));
            Assert.Equal(packet, read);
        });

    [Fact]
    public void Tunnel_headers() => Property.Holds(
        from vni in Gen.Choose(0, (1 << 24) - 1)
        from policy in Property.Maybe(Property.U16)
        from key in Property.Maybe(Property.U32)
        from sequence in Property.Maybe(Property.U32)
        from type in Property.U16
        from bits in Gen.Choose(0, 3)
        from options in Gen.Choose(0, 63).SelectMany(n => Property.Byte.ArrayOf(n * 4))
        from payload in Property.Bytes(100)
        select (vni, policy, key, sequence, type, bits, options, payload),
        x =>
        {
            var vxlan = new VxlanPacket { Vni = x.vni, GroupPolicyId = x.policy, Payload = x.payload };
            Assert.True(VxlanPacket.TryParse(Write(vxlan.Write), out var readVxlan));
            Assert.Equal(vxlan, readVxlan with { Payload = vxlan.Payload });

            var geneve = new GenevePacket
                { Vni = x.vni, ProtocolType = x.type, IsControl = (x.bits & 1) != 0, HasCriticalOptions = (x.bits & 2) != 0, Options = x.options,
                    Payload = x.payload };
            Assert.True(GenevePacket.TryParse(Write(geneve.Write), out var readGeneve));
            Assert.Equal(geneve, readGeneve with { Options = geneve.Options, Payload = geneve.Payload });
            Assert.Equal(x.options, readGeneve.Options.ToArray());

            var gre = new GrePacket { ProtocolType = x.type, HasChecksum = (x.bits & 1) != 0, Key = x.key, SequenceNumber = x.sequence, Payload = x.payload };
            var bytes = Write(gre.Write);
            Assert.True(GrePacket.TryParse(bytes, out var readGre));
            Assert.Equal(gre, readGre with { Checksum = 0, Payload = gre.Payload });
            Assert.Equal(x.payload, readGre.Payload.ToArray());
            Assert.True(!gre.HasChecksum || InternetChecksum.IsRight(bytes));
        });

    [Fact]
    public void What_was_read_from_any_frame_writes_the_same_bytes() => Property.Holds(
        Property.Frames,
        x =>
        {
            var frame = x.Frame;
            if (frame.Ipv4 is { } ip4)
            {
                Same(x.Kind, frame.Payload[..Math.Min(frame.Payload.Length, ip4.HeaderLength + ip4.Payload.Length)], Write(ip4.Write));
            }

            if (frame.Ipv6 is { } ip6)
            {
                Same(x.Kind, frame.Payload, Write(ip6.Write));
            }

            Same(x.Kind, frame.Udp?.Payload, frame.Dhcp?.ToArray() ?? frame.Dhcpv6?.ToArray() ?? frame.Dns?.ToArray());
            Same(x.Kind, frame.Udp?.Payload, frame.Vxlan is { } vxlan ? Write(vxlan.Write) : frame.Geneve is { } geneve ? Write(geneve.Write) : null);
            Same(x.Kind, frame.TransportBytes, frame.Igmp?.ToArray());
            Same(x.Kind, frame.TransportBytes, frame.Gre is { } gre ? Write(gre.Write) : null);
            Same(x.Kind, frame.Icmpv6?.Payload, frame.Mld?.ToMessage().Payload.ToArray() ?? frame.RouterAdvertisement?.ToMessage().Payload.ToArray()
                ?? frame.Redirect?.ToMessage().Payload.ToArray());
            Same(x.Kind, frame.Payload, frame.Mpls is { } mpls ? Write(mpls.Write) : frame.Lacp is { } lacp ? Write(lacp.Write) : frame.Lldp?.ToArray());
            if (frame.Bpdu is { } bpdu)
            {
                Same(x.Kind, frame.Payload.Slice(3, frame.EtherType - 3), bpdu.ToArray());
            }

            if (frame.Vrrp is { } vrrp && frame.Ipv4 is { } ip)
            {
                Same(x.Kind, frame.TransportBytes, vrrp.ToArray(ip.Source, ip.Destination));
            }
        },
        tests: 3000);

    private static Gen<TcpOptions> Options =>
        from mss in Property.Maybe(Property.U16)
        from scale in Property.Maybe(Property.Byte)
        from sack in Property.Bool
        from timestamp in Property.Maybe(Property.U32)
        from echo in Property.U32
        from blocks in Gen.Zip(Property.U32, Property.U32, (l, r) => new TcpSackBlock(l, r)).ArrayOf(1)
        from withBlocks in Property.Bool
        select new TcpOptions { MaximumSegmentSize = mss, WindowScale = scale, SackPermitted = sack, Timestamp = timestamp, TimestampEcho = echo,
            SackBlocks = withBlocks ? blocks : [] };

    private static Gen<LacpParty> Party =>
        from numbers in Property.U64
        from mac in Property.Mac
        from state in Property.Byte
        select new LacpParty((ushort)numbers, mac, (ushort)(numbers >> 16), (ushort)(numbers >> 32), (ushort)(numbers >> 48), (LacpState)state);

    private static byte[] Extensions(uint? fragment)
    {
        var bytes = new byte[64];
        var next = fragment is null ? IpProtocol.Tcp : IpProtocol.Fragment;
        var at = Ipv6Extension.WriteOptions(bytes, IpProtocol.DestinationOptions, [Ipv6Option.RouterAlert, 2, 0, 0]);
        at += Ipv6Extension.WriteOptions(bytes.AsSpan(at), next, [0x1E, 7, 1, 2, 3, 4, 5, 6, 7]);
        at += fragment is { } id ? Ipv6Extension.WriteFragment(bytes.AsSpan(at), IpProtocol.Tcp, new Ipv6FragmentInfo(true, 0, true, id)) : 0;
        return bytes[..at];
    }

    private delegate int Writer(Span<byte> destination);

    private static byte[] Write(Writer write)
    {
        var bytes = new byte[3000];
        return bytes[..write(bytes)];
    }

    private static void Same(string kind, ReadOnlyMemory<byte>? read, byte[]? written)
    {
        if (written is not null)
        {
            Assert.True(read!.Value.Span.SequenceEqual(written),
                $"{kind}:\nread    {Convert.ToHexStringLower(read.Value.Span)}\nwritten {Convert.ToHexStringLower(written)}");
        }
    }
}
