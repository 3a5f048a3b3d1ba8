using System.Buffers.Binary;
using NetLab.Linux;

namespace NetLab;

/// <summary>A frame that waits for those that were seen before it; its bytes are in the <see cref="CaptureOrder"/>.</summary>
internal readonly record struct WaitingFrame(long Time, long Number, int Port, HopDirection Direction, int Start, int Length, int OriginalLength);

/// <summary>
/// Puts frames of several rings in the order of the kernel's stamps: each is held back for a while, so that what another ring hands over
/// later can be put before it. Owns the bytes meanwhile.
/// </summary>
internal sealed class CaptureOrder
{
    private readonly List<WaitingFrame> waiting = [];
    private byte[] bytes = new byte[1 << 20];
    private int end;
    private long number;

    public bool IsEmpty => waiting.Count == 0;

    /// <summary>Takes a frame over. The VLAN tag, which the kernel keeps beside the bytes, comes back to its place.</summary>
    public void Add(int port, in PacketRecord record, ReadOnlySpan<byte> frame)
    {
        const int Addresses = 12, Tag = 4;
        int tag = record.VlanTci is not null && frame.Length >= Addresses ? Tag : 0;
        int length = frame.Length + tag;
        if (end + length > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(2 * bytes.Length, end + length));
        }

        Span<byte> to = bytes.AsSpan(end, length);
        if (tag > 0)
        {
            frame[..Addresses].CopyTo(to);
            BinaryPrimitives.WriteUInt16BigEndian(to[Addresses..], record.VlanProtocol);
            BinaryPrimitives.WriteUInt16BigEndian(to[(Addresses + 2)..], record.VlanTci!.Value);
            frame[Addresses..].CopyTo(to[(Addresses + Tag)..]);
        }
        else
        {
            frame.CopyTo(to);
        }

        HopDirection direction = record.Direction == PacketDirection.Outgoing ? HopDirection.Out : HopDirection.In;
        waiting.Add(new WaitingFrame(record.TimestampNanoseconds, number++, port, direction, end, length, record.OriginalLength + tag));
        end += length;
    }

    /// <summary>Hands out what was seen up to a moment, oldest first.</summary>
    public void Release(long until, CaptureSink sink)
    {
        waiting.Sort(static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Number.CompareTo(b.Number));
        int count = 0;
        for (; count < waiting.Count && waiting[count].Time <= until; count++)
        {
            sink.Write(waiting[count], bytes.AsSpan(waiting[count].Start, waiting[count].Length));
        }

        waiting.RemoveRange(0, count);
        MoveToFront();
    }

    // What stays was added last: its bytes are at the end, but not all in the order of their stamps.
    private void MoveToFront()
    {
        int start = end;
        foreach (WaitingFrame frame in waiting)
        {
            start = Math.Min(start, frame.Start);
        }

        bytes.AsSpan(start, end - start).CopyTo(bytes);
        for (int i = 0; i < waiting.Count; i++)
        {
            waiting[i] = waiting[i] with { Start = waiting[i].Start - start };
        }

        end -= start;
    }
}
