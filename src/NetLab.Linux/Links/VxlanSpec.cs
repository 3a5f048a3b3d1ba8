using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>Whether a tunnel sets the don't-fragment bit of what it sends (<c>enum ifla_vxlan_df</c>, <c>ifla_geneve_df</c>).</summary>
public enum TunnelDf : byte
{
    /// <summary>Never.</summary>
    Unset,
    /// <summary>Always.</summary>
    Set,
    /// <summary>As the packet inside has it.</summary>
    Inherit,
}

/// <summary>A range of ports.</summary>
/// <param name="Low">The first.</param>
/// <param name="High">The last.</param>
public readonly record struct PortRange(ushort Low, ushort High)
{
    /// <summary><c>1000-2000</c>, or <c>80</c> for one port.</summary>
    public override string ToString() => Low == High ? $"{Low}" : $"{Low}-{High}";
}

/// <summary>
/// A VXLAN tunnel (RFC 7348; CONFIG_VXLAN). Its forwarding database is filled by learning or by <see cref="FdbSpec"/> with a
/// <see cref="FdbSpec.Remote"/>.
/// </summary>
/// <param name="Name">Its name.</param>
public sealed record VxlanSpec(string Name) : LinkSpec(Name)
{
    // include/uapi/linux/if_link.h:   struct ifla_vxlan_port_range { __be16 low; __be16 high; };
    private const ushort IFLA_VXLAN_ID = 1, IFLA_VXLAN_GROUP = 2, IFLA_VXLAN_LINK = 3, IFLA_VXLAN_LOCAL = 4, IFLA_VXLAN_TTL = 5, IFLA_VXLAN_TOS = 6,
        IFLA_VXLAN_LEARNING = 7, IFLA_VXLAN_AGEING = 8, IFLA_VXLAN_LIMIT = 9, IFLA_VXLAN_PORT_RANGE = 10, IFLA_VXLAN_PROXY = 11, IFLA_VXLAN_RSC = 12,
        IFLA_VXLAN_L2MISS = 13, IFLA_VXLAN_L3MISS = 14, IFLA_VXLAN_PORT = 15, IFLA_VXLAN_GROUP6 = 16, IFLA_VXLAN_LOCAL6 = 17,
        IFLA_VXLAN_UDP_CSUM = 18, IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19, IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20, IFLA_VXLAN_REMCSUM_TX = 21,
        IFLA_VXLAN_REMCSUM_RX = 22, IFLA_VXLAN_GBP = 23, IFLA_VXLAN_COLLECT_METADATA = 25, IFLA_VXLAN_LABEL = 26, IFLA_VXLAN_GPE = 27,
        IFLA_VXLAN_TTL_INHERIT = 28, IFLA_VXLAN_DF = 29, IFLA_VXLAN_VNIFILTER = 30, IFLA_VXLAN_LOCALBYPASS = 31;

    /// <inheritdoc/>
    public override string Kind => "vxlan";

    /// <summary>The network identifier (VNI), 24 bits; left out with <see cref="External"/>.</summary>
    public uint? Id { get; init; }

    /// <summary>Where unknown frames and broadcasts go: a remote end, or a multicast group (then with <see cref="DeviceIndex"/>).</summary>
    public IPAddress? Remote { get; init; }

    /// <summary>The address it sends from.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>Index of the device it sends by.</summary>
    public int? DeviceIndex { get; init; }

    /// <summary>TTL of what it sends; 0 for the route's.</summary>
    public byte? Ttl { get; init; }

    /// <summary>TTL as the packet inside has it.</summary>
    public bool? TtlInherit { get; init; }

    /// <summary>TOS of what it sends; 1 for that of the packet inside.</summary>
    public byte? Tos { get; init; }

    /// <summary>The don't-fragment bit.</summary>
    public TunnelDf? Df { get; init; }

    /// <summary>IPv6 flow label, 20 bits.</summary>
    public uint? FlowLabel { get; init; }

    /// <summary>UDP source ports to choose from by the flow inside.</summary>
    public PortRange? SourcePorts { get; init; }

    /// <summary>UDP destination port; 8472 when null (the kernel's, older than the standard's 4789).</summary>
    public ushort? Port { get; init; }

    /// <summary>Learns which remote end an address is behind; the kernel's default is yes.</summary>
    public bool? Learning { get; init; }

    /// <summary>Answers ARP and ND from the neighbour table.</summary>
    public bool? Proxy { get; init; }

    /// <summary>Route short circuit: sends routed frames straight to their destination.</summary>
    public bool? RouteShortCircuit { get; init; }

    /// <summary>Tells of frames to unknown MAC addresses by netlink.</summary>
    public bool? L2Miss { get; init; }

    /// <summary>Tells of unknown neighbours by netlink.</summary>
    public bool? L3Miss { get; init; }

    /// <summary>Time after which a learned entry is forgotten, in whole seconds.</summary>
    public TimeSpan? Ageing { get; init; }

    /// <summary>Most addresses that may be learned, 0 for no limit.</summary>
    public uint? MaxAddresses { get; init; }

    /// <summary>UDP checksums over IPv4.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>Sends without UDP checksums over IPv6.</summary>
    public bool? UdpZeroChecksum6Tx { get; init; }

    /// <summary>Takes packets without UDP checksums over IPv6.</summary>
    public bool? UdpZeroChecksum6Rx { get; init; }

    /// <summary>Remote checksum offload when sending.</summary>
    public bool? RemoteChecksumTx { get; init; }

    /// <summary>Remote checksum offload when receiving.</summary>
    public bool? RemoteChecksumRx { get; init; }

    /// <summary>Group policy extension.</summary>
    public bool? GroupPolicy { get; init; }

    /// <summary>Generic protocol extension (VXLAN-GPE); with <see cref="External"/> only.</summary>
    public bool? GenericProtocol { get; init; }

    /// <summary>Identifier and remote end come with each packet (collect metadata).</summary>
    public bool? External { get; init; }

    /// <summary>Takes only identifiers of its filter; with <see cref="External"/> only.</summary>
    [SinceLinux("5.18")]
    public bool? VniFilter { get; init; }

    /// <summary>Packets to a remote end on this host are not sent through the IP stack (Linux 6.5).</summary>
    [SinceLinux("6.5", Before = true)]
    public bool? LocalBypass { get; init; }

    internal override void WriteData(MessageWriter writer)
    {
        writer.S32(IFLA_VXLAN_LINK, DeviceIndex);
        writer.U8(IFLA_VXLAN_TTL, Ttl);
        writer.Flag(IFLA_VXLAN_TTL_INHERIT, TtlInherit);
        writer.U8(IFLA_VXLAN_TOS, Tos);
        writer.U8(IFLA_VXLAN_DF, (byte?)Df);
        writer.Be32(IFLA_VXLAN_LABEL, FlowLabel);
        writer.U32(IFLA_VXLAN_AGEING, Ageing is { } ageing ? (uint)ageing.TotalSeconds : null);
        writer.U32(IFLA_VXLAN_LIMIT, MaxAddresses);
        if (SourcePorts is { } ports)
        {
            var range = writer.Attribute(IFLA_VXLAN_PORT_RANGE, 4);
            BinaryPrimitives.WriteUInt16BigEndian(range, ports.Low);
            BinaryPrimitives.WriteUInt16BigEndian(range[2..], ports.High);
        }

        writer.U8(IFLA_VXLAN_PROXY, Proxy);
        writer.U8(IFLA_VXLAN_RSC, RouteShortCircuit);
        writer.U8(IFLA_VXLAN_L2MISS, L2Miss);
        writer.U8(IFLA_VXLAN_L3MISS, L3Miss);
        writer.U8(IFLA_VXLAN_UDP_CSUM, UdpChecksum);
        writer.U8(IFLA_VXLAN_UDP_ZERO_CSUM6_TX, UdpZeroChecksum6Tx);
        writer.U8(IFLA_VXLAN_UDP_ZERO_CSUM6_RX, UdpZeroChecksum6Rx);
        writer.U8(IFLA_VXLAN_REMCSUM_TX, RemoteChecksumTx);
        writer.U8(IFLA_VXLAN_REMCSUM_RX, RemoteChecksumRx);
        writer.U8(IFLA_VXLAN_COLLECT_METADATA, External);
        writer.Flag(IFLA_VXLAN_GBP, GroupPolicy);
        writer.Flag(IFLA_VXLAN_GPE, GenericProtocol);
        writer.U8(IFLA_VXLAN_VNIFILTER, VniFilter);
        writer.U8(IFLA_VXLAN_LOCALBYPASS, LocalBypass);
        writer.U32(IFLA_VXLAN_ID, Id);
        writer.Address(IsIPv6(Remote) ? IFLA_VXLAN_GROUP6 : IFLA_VXLAN_GROUP, Remote);
        writer.Address(IsIPv6(Local) ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, Local);
        writer.U8(IFLA_VXLAN_LEARNING, Learning);
        writer.Be16(IFLA_VXLAN_PORT, Port);
    }

    private static bool IsIPv6(IPAddress? address) => address?.AddressFamily is AddressFamily.InterNetworkV6;

    internal static VxlanSpec Read(string name, Attributes data)
    {
        var spec = new VxlanSpec(name);
        foreach (var a in data)
        {
            spec = a.Type switch
            {
                IFLA_VXLAN_ID => spec with { Id = a.U32 },
                IFLA_VXLAN_GROUP or IFLA_VXLAN_GROUP6 => spec with { Remote = a.Address },
                IFLA_VXLAN_LINK => spec with { DeviceIndex = a.S32 == 0 ? null : a.S32 },
                IFLA_VXLAN_LOCAL or IFLA_VXLAN_LOCAL6 => spec with { Local = a.Address },
                IFLA_VXLAN_TTL => spec with { Ttl = a.U8 },
                IFLA_VXLAN_TTL_INHERIT => spec with { TtlInherit = a.Data.IsEmpty || a.Bool },
                IFLA_VXLAN_TOS => spec with { Tos = a.U8 },
                IFLA_VXLAN_DF => spec with { Df = (TunnelDf)a.U8 },
                IFLA_VXLAN_LABEL => spec with { FlowLabel = a.Be32 },
                IFLA_VXLAN_AGEING => spec with { Ageing = TimeSpan.FromSeconds(a.U32) },
                IFLA_VXLAN_LIMIT => spec with { MaxAddresses = a.U32 },
                IFLA_VXLAN_PORT_RANGE => spec with { SourcePorts = new PortRange((ushort)(a.Be32 >> 16), (ushort)a.Be32) },
                IFLA_VXLAN_PROXY => spec with { Proxy = a.Bool },
                IFLA_VXLAN_RSC => spec with { RouteShortCircuit = a.Bool },
                IFLA_VXLAN_L2MISS => spec with { L2Miss = a.Bool },
                IFLA_VXLAN_L3MISS => spec with { L3Miss = a.Bool },
                IFLA_VXLAN_UDP_CSUM => spec with { UdpChecksum = a.Bool },
                IFLA_VXLAN_UDP_ZERO_CSUM6_TX => spec with { UdpZeroChecksum6Tx = a.Bool },
                IFLA_VXLAN_UDP_ZERO_CSUM6_RX => spec with { UdpZeroChecksum6Rx = a.Bool },
                IFLA_VXLAN_REMCSUM_TX => spec with { RemoteChecksumTx = a.Bool },
                IFLA_VXLAN_REMCSUM_RX => spec with { RemoteChecksumRx = a.Bool },
                IFLA_VXLAN_COLLECT_METADATA => spec with { External = a.Bool },
                IFLA_VXLAN_GBP => spec with { GroupPolicy = true },
                IFLA_VXLAN_GPE => spec with { GenericProtocol = true },
                IFLA_VXLAN_VNIFILTER => spec with { VniFilter = a.Bool },
                IFLA_VXLAN_LOCALBYPASS => spec with { LocalBypass = a.Bool },
                IFLA_VXLAN_LEARNING => spec with { Learning = a.Bool },
                IFLA_VXLAN_PORT => spec with { Port = a.Be16 },
                _ => spec,
            };
        }

        return spec;
    }
}
