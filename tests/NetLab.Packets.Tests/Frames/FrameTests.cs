using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class FrameTests
{
    [Fact]
    public void A_udp_frame_reads_back_as_it_was_built()
    {
        var frame = Udp(5, new IpOptions { Identification = 0xBEEF, TimeToLive = 3, DontFragment = true, TrafficClass = 0xB8 });

        Assert.True(frame.Defect.IsNone);
        Assert.Equal((Mac1, Mac2, EtherTypes.Ipv4), (frame.Source, frame.Destination, frame.EtherType));
        var ip = frame.Ipv4!.Value;
        Assert.True(ip.Source == Ip1 && ip.Destination == Ip2);
        Assert.Equal((0xBEEF, 3, true, 0xB8, IpProtocol.Udp), (ip.Identification, ip.TimeToLive, ip.DontFragment, ip.TrafficClass, ip.Protocol));
        var udp = frame.Udp!.Value;
        Assert.Equal((40000, 53, 13), (udp.SourcePort, udp.DestinationPort, udp.Length));
        Assert.Equal(Bytes(5), udp.Payload.ToArray());
        Assert.Null(frame.Tcp);
        Assert.Null(frame.Arp);
        Assert.Null(frame.Ipv6);
    }

    [Fact]
    public void A_line_says_who_sends_what_to_whom()
    {
        Assert.Equal("fa:16:3e:00:00:01 > fa:16:3e:00:00:02 IPv4 10.0.0.11 > 10.0.0.12 UDP 40000 > 53 len 5", Udp().ToString());
        Assert.Equal("fa:16:3e:00:00:01 > fa:16:3e:00:00:02 vlan 7 IPv4 10.0.0.11 > 10.0.0.12 UDP 40000 > 53 len 5", Udp().WithVlan(7).ToString());
        Assert.Equal("fa:16:3e:00:00:01 > ff:ff:ff:ff:ff:ff ARP who-has 10.0.0.12 tell 10.0.0.11", Frame.ArpRequest(Mac1, Ip1, Ip2).ToString());
        Assert.Equal("fa:16:3e:00:00:02 > fa:16:3e:00:00:01 ARP 10.0.0.12 is-at fa:16:3e:00:00:02", Frame.ArpReply(Mac2, Ip2, Mac1, Ip1).ToString());
    }

    [Fact]
    public void A_neighbor_solicitation_goes_to_the_group_of_the_solicited_node()
    {
        var frame = Frame.NeighborSolicitation(Mac1, V6Ip1, V6Ip2);

        Assert.Equal("33:33:ff:00:00:12", frame.Destination.ToString());
        Assert.Equal("ff02::1:ff00:12", frame.Ipv6!.Value.Destination.ToString());
        Assert.Equal(255, frame.Ipv6!.Value.HopLimit);
        Assert.Equal(new NeighborSolicitation(Ipv6Address.From(V6Ip2), Mac1), frame.NeighborSolicitation);
        Assert.Null(frame.NeighborAdvertisement);
        Assert.True(Ipv6Reader.TryParse(frame.Payload.Span, out var ip) && Icmpv6Reader.TryParse(ip.Payload, out var message)
            && message.HasRightChecksum(ip.PseudoHeader(ip.Payload.Length)));
    }

    [Fact]
    public void A_neighbor_advertisement_answers_with_all_its_flags()
    {
        var frame = Frame.NeighborAdvertisement(Mac2, V6Ip2, Mac1, V6Ip1);

        Assert.Equal(new NeighborAdvertisement(Ipv6Address.From(V6Ip2), Mac2, Router: false, Solicited: true, Override: true), frame.NeighborAdvertisement);
        Assert.Equal(Mac1, frame.Destination);
    }

    [Fact]
    public void A_tcp_segment_over_ipv6_reads_back_as_it_was_built()
    {
        var frame = Frame.Tcp(Mac1, Mac2, V6Ip1, V6Ip2, 1234, 80, TcpFlags.Syn | TcpFlags.Ack, 0xFFFF_FFF0, 7, 512, "hi"u8,
            new IpOptions { FlowLabel = 0xABCDE });

        var tcp = frame.Tcp!.Value;
        Assert.Equal((1234, 80, TcpFlags.Syn | TcpFlags.Ack, 0xFFFF_FFF0, 7u, 512),
            (tcp.SourcePort, tcp.DestinationPort, tcp.Flags, tcp.SequenceNumber, tcp.AcknowledgmentNumber, tcp.Window));
        Assert.Equal("hi"u8.ToArray(), tcp.Payload.ToArray());
        Assert.Equal(0xABCDE, frame.Ipv6!.Value.FlowLabel);
        Assert.True(Ipv6Reader.TryParse(frame.Payload.Span, out var ip) && TcpReader.TryParse(ip.Payload, out var segment)
            && segment.HasRightChecksum(ip.PseudoHeader(ip.Payload.Length)));
    }

    [Fact]
    public void Vlan_tags_go_on_and_off_at_the_outer_end()
    {
        var plain = Udp();
        var tagged = plain.WithVlan(100, 3);
        var twice = tagged.WithVlan(VlanTag.Of(7, protocol: EtherTypes.ServiceVlan));

        Assert.Equal([VlanTag.Of(100, 3)], tagged.VlanTags);
        Assert.Equal([VlanTag.Of(7, protocol: EtherTypes.ServiceVlan), VlanTag.Of(100, 3)], twice.VlanTags);
        Assert.Equal((ushort)53, twice.Udp!.Value.DestinationPort);
        Assert.Equal(tagged, twice.WithoutVlan());
        Assert.Equal(plain, tagged.WithoutVlan());
        Assert.Same(plain, plain.WithoutVlan());
    }

    [Fact]
    public void Padding_of_the_frame_is_no_payload()
    {
        var frame = Udp(1).Padded();

        Assert.Equal(60, frame.Length);
        Assert.Equal(1, frame.Udp!.Value.Payload.Length);
        Assert.True(frame.Defect.IsNone);
    }

    [Fact]
    public void A_frame_cut_anywhere_is_a_value_not_an_exception()
    {
        foreach (var whole in new[] { Udp(), Udp6(), Frame.ArpRequest(Mac1, Ip1, Ip2), Frame.NeighborSolicitation(Mac1, V6Ip1, V6Ip2), Udp().WithVlan(7) })
        {
            for (var length = 0; length < whole.Length; length++)
            {
                var cut = whole.Truncated(length);
                Assert.Equal(DefectKind.Truncated, cut.Defect.Kind);
                Assert.NotEmpty(cut.ToString());
                Assert.Null(cut.NeighborSolicitation);
            }
        }
    }
}
