namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class PcapngWriterTests
{
    [Fact]
    public void Every_block_says_its_length_at_both_ends_and_is_padded_to_four()
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, comment: "odd", leaveOpen: true))
        {
            var tap = writer.AddInterface("tap1", "the vm's tap");
            var bridge = writer.AddInterface("qbr1");
            writer.WritePacket(tap, 1_700_000_000_123_456_789, Sample.Udp(1), CaptureDirection.Inbound, "dropped: why");
            writer.WritePacket(bridge, 1_700_000_000_123_456_790, Sample.Udp(2));
            writer.WriteStatistics(bridge, 1_700_000_000_123_456_791, received: 5, dropped: 4, "slow");
        }

        var bytes = stream.ToArray();
        var types = new List<uint>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BitConverter.ToUInt32(bytes, at + 4);
            Assert.Equal(0, length % 4);
            Assert.Equal((uint)length, BitConverter.ToUInt32(bytes, at + length - 4));
            types.Add(BitConverter.ToUInt32(bytes, at));
            at += length;
        }

        Assert.Equal([0x0A0D0D0A, 1, 1, 6, 6, 5], types);

        // Interface 1, the time in two halves, comment, isb_ifrecv, isb_osdrop, end of options.
        Assert.Equal(
            Convert.FromHexString("05000000" + "3C000000" + "01000000" + "FE9C9717" + "17CD853D" + "01000400736C6F77" + "040008000500000000000000" +
                "070008000400000000000000" + "00000000" + "3C000000"),
            bytes[^0x3c..]);
    }
}
