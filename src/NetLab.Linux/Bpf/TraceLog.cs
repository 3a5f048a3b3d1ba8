using System.Buffers;
using System.Buffers.Binary;

namespace NetLab.Linux.Bpf;

/// <summary>
/// Keeps records of one <see cref="KernelTracer"/> as the bytes that they are, and makes events of them when somebody wants to see them: what keeps up with a flood of
/// frames must not allocate for each. Owns the memory, which comes from a pool in chunks and is bounded.
/// </summary>
/// <remarks>Not safe for several threads at once. What <see cref="Since"/> gave may be read while others add; it is good until <see cref="Clear"/>, and where chunks are dropped until the next <see cref="Add"/>.</remarks>
/// <param name="mostChunks">How many chunks of <see cref="ChunkBytes"/> it holds at most.</param>
/// <param name="dropsOldest">Whether a full log drops its oldest chunk; otherwise it takes no more.</param>
public sealed class TraceLog(int mostChunks, bool dropsOldest = false)
{
    /// <summary>The size of a chunk: some 1,000 records.</summary>
    public const int ChunkBytes = 256 << 10;

    // In a chunk each record follows its length, which is 0 where the rest of the chunk is empty. Both are multiples of eight bytes, so there is always room for that 0.
    internal const int HeaderLength = 8;

    private readonly List<byte[]> chunks = [];
    private long dropped; // chunks, since the beginning
    private int end; // of what is in the last chunk
    private TraceNames? names;

    /// <summary>Where the next record will be, for <see cref="Since"/>.</summary>
    public long Position => chunks.Count == 0 ? dropped * ChunkBytes : ((dropped + chunks.Count - 1) * ChunkBytes) + end;

    /// <summary>Takes a copy of a record.</summary>
    /// <returns>False where the log is full, and did not take it.</returns>
    public bool Add(in TraceRecord record)
    {
        int length = HeaderLength + record.Data.Length;
        if (chunks.Count == 0 || end + length > ChunkBytes)
        {
            if (chunks.Count == mostChunks && !dropsOldest)
            {
                return false;
            }

            Begin();
        }

        Span<byte> to = chunks[^1].AsSpan(end, length);
        BinaryPrimitives.WriteInt32LittleEndian(to, record.Data.Length);
        record.Data.CopyTo(to[HeaderLength..]);
        end += length;
        names = record.Names;
        return true;
    }

    /// <summary>The records from a position on, as far as they are still there.</summary>
    /// <param name="position">An earlier <see cref="Position"/>; 0 for all.</param>
    public TraceLogSlice Since(long position)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        for (int i = (int)Math.Max(0, (position / ChunkBytes) - dropped); i < chunks.Count; i++)
        {
            int start = position / ChunkBytes == dropped + i ? (int)(position % ChunkBytes) : 0;
            parts.Add(chunks[i].AsMemory(start, (i == chunks.Count - 1 ? end : ChunkBytes) - start));
        }

        return new TraceLogSlice(parts, names);
    }

    /// <summary>Forgets all records.</summary>
    public void Clear()
    {
        dropped += chunks.Count;
        chunks.ForEach(c => ArrayPool<byte>.Shared.Return(c));
        chunks.Clear();
        end = 0;
    }

    private void Begin()
    {
        if (chunks.Count > 0 && end < ChunkBytes)
        {
            chunks[^1].AsSpan(end, HeaderLength).Clear();
        }

        byte[] next;
        if (chunks.Count == mostChunks)
        {
            next = chunks[0];
            chunks.RemoveAt(0);
            dropped++;
        }
        else
        {
            next = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        }

        chunks.Add(next);
        end = 0;
    }
}

/// <summary>A stretch of a <see cref="TraceLog"/>, oldest record first.</summary>
public sealed class TraceLogSlice
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> parts;
    private readonly TraceNames? names;

    internal TraceLogSlice(IReadOnlyList<ReadOnlyMemory<byte>> parts, TraceNames? names)
    {
        this.parts = parts;
        this.names = names;
    }

    /// <summary>Hands out each record.</summary>
    public void ForEach(TraceSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            ReadOnlySpan<byte> rest = part.Span;
            while (rest.Length > 0 && BinaryPrimitives.ReadInt32LittleEndian(rest) is > 0 and var length)
            {
                sink(new TraceRecord(rest.Slice(TraceLog.HeaderLength, length), names!));
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
