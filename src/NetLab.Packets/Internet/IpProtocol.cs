namespace NetLab.Packets;

/// <summary>Protocols above IP and extension headers of IPv6 (IANA "Assigned Internet Protocol Numbers").</summary>
public enum IpProtocol : byte
{
    /// <summary>Hop-by-hop options of IPv6 (RFC 8200).</summary>
    HopByHop = 0,

    /// <summary>ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>IGMP (RFC 3376).</summary>
    Igmp = 2,

    /// <summary>IPv4 in IP (RFC 2003).</summary>
    Ipv4 = 4,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 17,

    /// <summary>IPv6 in IP (RFC 4213).</summary>
    Ipv6 = 41,

    /// <summary>Routing header of IPv6 (RFC 8200).</summary>
    Routing = 43,

    /// <summary>Fragment header of IPv6 (RFC 8200).</summary>
    Fragment = 44,

    /// <summary>GRE (RFC 2784).</summary>
    Gre = 47,

    /// <summary>Encapsulating Security Payload (RFC 4303).</summary>
    Esp = 50,

    /// <summary>Authentication Header (RFC 4302).</summary>
    AuthenticationHeader = 51,

    /// <summary>ICMPv6 (RFC 4443).</summary>
    Icmpv6 = 58,

    /// <summary>Nothing follows (RFC 8200).</summary>
    NoNextHeader = 59,

    /// <summary>Destination options of IPv6 (RFC 8200).</summary>
    DestinationOptions = 60,

    /// <summary>OSPF (RFC 2328).</summary>
    Ospf = 89,

    /// <summary>VRRP (RFC 5798).</summary>
    Vrrp = 112,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 132,

    /// <summary>Mobility header of IPv6 (RFC 6275).</summary>
    Mobility = 135,

    /// <summary>UDP-Lite (RFC 3828).</summary>
    UdpLite = 136,

    /// <summary>MPLS in IP (RFC 4023).</summary>
    Mpls = 137,

    /// <summary>Host Identity Protocol (RFC 7401).</summary>
    Hip = 139,

    /// <summary>Shim6 (RFC 5533).</summary>
    Shim6 = 140,

    /// <summary>Ethernet in IPv6 (RFC 8986).</summary>
    Ethernet = 143,

    /// <summary>Reserved for experiments (RFC 3692).</summary>
    Experiment1 = 253,

    /// <summary>Reserved for experiments (RFC 3692).</summary>
    Experiment2 = 254,
}
