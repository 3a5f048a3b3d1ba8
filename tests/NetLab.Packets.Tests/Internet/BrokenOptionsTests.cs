using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>A frame's defect names options that contradict their header, in every header that has options.</summary>
[Trait("Category", "Codec")]
public sealed class BrokenOptionsTests
{
    public static TheoryData<Frame, string> Broken => new()
    {
        { Frame.Ip(Mac1, Mac2, Udp().Ipv4!.Value with { Options = (byte[])[7, 1, 0, 0] }), "IPv4 option of length below 2" },
        { Frame.Ip(Mac1, Mac2, Udp().Ipv4!.Value with { Options = (byte[])[148, 9, 0, 0] }), "IPv4 option longer than its header" },
        { Tcp([2, 0, 5, 180]), "TCP option of length below 2" },
        { Tcp([2, 40, 5, 180]), "TCP option longer than its header" },
        { Ipv6Options(IpProtocol.HopByHop), "IPv6 option longer than its header" },
        { Ipv6Options(IpProtocol.DestinationOptions), "IPv6 option longer than its header" },
        { Solicitation([1, 0, 0, 0, 0, 0, 0, 0]), "NDP option of length 0" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_options_are_named(Frame frame, string what)
    {
        Assert.Equal(Defect.Malformed(what), frame.Defect);
        Assert.EndsWith($"[malformed: {what}]", frame.ToString());
    }

    [Fact]
    public void Options_that_are_whole_are_no_defect()
    {
        Assert.True(Frame.Ip(Mac1, Mac2, Udp().Ipv4!.Value with { Options = Ipv4Option.RouterAlertBytes.ToArray() }).Defect.IsNone);
        Assert.True(Tcp(new TcpOptions { MaximumSegmentSize = 1460, SackPermitted = true, Timestamp = 1, WindowScale = 7 }.ToArray()).Defect.IsNone);
        Assert.True(Frame.NeighborSolicitation(Mac1, V6Ip1, V6Ip2).Defect.IsNone);
    }

    private static Frame Tcp(byte[] options) =>
        Frame.Tcp(Mac1, Mac2, Ip1, Ip2, new TcpSegment { SourcePort = 1, DestinationPort = 2, Flags = TcpFlags.Syn, OptionBytes = options });

    private static Frame Ipv6Options(IpProtocol kind) =>
        Frame.Ip(Mac1, Mac2, Udp6().Ipv6!.Value with { FirstExtension = kind, Extensions = (byte[])[(byte)IpProtocol.Udp, 0, 5, 20, 0, 0, 0, 0] });

    private static Frame Solicitation(byte[] options) =>
        Frame.Icmpv6(Mac1, Mac2, V6Ip1, V6Ip2, new Icmpv6Message { Type = Icmpv6Type.NeighborSolicitation, Payload = (byte[])[.. new byte[16], .. options] });
}
