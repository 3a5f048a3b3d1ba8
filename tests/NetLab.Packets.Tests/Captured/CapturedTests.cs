using System.Reflection;

namespace NetLab.Packets.Tests.Captured;

/// <summary>
/// Packets that a Linux kernel made itself: neighbours, listeners, pings cut into fragments, refused ports, a connection, VXLAN, a bridge's
/// spanning tree; and what dnsmasq answers to DHCP, DHCPv6, router solicitation and DNS.
/// </summary>
[Trait("Category", "Codec")]
public sealed class CapturedTests
{
    private static readonly CaptureFile File = CaptureFile.Read(Resource("linux.pcap"));
    private static readonly CaptureFile Servers = CaptureFile.Read(Resource("servers.pcap"));

    [Fact]
    public void All_of_it_is_well_formed_with_right_checksums()
    {
        Assert.True(File.Defect.IsNone && Servers.Defect.IsNone);
        Assert.Equal((68, 60), (File.Packets.Count, Servers.Packets.Count));
        Assert.All(File.Packets.Concat(Servers.Packets),
            p => Assert.True(p.Frame!.Defect.IsNone && p.Frame.HasRightChecksums && p.Layers.All(l => l.Defect.IsNone), p.Frame.ToTree()));
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("servers")]
    public void Each_packet_has_its_line(string name)
    {
        var expected = System.Text.Encoding.UTF8.GetString(Resource($"{name}.txt")).TrimEnd('\n').Split('\n');

        Assert.Equal(expected, CaptureFile.Read(Resource($"{name}.pcap")).Packets.Select(p => p.Frame!.ToString()));
    }

    [Fact]
    public void Written_again_from_its_fields_each_packet_is_the_same()
    {
        var written = 0;
        foreach (var frame in File.Packets.Concat(Servers.Packets).Select(p => p.Frame!))
        {
            var bytes = new byte[2000];
            var (ip4, ip6) = (frame.Ipv4, frame.Ipv6);
            if ((ip4?.IsFragment ?? false) || (ip6?.IsFragment ?? false) || frame.RouterAdvertisement is not null)
            {
                continue; // options of an advertisement may come in any order
            }

            var pseudo = ip4?.PseudoHeader(frame.TransportBytes.Length) ?? ip6?.PseudoHeader(frame.TransportBytes.Length) ?? 0;
            var length = frame switch
            {
                { Arp: { } arp } => arp.Write(bytes),
                { NeighborSolicitation: { } solicitation } when solicitation.Length == frame.TransportBytes.Length => solicitation.Write(bytes, pseudo),
                { NeighborAdvertisement: { } advertisement } when advertisement.Length == frame.TransportBytes.Length => advertisement.Write(bytes, pseudo),
                { Mld: { } mld } => mld.ToMessage().Write(bytes, pseudo),
                { RouterSolicitation: { } solicitation } => solicitation.ToMessage().Write(bytes, pseudo),
                { Bpdu: { } bpdu } => Copy([0x42, 0x42, 3, .. bpdu.ToArray()], bytes),
                { Udp: { } udp } => udp.Write(bytes, pseudo),
                { Tcp: { } tcp } => (tcp with { OptionBytes = tcp.Options.ToArray() }).Write(bytes, pseudo),
                { Icmp: { } icmp } => icmp.Write(bytes),
                { Icmpv6: { } icmpv6 } => icmpv6.Write(bytes, pseudo),
                { Igmp: { } igmp } => Copy(igmp.ToArray(), bytes),
                _ => 0,
            };
            Assert.True(length > 0, frame.ToString());
            var original = frame.Protocol is null ? frame.Payload[..length] : frame.TransportBytes;
            Assert.True(original.Span.SequenceEqual(bytes.AsSpan(0, length)) || (frame.Udp is not null && Checksumless(original, bytes)),
                $"{frame}\n{Convert.ToHexStringLower(original.Span)}\n{Convert.ToHexStringLower(bytes.AsSpan(0, length))}");
            written++;
        }

        Assert.Equal(115, written);
    }

    [Fact]
    public void The_fragments_are_pings_of_3000_bytes()
    {
        var reassembler = new IpReassembler();
        var whole = File.Packets.Select(p => p.Frame!).Where(f => f.Ipv4 is { IsFragment: true } || f.Ipv6 is { IsFragment: true })
            .Select(reassembler.Add).Where(f => f is not null).ToList();

        Assert.Equal([3000, 3000], whole.Where(f => f!.Icmp is not null).Select(f => f!.Icmp!.Value.Payload.Length));
        Assert.Equal([3000, 3000], whole.Where(f => f!.Icmpv6 is not null).Select(f => f!.Icmpv6!.Value.Payload.Length));
        Assert.All(whole, f => Assert.True(f!.HasRightChecksums));
        Assert.Equal(0, reassembler.Pending);
    }

    [Fact]
    public void Cut_again_the_pings_are_the_kernels_fragments()
    {
        var fragments = File.Packets.Select(p => p.Frame!).Where(f => f.Ipv6 is { IsFragment: true }).Take(3).ToList();
        var whole = fragments.Select(new IpReassembler().Add).Single(f => f is not null)!;

        Assert.Equal(fragments, whole.Fragment(1500, fragments[0].Ipv6!.Value.Fragment.Identification));
    }

    [Fact]
    public void The_options_of_the_kernels_first_segment_are_known()
    {
        var syn = File.Packets.Select(p => p.Frame!.Tcp).First(t => t is { Flags: TcpFlags.Syn })!.Value;

        Assert.Equal((1460, 10, true, 0u),
            (syn.Options.MaximumSegmentSize!.Value, syn.Options.WindowScale!.Value, syn.Options.SackPermitted, syn.Options.TimestampEcho));
    }

    [Fact]
    public void The_kernels_vxlan_carries_a_ping()
    {
        var inner = File.Packets.Select(p => p.Frame!).Where(f => f.Vxlan is { Vni: 42 }).Select(f => f.Inner!).ToList();

        Assert.Equal(["who-has 198.51.100.2 tell 198.51.100.1", "198.51.100.2 is-at 02:00:00:00:01:0b"], inner.Take(2).Select(f => f.Arp!.Value.ToString()));
        Assert.Equal([IcmpType.EchoRequest, IcmpType.EchoReply], inner.Skip(2).Select(f => f.Icmp!.Value.Type));
    }

    [Fact]
    public void A_refused_port_is_told_with_the_packet_that_asked()
    {
        var error = File.Packets.Select(p => p.Frame!.Icmp).First(i => i is { IsError: true })!.Value;

        Assert.Equal((IcmpType.DestinationUnreachable, 3), (error.Type, error.Code));
        Assert.True(Ipv4Packet.TryParse(error.Payload, out var quoted) && UdpDatagram.TryParse(quoted.Payload, out var udp) && udp.DestinationPort == 9);
    }

    [Fact]
    public void The_dhcp_offer_has_every_option_that_the_server_was_told()
    {
        var messages = Servers.Packets.Select(p => p.Frame!.Dhcp).OfType<DhcpMessage>().ToList();
        var offer = messages[1];

        Assert.Equal([DhcpMessageType.Discover, DhcpMessageType.Offer, DhcpMessageType.Request, DhcpMessageType.Ack],
            messages.Select(m => m.MessageType!.Value));
        Assert.Equal((true, 0x11223344u, "192.0.2.50", "255.255.255.0"),
            (offer.IsReply, offer.TransactionId, offer.YourIp.ToString(), offer.SubnetMask.ToString()));
        Assert.Equal((3600u, (ushort)1450, "192.0.2.2"), (offer.LeaseTime!.Value, offer.Mtu!.Value, offer.ServerId.ToString()));
        Assert.Equal(["192.0.2.2"], offer.Routers.Select(r => r.ToString()));
        Assert.Equal(["169.254.169.254/32 192.0.2.3", "203.0.113.0/24 192.0.2.4"], offer.Routes.Select(r => $"{r.Destination}/{r.PrefixLength} {r.Router}"));
    }

    [Fact]
    public void The_dhcpv6_advertisement_lends_an_address()
    {
        var messages = Servers.Packets.Select(p => p.Frame!.Dhcpv6).OfType<Dhcpv6Message>().ToList();
        var association = messages[1].Options.Single(o => o.Code == Dhcpv6OptionCode.IaNa);

        Assert.Equal([Dhcpv6MessageType.Solicit, Dhcpv6MessageType.Advertise], messages.Select(m => m.Type));
        Assert.Equal(Ipv6Address.Parse("2001:db8:1::193"), association.Options.Single(o => o.Code == Dhcpv6OptionCode.IaAddress).Address);
        Assert.Equal(Ipv6Address.Parse("2001:db8:1::2").ToUInt128(),
            Ipv6Address.FromBytes(messages[1].Option(Dhcpv6OptionCode.DnsServers)!.Value.Span).ToUInt128());
    }

    [Fact]
    public void The_router_advertisement_says_what_the_link_is_like()
    {
        var advertisement = Servers.Packets.Select(p => p.Frame!.RouterAdvertisement).OfType<RouterAdvertisement>().Single();

        Assert.Equal((true, true, RouterPreference.High, 600, 1400u),
            (advertisement.Managed, advertisement.OtherConfiguration, advertisement.Preference, advertisement.RouterLifetime, advertisement.Mtu!.Value));
        Assert.Equal("2001:db8:1::/64", advertisement.Prefixes.Select(p => $"{p.Prefix}/{p.Length}").Single());
        Assert.Equal(["lab.example", "example"], advertisement.SearchDomains);
        Assert.Equal(MacAddress.Parse("02:00:00:00:00:0b"), advertisement.SourceMac);
        var again = Frame.RouterAdvertisement(advertisement.SourceMac!.Value, Sample.V6Ip1, advertisement).RouterAdvertisement!;
        Assert.Equal(advertisement with { Prefixes = [], Routes = [], DnsServers = [], SearchDomains = [] }, again
            with { Prefixes = [], Routes = [], DnsServers = [], SearchDomains = [] });
        Assert.Equal(advertisement.Prefixes, again.Prefixes);
        Assert.Equal(advertisement.DnsServers, again.DnsServers);
    }

    [Fact]
    public void Names_in_dns_answers_are_read_through_their_pointers()
    {
        var answers = Servers.Packets.Select(p => p.Frame!.Dns).OfType<DnsMessage>().Where(m => m.IsResponse).ToList();

        Assert.Equal(
            ["A 192.0.2.80", "AAAA 2001:db8:1::80", "SRV 5 6 8080 www.lab.example", "MX 10 mail.lab.example", "TXT \"hello\" \"world and more\"",
                "PTR client.lab.example", "CNAME www.lab.example"],
            answers.Where(m => m.Answers.Count > 0).Select(m => $"{DnsRecord.NameOf(m.Answers[0].Type)} {m.Answers[0].Text}"));
        Assert.Equal(3, answers.Single(m => m.Answers.Count == 0).ResponseCode);
        Assert.All(answers, m =>
            Assert.Equal(m.Answers.Select(a => a.Text), DnsMessage.TryParse(m.ToArray(), out var again) ? again!.Answers.Select(a => a.Text) : []));
    }

    [Fact]
    public void The_bridge_says_that_it_is_the_root()
    {
        var bpdus = Servers.Packets.Select(p => p.Frame!.Bpdu).OfType<Bpdu>().ToList();

        Assert.Equal(3, bpdus.Count);
        Assert.Equal((BpduType.Configuration, 0u, "8000.02000000000c", 0x8001),
            (bpdus[0].Type, bpdus[0].RootPathCost, bpdus[0].Root.ToString(), bpdus[0].Port));
        Assert.Equal([0, 1, 1], bpdus.Select(b => (int)b.Flags));
    }

    private static int Copy(byte[] from, byte[] to)
    {
        from.CopyTo(to, 0);
        return from.Length;
    }

    // The kernel's VXLAN has no UDP checksum over IPv4; we always compute one.
    private static bool Checksumless(ReadOnlyMemory<byte> original, byte[] written)
    {
        (written[6], written[7]) = (0, 0);
        return original.Span.SequenceEqual(written.AsSpan(0, original.Length));
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
