using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Router solicitation, advertisement and redirect (RFC 4861 4.1, 4.2, 4.5), in ICMPv6:
//
//    133:  | reserved (4) | options
//    134:  | hop limit | M O H Prf P | router lifetime (2) | reachable time (4) | retransmission timer (4) | options
//    137:  | reserved (4) | target (16) | destination (16) | options

/// <summary>How much a router or route is preferred (RFC 4191 2.1).</summary>
public enum RouterPreference : byte
{
    /// <summary>As usual.</summary>
    Medium = 0,

    /// <summary>Before others.</summary>
    High = 1,

    /// <summary>Reserved; to be treated as medium.</summary>
    Reserved = 2,

    /// <summary>After others.</summary>
    Low = 3,
}

/// <summary>A prefix that a router advertises (RFC 4861 4.6.2).</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="Length">Its length in bits.</param>
/// <param name="OnLink">Its addresses are reached without a router.</param>
/// <param name="Autonomous">Nodes make their own addresses in it.</param>
/// <param name="ValidLifetime">Seconds; 0xffffffff for ever.</param>
/// <param name="PreferredLifetime">Seconds; 0xffffffff for ever.</param>
public readonly record struct NdpPrefix(Ipv6Address Prefix, byte Length, bool OnLink = true, bool Autonomous = true, uint ValidLifetime = 86400,
    uint PreferredLifetime = 14400);

/// <summary>A route that a router advertises (RFC 4191 2.3).</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="Length">Its length in bits.</param>
/// <param name="Preference">Preference among routes to the same prefix.</param>
/// <param name="Lifetime">Seconds; 0xffffffff for ever.</param>
public readonly record struct NdpRoute(Ipv6Address Prefix, byte Length, RouterPreference Preference = RouterPreference.Medium, uint Lifetime = 1800);

/// <summary>A NAT64 prefix that a router advertises (RFC 8781).</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="Length">32, 40, 48, 56, 64 or 96 bits.</param>
/// <param name="Lifetime">Seconds, a multiple of 8.</param>
public readonly record struct NdpPref64(Ipv6Address Prefix, byte Length, ushort Lifetime);

/// <summary>Is there a router?</summary>
/// <param name="SourceMac">The asker's MAC address; null when it has no address yet.</param>
public readonly record struct RouterSolicitation(MacAddress? SourceMac)
{
    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="solicitation">What it says when this returns true.</param>
    /// <returns>False when it is something else, cut or malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out RouterSolicitation solicitation)
    {
        solicitation = default;
        if (message.Length < 8 || message[0] != (byte)Icmpv6Type.RouterSolicitation
            || !NeighborMessage.TryFindMac(message[8..], NdpOptionType.SourceLinkLayerAddress, out var mac, out _))
        {
            return false;
        }

        solicitation = new RouterSolicitation(mac);
        return true;
    }

    /// <summary>The ICMPv6 message, to be sent with a hop limit of 255.</summary>
    public Icmpv6Message ToMessage() => new()
    {
        Type = Icmpv6Type.RouterSolicitation,
        Payload = SourceMac is { } mac ? new ByteBuilder().U8(1).U8(1).Mac(mac).ToArray() : default,
    };
}

/// <summary>Another router is nearer.</summary>
/// <param name="Target">The better first hop; the destination itself when it is on the link.</param>
/// <param name="Destination">The address that is redirected.</param>
/// <param name="TargetMac">The better hop's MAC address.</param>
public readonly record struct Redirect(Ipv6Address Target, Ipv6Address Destination, MacAddress? TargetMac)
{
    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="redirect">What it says when this returns true.</param>
    /// <returns>False when it is something else, cut or malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out Redirect redirect)
    {
        redirect = default;
        if (message.Length < 40 || message[0] != (byte)Icmpv6Type.Redirect
            || !NeighborMessage.TryFindMac(message[40..], NdpOptionType.TargetLinkLayerAddress, out var mac, out _))
        {
            return false;
        }

        redirect = new Redirect(Ipv6Address.Read(message[8..]), Ipv6Address.Read(message[24..]), mac);
        return true;
    }

    /// <summary>The ICMPv6 message, to be sent with a hop limit of 255.</summary>
    /// <param name="redirectedPacket">The start of the packet that was redirected; at most 1000 bytes of it are sent.</param>
    public Icmpv6Message ToMessage(ReadOnlySpan<byte> redirectedPacket = default)
    {
        var b = new ByteBuilder().Ip(Target).Ip(Destination);
        if (TargetMac is { } mac)
        {
            b.U8((int)NdpOptionType.TargetLinkLayerAddress).U8(1).Mac(mac);
        }

        if (!redirectedPacket.IsEmpty)
        {
            var packet = redirectedPacket[..Math.Min(redirectedPacket.Length, 1000)];
            b.U8((int)NdpOptionType.RedirectedHeader).U8(1 + ((packet.Length + 7) / 8)).Zeros(6).Bytes(packet).Align(8);
        }

        return new Icmpv6Message { Type = Icmpv6Type.Redirect, Payload = b.ToArray() };
    }
}

/// <summary>I am a router, and this is what the link is like.</summary>
public sealed record RouterAdvertisement
{
    /// <summary>Hop limit for packets to send; 0 says nothing about it.</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>M: addresses come from DHCPv6.</summary>
    public bool Managed { get; init; }

    /// <summary>O: other settings come from DHCPv6.</summary>
    public bool OtherConfiguration { get; init; }

    /// <summary>H: the router is a home agent of Mobile IPv6 (RFC 6275).</summary>
    public bool HomeAgent { get; init; }

    /// <summary>Preference among default routers (RFC 4191).</summary>
    public RouterPreference Preference { get; init; }

    /// <summary>Seconds for which this is a default router; 0: it is none.</summary>
    public ushort RouterLifetime { get; init; } = 1800;

    /// <summary>Milliseconds for which a neighbour is taken as reachable; 0 says nothing about it.</summary>
    public uint ReachableTime { get; init; }

    /// <summary>Milliseconds between solicitations; 0 says nothing about it.</summary>
    public uint RetransmissionTimer { get; init; }

    /// <summary>The router's MAC address.</summary>
    public MacAddress? SourceMac { get; init; }

    /// <summary>The link's MTU, bytes.</summary>
    public uint? Mtu { get; init; }

    /// <summary>Prefixes.</summary>
    public IReadOnlyList<NdpPrefix> Prefixes { get; init; } = [];

    /// <summary>Routes.</summary>
    public IReadOnlyList<NdpRoute> Routes { get; init; } = [];

    /// <summary>DNS servers (RFC 8106).</summary>
    public IReadOnlyList<Ipv6Address> DnsServers { get; init; } = [];

    /// <summary>DNS search domains (RFC 8106).</summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>Seconds for which DNS servers and search domains count.</summary>
    public uint DnsLifetime { get; init; } = 1800;

    /// <summary>URI of the captive portal (RFC 8910).</summary>
    public string? CaptivePortal { get; init; }

    /// <summary>NAT64 prefix (RFC 8781).</summary>
    public NdpPref64? Pref64 { get; init; }

    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="advertisement">What it says when this returns true.</param>
    /// <returns>False when it is something else, cut, or one of its options is malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out RouterAdvertisement? advertisement)
    {
        advertisement = null;
        if (message.Length < 16 || message[0] != (byte)Icmpv6Type.RouterAdvertisement)
        {
            return false;
        }

        var (prefixes, routes, servers, domains) = (new List<NdpPrefix>(), new List<NdpRoute>(), new List<Ipv6Address>(), new List<string>());
        var result = new RouterAdvertisement
        {
            HopLimit = message[4],
            Managed = (message[5] & 0x80) != 0,
            OtherConfiguration = (message[5] & 0x40) != 0,
            HomeAgent = (message[5] & 0x20) != 0,
            Preference = (RouterPreference)((message[5] >> 3) & 3),
            RouterLifetime = ReadUInt16BigEndian(message[6..]),
            ReachableTime = ReadUInt32BigEndian(message[8..]),
            RetransmissionTimer = ReadUInt32BigEndian(message[12..]),
            Prefixes = prefixes,
            Routes = routes,
            DnsServers = servers,
            SearchDomains = domains,
        };
        var walk = new NdpOptionEnumerator(message[16..]);
        while (walk.MoveNext())
        {
            var option = walk.Current;
            if (option.Type == NdpOptionType.SourceLinkLayerAddress && option.TryGetMac(out var mac))
            {
                result = result with { SourceMac = mac };
            }
            else if (option.TryGetPrefix(out var prefix))
            {
                prefixes.Add(prefix);
            }
            else if (option.TryGetMtu(out var mtu))
            {
                result = result with { Mtu = mtu };
            }
            else if (option.TryGetRoute(out var route))
            {
                routes.Add(route);
            }
            else if (option.TryGetPref64(out var pref64))
            {
                result = result with { Pref64 = pref64 };
            }
            else if (option.Type is NdpOptionType.RecursiveDnsServer or NdpOptionType.DnsSearchList)
            {
                result = result with { DnsLifetime = ReadUInt32BigEndian(option.Bytes[4..]) };
                ReadDns(option, servers, domains);
            }
            else if (option.Type == NdpOptionType.CaptivePortal)
            {
                result = result with { CaptivePortal = Encoding.ASCII.GetString(option.Bytes[2..].TrimEnd((byte)0)) };
            }
        }

        advertisement = walk.Defect.IsNone ? result : null;
        return advertisement is not null;
    }

    /// <summary>The ICMPv6 message, to be sent with a hop limit of 255.</summary>
    /// <exception cref="ArgumentException">A domain name that is none, or an option of more than 2040 bytes.</exception>
    public Icmpv6Message ToMessage()
    {
        var b = new ByteBuilder().U32(ReachableTime).U32(RetransmissionTimer);
        if (SourceMac is { } mac)
        {
            b.U8((int)NdpOptionType.SourceLinkLayerAddress).U8(1).Mac(mac);
        }

        if (Mtu is { } mtu)
        {
            b.U8((int)NdpOptionType.Mtu).U8(1).U16(0).U32(mtu);
        }

        foreach (var p in Prefixes)
        {
            b.U8((int)NdpOptionType.PrefixInformation).U8(4).U8(p.Length).U8((p.OnLink ? 0x80 : 0) | (p.Autonomous ? 0x40 : 0));
            b.U32(p.ValidLifetime).U32(p.PreferredLifetime).U32(0).Ip(p.Prefix);
        }

        foreach (var r in Routes)
        {
            b.U8((int)NdpOptionType.RouteInformation).U8(3).U8(r.Length).U8((int)r.Preference << 3).U32(r.Lifetime).Ip(r.Prefix);
        }

        if (DnsServers.Count > 0)
        {
            Long(b, NdpOptionType.RecursiveDnsServer, o =>
            {
                o.U16(0).U32(DnsLifetime);
                foreach (var server in DnsServers)
                {
                    o.Ip(server);
                }
            });
        }

        if (SearchDomains.Count > 0)
        {
            Long(b, NdpOptionType.DnsSearchList, o =>
            {
                o.U16(0).U32(DnsLifetime);
                foreach (var domain in SearchDomains)
                {
                    DnsName.Write(o, domain);
                }
            });
        }

        if (CaptivePortal is { } uri)
        {
            Long(b, NdpOptionType.CaptivePortal, o => o.Bytes(Encoding.ASCII.GetBytes(uri)));
        }

        if (Pref64 is { } nat)
        {
            var code = nat.Length switch { 96 => 0, 64 => 1, 56 => 2, 48 => 3, 40 => 4, 32 => 5,
                _ => throw new ArgumentException($"A NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits, not {nat.Length}.") };
            Span<byte> address = stackalloc byte[Ipv6Address.Size];
            nat.Prefix.CopyTo(address);
            b.U8((int)NdpOptionType.Pref64).U8(2).U16((nat.Lifetime & 0xFFF8) | code).Bytes(address[..12]);
        }

        var flags = (Managed ? 0x80 : 0) | (OtherConfiguration ? 0x40 : 0) | (HomeAgent ? 0x20 : 0) | ((int)Preference << 3);
        return new Icmpv6Message
        {
            Type = Icmpv6Type.RouterAdvertisement,
            RestOfHeader = ((uint)HopLimit << 24) | ((uint)flags << 16) | RouterLifetime,
            Payload = b.ToArray(),
        };
    }

    internal static Defect ReadDns(NdpOption option, List<Ipv6Address> servers, List<string> domains)
    {
        var defect = Defect.None;
        if (option.Type == NdpOptionType.RecursiveDnsServer)
        {
            for (var i = 8; i + Ipv6Address.Size <= option.Bytes.Length; i += Ipv6Address.Size)
            {
                servers.Add(Ipv6Address.Read(option.Bytes[i..]));
            }

            return defect;
        }

        var at = 8;
        while (at < option.Bytes.Length && option.Bytes[at] != 0)
        {
            if (!DnsName.TryRead(option.Bytes, ref at, out var name, out defect, compressed: false))
            {
                break;
            }

            domains.Add(name);
        }

        return defect;
    }

    private static void Long(ByteBuilder b, NdpOptionType type, Action<ByteBuilder> content)
    {
        var start = b.Count;
        b.U8((int)type).U8(0);
        content(b);
        b.Align(8, start);
        var units = (b.Count - start) / 8;
        b.PatchU8(start + 1, units < 256 ? units : throw new ArgumentException($"An NDP option of type {type} holds 2040 bytes, not {b.Count - start}."));
    }
}
