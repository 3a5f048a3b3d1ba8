using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetLab.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Benchmarks;

/// <summary>Reading and building a UDP frame of 64 bytes, beside code written by hand for just this frame.</summary>
internal static class CodecRows
{
    private const int Payload = 22;
    private const int Frame = 64;
    // The first rounds are of code that the runtime has not finished optimizing.
    private const int Rounds = 25;

    private static readonly MacAddress From = MacAddress.Parse("02:00:00:00:00:01"), To = MacAddress.Parse("02:00:00:00:00:02");
    private static readonly Ipv4Address Source = Ipv4Address.Parse("10.0.0.1"), Destination = Ipv4Address.Parse("10.0.0.2");
    private static readonly byte[] Content = [.. Enumerable.Range(0, Payload).Select(i => (byte)i)];

    public static IEnumerable<Measurement> All =>
    [
        new(
            [new("codec: parse a 64-byte UDP frame", "ns", Target.ValueAtMost(20)), new("codec: parse, allocated", "bytes", Target.ValueAtMost(0))],
            () => MeasureAsync(Parse, ParseByHand)),
        new(
            [new("codec: build a 64-byte UDP frame with checksums", "ns", Target.ValueAtMost(60)),
                new("codec: build, allocated", "bytes", Target.ValueAtMost(0))],
            () => MeasureAsync(Build, BuildByHand)),
    ];

    private static async Task<IReadOnlyList<Result>> MeasureAsync(Func<byte[], int, long> library, Func<byte[], int, long> byHand)
    {
        byte[] ours = new byte[Frame], theirs = new byte[Frame];
        Build(ours, 1);
        BuildByHand(theirs, 1);
        if (!ours.AsSpan().SequenceEqual(theirs))
        {
            throw new InvalidOperationException(
                $"Library and hand do not build the same frame: {Convert.ToHexString(ours)} and {Convert.ToHexString(theirs)}.");
        }

        if (library(ours, 100) != byHand(theirs, 100))
        {
            throw new InvalidOperationException("Library and hand do not find the same in the frame.");
        }

        long allocated = 0;
        var medians = await Benchmarks.Rounds.MediansAsync(
            Rounds,
            () =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var time = NanosecondsEach(library, ours);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                return Task.FromResult(time);
            },
            () => Task.FromResult(NanosecondsEach(byHand, theirs))).ConfigureAwait(false);
        return [new(medians[0], medians[1]), new(allocated)];
    }

    private static double NanosecondsEach(Func<byte[], int, long> work, byte[] frame)
    {
        const int Times = 1_000_000;
        var start = Stopwatch.GetTimestamp();
        work(frame, Times);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Times;
    }

    // Every field that a reader asks for: the sum keeps the compiler from leaving one out.
    private static long Parse(byte[] frame, int times)
    {
        long sum = 0;
        for (var i = 0; i < times; i++)
        {
            frame[^1] = (byte)i;
            sum += ParseOnce(frame);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ParseOnce(ReadOnlySpan<byte> frame)
    {
        if (!EthernetReader.TryParse(frame, out var ethernet) || ethernet.EtherType != EtherTypes.Ipv4
            || !Ipv4Reader.TryParse(ethernet.Payload, out var ip) || ip.Protocol != IpProtocol.Udp || ip.IsFragment
            || !UdpReader.TryParse(ip.Payload, out var udp) || udp.IsTruncated)
        {
            return -1;
        }

        return (long)ethernet.Destination.ToUInt64() + (long)ethernet.Source.ToUInt64() + ip.Source.ToUInt32() + ip.Destination.ToUInt32() +
            ip.TimeToLive + ip.Identification
            + udp.SourcePort + udp.DestinationPort + udp.Payload.Length + udp.Payload[^1];
    }

    private static long ParseByHand(byte[] frame, int times)
    {
        long sum = 0;
        for (var i = 0; i < times; i++)
        {
            frame[^1] = (byte)i;
            sum += ParseOnceByHand(frame);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ParseOnceByHand(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 42 || ReadUInt16BigEndian(frame[12..]) != 0x0800 || frame[14] != 0x45 || frame[23] != 17
            || (ReadUInt16BigEndian(frame[20..]) & 0x3fff) != 0 || ReadUInt16BigEndian(frame[38..]) < 8)
        {
            return -1;
        }

        var ip = frame.Slice(14, ReadUInt16BigEndian(frame[16..]));
        var payload = ip[28..];
        return (long)Mac(frame) + (long)Mac(frame[6..]) + ReadUInt32BigEndian(ip[12..]) + ReadUInt32BigEndian(ip[16..]) + ip[8] + ReadUInt16BigEndian(ip[4..])
            + ReadUInt16BigEndian(ip[20..]) + ReadUInt16BigEndian(ip[22..]) + payload.Length + payload[^1];
    }

    private static long Build(byte[] frame, int times)
    {
        for (var i = 0; i < times; i++)
        {
            FrameWriter.Udp(
                frame, new EthernetHeader(To, From, 0), new Ipv4Packet { Source = Source, Destination = Destination, Identification = (ushort)i },
                    40_000, 53, Content);
        }

        return frame[^1];
    }

    private static long BuildByHand(byte[] frame, int times)
    {
        for (var i = 0; i < times; i++)
        {
            BuildOnceByHand(frame, (ushort)i);
        }

        return frame[^1];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BuildOnceByHand(Span<byte> frame, ushort identification)
    {
        To.CopyTo(frame);
        From.CopyTo(frame[6..]);
        WriteUInt16BigEndian(frame[12..], 0x0800);
        var ip = frame[14..];
        WriteUInt32BigEndian(ip, 0x4500_0000 | (20 + 8 + Payload));
        WriteUInt32BigEndian(ip[4..], (uint)identification << 16);
        WriteUInt32BigEndian(ip[8..], 0x4011_0000);
        WriteUInt32BigEndian(ip[12..], Source.ToUInt32());
        WriteUInt32BigEndian(ip[16..], Destination.ToUInt32());
        WriteUInt16BigEndian(ip[10..], Fold(Sum(ip[..20])));
        var udp = ip.Slice(20, 8 + Payload);
        WriteUInt16BigEndian(udp, 40_000);
        WriteUInt16BigEndian(udp[2..], 53);
        WriteUInt32BigEndian(udp[4..], (8 + Payload) << 16);
        Content.CopyTo(udp[8..]);
        var checksum = Fold(Sum(udp) + Sum(ip.Slice(12, 8)) + 17 + 8 + Payload);
        WriteUInt16BigEndian(udp[6..], checksum == 0 ? (ushort)0xffff : checksum);
    }

    private static ulong Mac(ReadOnlySpan<byte> bytes) => ((ulong)ReadUInt16BigEndian(bytes) << 32) | ReadUInt32BigEndian(bytes[2..]);

    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        while (bytes.Length >= 4)
        {
            sum += ReadUInt32BigEndian(bytes);
            bytes = bytes[4..];
        }

        return bytes.Length == 2 ? sum + ((ulong)ReadUInt16BigEndian(bytes) << 16) : sum;
    }

    private static ushort Fold(ulong sum)
    {
        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
