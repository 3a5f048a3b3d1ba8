using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class FrameTreeTests
{
    [Fact]
    public void A_tree_names_every_field_with_its_meaning()
    {
        var frame = Frame.Tcp(Mac1, Mac2, Ip1, Ip2,
            new TcpSegment { SourcePort = 1234, DestinationPort = 80, Flags = TcpFlags.Syn, Window = 64240,
                OptionBytes = new TcpOptions { MaximumSegmentSize = 1460, SackPermitted = true }.ToArray() });
        var tree = frame.WithVlan(7, 3).ToTree();

        Assert.Equal(
            """
            Ethernet fa:16:3e:00:00:01 > fa:16:3e:00:00:02
              Destination: fa:16:3e:00:00:02
              Source: fa:16:3e:00:00:01
              Type: 0x0800 (IPv4)
            VLAN vlan 7 prio 3
              Protocol: 0x8100 (802.1Q)
              Priority: 3
              Drop eligible: no
              Id: 7
            IPv4 10.0.0.11 > 10.0.0.12
              Header length: 20
              DSCP: 0
              ECN: 0
              Total length: 48
              Identification: 0x0000
              Reserved flag: no
              Don't fragment: no
              More fragments: no
              Fragment offset: 0
              Time to live: 64
              Protocol: 6 (Tcp)
              Checksum: 0x66b2 (right)
              Source: 10.0.0.11
              Destination: 10.0.0.12
            TCP 1234 > 80 [SYN] seq 0 ack 0 win 64240 len 0
              Source port: 1234
              Destination port: 80
              Sequence number: 0
              Acknowledgment number: 0
              Header length: 28
              Flags: 0x0002 (SYN)
              Window: 64240
              Checksum: 0x6ef6 (right)
              Urgent pointer: 0
              Maximum segment size: 1460
              SACK permitted
              No operation
              No operation

            """.ReplaceLineEndings("\n"), tree);
    }

    [Fact]
    public void A_wrong_checksum_says_what_would_be_right()
    {
        var frame = Udp().WithBytes(24, [0, 0]);

        Assert.Contains("Checksum: 0x0000 (wrong, should be 0x", frame.ToTree(), StringComparison.Ordinal);
        Assert.False(frame.HasRightChecksums);
    }

    [Fact]
    public void A_cut_or_malformed_layer_says_so_in_line_and_tree()
    {
        Assert.EndsWith("[truncated: IP payload]", Udp().Truncated(44).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("[truncated: IPv4 header]", Udp().Truncated(30).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("[malformed: IPv4 header length below 20]", Udp().WithBytes(14, [0x41]).ToString(), StringComparison.Ordinal);
        Assert.Contains("IPv4 [malformed: IPv4 header length below 20]", Udp().WithBytes(14, [0x41]).ToTree(), StringComparison.Ordinal);
        Assert.StartsWith("[truncated: Ethernet header] fa163e", Udp().Truncated(9).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_know_where_they_are()
    {
        var field = Udp().WithVlan(7).Layers.Single(l => l.Name == "UDP").Fields.Single(f => f.Name == "Destination port");

        Assert.Equal((40, 2, "53"), (field.Offset, field.Length, field.Value));
    }

    [Fact]
    public void What_only_a_port_suggests_is_not_in_the_line_when_it_does_not_read_so()
    {
        Assert.DoesNotContain("DNS", Udp(5).ToString(), StringComparison.Ordinal);
        Assert.Contains("Data 5 bytes, no DNS: truncated: DNS header\n", Udp(5).ToTree(), StringComparison.Ordinal);
    }
}
