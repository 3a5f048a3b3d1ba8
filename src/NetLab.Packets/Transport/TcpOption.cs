using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>Kinds of TCP options (IANA "TCP Option Kind Numbers").</summary>
public static class TcpOption
{
    /// <summary>End of the list.</summary>
    public const byte End = 0;

    /// <summary>Padding.</summary>
    public const byte NoOperation = 1;

    /// <summary>Maximum segment size (RFC 9293).</summary>
    public const byte MaximumSegmentSize = 2;

    /// <summary>Window scale (RFC 7323).</summary>
    public const byte WindowScale = 3;

    /// <summary>SACK permitted (RFC 2018).</summary>
    public const byte SackPermitted = 4;

    /// <summary>Blocks received out of order (RFC 2018).</summary>
    public const byte Sack = 5;

    /// <summary>Timestamps (RFC 7323).</summary>
    public const byte Timestamps = 8;

    /// <summary>MD5 signature (RFC 2385).</summary>
    public const byte Md5 = 19;

    /// <summary>User timeout (RFC 5482).</summary>
    public const byte UserTimeout = 28;

    /// <summary>TCP-AO (RFC 5925).</summary>
    public const byte Authentication = 29;

    /// <summary>Multipath TCP (RFC 8684).</summary>
    public const byte Multipath = 30;

    /// <summary>Fast open cookie (RFC 7413).</summary>
    public const byte FastOpen = 34;

    /// <summary>The name of a kind, or its number.</summary>
    /// <param name="kind">The kind.</param>
    public static string NameOf(byte kind) => kind switch
    {
        NoOperation => "No operation",
        MaximumSegmentSize => "Maximum segment size",
        WindowScale => "Window scale",
        SackPermitted => "SACK permitted",
        Sack => "SACK",
        Timestamps => "Timestamps",
        Md5 => "MD5 signature",
        UserTimeout => "User timeout",
        Authentication => "Authentication",
        Multipath => "Multipath TCP",
        FastOpen => "Fast open",
        _ => $"Option {kind}",
    };

    internal static void Describe(Layer layer, ReadOnlySpan<byte> options)
    {
        var walk = new HeaderOptionEnumerator(options);
        var at = TcpSegment.MinimumHeaderLength;
        while (walk.MoveNext())
        {
            var (name, length, data) = (NameOf(walk.Current.Kind), walk.Current.Bytes.Length, walk.Current.Data.ToArray());
            switch (walk.Current.Kind, data.Length)
            {
                case (NoOperation or SackPermitted, 0):
                    layer.Add(name, at, length, "");
                    break;
                case (MaximumSegmentSize, 2):
                    layer.Add(name, at, length, ReadUInt16BigEndian(data));
                    break;
                case (WindowScale, 1):
                    layer.Add(name, at, length, data[0], $"times {1 << Math.Min(data[0], (byte)14)}");
                    break;
                case (Timestamps, 8):
                    var field = layer.Add(name, at, length, "");
                    field.Child("Value", 2, 4, ReadUInt32BigEndian(data));
                    field.Child("Echo reply", 6, 4, ReadUInt32BigEndian(data.AsSpan(4)));
                    break;
                case (Sack, _) when data.Length % 8 == 0:
                    field = layer.Add(name, at, length, "");
                    for (var i = 0; i < data.Length; i += 8)
                    {
                        field.Child("Left edge", i + 2, 4, ReadUInt32BigEndian(data.AsSpan(i)));
                        field.Child("Right edge", i + 6, 4, ReadUInt32BigEndian(data.AsSpan(i + 4)));
                    }

                    break;
                default:
                    layer.Bytes(name, at, walk.Current.Bytes);
                    break;
            }

            at += length;
        }

        if (!walk.Defect.IsNone)
        {
            layer.Defect = walk.Defect;
        }
    }
}

/// <summary>Bytes that a receiver has beyond a gap (RFC 2018).</summary>
/// <param name="Left">Number of the first byte.</param>
/// <param name="Right">Number of the byte after the last.</param>
public readonly record struct TcpSackBlock(uint Left, uint Right);

/// <summary>The TCP options that matter to nearly everybody, as values: read from a segment, or to be written into one.</summary>
public sealed record TcpOptions
{
    /// <summary>Maximum segment size, bytes.</summary>
    public ushort? MaximumSegmentSize { get; init; }

    /// <summary>Window scale: the window counts 2^this bytes.</summary>
    public byte? WindowScale { get; init; }

    /// <summary>SACK permitted.</summary>
    public bool SackPermitted { get; init; }

    /// <summary>Timestamp of the sender.</summary>
    public uint? Timestamp { get; init; }

    /// <summary>The peer's timestamp, echoed; counts only where there is a <see cref="Timestamp"/>.</summary>
    public uint TimestampEcho { get; init; }

    /// <summary>Blocks received out of order.</summary>
    public IReadOnlyList<TcpSackBlock> SackBlocks { get; init; } = [];

    /// <summary>What is wrong with the options, if anything; those before it were read.</summary>
    public Defect Defect { get; init; }

    /// <summary>Reads options; unknown ones are left out.</summary>
    /// <param name="optionBytes">See <see cref="TcpSegment.OptionBytes"/>.</param>
    public static TcpOptions Read(ReadOnlySpan<byte> optionBytes)
    {
        var options = new TcpOptions();
        var walk = new HeaderOptionEnumerator(optionBytes);
        while (walk.MoveNext())
        {
            var data = walk.Current.Data;
            switch (walk.Current.Kind, data.Length)
            {
                case (TcpOption.MaximumSegmentSize, 2):
                    options = options with { MaximumSegmentSize = ReadUInt16BigEndian(data) };
                    break;
                case (TcpOption.WindowScale, 1):
                    options = options with { WindowScale = data[0] };
                    break;
                case (TcpOption.SackPermitted, 0):
                    options = options with { SackPermitted = true };
                    break;
                case (TcpOption.Timestamps, 8):
                    options = options with { Timestamp = ReadUInt32BigEndian(data), TimestampEcho = ReadUInt32BigEndian(data[4..]) };
                    break;
                case (TcpOption.Sack, _) when data.Length % 8 == 0:
                    var blocks = new TcpSackBlock[data.Length / 8];
                    for (var i = 0; i < blocks.Length; i++)
                    {
                        blocks[i] = new TcpSackBlock(ReadUInt32BigEndian(data[(i * 8)..]), ReadUInt32BigEndian(data[((i * 8) + 4)..]));
                    }

                    options = options with { SackBlocks = blocks };
                    break;
            }
        }

        return walk.Defect.IsNone ? options : options with { Defect = walk.Defect };
    }

    /// <summary>The options as bytes for <see cref="TcpSegment.OptionBytes"/>, aligned as Linux does it.</summary>
    /// <exception cref="InvalidOperationException">They need more than 40 bytes.</exception>
    public byte[] ToArray()
    {
        var bytes = new List<byte>(40);
        if (MaximumSegmentSize is { } mss)
        {
            bytes.AddRange([TcpOption.MaximumSegmentSize, 4, (byte)(mss >> 8), (byte)mss]);
        }

        if (SackPermitted)
        {
            bytes.AddRange([TcpOption.SackPermitted, 2]);
        }

        if (Timestamp is { } timestamp)
        {
            bytes.AddRange(SackPermitted ? [] : [TcpOption.NoOperation, TcpOption.NoOperation]);
            Span<byte> option = [TcpOption.Timestamps, 10, 0, 0, 0, 0, 0, 0, 0, 0];
            WriteUInt32BigEndian(option[2..], timestamp);
            WriteUInt32BigEndian(option[6..], TimestampEcho);
            bytes.AddRange(option);
        }
        else if (SackPermitted)
        {
            bytes.AddRange([TcpOption.NoOperation, TcpOption.NoOperation]);
        }

        if (WindowScale is { } scale)
        {
            bytes.AddRange([TcpOption.NoOperation, TcpOption.WindowScale, 3, scale]);
        }

        if (SackBlocks.Count > 0)
        {
            bytes.AddRange([TcpOption.NoOperation, TcpOption.NoOperation, TcpOption.Sack, (byte)(2 + (8 * SackBlocks.Count))]);
            Span<byte> edges = stackalloc byte[8];
            foreach (var block in SackBlocks)
            {
                WriteUInt32BigEndian(edges, block.Left);
                WriteUInt32BigEndian(edges[4..], block.Right);
                bytes.AddRange(edges);
            }
        }

        return bytes.Count <= 40
            ? [.. bytes]
            : throw new InvalidOperationException($"These TCP options need {bytes.Count} bytes; a header has room for 40. Send fewer SACK blocks.");
    }
}
