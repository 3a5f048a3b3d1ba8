using System.Buffers.Binary;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>A record of the kernel as a packet of a node: what questions and drops are compared by. Pure: needs no kernel.</summary>
/// <param name="Node">The node.</param>
/// <param name="Event">What the kernel told.</param>
/// <param name="Frame">The frame in its full length: what the record does not show of it is zero, and so is an Ethernet header that is not there (yet).</param>
/// <param name="Known">How many of the frame's bytes are known.</param>
internal sealed record SeenPacket(Node Node, TraceEvent Event, Frame Frame, int Known)
{
    private const int EthernetHeader = 14;

    public static SeenPacket Of(Node node, TraceEvent e)
    {
        var seen = e.Bytes.Span;
        byte[] bytes;
        int known;
        if (e.StartsWithEthernet)
        {
            bytes = new byte[Math.Max(e.Length, seen.Length)];
            seen.CopyTo(bytes);
            known = seen.Length;
        }
        else
        {
            var network = e.NetworkOffset > 0 && e.NetworkOffset < seen.Length ? e.NetworkOffset : 0;
            bytes = new byte[EthernetHeader + Math.Max(e.Length, seen.Length) - network];
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(EthernetHeader - 2), e.Protocol);
            seen[network..].CopyTo(bytes.AsSpan(EthernetHeader));
            known = EthernetHeader + seen.Length - network;
        }

        var frame = Frame.FromBytes(bytes);
        return e.VlanTci is { } tci ? new SeenPacket(node, e, frame.WithVlan(new VlanTag(e.VlanProtocol, tci)), known + 4)
            : new SeenPacket(node, e, frame, known);
    }

    /// <summary>Whether another record, of the same packet of the kernel, shows the same: the kernel uses the places of packets again.</summary>
    public bool IsSameAs(SeenPacket other)
    {
        ReadOnlySpan<byte> mine = Packet.Span, others = other.Packet.Span;
        var length = Math.Min(40, Math.Min(mine.Length, others.Length));
        return length > 0 && mine[..length].SequenceEqual(others[..length]);
    }

    private ReadOnlyMemory<byte> Packet => Frame.Bytes[Math.Min(EthernetHeader + (4 * Frame.VlanTags.Count), Frame.Length)..];

    /// <summary>When it was, by the clock on the wall.</summary>
    public DateTimeOffset At => MonotonicTime.ToDateTime(Event.Timestamp);
}

/// <summary>The kernel's CLOCK_MONOTONIC, by which records are dated, and the clock on the wall.</summary>
internal static class MonotonicTime
{
    public static DateTimeOffset ToDateTime(long nanoseconds) =>
        DateTimeOffset.UtcNow - System.Diagnostics.Stopwatch.GetElapsedTime(nanoseconds);

    public static long Of(DateTimeOffset time) =>
        System.Diagnostics.Stopwatch.GetTimestamp() - ((DateTimeOffset.UtcNow - time).Ticks * TimeSpan.NanosecondsPerTick);
}
