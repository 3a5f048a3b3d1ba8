namespace NetLab;

/// <summary>
/// Bytes of frames, one behind the other, in memory that is used again and again. Owns the memory and the number of its use:
/// with each <see cref="Clear"/> what was handed out of it is over.
/// </summary>
internal sealed class FrameStore
{
    /// <summary>No frame is longer: the largest MTU of a tap, an Ethernet header and a VLAN tag (drivers/net/tun.c, MAX_MTU).</summary>
    public const int LongestFrame = 65_600;

    /// <summary>How many frames it holds.</summary>
    public const int Most = 256;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(512 * 1024);
    private readonly (int Start, int Length)[] _frames = new (int, int)[Most];
    private int _end;

    public int Count { get; private set; }

    /// <summary>How many of them were handed out.</summary>
    public int Taken { get; private set; }

    /// <summary>The number of this use.</summary>
    public int Use { get; private set; }

    /// <summary>Whether one more frame fits, however long it is.</summary>
    public bool HasRoom => Count < Most && _end + LongestFrame <= _bytes.Length;

    /// <summary>Where the next frame goes.</summary>
    public Span<byte> Room => _bytes.AsSpan(_end, LongestFrame);

    /// <summary>A frame was put into <see cref="Room"/>.</summary>
    public void Add(int length)
    {
        _frames[Count++] = (_end, length);
        _end += (length + 63) & ~63;
    }

    public ReadOnlyMemory<byte> Frame(int index) => _bytes.AsMemory(_frames[index].Start, _frames[index].Length);

    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        frame = Taken < Count ? Frame(Taken++) : default;
        return !frame.IsEmpty;
    }

    public FrameBatch TakeAll()
    {
        var batch = new FrameBatch(this, Taken, Count - Taken);
        Taken = Count;
        return batch;
    }

    public void Clear()
    {
        (Count, Taken, _end) = (0, 0, 0);
        Use++;
    }
}
