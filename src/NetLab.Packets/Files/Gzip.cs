using System.IO.Compression;

namespace NetLab.Packets;

/// <summary>
/// Reads capture files that were compressed by gzip (RFC 1952), as capturing programs leave them. What is cut or broken gives what is before it.
/// </summary>
internal static class Gzip
{
    // A file of a few MB can be made to unpack to terabytes.
    private const int MostBytes = 1 << 30;

    public static bool IsGzip(ReadOnlySpan<byte> bytes) => bytes is [0x1F, 0x8B, ..];

    public static CaptureFile Read(ReadOnlyMemory<byte> bytes)
    {
        var unpacked = Unpack(bytes, out var defect);
        return IsGzip(unpacked.Span)
            ? new CaptureFile([], [], null, Defect.Malformed("gzip within gzip"))
            : CaptureFile.Read(unpacked).In(defect);
    }

    private static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> bytes, out Defect defect)
    {
        var unpacked = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(bytes.ToArray(), writable: false), CompressionMode.Decompress);
        var piece = new byte[64 * 1024];
        defect = default;
        try
        {
            for (int got; (got = packed.Read(piece)) > 0;)
            {
                if (unpacked.Length + got > MostBytes)
                {
                    defect = Defect.Malformed($"gzip of more than {MostBytes} bytes");
                    break;
                }

                unpacked.Write(piece, 0, got);
            }
        }
        catch (InvalidDataException wrong)
        {
            defect = Defect.Malformed($"gzip: {wrong.Message}");
        }

        return unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
    }
}
