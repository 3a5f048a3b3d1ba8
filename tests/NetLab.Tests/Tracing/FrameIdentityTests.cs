using System.Net;
using NetLab.Packets;

namespace NetLab.Tests.Tracing;

/// <summary>By what a frame is known again.</summary>
public sealed class FrameIdentityTests
{
    private static readonly MacAddress A = MacAddress.Parse("02:00:00:00:00:01"), B = MacAddress.Parse("02:00:00:00:00:02");
    private static readonly Frame Sent = Inside("hello");

    public static TheoryData<string> Tunnels => [.. Wrapped.Keys];

    private static Dictionary<string, Func<Frame, Frame>> Wrapped { get; } = new()
    {
        ["VXLAN over IPv4"] = frame => Outer("10.9.0.1", "10.9.0.2", VxlanPacket.Port, Vxlan(frame)),
        ["VXLAN over IPv6, by the port of Linux"] = frame => Outer("fd00::1", "fd00::2", VxlanPacket.LinuxPort, Vxlan(frame)),
        ["GENEVE over IPv4"] = frame => Outer("10.9.0.1", "10.9.0.2", GenevePacket.Port, Geneve(frame)),
        ["GENEVE over IPv6"] = frame => Outer("fd00::1", "fd00::2", GenevePacket.Port, Geneve(frame)),
        ["Ethernet in GRE"] = frame => InIp(IpProtocol.Gre, Gre(EtherTypes.TransparentEthernetBridging, frame.Bytes)),
        ["IP in GRE"] = frame => InIp(IpProtocol.Gre, Gre(EtherTypes.Ipv4, frame.Payload)),
        ["IP in IP"] = frame => InIp(IpProtocol.Ipv4, frame.Payload),
    };

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_frame_is_known_again_in_a_tunnel(string tunnel)
    {
        FrameIdentity sent = FrameIdentity.Of(Sent), seen = FrameIdentity.Of(Wrapped[tunnel](Sent));
        Assert.True(sent.Is(seen));
        Assert.True(sent.IsInside(seen));
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void Another_frame_in_the_tunnel_is_not_taken_for_it(string tunnel) =>
        Assert.False(FrameIdentity.Of(Sent).Is(FrameIdentity.Of(Wrapped[tunnel](Inside("other")))));

    private static Frame Inside(string payload) =>
        Frame.Udp(A, B, IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), 40_000, 53, System.Text.Encoding.UTF8.GetBytes(payload));

    private static Frame Outer(string from, string to, ushort port, byte[] payload) =>
        Frame.Udp(A, B, IPAddress.Parse(from), IPAddress.Parse(to), 50_000, port, payload);

    private static byte[] Vxlan(Frame frame) => Written(new VxlanPacket { Vni = 42, Payload = frame.Bytes }.Write);

    private static byte[] Geneve(Frame frame) =>
        Written(new GenevePacket { Vni = 42, ProtocolType = EtherTypes.TransparentEthernetBridging, Payload = frame.Bytes }.Write);

    private static byte[] Gre(ushort type, ReadOnlyMemory<byte> payload) => Written(new GrePacket { ProtocolType = type, Payload = payload }.Write);

    private static Frame InIp(IpProtocol protocol, ReadOnlyMemory<byte> payload) => Frame.Ip(A, B, new Ipv4Packet
    {
        Source = Ipv4Address.From(IPAddress.Parse("10.9.0.1")),
        Destination = Ipv4Address.From(IPAddress.Parse("10.9.0.2")),
        Protocol = protocol,
        TimeToLive = 64,
        Payload = payload,
    });

    private delegate int Writer(Span<byte> destination);

    private static byte[] Written(Writer write)
    {
        var bytes = new byte[2000];
        return bytes[..write(bytes)];
    }
}
