namespace NetLab.Packets;

/// <summary>An interface in a capture file.</summary>
/// <param name="LinkType">What its packets start with.</param>
public sealed record CaptureInterface(LinkType LinkType)
{
    /// <summary>Its name; null in classic pcap.</summary>
    public string? Name { get; init; }

    /// <summary>What it is.</summary>
    public string? Description { get; init; }

    /// <summary>Its MAC address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>Bytes of a packet that were captured at most; 0 for all.</summary>
    public uint SnapLength { get; init; }

    /// <summary>Bytes of the frame check sequence at the end of each packet; mostly 0, since devices keep it for themselves.</summary>
    public int CheckSequenceLength { get; init; }

    /// <summary>Units of its timestamps in a second.</summary>
    internal ulong UnitsPerSecond { get; init; } = 1_000_000;

    /// <summary>Seconds to be added to its timestamps.</summary>
    internal long OffsetSeconds { get; init; }
}

/// <summary>A packet in a capture file.</summary>
/// <param name="Interface">Where it was captured.</param>
/// <param name="TimestampNanoseconds">Nanoseconds since 1970; 0 where the file says none.</param>
/// <param name="Bytes">Its bytes, as many as were captured, without the <see cref="CheckSequence"/>.</param>
public sealed record CapturedPacket(CaptureInterface Interface, long TimestampNanoseconds, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes it had on the wire, the <see cref="CheckSequence"/> included.</summary>
    public int OriginalLength { get; init; }

    /// <summary>What was captured of the frame check sequence behind the bytes (IEEE 802.3 3.2.9); empty where the file has none.</summary>
    public ReadOnlyMemory<byte> CheckSequence { get; init; }

    /// <summary>Which way it went.</summary>
    public CaptureDirection Direction { get; init; }

    /// <summary>Comments on it.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>The packet as a frame; null where packets do not start with Ethernet.</summary>
    public Frame? Frame => Interface.LinkType == LinkType.Ethernet ? Packets.Frame.FromBytes(Bytes.Span) : null;

    /// <summary>Its layers, also where packets start with IP or with the header of the device "any".</summary>
    public IReadOnlyList<Layer> Layers
    {
        get
        {
            var layers = Dissection.Of(Bytes, Interface.LinkType);
            if (CheckSequence.IsEmpty)
            {
                return layers;
            }

            var check = new Layer("Frame check sequence", Bytes.Length, CheckSequence.Length, $"{CheckSequence.Length} bytes") { InLine = false };
            check.Bytes("Bytes", 0, CheckSequence.Span, "not checked");
            return [.. layers, check];
        }
    }

    /// <summary>A packet whose bytes end with a check sequence, or with as much of it as was captured.</summary>
    internal static CapturedPacket Of(CaptureInterface port, long time, ReadOnlyMemory<byte> bytes, int originalLength, int checkSequenceLength)
    {
        var check = Math.Clamp(checkSequenceLength - Math.Max(0, originalLength - bytes.Length), 0, bytes.Length);
        return new CapturedPacket(port, time, bytes[..^check]) { OriginalLength = originalLength, CheckSequence = bytes[^check..] };
    }
}

/// <summary>A capture file in memory: pcapng or classic pcap, of either byte order, compressed by gzip or not.</summary>
public sealed class CaptureFile
{
    internal CaptureFile(IReadOnlyList<CaptureInterface> interfaces, IReadOnlyList<CapturedPacket> packets, string? comment, Defect defect)
    {
        Interfaces = interfaces;
        Packets = packets;
        Comment = comment;
        Defect = defect;
    }

    /// <summary>Its interfaces, those of all sections of a pcapng file one after the other.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>Its packets.</summary>
    public IReadOnlyList<CapturedPacket> Packets { get; }

    /// <summary>The comment on the whole file.</summary>
    public string? Comment { get; }

    /// <summary>Why reading ended before the end of the file, if it did; what was before that is given.</summary>
    public Defect Defect { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="IOException">The file cannot be read; what is in it makes no exception.</exception>
    public static CaptureFile Read(string path) => Read(File.ReadAllBytes(path));

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">All of them; packets share the memory.</param>
    public static CaptureFile Read(ReadOnlyMemory<byte> bytes) =>
        Gzip.IsGzip(bytes.Span) ? Gzip.Read(bytes)
        : PcapngReader.IsPcapng(bytes.Span) ? PcapngReader.Read(bytes)
        : PcapReader.Read(bytes);

    /// <summary>The same file, with what was wrong around it where nothing is wrong in it.</summary>
    internal CaptureFile In(Defect around) => around.IsNone || !Defect.IsNone ? this : new CaptureFile(Interfaces, Packets, Comment, around);

    /// <summary>Seconds as a file counts them, in nanoseconds.</summary>
    internal static long Nanoseconds(ulong time, ulong unitsPerSecond, long offsetSeconds)
    {
        var seconds = time / unitsPerSecond;
        var rest = (UInt128)(time % unitsPerSecond) * 1_000_000_000 / unitsPerSecond;
        return unchecked(((long)seconds + offsetSeconds) * 1_000_000_000) + (long)rest;
    }
}
