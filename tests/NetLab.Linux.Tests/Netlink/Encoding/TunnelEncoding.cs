using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class TunnelEncoding
{
    // iproute2 always says whether to learn; the kernel's default is the same.
    private static readonly VxlanSpec Vxlan = new("x0") { Id = 42, Port = 4789, Learning = true };

    // iproute2 always sends these three.
    private static readonly GeneveSpec Geneve = new("x0") { Id = 42, Remote = IPAddress.Parse("10.0.0.1"), Ttl = 0, Tos = 0, FlowLabel = 0 };
    private static readonly GreSpec Gre = new("x0") { Remote = IPAddress.Parse("10.0.0.1") };
    private static readonly GreSpec Gre6 = new("x0") { Remote = IPAddress.Parse("2001:db8::1") };
    private static readonly IpipSpec Ipip = new("x0") { Remote = IPAddress.Parse("10.0.0.1") };

    private static readonly Cases Cases = new()
    {
        ["vxlan id"] = Add(Vxlan),
        ["vxlan remote"] = Add(Vxlan with { Remote = IPAddress.Parse("10.0.0.1") }),
        ["vxlan remote IPv6"] = Add(Vxlan with { Remote = IPAddress.Parse("2001:db8::1") }),
        ["vxlan group"] = Add(Vxlan with { Remote = IPAddress.Parse("239.1.1.1"), DeviceIndex = 3 }),
        ["vxlan group IPv6"] = Add(Vxlan with { Remote = IPAddress.Parse("ff02::42"), DeviceIndex = 3 }),
        ["vxlan local"] = Add(Vxlan with { Local = IPAddress.Parse("10.0.0.2") }),
        ["vxlan local IPv6"] = Add(Vxlan with { Local = IPAddress.Parse("2001:db8::2") }),
        ["vxlan dev"] = Add(Vxlan with { DeviceIndex = 3 }),
        ["vxlan ttl"] = Add(Vxlan with { Ttl = 5 }),
        ["vxlan ttl inherit"] = Add(Vxlan with { TtlInherit = true }),
        ["vxlan tos"] = Add(Vxlan with { Tos = 0x10 }),
        ["vxlan df"] = Add(Vxlan with { Df = TunnelDf.Set }),
        ["vxlan flowlabel"] = Add(Vxlan with { FlowLabel = 0x12345 }),
        ["vxlan srcport"] = Add(Vxlan with { SourcePorts = new PortRange(1000, 2000) }),
        ["vxlan nolearning"] = Add(Vxlan with { Learning = false }),
        ["vxlan proxy"] = Add(Vxlan with { Proxy = true }),
        ["vxlan rsc"] = Add(Vxlan with { RouteShortCircuit = true }),
        ["vxlan l2miss"] = Add(Vxlan with { L2Miss = true }),
        ["vxlan l3miss"] = Add(Vxlan with { L3Miss = true }),
        ["vxlan ageing"] = Add(Vxlan with { Ageing = TimeSpan.FromSeconds(77) }),
        ["vxlan maxaddress"] = Add(Vxlan with { MaxAddresses = 99 }),
        ["vxlan udpcsum"] = Add(Vxlan with { UdpChecksum = false }),
        ["vxlan udp6zerocsumtx"] = Add(Vxlan with { UdpZeroChecksum6Tx = true }),
        ["vxlan udp6zerocsumrx"] = Add(Vxlan with { UdpZeroChecksum6Rx = true }),
        ["vxlan remcsumtx"] = Add(Vxlan with { RemoteChecksumTx = true }),
        ["vxlan remcsumrx"] = Add(Vxlan with { RemoteChecksumRx = true }),
        ["vxlan gbp"] = Add(Vxlan with { GroupPolicy = true }),
        ["vxlan gpe"] = Add(new VxlanSpec("x0") { External = true, GenericProtocol = true, Learning = false, Port = 4790 }),
        ["vxlan external"] = Add(new VxlanSpec("x0") { External = true, Learning = false, Port = 4789 }),
        ["vxlan vnifilter"] = Add(new VxlanSpec("x0") { External = true, VniFilter = true, Learning = false, Port = 4789 }),
        ["vxlan localbypass"] = Add(new VxlanSpec("x0") { Id = 42, LocalBypass = false }),

        ["geneve id"] = Add(Geneve),
        ["geneve remote IPv6"] = Add(Geneve with { Remote = IPAddress.Parse("2001:db8::1") }),
        ["geneve ttl"] = Add(Geneve with { Ttl = 5 }),
        ["geneve ttl inherit"] = Add(Geneve with { TtlInherit = true }),
        ["geneve tos"] = Add(Geneve with { Tos = 0x10 }),
        ["geneve df"] = Add(Geneve with { Df = TunnelDf.Set }),
        ["geneve flowlabel"] = Add(Geneve with { Remote = IPAddress.Parse("2001:db8::1"), FlowLabel = 0x12345 }),
        ["geneve dstport"] = Add(Geneve with { Port = 6666 }),
        ["geneve external"] = Add(Geneve with { Id = 0, Remote = null, External = true }),
        ["geneve udpcsum"] = Add(Geneve with { UdpChecksum = true }),
        ["geneve udp6zerocsumtx"] = Add(Geneve with { Remote = IPAddress.Parse("2001:db8::1"), UdpZeroChecksum6Tx = true }),
        ["geneve udp6zerocsumrx"] = Add(Geneve with { Remote = IPAddress.Parse("2001:db8::1"), UdpZeroChecksum6Rx = true }),
        ["geneve innerprotoinherit"] = Add(Geneve with { InnerProtocolInherit = true }),

        ["gre remote local"] = Add(Gre with { Local = IPAddress.Parse("10.0.0.2") }),
        ["gre key"] = Add(Gre with { InputKey = 5, OutputKey = 5 }),
        ["gre ikey okey"] = Add(Gre with { InputKey = 5, OutputKey = 6 }),
        ["gre seq"] = Add(Gre with { InputSequence = true, OutputSequence = true }),
        ["gre csum"] = Add(Gre with { InputChecksum = true, OutputChecksum = true }),
        ["gre ttl"] = Add(Gre with { Ttl = 64 }),
        ["gre tos"] = Add(Gre with { Tos = 0x10 }),
        ["gre nopmtudisc"] = Add(Gre with { PathMtuDiscovery = false }),
        ["gre ignore-df"] = Add(Gre with { PathMtuDiscovery = false, IgnoreDf = true }),
        ["gre dev"] = Add(Gre with { DeviceIndex = 3 }),
        ["gre fwmark"] = Add(Gre with { FirewallMark = 7 }),
        ["gre external"] = Add(new GreSpec("x0") { External = true }),
        ["gre encap fou"] = Add(Gre with { Encapsulation = new(TunnelEncapsulationType.Fou) { SourcePort = 1000, DestinationPort = 2000, Checksum = true } }),
        ["gretap remote local"] = Add(new GretapSpec("x0") { Remote = IPAddress.Parse("10.0.0.1"), Local = IPAddress.Parse("10.0.0.2") }),
        ["gretap key"] = Add(new GretapSpec("x0") { Remote = IPAddress.Parse("10.0.0.1"), InputKey = 5, OutputKey = 5 }),
        ["ip6gre remote local"] = Add(Gre6 with { Local = IPAddress.Parse("2001:db8::2") }),
        ["ip6gretap remote local"] = Add(new GretapSpec("x0") { Remote = IPAddress.Parse("2001:db8::1"), Local = IPAddress.Parse("2001:db8::2") }),
        ["ip6gre hoplimit"] = Add(Gre6 with { Ttl = 5 }),
        ["ip6gre encaplimit"] = Add(Gre6 with { EncapsulationLimit = null }),
        ["ip6gre tclass flowlabel"] = Add(Gre6 with { Tos = 0x10, FlowLabel = 0x12345 }),

        ["ipip remote local"] = Add(Ipip with { Local = IPAddress.Parse("10.0.0.2") }),
        ["ipip ttl"] = Add(Ipip with { Ttl = 64 }),
        ["ipip tos"] = Add(Ipip with { Tos = 0x10 }),
        ["ipip nopmtudisc"] = Add(Ipip with { PathMtuDiscovery = false }),
        ["ipip dev"] = Add(Ipip with { DeviceIndex = 3 }),
        ["ipip fwmark"] = Add(Ipip with { FirewallMark = 7 }),
        ["ipip external"] = Add(new IpipSpec("x0") { External = true }),
        ["ipip mode any"] = Add(Ipip),
        ["ipip encap gue"] = Add(Ipip with { Encapsulation = new(TunnelEncapsulationType.Gue) { DestinationPort = 5555 } }),
        ["ipip encap remcsum"] = Add(Ipip with { InnerProtocol = 4, Encapsulation = new(TunnelEncapsulationType.Gue) { RemoteChecksum = true } }),
        ["sit remote local"] = Add(new SitSpec("x0") { Remote = IPAddress.Parse("10.0.0.1"), Local = IPAddress.Parse("10.0.0.2") }),
        ["ip6tnl remote local"] = Add(new IpipSpec("x0") { Remote = IPAddress.Parse("2001:db8::1"), Local = IPAddress.Parse("2001:db8::2") }),
        ["ip6tnl mode any"] = Add(new IpipSpec("x0") { Remote = IPAddress.Parse("2001:db8::1") }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_tunnel_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Add(LinkSpec spec) => b => b.AddLink(spec);
}
