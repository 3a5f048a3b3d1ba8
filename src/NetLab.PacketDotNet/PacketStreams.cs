using NetLab.Packets;
using PacketDotNet;

namespace NetLab;

/// <summary>
/// Streams and captures as PacketDotNet's packets. A packet costs what PacketDotNet allocates for it;
/// a stream of many frames is faster by <see cref="Frame"/> or by raw bytes.
/// </summary>
public static class PacketStreams
{
    /// <summary>Sends a packet. When this returns, the kernel has carried it as far as it goes without waiting.</summary>
    /// <param name="stream">The card.</param>
    /// <param name="packet">The packet; its checksums are filled in.</param>
    public static void Send(this FrameStream stream, Packet packet)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Send(packet.ToFrame());
    }

    /// <summary>
    /// Receives the next frame as a packet; waits for it as long as <see cref="LabOptions.Patience"/>. The packet has bytes of its own, and stays valid.
    /// </summary>
    /// <param name="stream">The card.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="FormatException">PacketDotNet cannot read the frame; the message says why.</exception>
    public static async ValueTask<Packet> ReceivePacketAsync(this FrameStream stream, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Frame.FromBytes((await stream.ReceiveAsync(ct).ConfigureAwait(false)).Span).ToPacket();
    }

    /// <summary>The frames of a batch as packets; those that PacketDotNet cannot read are left out.</summary>
    /// <param name="batch">What <see cref="FrameStream.ReceiveBatchAsync"/> gave.</param>
    public static IReadOnlyList<Packet> ToPackets(this FrameBatch batch)
    {
        var packets = new List<Packet>(batch.Count);
        foreach (var bytes in batch)
        {
            if (Frame.FromBytes(bytes).TryToPacket(out var packet, out _))
            {
                packets.Add(packet);
            }
        }

        return packets;
    }

    /// <summary>
    /// The captured frames that have a <typeparamref name="T"/> in them, each with it: where, when, which way, and what.
    /// Those that PacketDotNet cannot read are left out.
    /// </summary>
    /// <typeparam name="T">The layer; the outermost one of this type counts.</typeparam>
    /// <param name="capture">A capture in memory.</param>
    public static IEnumerable<(CapturedFrame Captured, T Packet)> Packets<T>(this LabCapture capture)
        where T : Packet
    {
        ArgumentNullException.ThrowIfNull(capture);
        foreach (var captured in capture.Frames)
        {
            if (captured.Frame.TryToPacket(out var packet, out _) && packet.Extract<T>() is { } layer)
            {
                yield return (captured, layer);
            }
        }
    }
}
