using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using NetLab.Packets;
using PacketDotNet;
using PacketDotNet.Utils;

namespace NetLab.Tests;

/// <summary>Packets as a user of PacketDotNet builds them.</summary>
internal static class Built
{
    public static readonly MacAddress Mac1 = MacAddress.Parse("02:00:00:00:00:01"), Mac2 = MacAddress.Parse("02:00:00:00:00:02");

    public static PhysicalAddress Physical(MacAddress mac) => mac.ToPhysicalAddress();

    public static EthernetPacket Ethernet(Packet payload, EthernetType type = EthernetType.None) =>
        new(Physical(Mac1), Physical(Mac2), type) { PayloadPacket = payload };

    public static EthernetPacket Udp(FakeVm from, FakeVm to, ushort port, string payload) => new(Physical(from.Mac), Physical(to.Mac), EthernetType.None)
    {
        PayloadPacket = new IPv4Packet(from.Address, to.Address)
            { PayloadPacket = new UdpPacket(40_000, port) { PayloadData = Encoding.UTF8.GetBytes(payload) } },
    };

    public static IPv6Packet Ipv6(Packet payload, PacketDotNet.ProtocolType protocol) =>
        new(IPAddress.Parse("fe80::1"), IPAddress.Parse("fe80::2")) { PayloadPacket = payload, NextHeader = protocol, HopLimit = 255 };

    public static EthernetPacket Solicitation()
    {
        var options = new byte[32];
        (options[24], options[25]) = (1, 1);
        Mac1.CopyTo(options.AsSpan(26));
        var message = new NdpNeighborSolicitationPacket(new ByteArraySegment(options)) { TargetAddress = IPAddress.Parse("fe80::2") };
        var icmp = new IcmpV6Packet(new ByteArraySegment(new byte[8])) { Type = IcmpV6Type.NeighborSolicitation, PayloadPacket = message };
        return Ethernet(Ipv6(icmp, PacketDotNet.ProtocolType.IcmpV6), EthernetType.IPv6);
    }

    public static EthernetPacket Echo6()
    {
        var icmp = new IcmpV6Packet(new ByteArraySegment(new byte[8])) { Type = IcmpV6Type.EchoRequest };
        return Ethernet(Ipv6(icmp, PacketDotNet.ProtocolType.IcmpV6), EthernetType.IPv6);
    }
}
