using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What a device is that puts its frames, or packets, into packets of their own.</summary>
/// <param name="Name">What the field calls such a tunnel.</param>
/// <param name="Remote">The other end; null where the device has none, or more than one.</param>
/// <param name="Words">What tells it from others, as <c>ip -d link</c> says it.</param>
/// <param name="Overhead">How many bytes it adds to what goes in; null where that is not always the same.</param>
internal sealed record Tunnel(string Name, IPAddress? Remote, string Words, int? Overhead)
{
    private const int Ethernet = 14, Udp = 8, Vxlan = 8, Gre = 4;

    /// <summary>The number of its network (VNI), which both ends have; null where it has none, or is not told.</summary>
    public uint? Network { get; private init; }

    /// <summary>The tunnel that a device of this specification is; null where it is none.</summary>
    public static Tunnel? Of(LinkSpec spec) => spec switch
    {
        VxlanSpec t => new("VXLAN", t.Remote, $"vxlan id {t.Id} remote {t.Remote}", Ip(t.Remote ?? t.Local) + Udp + Vxlan + Ethernet) { Network = t.Id },
        GeneveSpec t => new("GENEVE", t.Remote, $"geneve id {t.Id} remote {t.Remote}", Ip(t.Remote) + Udp + Vxlan + Ethernet) { Network = t.Id },
        GretapSpec { IPv6: false, Encapsulation: null } t => new("GRE", t.Remote, $"{t.Kind} remote {t.Remote}", Ip(null) + GreOf(t) + Ethernet),
        IpTunnelSpec t => new(t.Kind, t.Remote, $"{t.Kind} remote {t.Remote}", null),
        WireguardSpec or XfrmSpec => new(spec.Kind, null, spec.Kind, null),
        _ => null,
    };

    private static int Ip(IPAddress? end) => end?.AddressFamily == AddressFamily.InterNetworkV6 ? 40 : 20;

    // RFC 2890: a key, a checksum and a sequence number take four bytes each.
    private static int GreOf(GretapSpec tunnel) =>
        Gre + (tunnel.OutputKey is null ? 0 : 4) + (tunnel.OutputChecksum ? 4 : 0) + (tunnel.OutputSequence ? 4 : 0);
}
