using System.Buffers;
using System.Buffers.Binary;
using NetLab.Linux;

namespace NetLab;

/// <summary>A frame that waits for those that were seen before it; its bytes are in the <see cref="CaptureOrder"/>.</summary>
internal readonly record struct WaitingFrame(long Time, long Number, int Port, HopDirection Direction, CaptureChunk Chunk, int Start, int Length,
    int OriginalLength)
{
    public ReadOnlySpan<byte> Bytes => Chunk.Bytes.AsSpan(Start, Length);

    public bool HasPendingChecksum { get; init; }
}

/// <summary>Memory of frames that wait; it goes back to the pool with the last of them.</summary>
internal sealed class CaptureChunk
{
    public const int Size = 1 << 20;

    public byte[] Bytes { get; } = ArrayPool<byte>.Shared.Rent(Size);

    public int End { get; set; }

    public int Waiting { get; set; }

    public bool IsFull { get; set; }

    public void ReturnIfDone()
    {
        if (IsFull && Waiting == 0)
        {
            ArrayPool<byte>.Shared.Return(Bytes);
        }
    }
}

/// <summary>
/// Puts frames of several rings in the order of the kernel's stamps: each is held back for a while, so that what another ring hands over
/// later can be put before it. Owns the bytes meanwhile.
/// </summary>
internal sealed class CaptureOrder
{
    private readonly List<WaitingFrame> _waiting = [];
    private CaptureChunk _chunk = new();
    private long _number;
    private long _latest; // time of those that wait
    private bool _isInOrder = true;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Takes a frame over. The VLAN tag, which the kernel keeps beside the bytes, comes back to its place.</summary>
    public void Add(int port, in PacketRecord record, ReadOnlySpan<byte> frame)
    {
        const int Addresses = 12, Tag = 4;
        var tag = record.VlanTci is not null && frame.Length >= Addresses ? Tag : 0;
        var length = frame.Length + tag;
        if (_chunk.End + length > CaptureChunk.Size)
        {
            _chunk.IsFull = true;
            _chunk.ReturnIfDone();
            _chunk = new CaptureChunk();
        }

        var to = _chunk.Bytes.AsSpan(_chunk.End, length);
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

        var direction = record.Direction == PacketDirection.Outgoing ? HopDirection.Out : HopDirection.In;
        _isInOrder &= record.TimestampNanoseconds >= _latest;
        _latest = Math.Max(_latest, record.TimestampNanoseconds);
        _waiting.Add(new WaitingFrame(record.TimestampNanoseconds, _number++, port, direction, _chunk, _chunk.End, length, record.OriginalLength + tag)
        {
            HasPendingChecksum = record.HasPendingChecksum,
        });
        _chunk.End += length;
        _chunk.Waiting++;
    }

    /// <summary>Hands out what was seen up to a moment, oldest first.</summary>
    public void Release(long until, CaptureSink sink)
    {
        // One ring's frames mostly come in order.
        if (!_isInOrder)
        {
            _waiting.Sort(static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Number.CompareTo(b.Number));
            _isInOrder = true;
        }

        var count = 0;
        for (; count < _waiting.Count && _waiting[count].Time <= until; count++)
        {
            var frame = _waiting[count];
            sink.Write(frame);
            frame.Chunk.Waiting--;
            frame.Chunk.ReturnIfDone();
        }

        _waiting.RemoveRange(0, count);
    }
}
