using FsCheck.Fluent;
using NetLab.Packets.Tests.Properties;
using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>
/// What others write reaches the reader escaped: no rendering of a frame steers a terminal, forges a line or turns the direction of writing round.
/// </summary>
[Trait("Category", "Codec")]
public sealed class PlainTextTests
{
    private const string Forged = "vm2 received everything";
    private const string Hostile = "\u001b]0;owned\u0007\r\n" + Forged + "\u009b31m\u202e\u007f";

    public static TheoryData<string, Frame> Hostiles => new()
    {
        { "LLDP system name", Frame.Lldp(Mac1, LldpPacket.Of(Mac1, "eth0", 120, Hostile)) },
        { "LLDP port", Frame.Lldp(Mac1, LldpPacket.Of(Mac1, Hostile)) },
        { "DNS text", Datagram(53, 40000, DnsMessage.Query(1, "x.example", DnsType.Txt).Answer(DnsRecord.Txt("x.example", Hostile)).ToArray()) },
        { "DHCP host name", Dhcp(m => m with { Options = [.. m.Options, DhcpOption.Of(DhcpOptionCode.HostName, Hostile)] }) },
        { "DHCP boot file", Dhcp(m => m with { BootFile = Hostile }) },
        { "DHCP server name", Dhcp(m => m with { ServerName = Hostile }) },
        { "MST region", Frame.Bpdu(Mac1, new Bpdu
            { Version = 3, Type = BpduType.Rapid, Mst = new MstExtension("\u001b[2J\n" + Forged, 1, new string('0', 32), 1, new BridgeId(1, Mac1), 1) }) },
        { "captive portal", Frame.RouterAdvertisement(Mac1, V6Ip1, new RouterAdvertisement { CaptivePortal = "http://x/\u001b]0;owned\u0007\n" + Forged }) },
    };

    // No theory: an attribute is UTF-8, and holds no half of a character either.
    [Fact]
    public void What_no_file_can_hold_is_escaped_and_whole_characters_are_not()
    {
        (string Text, string Shown)[] cases =
        [
            ("a\ud800b", @"a\ud800b"), ("\udc00", @"\udc00"), ("\ufffe\uffff", @"\ufffe\uffff"),
            ("\ud83d\ude00 \ud800\ud83d\ude00\ude00", "\ud83d\ude00 \\ud800\ud83d\ude00\\ude00"),
            ("\ud83d\ude00 \u00e9 \ufffd", "\ud83d\ude00 \u00e9 \ufffd"),
        ];
        foreach (var (text, shown) in cases)
        {
            Assert.Equal([shown, shown, shown], [PlainText.Line(text), PlainText.Lines(text), PlainText.Json(text)]);
            Assert.Equal(shown == text, PlainText.IsPlain(text));
        }
    }

    [Theory]
    [MemberData(nameof(Hostiles))]
    public void Text_from_the_wire_is_shown_escaped(string what, Frame frame)
    {
        ShouldBePlain(frame);
        Assert.Contains(Forged, frame.ToTree(), StringComparison.Ordinal);
        Assert.True(frame.ToTree().Contains("\\x1b", StringComparison.Ordinal), what);
    }

    [Theory]
    [MemberData(nameof(Hostiles))]
    public void No_byte_that_is_changed_makes_a_rendering_hostile(string what, Frame frame)
    {
        var random = new Random(what.Length);
        byte[] hostile = [0x1B, 0x07, 0x0A, 0x0D, 0x7F, 0x9B, 0xE2, 0x80, 0xAE, 0xC2];
        for (var i = 0; i < 300; i++)
        {
            var bytes = frame.Bytes.ToArray();
            bytes[random.Next(12, bytes.Length)] = hostile[random.Next(hostile.Length)];
            ShouldBePlain(Frame.FromBytes(bytes));
        }
    }

    [Fact]
    public void No_rendering_of_any_frame_has_a_control_character_that_we_did_not_write() => Property.Holds(
        from frame in Property.Frames
        from changes in Gen.Zip(Gen.Choose(12, Math.Max(12, frame.Frame.Length - 1)), Property.Byte).ArrayOf()
        select (frame.Frame, changes),
        x =>
        {
            var bytes = x.Frame.Bytes.ToArray();
            foreach (var (at, value) in x.changes.Where(c => c.Item1 < bytes.Length))
            {
                bytes[at] = value;
            }

            ShouldBePlain(Frame.FromBytes(bytes));
        },
        tests: 2000);

    [Theory]
    [InlineData("plain – ünïcödé 漢字 😀", "plain – ünïcödé 漢字 😀")]
    [InlineData("\u001b[31m", "\\x1b[31m")]
    [InlineData("a\tb\r\nc\0", "a\\tb\\r\\nc\\x00")]
    [InlineData("\u007f\u0080\u0085\u009b", "\\x7f\\x80\\x85\\x9b")]
    [InlineData("\u202a\u202e\u2066\u2069\u200e\u200f\u061c", "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c")]
    [InlineData("\u2028\u2029", "\\u2028\\u2029")]
    public void A_line_has_neither_controls_nor_line_ends(string text, string shown)
    {
        Assert.Equal(shown, PlainText.Line(text));
        Assert.Equal(shown, PlainText.Line(shown));
        Assert.Equal(shown == text, PlainText.IsPlain(text));
    }

    [Fact]
    public void Every_character_that_steers_is_escaped_and_no_other()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            var steers = c is <= 0x1F or (>= 0x7F and <= 0x9F) or 0x61C or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069)
                or (>= 0xD800 and <= 0xDFFF) or >= 0xFFFE;
            var text = ((char)c).ToString();
            Assert.True(steers == (PlainText.Line(text) != text), $"U+{c:x4}");
            Assert.True((steers && c is not ('\n' or '\t')) == (PlainText.Lines(text) != text), $"U+{c:x4}");
        }
    }

    [Fact]
    public void Lines_of_ours_keep_their_ends() => Assert.Equal("a\n\tb\nc\\r\\x1b", PlainText.Lines("a\n\tb\r\nc\r\u001b"));

    [Fact]
    public void A_program_that_reads_JSON_reads_what_was_there()
    {
        var json = PlainText.Json("{\n  \"a\": \"x\u009b\u202e\"\n}");

        Assert.Equal("{\n  \"a\": \"x\\u009b\\u202e\"\n}", json);
        Assert.Equal("x\u009b\u202e", (string)System.Text.Json.Nodes.JsonNode.Parse(json)!["a"]!);
    }

    [Fact]
    public void Comments_in_a_capture_file_keep_their_lines_and_nothing_else_that_steers()
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, comment: "one\ntwo\u001b[2J", leaveOpen: true))
        {
            writer.WritePacket(writer.AddInterface("tap\u001b"), 0, Udp(), comment: "\u202edropped");
        }

        var file = CaptureFile.Read(stream.ToArray());
        Assert.Equal(("one\ntwo\\x1b[2J", "tap\\x1b", "\\u202edropped"), (file.Comment, file.Interfaces[0].Name, file.Packets[0].Comments[0]));
    }

    private static Frame Datagram(ushort from, ushort to, byte[] payload) => Frame.Udp(Mac1, Mac2, Ip1, Ip2, from, to, payload);

    private static Frame Dhcp(Func<DhcpMessage, DhcpMessage> change) => Datagram(68, 67, change(DhcpMessage.Discover(Mac1, 1)).ToArray());

    private static void ShouldBePlain(Frame frame)
    {
        var line = frame.ToString();
        Assert.True(PlainText.IsPlain(line), line);
        var lines = frame.ToTree().Split('\n');
        Assert.All(lines, l => Assert.True(PlainText.IsPlain(l), l));
        Assert.DoesNotContain(lines, l => l.StartsWith(Forged, StringComparison.Ordinal));
        var entries = frame.Layers.Sum(l => 1 + l.Fields.Sum(Count));
        Assert.Equal(entries + 1, lines.Length);
        Assert.All(FrameDiff.Of(frame, Udp()).ToString().Split('\n'), l => Assert.True(PlainText.IsPlain(l), l));
    }

    private static int Count(Field field) => 1 + field.Children.Sum(Count);
}
