using System.Net;

namespace NetLab.Packets.Tests;

/// <summary>Well-formed frames of every kind that the library writes, from one seed.</summary>
internal sealed class FrameGenerator(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Names of the kinds, so that each can be asked for and counted.</summary>
    public static IReadOnlyList<string> Kinds => [.. Makers.Keys];

    private static readonly Dictionary<string, Func<FrameGenerator, Frame>> Makers = new()
    {
        ["udp4"] = g => g.Udp(false),
        ["udp6"] = g => g.Udp(true),
        ["tcp4"] = g => g.Tcp(false),
        ["tcp6"] = g => g.Tcp(true),
        ["icmp echo"] = g => Frame.IcmpEcho(g.Mac(), g.Mac(), g.Ip4(), g.Ip4(), g.Bool() ? IcmpType.EchoRequest : IcmpType.EchoReply, g.U16(),
            g.U16(), g.Payload(), g.Options()),
        ["icmp error"] = g => g.IcmpError(),
        ["icmpv6 echo"] = g => Frame.Icmpv6Echo(g.Mac(), g.Mac(), g.Ip6(), g.Ip6(), g.Bool() ? Icmpv6Type.EchoRequest : Icmpv6Type.EchoReply,
            g.U16(), g.U16(), g.Payload(), g.Options()),
        ["icmpv6 error"] = g => g.Icmpv6Error(),
        ["arp"] = g => g.Bool() ? Frame.ArpRequest(g.Mac(), g.Ip4(), g.Ip4()) : Frame.ArpReply(g.Mac(), g.Ip4(), g.Mac(), g.Ip4()),
        ["rarp"] = g => Frame.RarpAnnouncement(g.Mac()),
        ["neighbor solicitation"] = g => Frame.NeighborSolicitation(g.Mac(), g.Ip6(), g.Ip6()),
        ["neighbor advertisement"] = g => Frame.NeighborAdvertisement(g.Mac(), g.Ip6(), g.Mac(), g.Ip6(), g.Bool(), g.Bool(), g.Bool()),
        ["router solicitation"] = g => Frame.RouterSolicitation(g.Mac(), g.Ip6()),
        ["router advertisement"] = g => Frame.RouterAdvertisement(g.Mac(), g.Ip6(), g.Advertisement()),
        ["redirect"] = g => Frame.Icmpv6(g.Mac(), g.Mac(), g.Ip6(), g.Ip6(), new Redirect(g.Ip6(), g.Ip6(), g.Mac()).ToMessage(),
            new IpOptions { TimeToLive = 255 }),
        ["mld"] = g => g.Mld(),
        ["igmp"] = g => g.Igmp(),
        ["vlan"] = g => g.Plain().WithVlan(VlanTag.Of(g.Upto(4096), g.Upto(8), g.Bool())),
        ["qinq"] = g => g.Plain().WithVlan(VlanTag.Of(g.Upto(4096), g.Upto(8))).WithVlan(VlanTag.Of(g.Upto(4096), g.Upto(8), false, EtherTypes.ServiceVlan)),
        ["ipv4 options"] = g => g.Ipv4Options(),
        ["ipv4 fragment"] = g => g.Pick(g.Udp(false, 1500).Fragment(300 + g.Upto(500))),
        ["ipv6 fragment"] = g => g.Pick(g.Udp(true, 1500).Fragment(400 + g.Upto(500), (uint)g.U32())),
        ["ipv6 extensions"] = g => g.Ipv6Extensions(),
        ["vxlan"] = g => g.Vxlan(),
        ["geneve"] = g => g.Geneve(),
        ["gre"] = g => g.Gre(),
        ["mpls"] = g => g.Mpls(),
        ["stp"] = g => g.Stp(),
        ["lldp"] = g => Frame.Lldp(g.Mac(), LldpPacket.Of(g.Mac(), $"eth{g.Upto(99)}", g.U16(), g.Bool() ? $"node{g.Upto(999)}" : null)),
        ["lacp"] = g => Frame.Lacp(g.Mac(), new LacpPacket(g.Party(), g.Party(), g.U16())),
        ["vrrp"] = g => g.Vrrp(),
        ["dhcp"] = g => g.Dhcp(),
        ["dhcpv6"] = g => g.Dhcpv6(),
        ["dns"] = g => g.Dns(),
        ["esp"] = g => g.Esp(),
        ["ipip"] = g => Frame.Ip(g.Mac(), g.Mac(),
            new Ipv4Packet { Source = g.Ip4(), Destination = g.Ip4(), Protocol = IpProtocol.Ipv4, Payload = g.Udp(false).Payload }),
        ["unknown type"] = g => Frame.Ethernet(g.Mac(), g.Mac(), EtherTypes.Experiment1, g.Payload()),
    };

    public Frame Next() => Next(Kinds[_random.Next(Kinds.Count)]);

    public Frame Next(string kind) => Makers[kind](this);

    public bool Bool() => _random.Next(2) == 0;

    public int Upto(int bound) => _random.Next(bound);

    public ushort U16() => (ushort)_random.Next(65536);

    public long U32() => _random.NextInt64(1L << 32);

    public MacAddress Mac() => MacAddress.FromUInt64(((ulong)_random.NextInt64(1L << 40) & 0xFF_FFFF_FFFF) | 0x0200_0000_0000);

    // Addresses of the documentation prefixes, so that no other program gives them a meaning of their own.
    public Ipv4Address Ip4() => Ipv4Address.FromUInt32(0xCB00_7100 | (uint)Upto(256));

    public Ipv6Address Ip6() => Ipv6Address.FromUInt128(new UInt128(0x2001_0DB8_0000_0000 | (ulong)U32(), (ulong)_random.NextInt64()));

    // Ports that nobody registered.
    public ushort Port() => (ushort)(50000 + Upto(9000));

    public byte[] Payload(int most = 200)
    {
        var bytes = new byte[Upto(most)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[Upto(list.Count)];

    private IpOptions Options() => new()
    {
        TimeToLive = (byte)(1 + Upto(255)),
        Identification = U16(),
        DontFragment = Bool(),
        TrafficClass = (byte)Upto(256),
        FlowLabel = Upto(1 << 20),
    };

    private Frame Plain() => Bool() ? Udp(Bool()) : Bool() ? Tcp(Bool()) : Next("arp");

    private Frame Udp(bool v6, int size = 0)
    {
        var payload = size > 0 ? new byte[size] : Payload();
        _random.NextBytes(payload);
        var options = size > 0 ? new IpOptions { Identification = U16() } : Options();
        return v6 ? Frame.Udp(Mac(), Mac(), Ip6(), Ip6(), Port(), Port(), payload, options)
            : Frame.Udp(Mac(), Mac(), Ip4(), Ip4(), Port(), Port(), payload, options);
    }

    private Frame Tcp(bool v6)
    {
        var options = new TcpOptions
        {
            MaximumSegmentSize = Bool() ? U16() : null,
            WindowScale = Bool() ? (byte)Upto(15) : null,
            SackPermitted = Bool(),
            Timestamp = Bool() ? (uint)U32() : null,
            TimestampEcho = (uint)U32(),
            SackBlocks = Upto(4) == 0 ? [new TcpSackBlock((uint)U32(), (uint)U32())] : [],
        };
        var segment = new TcpSegment
        {
            SourcePort = Port(),
            DestinationPort = Port(),
            SequenceNumber = (uint)U32(),
            AcknowledgmentNumber = (uint)U32(),
            Flags = (TcpFlags)Upto(0x200),
            Window = U16(),
            UrgentPointer = U16(),
            OptionBytes = options.ToArray(),
            Payload = Payload(),
        };
        return v6 ? Frame.Tcp(Mac(), Mac(), Ip6(), Ip6(), segment, Options()) : Frame.Tcp(Mac(), Mac(), Ip4(), Ip4(), segment, Options());
    }

    private Frame IcmpError()
    {
        var quoted = Udp(false).Payload;
        var message = new IcmpMessage
        {
            Type = Pick<IcmpType>([IcmpType.DestinationUnreachable, IcmpType.TimeExceeded, IcmpType.Redirect]),
            Code = (byte)Upto(2),
            RestOfHeader = 0,
            Payload = quoted[..Math.Min(quoted.Length, 28)],
        };
        message = message.Type == IcmpType.DestinationUnreachable && Bool() ? message with { Code = 4, RestOfHeader = (uint)(576 + Upto(1000)) } : message;
        return Frame.Icmp(Mac(), Mac(), Ip4(), Ip4(), message
            with { RestOfHeader = message.Type == IcmpType.Redirect ? Ip4().ToUInt32() : message.RestOfHeader });
    }

    private Frame Icmpv6Error()
    {
        var quoted = Udp(true).Payload;
        var type = Pick<Icmpv6Type>([Icmpv6Type.DestinationUnreachable, Icmpv6Type.PacketTooBig, Icmpv6Type.TimeExceeded]);
        return Frame.Icmpv6(Mac(), Mac(), Ip6(), Ip6(), new Icmpv6Message
        {
            Type = type,
            Code = (byte)(type == Icmpv6Type.PacketTooBig ? 0 : Upto(2)),
            RestOfHeader = type == Icmpv6Type.PacketTooBig ? (uint)(1280 + Upto(1000)) : 0,
            Payload = quoted,
        });
    }

    private RouterAdvertisement Advertisement() => new()
    {
        HopLimit = (byte)Upto(256),
        Managed = Bool(),
        OtherConfiguration = Bool(),
        HomeAgent = Bool(),
        Preference = Pick<RouterPreference>([RouterPreference.Medium, RouterPreference.High, RouterPreference.Low]),
        RouterLifetime = U16(),
        ReachableTime = (uint)U32(),
        RetransmissionTimer = (uint)U32(),
        Mtu = Bool() ? (uint)(1280 + Upto(8000)) : null,
        Prefixes = Bool() ? [new NdpPrefix(Ip6(), 64, Bool(), Bool(), (uint)U32(), (uint)U32())] : [],
        Routes = Bool() ? [new NdpRoute(Ip6(), 128, RouterPreference.High, (uint)U32())] : [],
        DnsServers = Bool() ? [Ip6(), Ip6()] : [],
        SearchDomains = Bool() ? ["lab.example", "example"] : [],
        DnsLifetime = (uint)Upto(10000),
        CaptivePortal = Upto(3) == 0 ? "https://portal.example/" : null,
        Pref64 = Upto(3) == 0 ? new NdpPref64(Ipv6Address.Parse("64:ff9b::"), 96, (ushort)(Upto(8000) * 8)) : null,
    };

    private Frame Mld()
    {
        var group = Ipv6Address.Parse($"ff05::{Upto(65536):x}");
        return Upto(4) switch
        {
            0 => Frame.Mld(Mac(), Ip6(), group, new MldMessage { Type = Icmpv6Type.MulticastListenerReport, Group = group }),
            1 => Frame.Mld(Mac(), Ip6(), Ipv6Address.AllRouters, new MldMessage { Type = Icmpv6Type.MulticastListenerDone, Group = group }),
            2 => Frame.Mld(Mac(), Ip6(), Ipv6Address.AllNodes,
                new MldMessage { Type = Icmpv6Type.MulticastListenerQuery, Group = group, MaximumResponseCode = (ushort)Upto(30000),
                    IsVersion2Query = true, Robustness = (byte)Upto(8), QueryIntervalCode = (byte)Upto(128), SuppressRouterProcessing = Bool(),
                        Sources = Bool() ? [Ip6()] : [] }),
            _ => Frame.Mld(Mac(), Ip6(), Ipv6Address.Parse("ff02::16"),
                new MldMessage { Type = Icmpv6Type.MulticastListenerReport2, Records =
                    [new MldRecord(MulticastRecordType.ChangeToExclude, group), new MldRecord(MulticastRecordType.AllowNewSources, group, Ip6(), Ip6())] }),
        };
    }

    private Frame Igmp()
    {
        var group = Ipv4Address.Parse($"239.1.{Upto(256)}.{Upto(256)}");
        return Upto(4) switch
        {
            0 => Frame.Igmp(Mac(), Ip4(), group, new IgmpMessage { Type = IgmpType.Report2, Group = group }),
            1 => Frame.Igmp(Mac(), Ip4(), Ipv4Address.Parse("224.0.0.2"), new IgmpMessage { Type = IgmpType.Leave, Group = group }),
            2 => Frame.Igmp(Mac(), Ip4(), Ipv4Address.Parse("224.0.0.1"),
                new IgmpMessage { Type = IgmpType.Query, Group = group, MaximumResponseCode = (byte)Upto(128), IsVersion3Query = true,
                    Robustness = (byte)Upto(8), QueryIntervalCode = (byte)Upto(128), SuppressRouterProcessing = Bool(), Sources = Bool() ? [Ip4()] : [] }),
            _ => Frame.Igmp(Mac(), Ip4(), Ipv4Address.Parse("224.0.0.22"),
                new IgmpMessage { Type = IgmpType.Report3, Records =
                    [new IgmpRecord(MulticastRecordType.ChangeToInclude, group), new IgmpRecord(MulticastRecordType.BlockOldSources, group, Ip4(), Ip4())] }),
        };
    }

    private Frame Ipv4Options()
    {
        var options = Bool() ? Ipv4Option.RouterAlertBytes.ToArray() : Ipv4Option.Route(Ipv4Option.RecordRoute, Ip4(), Ip4(), Ipv4Address.Any);
        var udp = Udp(false).Ipv4!.Value;
        return Frame.Ip(Mac(), Mac(), udp with { Options = options });
    }

    private Frame Ipv6Extensions()
    {
        var bytes = new byte[256];
        var at = Ipv6Extension.WriteOptions(bytes, IpProtocol.DestinationOptions, [Ipv6Option.RouterAlert, 2, 0, (byte)Upto(3)]);
        at += Ipv6Extension.WriteOptions(bytes.AsSpan(at), IpProtocol.Udp, Bool() ? [] : [0x1E, 12, .. new byte[12]]);
        var udp = Udp(true).Ipv6!.Value;
        return Frame.Ip(Mac(), Mac(), udp with { FirstExtension = IpProtocol.HopByHop, Extensions = bytes.AsMemory(0, at) });
    }

    private Frame Tunnel(ushort port, byte[] payload) =>
        Bool() ? Frame.Udp(Mac(), Mac(), Ip4(), Ip4(), Port(), port, payload) : Frame.Udp(Mac(), Mac(), Ip6(), Ip6(), Port(), port, payload);

    private Frame Vxlan()
    {
        var packet = new VxlanPacket { Vni = Upto(1 << 24), GroupPolicyId = Bool() ? U16() : null, Payload = Plain().Bytes };
        var bytes = new byte[VxlanPacket.HeaderLength + packet.Payload.Length];
        packet.Write(bytes);
        return Tunnel(VxlanPacket.Port, bytes);
    }

    private Frame Geneve()
    {
        byte[] option = [0x01, 0x02, 0x80, 1, .. BitConverter.GetBytes((uint)U32())];
        var packet = new GenevePacket
            { Vni = Upto(1 << 24), ProtocolType = EtherTypes.TransparentEthernetBridging, HasCriticalOptions = true, Options = Bool() ? option
                : default, Payload = Plain().Bytes };
        var bytes = new byte[8 + packet.Options.Length + packet.Payload.Length];
        packet.Write(bytes);
        return Tunnel(GenevePacket.Port, bytes);
    }

    private Frame Gre()
    {
        var isEthernet = Bool();
        var packet = new GrePacket
        {
            ProtocolType = isEthernet ? EtherTypes.TransparentEthernetBridging : EtherTypes.Ipv4,
            HasChecksum = Bool(),
            Key = Bool() ? (uint)U32() : null,
            SequenceNumber = Bool() ? (uint)U32() : null,
            Payload = isEthernet ? Plain().Bytes : Udp(false).Payload,
        };
        var bytes = new byte[packet.HeaderLength + packet.Payload.Length];
        packet.Write(bytes);
        return Frame.Ip(Mac(), Mac(), new Ipv4Packet { Source = Ip4(), Destination = Ip4(), Protocol = IpProtocol.Gre, Payload = bytes });
    }

    private Frame Mpls()
    {
        var packet = new MplsPacket
        {
            Labels = [.. Enumerable.Range(0, 1 + Upto(3)).Select(_ => new MplsLabel(16 + Upto(1 << 19), (byte)Upto(8), (byte)Upto(256)))],
            Payload = Udp(Bool()).Payload,
        };
        var bytes = new byte[(packet.Labels.Count * 4) + packet.Payload.Length];
        packet.Write(bytes);
        return Frame.Ethernet(Mac(), Mac(), EtherTypes.Mpls, bytes);
    }

    private BridgeId Bridge() => new((ushort)(Upto(16) << 12), Mac());

    private Frame Stp()
    {
        var version = (byte)Pick<int>([0, 2, 3]);
        if (version == 0 && Upto(4) == 0)
        {
            return Frame.Bpdu(Mac(), new Bpdu { Type = BpduType.TopologyChange });
        }

        return Frame.Bpdu(Mac(), new Bpdu
        {
            Version = version,
            Type = version == 0 ? BpduType.Configuration : BpduType.Rapid,
            Flags = (byte)(version == 0 ? Upto(2) : Upto(128)),
            Root = Bridge(),
            RootPathCost = (uint)Upto(200000),
            Bridge = Bridge(),
            Port = U16(),
            MessageAge = (ushort)(Upto(20) * 256),
            MaximumAge = 20 * 256,
            HelloTime = 2 * 256,
            ForwardDelay = (ushort)(Upto(30) * 256),
            Mst = version == 3 ? new MstExtension("region", U16(), Convert.ToHexStringLower(new byte[16]), (uint)Upto(100000), Bridge(), (byte)Upto(40)) : null,
        });
    }

    private LacpParty Party() => new(U16(), Mac(), U16(), U16(), U16(), (LacpState)Upto(256));

    private Frame Vrrp()
    {
        var packet = new VrrpPacket
            { Version = (byte)(2 + Upto(2)), VirtualRouter = (byte)(1 + Upto(255)), Priority = (byte)Upto(256), Interval = 100 * (1 + Upto(30)),
                Addresses = [(IPAddress)Ip4(), (IPAddress)Ip4()] };
        var (source, group) = (Ip4(), Ipv4Address.Parse("224.0.0.18"));
        return Frame.Ip(packet.VirtualMac, MacAddress.ForMulticast(group),
            new Ipv4Packet { Source = source, Destination = group, TimeToLive = 255, Protocol = IpProtocol.Vrrp, Payload = packet.ToArray(source, group) });
    }

    private Frame Dhcp()
    {
        var message = new DhcpMessage
        {
            IsReply = Bool(),
            TransactionId = (uint)U32(),
            Seconds = (ushort)Upto(100),
            IsBroadcast = Bool(),
            YourIp = Ip4(),
            RelayIp = Ip4(),
            ClientMac = Mac(),
            Options =
            [
                DhcpOption.Of((DhcpMessageType)(1 + Upto(8))),
                DhcpOption.Of(DhcpOptionCode.SubnetMask, Ipv4Address.Parse("255.255.255.0")),
                DhcpOption.Of(DhcpOptionCode.Routers, Ip4()),
                DhcpOption.Of(DhcpOptionCode.LeaseTime, (uint)U32()),
                DhcpOption.Of(DhcpOptionCode.Mtu, (ushort)1450),
                DhcpOption.Of(DhcpOptionCode.HostName, "vm1"),
                DhcpOption.Of(new DhcpRoute(Ipv4Address.Parse("169.254.169.254"), 32, Ip4())),
            ],
        };
        var (from, to) = message.IsReply ? (67, 68) : (68, 67);
        return Frame.Udp(Mac(), MacAddress.Broadcast, Ip4(), Ipv4Address.Broadcast, (ushort)from, (ushort)to, message.ToArray());
    }

    private Frame Dhcpv6()
    {
        var message = new Dhcpv6Message
        {
            Type = (Dhcpv6MessageType)(1 + Upto(9)),
            TransactionId = Upto(1 << 24),
            Options = [Dhcpv6Option.Duid(Dhcpv6OptionCode.ClientId, Mac()),
                Dhcpv6Option.IaNa((uint)U32(), 100, 200, Dhcpv6Option.IaAddress(Ip6(), 300, 400)), new Dhcpv6Option(Dhcpv6OptionCode.ElapsedTime, new byte[2])],
        };
        return Frame.Udp(Mac(), Mac(), Ip6(), Ip6(), 546, 547, message.ToArray());
    }

    private Frame Dns()
    {
        var name = $"vm{Upto(1000)}.lab.example";
        var query = DnsMessage.Query(U16(), name, Pick<DnsType>([DnsType.A, DnsType.Aaaa, DnsType.Txt]));
        var answer = query.Answer(DnsRecord.ToName(name, DnsType.Cname, $"alias.{name}"), DnsRecord.A($"alias.{name}", Ip4()),
            DnsRecord.Aaaa($"alias.{name}", Ip6(), (uint)Upto(100000)), DnsRecord.Srv(name, U16(), U16(), U16(), "server.example"));
        return Bool()
            ? Frame.Udp(Mac(), Mac(), Ip4(), Ip4(), Port(), 53, query.ToArray())
            : Frame.Udp(Mac(), Mac(), Ip6(), Ip6(), 53, Port(), answer.ToArray());
    }

    private Frame Esp()
    {
        var bytes = new byte[64];
        _random.NextBytes(bytes);
        new EspHeader((uint)U32() | 0x1000, (uint)U32()).Write(bytes);
        return Frame.Ip(Mac(), Mac(), new Ipv6Packet { Source = Ip6(), Destination = Ip6(), Protocol = IpProtocol.Esp, Payload = bytes });
    }
}
