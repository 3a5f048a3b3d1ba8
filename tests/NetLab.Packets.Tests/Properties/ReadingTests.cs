using FsCheck.Fluent;

namespace NetLab.Packets.Tests.Properties;

/// <summary>Reading never throws and never writes, whatever came from the wire.</summary>
[Trait("Category", "Codec")]
public sealed class ReadingTests
{
    public static TheoryData<string> Kinds => [.. FrameGenerator.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_frame_cut_at_any_length_is_a_value_and_known_to_be_cut(string kind)
    {
        var generator = new FrameGenerator(kind.Length);
        for (var i = 0; i < 4; i++)
        {
            var whole = generator.Next(kind);
            Assert.True(whole.Defect.IsNone, $"{whole}");
            for (var length = 0; length < whole.Length; length++)
            {
                var cut = whole.Truncated(length);
                Property.ReadAll(cut);
                Assert.Equal(whole.Bytes.Span[..length].ToArray(), cut.Bytes.ToArray());
                if (length < EthernetHeader.Size || whole.Ipv4 is not null || whole.Ipv6 is not null)
                {
                    Assert.True(cut.Defect.Kind == DefectKind.Truncated, $"cut at {length}: {cut.Defect} {cut}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cut_frame_says_nothing_that_the_whole_one_does_not(string kind)
    {
        var whole = new FrameGenerator(3).Next(kind);
        for (var length = EthernetHeader.Size; length < whole.Length; length++)
        {
            var cut = whole.Truncated(length);
            Assert.True(cut.Udp is null || cut.Udp.Value.DestinationPort == whole.Udp!.Value.DestinationPort);
            Assert.True(cut.Ipv4 is null || cut.Ipv4.Value.Identification == whole.Ipv4!.Value.Identification);
            Assert.True(cut.Ipv6 is null || cut.Ipv6.Value.FlowLabel == whole.Ipv6!.Value.FlowLabel);
            Assert.True(cut.Arp is null || cut.Arp == whole.Arp);
            Assert.Null(cut.NeighborSolicitation);
            Assert.Null(cut.RouterAdvertisement);
            Assert.Null(cut.Igmp);
        }
    }

    [Fact]
    public void Random_changes_of_good_frames_never_throw_and_reading_leaves_the_bytes_as_they_are() =>
        Property.Holds(
            from frame in Property.Frames
            from changes in Gen.Zip(Gen.Choose(0, 100), Property.Byte).ArrayOf()
            from cut in Gen.Choose(0, 100)
            select (frame.Kind, Bytes: Change(frame.Frame, changes, cut)),
            broken =>
            {
                var frame = Frame.FromBytes(broken.Bytes);
                Property.ReadAll(frame);
                Assert.Equal(broken.Bytes, frame.Bytes.ToArray());
            },
            tests: 4000);

    [Fact]
    public void Random_bytes_behind_every_known_type_protocol_and_port_never_throw() =>
        Property.Holds(
            from bytes in Property.Bytes(200)
            from type in Gen.Elements<ushort>(EtherTypes.Ipv4, EtherTypes.Ipv6, EtherTypes.Arp, EtherTypes.Rarp, EtherTypes.Vlan,
                EtherTypes.ServiceVlan, EtherTypes.Mpls, EtherTypes.Lldp, EtherTypes.SlowProtocols, EtherTypes.TransparentEthernetBridging, 40)
            from protocol in Gen.Choose(0, 143)
            from v6Protocol in Gen.Choose(0, 143)
            from port in Gen.Elements<ushort>(53, 67, 546, 4789, 6081, 5353, 8472)
            select (bytes, type, protocol, v6Protocol, port),
            x =>
            {
                var ip4 = new Ipv4Packet { Protocol = (IpProtocol)x.protocol, Payload = x.bytes };
                var ip6 = new Ipv6Packet { Protocol = (IpProtocol)x.v6Protocol, Payload = x.bytes };
                Property.ReadAll(Frame.Ethernet(Sample.Mac1, Sample.Mac2, x.type, x.bytes));
                Property.ReadAll(Frame.Ip(Sample.Mac1, Sample.Mac2, ip4));
                Property.ReadAll(Frame.Ip(Sample.Mac1, Sample.Mac2, ip6));
                Property.ReadAll(Frame.Udp(Sample.Mac1, Sample.Mac2, Sample.Ip1, Sample.Ip2, x.port == 67 ? (ushort)68 : x.port, x.port, x.bytes));
            },
            tests: 3000);

    [Fact]
    public void Random_icmp_igmp_and_discovery_messages_never_throw() =>
        Property.Holds(
            from type in Gen.Elements<byte>(0, 1, 2, 3, 4, 5, 11, 12, 0x11, 0x16, 0x22, 128, 130, 131, 133, 134, 135, 136, 137, 143)
            from bytes in Property.Bytes(120)
            select (byte[])[type, .. bytes],
            message =>
            {
                foreach (var protocol in new[] { IpProtocol.Icmp, IpProtocol.Igmp, IpProtocol.Vrrp, IpProtocol.Gre })
                {
                    Property.ReadAll(Frame.Ip(Sample.Mac1, Sample.Mac2, new Ipv4Packet { Protocol = protocol, Payload = message }));
                }

                Property.ReadAll(Frame.Ip(Sample.Mac1, Sample.Mac2, new Ipv6Packet { Protocol = IpProtocol.Icmpv6, Payload = message }));
            },
            tests: 2000);

    [Fact]
    public void Tunnels_in_tunnels_without_end_are_read_to_a_depth_and_no_deeper()
    {
        byte[] payload = [];
        for (var i = 0; i < 1500; i++)
        {
            var packet = new Ipv4Packet { Protocol = IpProtocol.Ipv4, Payload = payload };
            payload = new byte[20 + payload.Length];
            packet.Write(payload);
        }

        var layers = Frame.Ethernet(Sample.Mac1, Sample.Mac2, EtherTypes.Ipv4, payload).Layers;

        Assert.InRange(layers.Count, 30, 100);
        Assert.Equal("Nested too deep", layers[^1].Name);
    }

    private static byte[] Change(Frame frame, (int Percent, byte Value)[] changes, int cut)
    {
        var bytes = frame.Bytes.ToArray();
        foreach (var (percent, value) in changes)
        {
            bytes[Math.Min(bytes.Length - 1, bytes.Length * percent / 100)] = value;
        }

        return cut < 30 ? bytes[..(bytes.Length * cut / 30)] : bytes;
    }
}
