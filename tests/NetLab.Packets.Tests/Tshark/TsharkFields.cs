namespace NetLab.Packets.Tests.Tshark;

/// <summary>Which of our fields say what a field of tshark says.</summary>
/// <param name="Name">tshark's name.</param>
/// <param name="Ours">The values that our layers have for it.</param>
internal sealed record TsharkField(string Name, Func<IReadOnlyList<Layer>, IEnumerable<string>> Ours)
{
    public TsharkField(string name, Func<Layer, IEnumerable<string>> ours)
        : this(name, layers => layers.SelectMany(ours))
    {
    }
}

/// <summary>The table that the comparison goes by, protocol by protocol.</summary>
internal static class TsharkFields
{
    public static IReadOnlyList<TsharkField> All { get; } =
    [
        .. Of("Ethernet", ("eth.dst", "Destination"), ("eth.src", "Source")),
        new("eth.type", layers => Types(layers, "Ethernet")),
        new("vlan.etype", layers => Types(layers, "VLAN")),
        new("vlan.id", (Layer layer) => Vlan(layer, 0x8100, "Id")),
        new("vlan.priority", (Layer layer) => Vlan(layer, 0x8100, "Priority")),
        new("vlan.dei", (Layer layer) => Vlan(layer, 0x8100, "Drop eligible")),
        new("ieee8021ad.id", (Layer layer) => Vlan(layer, 0x88A8, "Id")),
        .. Of("ARP|RARP", ("arp.opcode", "Operation"), ("arp.src.hw_mac", "Sender MAC"), ("arp.src.proto_ipv4", "Sender IP"),
            ("arp.dst.hw_mac", "Target MAC"), ("arp.dst.proto_ipv4", "Target IP")),
        .. Of("IPv4", ("ip.hdr_len", "Header length"), ("ip.dsfield.dscp", "DSCP"), ("ip.dsfield.ecn", "ECN"), ("ip.len", "Total length"),
            ("ip.id", "Identification"),
            ("ip.flags.rb", "Reserved flag"), ("ip.flags.df", "Don't fragment"), ("ip.flags.mf", "More fragments"), ("ip.ttl", "Time to live"),
            ("ip.proto", "Protocol"), ("ip.checksum", "Checksum"), ("ip.src", "Source"), ("ip.dst", "Destination")),
        new("ip.opt.ra", (Layer layer) => layer.Name == "IPv4" ? Values(layer.Fields, "Router alert").Select(v => $"0x{v}") : []),
        new("ip.frag_offset", (Layer layer) => layer.Name == "IPv4" ? Values(layer.Fields, "Fragment offset").Select(Eighth) : []),
        new("ipv6.fraghdr.offset", (Layer layer) => layer.Name == "Fragment header" ? Values(layer.Fields, "Offset").Select(Eighth) : []),
        new("ip.checksum.status", (Layer layer) => Status(layer, "IPv4")),
        .. Of("IPv6", ("ipv6.tclass.dscp", "DSCP"), ("ipv6.tclass.ecn", "ECN"), ("ipv6.flow", "Flow label"), ("ipv6.plen", "Payload length"),
            ("ipv6.nxt", "Next header"),
            ("ipv6.hlim", "Hop limit"), ("ipv6.src", "Source"), ("ipv6.dst", "Destination")),
        .. Of("Fragment header", ("ipv6.fraghdr.nxt", "Next header"), ("ipv6.fraghdr.more", "More fragments"), ("ipv6.fraghdr.ident", "Identification")),
        .. Of("Hop-by-hop options", ("ipv6.hopopts.nxt", "Next header"), ("ipv6.hopopts.len", "Length"), ("ipv6.opt.router_alert", "Router alert")),
        .. Of("Destination options", ("ipv6.dstopts.nxt", "Next header"), ("ipv6.dstopts.len", "Length")),
        .. Of("UDP", ("udp.srcport", "Source port"), ("udp.dstport", "Destination port"), ("udp.length", "Length"), ("udp.checksum", "Checksum")),
        new("udp.checksum.status", (Layer layer) => Status(layer, "UDP")),
        .. Of("TCP", ("tcp.srcport", "Source port"), ("tcp.dstport", "Destination port"), ("tcp.seq_raw", "Sequence number"),
            ("tcp.ack_raw", "Acknowledgment number"), ("tcp.hdr_len", "Header length"),
            ("tcp.flags", "Flags"), ("tcp.window_size_value", "Window"), ("tcp.checksum", "Checksum"), ("tcp.urgent_pointer", "Urgent pointer"),
                ("tcp.options.mss_val", "Maximum segment size"),
            ("tcp.options.wscale.shift", "Window scale"), ("tcp.options.timestamp.tsval", "Timestamps/Value"),
                ("tcp.options.timestamp.tsecr", "Timestamps/Echo reply"),
            ("tcp.options.sack_le", "SACK/Left edge"), ("tcp.options.sack_re", "SACK/Right edge")),
        new("tcp.checksum.status", (Layer layer) => Status(layer, "TCP")),
        .. Of("ICMP", ("icmp.type", "Type"), ("icmp.code", "Code"), ("icmp.checksum", "Checksum"), ("icmp.ident", "Identifier"),
            ("icmp.seq", "Sequence number"), ("icmp.redir_gw", "Gateway")),
        new("icmp.mtu", (Layer layer) => layer.Name == "ICMP" && One(layer, "Type") == "3" && One(layer, "Code") == "4"
            ? Values(layer.Fields, "Next-hop MTU") : []),
        new("icmp.checksum.status", (Layer layer) => Status(layer, "ICMP")),
        .. Of("ICMPv6", ("icmpv6.type", "Type"), ("icmpv6.code", "Code"), ("icmpv6.checksum", "Checksum"), ("icmpv6.mtu", "MTU "),
            ("icmpv6.echo.identifier", "Identifier"), ("icmpv6.echo.sequence_number", "Sequence number")),
        new("icmpv6.checksum.status", (Layer layer) => Status(layer, "ICMPv6")),
        .. Icmpv6(2, ("icmpv6.mtu", "MTU")),
        .. Icmpv6(135, ("icmpv6.nd.ns.target_address", "Target")),
        .. Icmpv6(136, ("icmpv6.nd.na.target_address", "Target"), ("icmpv6.nd.na.flag.r", "Router"), ("icmpv6.nd.na.flag.s", "Solicited"),
            ("icmpv6.nd.na.flag.o", "Override")),
        .. Icmpv6(137, ("icmpv6.nd.rd.target_address", "Target"), ("icmpv6.rd.na.destination_address", "Destination")),
        .. Icmpv6(134, ("icmpv6.nd.ra.cur_hop_limit", "Hop limit"), ("icmpv6.nd.ra.flag.m", "Managed"),
            ("icmpv6.nd.ra.flag.o", "Other configuration"), ("icmpv6.nd.ra.flag.h", "Home agent"),
            ("icmpv6.nd.ra.flag.prf", "Preference"), ("icmpv6.nd.ra.router_lifetime", "Router lifetime"),
                ("icmpv6.nd.ra.reachable_time", "Reachable time"), ("icmpv6.nd.ra.retrans_timer", "Retransmission timer"),
            ("icmpv6.opt.mtu", "MTU"), ("icmpv6.opt.prefix.flag.l", "Prefix/On link"), ("icmpv6.opt.prefix.flag.a", "Prefix/Autonomous"),
                ("icmpv6.opt.prefix.valid_lifetime", "Prefix/Valid lifetime"),
            ("icmpv6.opt.prefix.preferred_lifetime", "Prefix/Preferred lifetime"), ("icmpv6.opt.route_lifetime", "Route/Lifetime"),
                ("icmpv6.opt.route_info.flag.route_preference", "Route/Preference"),
            ("icmpv6.opt.rdnss.lifetime", "DNS servers/Lifetime"), ("icmpv6.opt.dnssl.lifetime", "DNS search list/Lifetime"),
                ("icmpv6.opt.captive_portal", "Captive portal")),
        new("icmpv6.opt.rdnss", (Layer layer) => layer.Name == "ICMPv6" ? Values(layer.Fields, "DNS servers").SelectMany(v => v.Split(' ')) : []),
        new("icmpv6.opt.dnssl", (Layer layer) => layer.Name == "ICMPv6" ? Values(layer.Fields, "DNS search list").SelectMany(v => v.Split(' ')) : []),
        new("icmpv6.opt.src_linkaddr", (Layer layer) => layer.Name == "ICMPv6" ? Values(layer.Fields, "Source MAC") : []),
        new("icmpv6.opt.target_linkaddr", (Layer layer) => layer.Name == "ICMPv6" ? Values(layer.Fields, "Target MAC") : []),
        new("icmpv6.mld.multicast_address", (Layer layer) => layer.Name == "ICMPv6" && One(layer, "Type") is "130" or "131" or "132"
            ? Values(layer.Fields, "Group") : []),
        .. Icmpv6(130, ("icmpv6.mld.maximum_response_code", "Maximum response code"), ("icmpv6.mld.flag.s", "Suppress router processing"),
            ("icmpv6.mld.flag.qrv", "Robustness"),
            ("icmpv6.mld.qqi", "Query interval code"), ("icmpv6.mld.nb_sources", "Sources"), ("icmpv6.mld.source_address", "Sources/Source")),
        .. Icmpv6(143, ("icmpv6.mldr.nb_mcast_records", "Records"), ("icmpv6.mldr.mar.record_type", "Record/Record type"),
            ("icmpv6.mldr.mar.multicast_address", "Record"), ("icmpv6.mldr.mar.source_address", "Record/Source")),
        .. Of("IGMP", ("igmp.type", "Type"), ("igmp.checksum", "Checksum"), ("igmp.s", "Suppress router processing"), ("igmp.qrv", "Robustness"),
            ("igmp.qqic", "Query interval code"),
            ("igmp.num_grp_recs", "Records"), ("igmp.record_type", "Record/Record type"), ("igmp.maddr", "Group|Record"),
                ("igmp.saddr", "Sources/Source|Record/Source")),
        new("igmp.num_src", (Layer layer) => layer.Name == "IGMP" ? Values(layer.Fields, "Sources")
            .Concat(layer.Fields.Where(f => f.Name == "Record").Select(f => f.Children.Count(c => c.Name == "Source").ToString())) : []),
        new("igmp.checksum.status", (Layer layer) => Status(layer, "IGMP")),
        .. Of("VXLAN", ("vxlan.flags", "Flags"), ("vxlan.gbp", "Group policy id"), ("vxlan.vni", "VNI")),
        .. Of("GENEVE", ("geneve.proto_type", "Protocol type"), ("geneve.vni", "VNI"), ("geneve.flags.oam", "Control"),
            ("geneve.flags.critical", "Critical options"), ("geneve.option.class", "Option/Class"), ("geneve.option.type", "Option/Type")),
        .. Of("GRE", ("gre.flags_and_version", "Flags"), ("gre.proto", "Protocol type"), ("gre.checksum", "Checksum"), ("gre.key", "Key"),
            ("gre.sequence_number", "Sequence number")),
        new("gre.checksum.status", (Layer layer) => Status(layer, "GRE")),
        .. Of("MPLS", ("mpls.label", "Label"), ("mpls.exp", "Label/Traffic class"), ("mpls.bottom", "Label/Bottom of stack"),
            ("mpls.ttl", "Label/Time to live")),
        .. Stp(("stp.version", "Version"), ("stp.type", "Type"), ("stp.flags", "Flags"), ("stp.root.hw", "Root MAC"),
            ("stp.root.cost", "Root path cost"), ("stp.bridge.hw", "Bridge MAC"), ("stp.port", "Port"),
            ("stp.root.prio", "Root priority"), ("mstp.config_name", "Region"), ("mstp.config_revision_level", "Revision"),
                ("mstp.cist_internal_root_path_cost", "Internal path cost"), ("mstp.cist_remaining_hops", "Remaining hops")),
        new("stp.forward", (Layer layer) => layer.Name is "STP" or "RSTP" or "MSTP"
            ? Values(layer.Fields, "Forward delay").Select(v => (int.Parse(v) / 256).ToString()) : []),
        .. Of("LLDP", ("lldp.chassis.subtype", "Chassis id/Subtype"), ("lldp.chassis.id.mac", "Chassis id"),
            ("lldp.port.subtype", "Port id/Subtype"), ("lldp.port.id", "Port id"), ("lldp.time_to_live", "Time to live"),
                ("lldp.tlv.system.name", "System name")),
        .. Of("LACP", ("lacp.version", "Version"), ("lacp.actor.sysid", "Actor"), ("lacp.actor.sys_priority", "Actor/System priority"),
            ("lacp.actor.key", "Actor/Key"), ("lacp.actor.port_priority", "Actor/Port priority"),
            ("lacp.actor.port", "Actor/Port"), ("lacp.actor.state", "Actor/State"), ("lacp.partner.sysid", "Partner"),
                ("lacp.partner.key", "Partner/Key"), ("lacp.partner.port", "Partner/Port"),
            ("lacp.partner.state", "Partner/State"), ("lacp.collector.max_delay", "Collector maximum delay")),
        .. Of("VRRP", ("vrrp.version", "Version"), ("vrrp.virt_rtr_id", "Virtual router"), ("vrrp.prio", "Priority"),
            ("vrrp.addr_count", "Addresses"), ("vrrp.checksum", "Checksum"), ("vrrp.ip_addr", "Address")),
        new("vrrp.checksum.status", (Layer layer) => Status(layer, "VRRP")),
        .. Of("DHCP", ("dhcp.type", "Operation"), ("dhcp.hops", "Hops"), ("dhcp.id", "Transaction id"), ("dhcp.secs", "Seconds"),
            ("dhcp.flags.bc", "Broadcast"), ("dhcp.ip.client", "Client IP"), ("dhcp.ip.your", "Your IP"),
            ("dhcp.ip.server", "Server IP"), ("dhcp.ip.relay", "Relay IP"), ("dhcp.hw.mac_addr", "Client MAC"),
                ("dhcp.option.subnet_mask", "Subnet mask"), ("dhcp.option.router", "Routers"),
            ("dhcp.option.ip_address_lease_time", "Lease time"), ("dhcp.option.interface_mtu", "MTU"), ("dhcp.option.hostname", "Host name")),
        new("dhcp.option.dhcp", (Layer layer) => layer.Name == "DHCP" ? Values(layer.Fields, "Message type").Select(v => v.Split(' ')[0]) : []),
        .. Of("DHCPv6", ("dhcpv6.msgtype", "Type"), ("dhcpv6.xid", "Transaction id"), ("dhcpv6.elapsed_time", "Elapsed time")),
        new("dhcpv6.iaaddr.ip", (Layer layer) => layer.Name == "DHCPv6" ? Values(layer.Fields, "IA_NA/IA address").Select(v => v.Split(' ')[0]) : []),
        .. Of("DNS", ("dns.id", "Id"), ("dns.flags", "Flags"), ("dns.count.queries", "Questions"), ("dns.count.answers", "Answers"),
            ("dns.count.auth_rr", "Authorities"), ("dns.count.add_rr", "Additionals"),
            ("dns.qry.name", "Question"), ("dns.qry.type", "Question/Type"), ("dns.qry.class", "Question/Class"), ("dns.resp.type", "Answer/Type"),
                ("dns.resp.ttl", "Answer/Time to live")),
        new("dns.a", (Layer layer) => Answers(layer, "1")),
        new("dns.aaaa", (Layer layer) => Answers(layer, "28")),
        new("dns.cname", (Layer layer) => Answers(layer, "5")),
        .. Of("ESP", ("esp.spi", "SPI"), ("esp.sequence", "Sequence number")),
    ];

    private static IEnumerable<TsharkField> Of(string layer, params (string Theirs, string Path)[] fields) =>
        fields.Select(f => new TsharkField(f.Theirs, (Layer l) => layer.Split('|').Contains(l.Name)
            ? f.Path.Split('|').SelectMany(p => Values(l.Fields, p)) : []));

    private static IEnumerable<TsharkField> Stp(params (string Theirs, string Path)[] fields) =>
        fields.Select(f => new TsharkField(f.Theirs, (Layer l) => l.Name is "STP" or "RSTP" or "MSTP" ? Values(l.Fields, f.Path) : []));

    private static IEnumerable<TsharkField> Icmpv6(int type, params (string Theirs, string Path)[] fields) =>
        fields.Select(f => new TsharkField(f.Theirs, (Layer l) => l.Name == "ICMPv6" && One(l, "Type") == type.ToString() ? Values(l.Fields, f.Path) : []));

    /// <summary>1 good, 2 not checked; a UDP datagram without a checksum is 3 there.</summary>
    private static IEnumerable<string> Status(Layer layer, string name) => layer.Name != name ? [] :
        layer.Fields.Where(f => f.Name == "Checksum").Select(f => f.IsWrong ? "0" : f.Note == "right" ? "1" : f.Note == "none" ? "3" : "2");

    private static IEnumerable<string> Vlan(Layer layer, int protocol, string path) =>
        layer.Name == "VLAN" && One(layer, "Protocol") == $"0x{protocol:x4}" ? Values(layer.Fields, path) : [];

    /// <summary>What tshark shows as the type behind a header is ours behind the whole row of tags.</summary>
    private static IEnumerable<string> Types(IReadOnlyList<Layer> layers, string name)
    {
        var type = "";
        for (var i = 0; i < layers.Count; i++)
        {
            type = layers[i].Name == "Ethernet" ? One(layers[i], "Type") ?? "" : type;
            if (layers[i].Name == name && (name != "VLAN" || One(layers[i], "Protocol") == "0x8100") && type.Length > 0)
            {
                yield return i + 1 < layers.Count && layers[i + 1].Name == "VLAN" ? One(layers[i + 1], "Protocol")! : type;
            }
        }
    }

    private static string Eighth(string value) => (int.Parse(value) / 8).ToString();

    private static IEnumerable<string> Answers(Layer layer, string type) => layer.Name != "DNS" ? [] :
        layer.Fields.Where(f => f.Name == "Answer" && Values(f.Children, "Type").Single() == type).SelectMany(f => Values(f.Children, "Data"));

    private static string? One(Layer layer, string name) => layer.Fields.FirstOrDefault(f => f.Name == name)?.Value;

    private static IEnumerable<string> Values(IReadOnlyList<Field> fields, string path)
    {
        var slash = path.IndexOf('/');
        var name = slash < 0 ? path : path[..slash];
        var found = fields.Where(f => f.Name == name);
        return slash < 0 ? found.Select(f => f.Value) : found.SelectMany(f => Values(f.Children, path[(slash + 1)..]));
    }
}
