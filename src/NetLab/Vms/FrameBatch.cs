using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Frames that <see cref="FrameStream.ReceiveBatchAsync"/> handed out, in the order of their arrival. The bytes are the stream's: they are valid until it is
/// asked for more or disposed; what is to be kept is copied (<see cref="ToFrames"/>).
/// </summary>
public readonly struct FrameBatch
{
    private readonly FrameStore _store;
    private readonly int _first;
    private readonly int _use;

    internal FrameBatch(FrameStore store, int first, int count)
    {
        _store = store;
        _first = first;
        Count = count;
        _use = store.Use;
    }

    /// <summary>How many frames there are; at least one.</summary>
    public int Count { get; }

    /// <summary>The bytes of a frame.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer frames.</exception>
    /// <exception cref="InvalidOperationException">The stream was asked for more since, or disposed.</exception>
    public ReadOnlySpan<byte> this[int index] => Memory(index).Span;

    /// <summary>The bytes of a frame, for code that awaits.</summary>
    /// <inheritdoc cref="this[int]"/>
    public ReadOnlyMemory<byte> Memory(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _store.Use == _use ? _store.Frame(_first + index)
            : throw new InvalidOperationException(
                "These frames are gone: their stream was asked for more, or disposed. Copy with ToFrames() what is to be kept.");
    }

    /// <summary>A copy of each frame.</summary>
    public Frame[] ToFrames()
    {
        var frames = new Frame[Count];
        for (var i = 0; i < Count; i++)
        {
            frames[i] = Frame.FromBytes(this[i]);
        }

        return frames;
    }

    /// <summary>Goes through the frames: <c>foreach (ReadOnlySpan&lt;byte&gt; frame in batch)</c>.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>See <see cref="GetEnumerator"/>.</summary>
    public ref struct Enumerator
    {
        private readonly FrameBatch _batch;
        private int _index;

        internal Enumerator(FrameBatch batch)
        {
            _batch = batch;
            _index = -1;
        }

        /// <summary>The bytes of the frame.</summary>
        public readonly ReadOnlySpan<byte> Current => _batch[_index];

        /// <summary>Goes to the next frame.</summary>
        public bool MoveNext() => ++_index < _batch.Count;
    }
}
