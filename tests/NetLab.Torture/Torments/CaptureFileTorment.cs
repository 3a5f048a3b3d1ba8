using System.Buffers.Binary;
using System.IO.Compression;
using NetLab.Packets;
using NetLab.Packets.Tests;

namespace NetLab.Torture;

/// <summary>Capture files that are almost right, pcapng and pcap, compressed or not: reading them throws nothing.</summary>
internal sealed class CaptureFileTorment : ITorment
{
    private const int FilesOfTurn = 100;

    public string Name => "capture files";

    public string Unit => "files";

    public Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var generator = new FrameGenerator(random.Next());
        List<Frame> frames = [.. Enumerable.Range(0, 3).Select(_ => generator.Next(FrameGenerator.Kinds[random.Next(FrameGenerator.Kinds.Count)]))];
        byte[] pcapng = Pcapng(frames), pcap = Pcap(frames), packed = Packed(pcapng);
        for (var i = 0; i < FilesOfTurn; i++)
        {
            var file = Mutation.Of(random, (i % 3) switch { 0 => pcapng, 1 => pcap, _ => packed }, pcapng);
            try
            {
                foreach (var packet in CaptureFile.Read(file).Packets)
                {
                    _ = (packet.Layers.Count, packet.Frame?.ToString());
                }
            }
            catch (Exception wrong)
            {
                throw new TortureException($"{Convert.ToHexStringLower(file)}: {wrong}");
            }
        }

        return Task.FromResult((long)FilesOfTurn);
    }

    private static byte[] Pcapng(IEnumerable<Frame> frames)
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, comment: "torture", leaveOpen: true))
        {
            var port = writer.AddInterface("tap1", "a tap", mac: MacAddress.Parse("02:00:00:00:00:01"));
            foreach (var frame in frames)
            {
                writer.WritePacket(port, 1_700_000_000_000_000_000, frame, CaptureDirection.Inbound, "a comment");
            }
        }

        return stream.ToArray();
    }

    private static byte[] Pcap(IEnumerable<Frame> frames)
    {
        var bytes = new List<byte>();
        void Add(params uint[] numbers)
        {
            var four = new byte[4];
            foreach (var number in numbers)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(four, number);
                bytes.AddRange(four);
            }
        }

        Add(0xA1B2C3D4, 0x0004_0002, 0, 0, 65535, 1);
        foreach (var frame in frames)
        {
            Add(1_700_000_000, 5, (uint)frame.Length, (uint)frame.Length);
            bytes.AddRange(frame.Bytes.Span);
        }

        return [.. bytes];
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
