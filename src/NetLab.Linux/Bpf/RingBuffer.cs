using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Bpf;

/// <summary>
/// The reader's side of a BPF ring buffer (Documentation/bpf/ringbuf.rst). The kernel shares three things:
/// a page with the reader's position, which we write; a page with the
/// writer's position; and the data, mapped twice in a row so that a record that goes over the end reads in one piece.
/// A record has a header of eight bytes: its length, with
/// bit 31 set while it is being written and bit 30 when it was thrown away.
/// </summary>
internal sealed unsafe class RingBuffer : IDisposable
{
    private const uint Busy = 1u << 31, Discarded = 1u << 30;
    private const int HeaderLength = 8;

    private readonly MappedMemory _consumer;
    private readonly MappedMemory _producer;
    private readonly int _size;

    /// <summary>Makes the ring.</summary>
    /// <param name="size">Bytes: a power of two, a multiple of the page size.</param>
    public RingBuffer(int size)
    {
        _size = size;
        var page = Environment.SystemPageSize;
        Map = BpfKernel.CreateMap(BpfMapType.RingBuffer, "netlab_ring", 0, 0, size);
        _consumer = MappedMemory.Of(Map, 0, page, writable: true, "map the position of the trace ring's reader");
        _producer = MappedMemory.Of(Map, page, page + (2 * (nint)size), writable: false, "map the trace ring");
    }

    /// <summary>What is done with one record; the bytes are the ring's own and are only good until the return.</summary>
    public delegate void RecordReader<in TState>(ReadOnlySpan<byte> record, TState state);

    /// <summary>The map; readable (epoll) when it holds something and a program has asked for a wake-up.</summary>
    public SafeFileHandle Map { get; }

    /// <summary>
    /// Reads everything that was reserved before the call; waits, for a moment, for a record that another CPU is just writing. One reader at a time.
    /// </summary>
    /// <returns>How many records were read.</returns>
    public int Drain<TState>(RecordReader<TState> read, TState state)
    {
        var consumed = (ulong*)_consumer.Address;
        var produced = (ulong*)_producer.Address;
        var data = (byte*)_producer.Address + Environment.SystemPageSize;
        var position = *consumed;
        var end = Volatile.Read(ref *produced);
        var count = 0;
        while (position < end)
        {
            var header = (uint*)(data + (position & (ulong)(_size - 1)));
            var length = Volatile.Read(ref *header);
            for (var wait = default(SpinWait); (length & Busy) != 0; length = Volatile.Read(ref *header))
            {
                wait.SpinOnce(); // the writer cannot sleep: it is done within a microsecond, unless the machine has stopped it
            }

            try
            {
                if ((length & Discarded) == 0)
                {
                    read(new ReadOnlySpan<byte>(header + 2, (int)length), state);
                    count++;
                }
            }
            finally
            {
                position += ((length & ~Discarded) + HeaderLength + 7) & ~7u;
                Volatile.Write(ref *consumed, position);
            }
        }

        return count;
    }

    /// <summary>Bytes that wait to be read.</summary>
    public long Waiting => (long)(Volatile.Read(ref *(ulong*)_producer.Address) - *(ulong*)_consumer.Address);

    /// <inheritdoc/>
    public void Dispose()
    {
        _consumer.Dispose();
        _producer.Dispose();
        Map.Dispose();
    }
}
