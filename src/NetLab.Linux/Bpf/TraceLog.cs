using System.Buffers;
using System.Buffers.Binary;

namespace NetLab.Linux.Bpf;

/// <summary>
/// Keeps records of one <see cref="KernelTracer"/> as the bytes that they are, and makes events of them when somebody wants to see them:
/// what keeps up with a flood of
/// frames must not allocate for each. Owns the memory, which comes from a pool in chunks and is bounded.
/// </summary>
/// <remarks>
/// Not safe for several threads at once. What <see cref="Since"/> gave may be read while others add;
/// it is good until <see cref="Clear"/>, and where chunks are dropped until the next <see cref="Add"/>.
/// </remarks>
/// <param name="mostChunks">How many chunks of <see cref="ChunkBytes"/> it holds at most.</param>
/// <param name="dropsOldest">Whether a full log drops its oldest chunk; otherwise it takes no more.</param>
internal sealed class TraceLog(int mostChunks, bool dropsOldest = false)
{
    /// <summary>The size of a chunk: some 1,000 records.</summary>
    public const int ChunkBytes = 256 << 10;

    // In a chunk each record follows its length, which is 0 where the rest of the chunk is empty.
    // Both are multiples of eight bytes, so there is always room for that 0.
    internal const int HeaderLength = 8;

    private readonly List<byte[]> _chunks = [];
    private long _dropped; // chunks, since the beginning
    private int _end; // of what is in the last chunk
    private TraceNames? _names;

    /// <summary>Where the next record will be, for <see cref="Since"/>.</summary>
    public long Position => _chunks.Count == 0 ? _dropped * ChunkBytes : ((_dropped + _chunks.Count - 1) * ChunkBytes) + _end;

    /// <summary>How many records had to go for newer ones.</summary>
    public long Omitted { get; private set; }

    /// <summary>Takes a copy of a record.</summary>
    /// <returns>False where the log is full, and did not take it.</returns>
    public bool Add(in TraceRecord record)
    {
        var length = HeaderLength + record.Data.Length;
        if (_chunks.Count == 0 || _end + length > ChunkBytes)
        {
            if (_chunks.Count == mostChunks && !dropsOldest)
            {
                return false;
            }

            Begin();
        }

        var to = _chunks[^1].AsSpan(_end, length);
        BinaryPrimitives.WriteInt32LittleEndian(to, record.Data.Length);
        record.Data.CopyTo(to[HeaderLength..]);
        _end += length;
        _names = record.Names;
        return true;
    }

    /// <summary>The records from a position on, as far as they are still there.</summary>
    /// <param name="position">An earlier <see cref="Position"/>; 0 for all.</param>
    public TraceLogSlice Since(long position)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        for (var i = (int)Math.Max(0, (position / ChunkBytes) - _dropped); i < _chunks.Count; i++)
        {
            var start = position / ChunkBytes == _dropped + i ? (int)(position % ChunkBytes) : 0;
            parts.Add(_chunks[i].AsMemory(start, (i == _chunks.Count - 1 ? _end : ChunkBytes) - start));
        }

        return new TraceLogSlice(parts, _names);
    }

    /// <summary>Forgets all records.</summary>
    public void Clear()
    {
        _dropped += _chunks.Count;
        _chunks.ForEach(c => ArrayPool<byte>.Shared.Return(c));
        _chunks.Clear();
        _end = 0;
    }

    private static int CountOf(ReadOnlySpan<byte> chunk)
    {
        var count = 0;
        for (; chunk.Length > 0 && BinaryPrimitives.ReadInt32LittleEndian(chunk) is > 0 and var length; count++)
        {
            chunk = chunk[(HeaderLength + length)..];
        }

        return count;
    }

    private void Begin()
    {
        if (_chunks.Count > 0 && _end < ChunkBytes)
        {
            _chunks[^1].AsSpan(_end, HeaderLength).Clear();
        }

        byte[] next;
        if (_chunks.Count == mostChunks)
        {
            next = _chunks[0];
            Omitted += CountOf(next);
            _chunks.RemoveAt(0);
            _dropped++;
        }
        else
        {
            next = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        }

        _chunks.Add(next);
        _end = 0;
    }
}

/// <summary>A stretch of a <see cref="TraceLog"/>, oldest record first.</summary>
internal sealed class TraceLogSlice
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _parts;
    private readonly TraceNames? _names;

    internal TraceLogSlice(IReadOnlyList<ReadOnlyMemory<byte>> parts, TraceNames? names)
    {
        _parts = parts;
        _names = names;
    }

    /// <summary>Hands out each record.</summary>
    public void ForEach(TraceSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var part in _parts)
        {
            var rest = part.Span;
            while (rest.Length > 0 && BinaryPrimitives.ReadInt32LittleEndian(rest) is > 0 and var length)
            {
                sink(new TraceRecord(rest.Slice(TraceLog.HeaderLength, length), _names!));
                rest = rest[(TraceLog.HeaderLength + length)..];
            }
        }
    }

    /// <summary>The records as events to keep.</summary>
    public List<TraceEvent> ToEvents()
    {
        var events = new List<TraceEvent>();
        ForEach((in TraceRecord record) => events.Add(record.ToEvent()));
        return events;
    }
}
