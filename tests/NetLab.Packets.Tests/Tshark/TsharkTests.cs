using System.Globalization;
using System.Net;
using System.Text;
using Xunit.Abstractions;

namespace NetLab.Packets.Tests.Tshark;

/// <summary>What we write, tshark reads; and what we read, it reads too.</summary>
[Trait("Category", "Codec")]
public sealed class TsharkTests(ITestOutputHelper output) : IDisposable
{
    private const int Frames = 6000;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"netlab-packets-{Guid.NewGuid():n}.pcapng");

    public void Dispose() => File.Delete(_path);

    [TsharkFact]
    public void Tshark_reads_the_same_fields_from_thousands_of_generated_frames()
    {
        var generator = new FrameGenerator(20260101);
        var frames = Enumerable.Range(0, Frames).Select(i => generator.Next(FrameGenerator.Kinds[i % FrameGenerator.Kinds.Count])).ToList();
        using (var writer = PcapngWriter.Create(_path))
        {
            var port = writer.AddInterface("generated");
            for (var i = 0; i < frames.Count; i++)
            {
                writer.WritePacket(port, 1_700_000_000_000_000_000 + i, frames[i]);
            }
        }

        var lines = TsharkFactAttribute.Run(
        [
            "-r", _path, "-n", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", "-E", "separator=/t",
            "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE",
            "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
            .. TsharkFields.All.SelectMany(f => new[] { "-e", f.Name }),
        ]);
        Assert.Equal(frames.Count, lines.Count);

        var differences = new StringBuilder();
        var (count, values) = (0, 0);
        var shown = new Dictionary<string, int>();
        for (var i = 0; i < frames.Count; i++)
        {
            var theirs = lines[i].Split('\t');
            var layers = frames[i].Layers;
            foreach (var (field, text) in TsharkFields.All.Zip(theirs))
            {
                var ours = string.Join('|', field.Ours(layers).Select(Plain));
                var read = string.Join('|', text.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(Plain));
                values += read.Length > 0 ? 1 : 0;
                if (ours == read)
                {
                    continue;
                }

                count++;
                if ((shown[field.Name] = shown.GetValueOrDefault(field.Name) + 1) <= 2)
                {
                    differences.Append($"\n#{i} {frames[i]}\n  {field.Name}: ours '{ours}', tshark '{read}'");
                }
            }
        }

        output.WriteLine($"frames compared {frames.Count}, differences {count} ({values} field values of {TsharkFields.All.Count} fields)");
        Assert.True(count == 0, $"frames compared {frames.Count}, differences {count}:{differences}");
        Assert.True(values > 10 * frames.Count, $"Only {values} values were there to be compared.");
    }

    [TsharkFact]
    public void Tshark_finds_nothing_malformed_in_what_we_write()
    {
        var generator = new FrameGenerator(7);
        using (var writer = PcapngWriter.Create(_path))
        {
            var port = writer.AddInterface("generated");
            foreach (var kind in FrameGenerator.Kinds)
            {
                for (var i = 0; i < 20; i++)
                {
                    writer.WritePacket(port, i, generator.Next(kind), comment: kind);
                }
            }
        }

        var lines = TsharkFactAttribute.Run("-r", _path, "-n", "-Y", "_ws.malformed or _ws.short or _ws.expert.group == \"Checksum\"", "-T",
            "fields", "-e", "frame.comment", "-e", "_ws.expert.message");
        Assert.Equal([""], lines);
    }

    [TsharkFact]
    public void Tshark_shows_interfaces_comments_directions_and_nanoseconds()
    {
        using (var writer = PcapngWriter.Create(_path, comment: "a bundle"))
        {
            var tap = writer.AddInterface("compute1/tap1", "the tap of vm1");
            var bridge = writer.AddInterface("compute1/qbr1", "a bridge", mac: Sample.Mac1);
            writer.WritePacket(tap, 1_700_000_000_123_456_789, Sample.Udp(), CaptureDirection.Inbound);
            writer.WritePacket(bridge, 1_700_000_000_123_456_790, Sample.Udp(), CaptureDirection.Outbound, "dropped: größer als die MTU");
        }

        var lines = TsharkFactAttribute.Run("-r", _path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.interface_description", "-e",
            "frame.time_epoch", "-e", "frame.packet_flags_direction", "-e", "frame.comment");
        Assert.Equal(
            ["compute1/tap1\tthe tap of vm1\t1700000000.123456789\t0x00000001\t",
                "compute1/qbr1\ta bridge\t1700000000.123456790\t0x00000002\tdropped: größer als die MTU"],
            lines);
    }

    [TsharkFact]
    public void Files_that_tshark_writes_are_read()
    {
        var generator = new FrameGenerator(11);
        var frames = FrameGenerator.Kinds.Select(generator.Next).ToList();
        using (var writer = PcapngWriter.Create(_path))
        {
            var port = writer.AddInterface("tap1", "the tap");
            frames.ForEach(f => writer.WritePacket(port, 1_700_000_000_000_000_001, f, comment: "a comment"));
        }

        foreach (var format in new[] { "pcapng", "nsecpcap", "pcap" })
        {
            var copy = $"{_path}.{format}";
            TsharkFactAttribute.Run("-r", _path, "-F", format, "-w", copy);
            var file = CaptureFile.Read(copy);
            File.Delete(copy);

            Assert.True(file.Defect.IsNone, $"{format}: {file.Defect}");
            Assert.Equal(frames, file.Packets.Select(p => p.Frame));
            Assert.All(file.Packets, p => Assert.Equal(format == "pcap" ? 1_700_000_000_000_000_000 : 1_700_000_000_000_000_001, p.TimestampNanoseconds));
            Assert.All(file.Packets, p => Assert.Equal(format == "pcapng" ? ["a comment"] : [], p.Comments));
        }
    }

    /// <summary>One form for a number, an address, a bit.</summary>
    private static string Plain(string value)
    {
        value = value.Trim().ToLowerInvariant();
        if (value is "yes" or "true")
        {
            return "1";
        }

        if (value is "no" or "false")
        {
            return "0";
        }

        if (value.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number))
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }

        return value.Contains("::", StringComparison.Ordinal) && IPAddress.TryParse(value, out var address) ? address.ToString() : value;
    }
}
