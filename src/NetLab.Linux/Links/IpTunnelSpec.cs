using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>UDP around a tunnel's packets (<c>enum tunnel_encap_types</c>).</summary>
public enum TunnelEncapsulationType : ushort
{
    /// <summary>None.</summary>
    None,
    /// <summary>Foo over UDP.</summary>
    Fou,
    /// <summary>Generic UDP encapsulation.</summary>
    Gue,
}

/// <summary>UDP around a tunnel's packets (<c>encap</c> of ip-link(8); CONFIG_NET_FOU_IP_TUNNELS).</summary>
/// <param name="Type">Which.</param>
public sealed record TunnelEncapsulation(TunnelEncapsulationType Type)
{
    /// <summary>UDP source port, 0 for one chosen by the flow inside.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>UDP destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>UDP checksums over IPv4.</summary>
    public bool Checksum { get; init; }

    /// <summary>UDP checksums over IPv6; on unless said otherwise, as RFC 8200 wants it.</summary>
    public bool Checksum6 { get; init; } = true;

    /// <summary>Remote checksum offload.</summary>
    public bool RemoteChecksum { get; init; }
}

/// <summary>
/// What tunnels of IP in IP share. The family of the outer packets follows from the ends' addresses; a tunnel without ends
/// is IPv4 unless <see cref="IPv6"/> says otherwise.
/// </summary>
/// <param name="Name">Its name.</param>
public abstract record IpTunnelSpec(string Name) : LinkSpec(Name)
{
    // include/uapi/linux/if_tunnel.h: TUNNEL_ENCAP_FLAG_*
    private const ushort TUNNEL_ENCAP_FLAG_CSUM = 1, TUNNEL_ENCAP_FLAG_CSUM6 = 2, TUNNEL_ENCAP_FLAG_REMCSUM = 4;

    // include/uapi/linux/ip6_tunnel.h
    private const uint IP6_TNL_F_IGN_ENCAP_LIMIT = 1;

    private readonly bool? _ipv6;

    /// <summary>The remote end.</summary>
    public IPAddress? Remote { get; init; }

    /// <summary>The address it sends from.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>The outer packets are IPv6.</summary>
    public bool IPv6
    {
        get => _ipv6 ?? (Remote ?? Local)?.AddressFamily is AddressFamily.InterNetworkV6;
        init => _ipv6 = value;
    }

    /// <summary>TTL or hop limit of what it sends. Null: that of the packet inside (IPv4), 64 (IPv6).</summary>
    public byte? Ttl { get; init; }

    /// <summary>TOS or traffic class of what it sends; for IPv4, 1 means that of the packet inside.</summary>
    public byte Tos { get; init; }

    /// <summary>IPv6: flow label of what it sends, 20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>IPv6: how many more encapsulations are allowed (RFC 2473); null for no limit. Only looked at over IPv6.</summary>
    public byte? EncapsulationLimit { get; init; } = 4;

    /// <summary>IPv4: sets the don't-fragment bit and finds the path's MTU.</summary>
    public bool PathMtuDiscovery { get; init; } = true;

    /// <summary>Index of the device it sends by.</summary>
    public int? DeviceIndex { get; init; }

    /// <summary>Mark by which the outer packets are routed.</summary>
    public uint FirewallMark { get; init; }

    /// <summary>Ends come with each packet (collect metadata).</summary>
    public bool External { get; init; }

    /// <summary>UDP around it all.</summary>
    public TunnelEncapsulation? Encapsulation { get; init; }

    private protected byte WireTtl => Ttl ?? (IPv6 ? (byte)64 : (byte)0);

    private protected uint FlowInfo => ((uint)Tos << 20) | FlowLabel;

    private protected uint Ipv6Flags => EncapsulationLimit is null ? IP6_TNL_F_IGN_ENCAP_LIMIT : 0;

    private protected byte WireEncapsulationLimit => EncapsulationLimit ?? 4;

    /// <summary>The four encapsulation attributes, which follow each other in both numberings.</summary>
    private protected void WriteEncapsulation(MessageWriter writer, ushort firstType)
    {
        var checksum6 = Encapsulation?.Checksum6 ?? true;
        var flags = (Encapsulation?.Checksum is true ? TUNNEL_ENCAP_FLAG_CSUM : 0)
            | (IPv6 && checksum6 ? TUNNEL_ENCAP_FLAG_CSUM6 : 0)
            | (Encapsulation?.RemoteChecksum is true ? TUNNEL_ENCAP_FLAG_REMCSUM : 0);
        writer.U16(firstType, (ushort)(Encapsulation?.Type ?? TunnelEncapsulationType.None));
        writer.U16((ushort)(firstType + 1), (ushort)flags);
        writer.Be16((ushort)(firstType + 2), Encapsulation?.SourcePort ?? 0);
        writer.Be16((ushort)(firstType + 3), Encapsulation?.DestinationPort ?? 0);
    }

    private protected static TunnelEncapsulation? ReadEncapsulation(Attributes data, ushort firstType)
    {
        var type = (TunnelEncapsulationType)data.Find(firstType).U16;
        var flags = data.Find((ushort)(firstType + 1)).U16;
        return type is TunnelEncapsulationType.None ? null : new TunnelEncapsulation(type)
        {
            SourcePort = data.Find((ushort)(firstType + 2)).Be16,
            DestinationPort = data.Find((ushort)(firstType + 3)).Be16,
            Checksum = (flags & TUNNEL_ENCAP_FLAG_CSUM) != 0,
            Checksum6 = (flags & TUNNEL_ENCAP_FLAG_CSUM6) != 0,
            RemoteChecksum = (flags & TUNNEL_ENCAP_FLAG_REMCSUM) != 0,
        };
    }

    private protected static bool Has(Attributes data, ushort type)
    {
        foreach (var a in data)
        {
            if (a.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An end's address; null for "any", which the kernel writes as zero.</summary>
    private protected static IPAddress? End(Attribute a) =>
        a.Address is { } address && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : null;

    private protected static byte? LimitOf(uint flags, byte limit) => (flags & IP6_TNL_F_IGN_ENCAP_LIMIT) != 0 ? null : limit;
}
