using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>A GENEVE tunnel (RFC 8926; CONFIG_GENEVE).</summary>
/// <param name="Name">Its name.</param>
public sealed record GeneveSpec(string Name) : LinkSpec(Name)
{
    private const ushort IFLA_GENEVE_ID = 1, IFLA_GENEVE_REMOTE = 2, IFLA_GENEVE_TTL = 3, IFLA_GENEVE_TOS = 4, IFLA_GENEVE_PORT = 5,
        IFLA_GENEVE_COLLECT_METADATA = 6, IFLA_GENEVE_REMOTE6 = 7, IFLA_GENEVE_UDP_CSUM = 8, IFLA_GENEVE_UDP_ZERO_CSUM6_TX = 9,
        IFLA_GENEVE_UDP_ZERO_CSUM6_RX = 10, IFLA_GENEVE_LABEL = 11, IFLA_GENEVE_TTL_INHERIT = 12, IFLA_GENEVE_DF = 13,
        IFLA_GENEVE_INNER_PROTO_INHERIT = 14;

    /// <inheritdoc/>
    public override string Kind => "geneve";

    /// <summary>The network identifier (VNI), 24 bits.</summary>
    public uint? Id { get; init; }

    /// <summary>The remote end.</summary>
    public IPAddress? Remote { get; init; }

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

    /// <summary>UDP destination port; 6081 when null.</summary>
    public ushort? Port { get; init; }

    /// <summary>Identifier and remote end come with each packet (collect metadata).</summary>
    public bool? External { get; init; }

    /// <summary>UDP checksums over IPv4.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>Sends without UDP checksums over IPv6.</summary>
    public bool? UdpZeroChecksum6Tx { get; init; }

    /// <summary>Takes packets without UDP checksums over IPv6.</summary>
    public bool? UdpZeroChecksum6Rx { get; init; }

    /// <summary>Carries IP packets directly, without Ethernet (Linux 5.18).</summary>
    [SinceLinux("5.18")]
    public bool? InnerProtocolInherit { get; init; }

    internal override void WriteData(MessageWriter writer)
    {
        writer.U8(IFLA_GENEVE_TTL_INHERIT, TtlInherit);
        writer.U8(IFLA_GENEVE_DF, (byte?)Df);
        writer.U32(IFLA_GENEVE_ID, Id);
        writer.Address(Remote?.AddressFamily is AddressFamily.InterNetworkV6 ? IFLA_GENEVE_REMOTE6 : IFLA_GENEVE_REMOTE, Remote);
        writer.Be32(IFLA_GENEVE_LABEL, FlowLabel);
        writer.U8(IFLA_GENEVE_TTL, Ttl);
        writer.U8(IFLA_GENEVE_TOS, Tos);
        writer.Be16(IFLA_GENEVE_PORT, Port);
        writer.Flag(IFLA_GENEVE_COLLECT_METADATA, External);
        writer.U8(IFLA_GENEVE_UDP_CSUM, UdpChecksum);
        writer.U8(IFLA_GENEVE_UDP_ZERO_CSUM6_TX, UdpZeroChecksum6Tx);
        writer.U8(IFLA_GENEVE_UDP_ZERO_CSUM6_RX, UdpZeroChecksum6Rx);
        writer.Flag(IFLA_GENEVE_INNER_PROTO_INHERIT, InnerProtocolInherit);
    }

    internal static GeneveSpec Read(string name, Attributes data)
    {
        var spec = new GeneveSpec(name);
        foreach (var a in data)
        {
            spec = a.Type switch
            {
                IFLA_GENEVE_ID => spec with { Id = a.U32 },
                IFLA_GENEVE_REMOTE or IFLA_GENEVE_REMOTE6 => spec with { Remote = a.Address },
                IFLA_GENEVE_TTL => spec with { Ttl = a.U8 },
                IFLA_GENEVE_TTL_INHERIT => spec with { TtlInherit = a.Bool },
                IFLA_GENEVE_TOS => spec with { Tos = a.U8 },
                IFLA_GENEVE_DF => spec with { Df = (TunnelDf)a.U8 },
                IFLA_GENEVE_LABEL => spec with { FlowLabel = a.Be32 },
                IFLA_GENEVE_PORT => spec with { Port = a.Be16 },
                IFLA_GENEVE_COLLECT_METADATA => spec with { External = true },
                IFLA_GENEVE_UDP_CSUM => spec with { UdpChecksum = a.Bool },
                IFLA_GENEVE_UDP_ZERO_CSUM6_TX => spec with { UdpZeroChecksum6Tx = a.Bool },
                IFLA_GENEVE_UDP_ZERO_CSUM6_RX => spec with { UdpZeroChecksum6Rx = a.Bool },
                IFLA_GENEVE_INNER_PROTO_INHERIT => spec with { InnerProtocolInherit = true },
                _ => spec,
            };
        }

        return spec;
    }
}
