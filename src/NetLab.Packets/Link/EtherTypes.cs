namespace NetLab.Packets;

/// <summary>Numbers that say what an Ethernet frame carries (IEEE 802 Numbers; below 0x0600 it is an 802.3 length).</summary>
public static class EtherTypes
{
    /// <summary>The smallest number that is a type and not a length.</summary>
    public const ushort FirstType = 0x0600;

    /// <summary>IPv4 (RFC 894).</summary>
    public const ushort Ipv4 = 0x0800;

    /// <summary>ARP (RFC 826).</summary>
    public const ushort Arp = 0x0806;

    /// <summary>Ethernet over GRE and GENEVE (RFC 7637).</summary>
    public const ushort TransparentEthernetBridging = 0x6558;

    /// <summary>Reverse ARP (RFC 903); QEMU and libvirt announce a migrated guest with it.</summary>
    public const ushort Rarp = 0x8035;

    /// <summary>802.1Q tag.</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>IPv6 (RFC 2464).</summary>
    public const ushort Ipv6 = 0x86DD;

    /// <summary>Slow protocols: LACP, marker, OAM (802.3 annex 57A).</summary>
    public const ushort SlowProtocols = 0x8809;

    /// <summary>MPLS, unicast (RFC 3032).</summary>
    public const ushort Mpls = 0x8847;

    /// <summary>MPLS, label assigned upstream (RFC 5332).</summary>
    public const ushort MplsUpstream = 0x8848;

    /// <summary>802.1X.</summary>
    public const ushort Eapol = 0x888E;

    /// <summary>802.1ad service tag.</summary>
    public const ushort ServiceVlan = 0x88A8;

    /// <summary>LLDP (802.1AB).</summary>
    public const ushort Lldp = 0x88CC;

    /// <summary>The double tag of switches before 802.1ad.</summary>
    public const ushort OldQinQ = 0x9100;

    /// <summary>Local experiments (802.1 "Local Experimental EtherType 1").</summary>
    public const ushort Experiment1 = 0x88B5;

    /// <summary>Local experiments (802.1 "Local Experimental EtherType 2").</summary>
    public const ushort Experiment2 = 0x88B6;

    /// <summary>Whether a number announces a VLAN tag.</summary>
    /// <param name="etherType">The number.</param>
    public static bool IsVlan(ushort etherType) => etherType is Vlan or ServiceVlan or OldQinQ;

    /// <summary>The usual name of a number, or "0x88b7".</summary>
    /// <param name="etherType">The number.</param>
    public static string NameOf(ushort etherType) => etherType switch
    {
        Ipv4 => "IPv4",
        Arp => "ARP",
        TransparentEthernetBridging => "Ethernet",
        Rarp => "RARP",
        Vlan => "802.1Q",
        Ipv6 => "IPv6",
        SlowProtocols => "Slow",
        Mpls => "MPLS",
        MplsUpstream => "MPLS-upstream",
        Eapol => "EAPOL",
        ServiceVlan => "802.1ad",
        Lldp => "LLDP",
        OldQinQ => "QinQ-9100",
        _ => $"0x{etherType:x4}",
    };
}
