namespace NetLab.Packets.Tests.Frames;

/// <summary>Tunnels are recognised alike. The frames are scapy's (2.5.0), and tshark finds the same in them.</summary>
public sealed class TunnelTests
{
    private const string Outer = "020000000002020000000001";

    [Theory]
    [InlineData("IP in IP", "10.0.0.1",
        "080045000035000100004004f6c0c0000201c000020245000021004d00003f11677d0a0000010a0000020fa00035000d982a68656c6c6f")]
    [InlineData("IPv6 in IPv4", "fd00::1",
        "080045000049000100004029f687c0000201c000020260000000000d113ffd000000000000000000000000000001fd00000000000000000000000000"
            + "00020fa00035000db22868656c6c6f")]
    [InlineData("IPv6 in IPv6", "fd00::1",
        "86dd600000000035294020010db800000000000000000000000120010db800000000000000000000000260000000000d113ffd000000000000000000"
            + "000000000001fd0000000000000000000000000000020fa00035000db22868656c6c6f")]
    [InlineData("IPv4 in IPv6", "10.0.0.1",
        "86dd600000000021044020010db800000000000000000000000120010db800000000000000000000000245000021004d00003f11677d0a0000010a00"
            + "00020fa00035000d982a68656c6c6f")]
    [InlineData("IPv4 in GRE", "10.0.0.1",
        "08004500003900010000402ff691c0000201c00002020000080045000021004d00003f11677d0a0000010a0000020fa00035000d982a68656c6c6f")]
    [InlineData("IPv6 in GRE with a key", "fd00::1",
        "08004500005100010000402ff679c0000201c0000202200086dd0000000760000000000d113ffd000000000000000000000000000001fd0000000000"
            + "000000000000000000020fa00035000db22868656c6c6f")]
    [InlineData("IPv4 in GRE over IPv6", "10.0.0.1",
        "86dd6000000000252f4020010db800000000000000000000000120010db80000000000000000000000020000080045000021004d00003f11677d0a00"
            + "00010a0000020fa00035000d982a68656c6c6f")]
    [InlineData("Ethernet in GRE", "10.0.0.1",
        "08004500004700010000402ff683c0000201c000020200006558020000000102020000000101080045000021004d00003f11677d0a0000010a000002"
            + "0fa00035000d982a68656c6c6f")]
    [InlineData("VXLAN", "10.0.0.1",
        "080045000053000100004011f695c0000201c0000202c35012b5003f79840800000000002a00020000000102020000000101080045000021004d0000"
            + "3f11677d0a0000010a0000020fa00035000d982a68656c6c6f")]
    [InlineData("GENEVE", "10.0.0.1",
        "080045000053000100004011f695c0000201c0000202c35017c1003f17200000655800002a00020000000102020000000101080045000021004d0000"
            + "3f11677d0a0000010a0000020fa00035000d982a68656c6c6f")]
    [InlineData("IPv4 in GENEVE", "10.0.0.1",
        "080045000045000100004011f6a3c0000201c0000202c35017c1003182970000080000002a0045000021004d00003f11677d0a0000010a0000020fa0"
            + "0035000d982a68656c6c6f")]
    public void What_a_tunnel_carries_is_read_as_a_frame(string tunnel, string source, string rest)
    {
        var frame = Frame.FromBytes(Convert.FromHexString(Outer + rest));
        var inner = frame.Inner;
        Assert.True(inner is not null, tunnel);
        Assert.Equal(source, inner.Ipv4?.Source.ToString() ?? inner.Ipv6?.Source.ToString());
        Assert.Equal((4000, 53), (inner.Udp!.Value.SourcePort, inner.Udp!.Value.DestinationPort));
        Assert.Equal("hello"u8.ToArray(), inner.Udp!.Value.Payload.ToArray());
        Assert.True(inner.HasRightChecksums);
        Assert.Null(inner.Inner);
    }

    [Fact]
    public void What_is_cut_or_of_another_kind_is_no_frame()
    {
        Assert.Null(Frame.Udp(MacAddress.Parse("02:00:00:00:00:01"), MacAddress.Parse("02:00:00:00:00:02"), System.Net.IPAddress.Loopback,
            System.Net.IPAddress.Loopback, 1, 2, "x"u8).Inner);
        Assert.Null(Frame.FromBytes(Convert.FromHexString(Outer + "0800450000180001000040")).Inner);

        // GRE that carries ARP.
        Assert.Null(Frame.FromBytes(Convert.FromHexString(Outer + "08004500001800010000402ff6b2c0000201c000020200000806")).Inner);
    }
}
