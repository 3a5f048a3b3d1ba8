using System.Buffers.Binary;
using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

public sealed class TraceLogTests
{
    private const int OfAChunk = TraceLog.ChunkBytes / (8 + 232); // as many records of the length below

    [Fact]
    public void Records_come_back_in_their_order_over_the_borders_of_chunks()
    {
        var log = new TraceLog(8);

        Assert.True(Add(log, 0, 3 * OfAChunk));

        Assert.Equal(Numbers(0, 3 * OfAChunk), Read(log, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(OfAChunk - 1)]
    [InlineData(OfAChunk)]
    [InlineData(OfAChunk + 1)]
    public void What_was_added_after_a_position_is_found_from_there(int before)
    {
        var log = new TraceLog(8);
        Add(log, 0, before);
        var position = log.Position;
        Assert.Empty(Read(log, position));

        Add(log, before, OfAChunk);

        Assert.Equal(Numbers(before, OfAChunk), Read(log, position));
    }

    [Fact]
    public void A_slice_shows_what_was_there_when_it_was_taken()
    {
        var log = new TraceLog(8);
        Add(log, 0, 10);
        var slice = log.Since(0);

        Add(log, 10, 10);

        Assert.Equal(Numbers(0, 10), Read(slice));
    }

    [Fact]
    public void A_full_log_takes_no_more()
    {
        var log = new TraceLog(2);

        Assert.False(Add(log, 0, 3 * OfAChunk));

        Assert.Equal(Numbers(0, 2 * OfAChunk), Read(log, 0));
    }

    [Fact]
    public void A_log_that_drops_the_oldest_has_the_last()
    {
        var log = new TraceLog(2, dropsOldest: true);
        var first = log.Position;

        Assert.True(Add(log, 0, (5 * OfAChunk) + 1));

        Assert.Equal(Numbers(4 * OfAChunk, OfAChunk + 1), Read(log, first));
    }

    [Fact]
    public void An_old_position_finds_nothing_that_was_forgotten()
    {
        var log = new TraceLog(2);
        Add(log, 0, OfAChunk + 1);
        var position = log.Position;

        log.Clear();
        Add(log, 1000, 3);

        Assert.Equal(Numbers(1000, 3), Read(log, position));
    }

    private static bool Add(TraceLog log, int first, int count)
    {
        var bytes = new byte[232];
        var all = true;
        foreach (var number in Numbers(first, count))
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(TraceRecordLayout.Skb), number);
            all &= log.Add(new TraceRecord(bytes, names: null!));
        }

        return all;
    }

    private static List<int> Read(TraceLog log, long position) => Read(log.Since(position));

    private static List<int> Read(TraceLogSlice slice)
    {
        var numbers = new List<int>();
        slice.ForEach((in TraceRecord record) => numbers.Add((int)record.SkbAddress));
        return numbers;
    }

    private static IEnumerable<int> Numbers(int first, int count) => Enumerable.Range(first, count);
}
