using PacketDotNet;

namespace NetLab;

/// <summary>
/// Finds what PacketDotNet 1.4.8 loops over until the memory is full: an option of length 0.
/// RFC 4861 section 4.6 has a receiver discard such an NDP message, RFC 9293 section 3.1
/// counts a TCP option's own two bytes in its length.
/// </summary>
internal static class EndlessOptions
{
    /// <summary>What is endless in this layer, or null.</summary>
    public static string? In(Packet layer) => layer switch
    {
        TcpPacket tcp when IsEndless(tcp.HeaderData.AsSpan(20), unit: 1, hasSingles: true) =>
            "a TCP option has length 0, over which PacketDotNet 1.4.8 loops until the memory is full",
        NdpPacket ndp when IsEndless(Options(ndp), unit: 8, hasSingles: false) =>
            "an NDP option has length 0, over which PacketDotNet 1.4.8 loops until the memory is full",
        _ => null,
    };

    private static ReadOnlySpan<byte> Options(NdpPacket message)
    {
        var bytes = message.HeaderData;
        var start = message switch
        {
            NdpRouterSolicitationPacket => 8,
            NdpRouterAdvertisementPacket => 16,
            NdpRedirectMessagePacket => 40,
            _ => 24,
        };
        return bytes.Length > start ? bytes.AsSpan(start) : [];
    }

    // The walk that PacketDotNet makes: TCP has two options of one byte, of which 0 is the end.
    private static bool IsEndless(ReadOnlySpan<byte> options, int unit, bool hasSingles)
    {
        while (options.Length > 1)
        {
            if (hasSingles && options[0] == 0)
            {
                return false;
            }

            var length = hasSingles && options[0] == 1 ? 1 : options[1] * unit;
            if (length == 0)
            {
                return true;
            }

            options = options[Math.Min(length, options.Length)..];
        }

        return false;
    }
}
