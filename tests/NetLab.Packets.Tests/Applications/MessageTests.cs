using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>Messages whose rules go beyond one field behind the other.</summary>
[Trait("Category", "Codec")]
public sealed class MessageTests
{
    [Fact]
    public void A_dhcp_exchange_goes_from_discover_to_request()
    {
        var discover = DhcpMessage.Discover(Mac1, 7);
        var offer = discover with
        {
            IsReply = true,
            YourIp = Ipv4Address.From(Ip1),
            Options = [DhcpOption.Of(DhcpMessageType.Offer), DhcpOption.Of(DhcpOptionCode.ServerId, Ipv4Address.From(Ip2))],
        };
        var request = offer.Request();

        Assert.Equal((DhcpMessageType.Request, 7u, Mac1), (request.MessageType!.Value, request.TransactionId, request.ClientMac));
        Assert.True(request.RequestedIp == Ipv4Address.From(Ip1) && request.ServerId == Ipv4Address.From(Ip2));
        Assert.Contains("option 54", Assert.Throws<InvalidOperationException>(() => discover.Request()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dhcp_options_go_on_in_the_fields_of_names_and_in_parts()
    {
        var longValue = Bytes(600);
        var bytes = (DhcpMessage.Discover(Mac1, 1)
            with { Options = [DhcpOption.Of(DhcpMessageType.Discover), new DhcpOption(DhcpOptionCode.Overload, (byte[])[3]),
                new DhcpOption(200, longValue)] }).ToArray();
        byte[] inFile = [DhcpOptionCode.HostName, 3, (byte)'v', (byte)'m', (byte)'1', DhcpOptionCode.End];
        byte[] inName = [DhcpOptionCode.Mtu, 2, 0x05, 0xAA, DhcpOptionCode.End];
        inFile.CopyTo(bytes, 108);
        inName.CopyTo(bytes, 44);

        Assert.True(DhcpMessage.TryParse(bytes, out var message));
        Assert.Equal(("vm1", (ushort)1450, "", ""), (message!.HostName, message.Mtu!.Value, message.ServerName, message.BootFile));
        Assert.Equal(longValue, message.Option(200)!.Value.ToArray());
    }

    [Fact]
    public void The_example_of_rfc_1035_for_compressed_names_is_read()
    {
        // 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA pointing to it, ARPA pointing into it, and the root
        var message = new byte[95];
        Hex("01 46 03 495349 04 41525041 00").CopyTo(message, 20);
        Hex("03 464F4F C014").CopyTo(message, 40);
        Hex("C01A").CopyTo(message, 64);
        var names = new List<string>();
        foreach (var start in new[] { 20, 40, 64, 92 })
        {
            var at = start;
            Assert.True(DnsName.TryRead(message, ref at, out var name, out _));
            names.Add($"{name} to {at}");
        }

        Assert.Equal(["F.ISI.ARPA to 32", "FOO.F.ISI.ARPA to 46", "ARPA to 66", ". to 93"], names);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("ümlaut")]
    public void What_is_no_domain_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => DnsMessage.Query(1, name).ToArray());

    [Fact]
    public void A_domain_name_of_any_bytes_survives()
    {
        var at = 0;
        Assert.True(DnsName.TryRead([4, (byte)'a', (byte)'.', 0, 255, 1, (byte)'\\', 0], ref at, out var name, out _));
        Assert.Equal(@"a\046\000\255.\092", name);
        var written = new ByteBuilder();
        DnsName.Write(written, name);
        Assert.Equal([4, (byte)'a', (byte)'.', 0, 255, 1, (byte)'\\', 0], written.ToArray());
    }

    [Fact]
    public void An_lldp_packet_tells_chassis_port_and_name()
    {
        var packet = Frame.Lldp(Mac1, LldpPacket.Of(Mac1, "tap4a1b", 90, "compute1")).Lldp!;

        Assert.Equal((Mac1.ToString(), "tap4a1b", (ushort)90, "compute1"), (packet.ChassisId, packet.PortId, packet.TimeToLive!.Value, packet.SystemName));
    }

    [Fact]
    public void A_multiple_spanning_tree_bpdu_has_its_region_and_instances()
    {
        var bpdu = new Bpdu
        {
            Version = 3,
            Type = BpduType.Rapid,
            Flags = 0x3C,
            Root = new BridgeId(0x8000, Mac1),
            Bridge = new BridgeId(0x9000, Mac2),
            Mst = new MstExtension("lab", 5, "ac36177f50283cd4b83821d8ab26de62", 200, new BridgeId(0x7000, Mac2), 20,
                new MstInstance(0x7C, new BridgeId(0x8001, Mac1), 2000, 0x80, 0x80, 19)),
        };
        var read = Frame.Bpdu(Mac2, bpdu).Bpdu!;

        Assert.Equal(BpduPortRole.Designated, read.PortRole);
        Assert.Equal(("lab", 5, 20), (read.Mst!.RegionName, read.Mst.Revision, read.Mst.RemainingHops));
        Assert.Equal(bpdu.Mst.Instances, read.Mst.Instances);
        var bytes = bpdu.ToArray();
        bytes[37] = 10;
        Assert.False(Bpdu.TryParse(bytes, out _, out var defect));
        Assert.Equal(DefectKind.Malformed, defect.Kind);
    }

    [Fact]
    public void A_vrrp_advertisement_of_version_3_covers_the_pseudo_header()
    {
        var packet = new VrrpPacket { VirtualRouter = 51, Priority = 200, Addresses = [Ip1] };
        var (source, group) = (Ipv4Address.From(Ip2), Ipv4Address.Parse("224.0.0.18"));
        var frame = Frame.Ip(packet.VirtualMac, MacAddress.ForMulticast(group),
            new Ipv4Packet { Source = source, Destination = group, TimeToLive = 255, Protocol = IpProtocol.Vrrp, Payload = packet.ToArray(source, group) });

        Assert.Equal("00:00:5e:00:01:33", frame.Source.ToString());
        Assert.True(frame.HasRightChecksums);
        Assert.Equal(["10.0.0.11"], frame.Vrrp!.Addresses.Select(a => a.ToString()));
        Assert.False(frame.WithBytes(30, [10, 0, 0, 99]).HasRightChecksums);
    }

    [Fact]
    public void A_routing_header_decides_which_destination_the_checksum_covers()
    {
        var last = Ipv6Address.Parse("2001:db8::99");
        byte[] routing = [(byte)IpProtocol.Udp, 2, 0, 1, 0, 0, 0, 0, .. new byte[16]];
        last.CopyTo(routing.AsSpan(8));
        var plain = Frame.Udp(Mac1, Mac2, V6Ip1, last, 40000, 9, Bytes(5)).Ipv6!.Value;
        var frame = Frame.Ip(Mac1, Mac2, plain with { Destination = Ipv6Address.From(V6Ip2), FirstExtension = IpProtocol.Routing, Extensions = routing });

        Assert.True(frame.HasRightChecksums);
        Assert.Equal((ushort)9, frame.Udp!.Value.DestinationPort);
        Assert.Equal(last, frame.Ipv6!.Value.FinalDestination);
        var written = new byte[200];
        var length = FrameWriter.Udp(written, new EthernetHeader(Mac2, Mac1, 0), frame.Ipv6!.Value, 40000, 9, Bytes(5));
        Assert.Equal(frame, Frame.FromBytes(written.AsSpan(0, length)));
    }

    [Fact]
    public void A_relayed_dhcpv6_message_is_within_the_relays()
    {
        var inner = new Dhcpv6Message { Type = Dhcpv6MessageType.Solicit, TransactionId = 0x123456 };
        var relay = new Dhcpv6Message
            { Type = Dhcpv6MessageType.RelayForward, Hops = 1, PeerAddress = Ipv6Address.From(V6Ip1),
                Options = [new Dhcpv6Option(Dhcpv6OptionCode.RelayMessage, inner.ToArray())] };

        Assert.True(Dhcpv6Message.TryParse(relay.ToArray(), out var read));
        Assert.Equal(0x123456, read!.Relayed!.TransactionId);
        Assert.Contains("DHCPv6 RelayForward DHCPv6 Solicit", Frame.Udp(Mac1, Mac2, V6Ip1, V6Ip2, 547, 547, relay.ToArray()).ToString(),
            StringComparison.Ordinal);
    }
}
