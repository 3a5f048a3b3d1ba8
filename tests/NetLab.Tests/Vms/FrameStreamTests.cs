using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Vms;

/// <summary>Many frames through a fake VM: contents and order, nothing lost or twice, and what an open stream does to everything else.</summary>
public sealed class FrameStreamTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1, _vm2;

    public FrameStreamTests()
    {
        var compute = _lab.AddNode("compute");
        _bridge = compute.AddBridge("br0");
        _vm1 = compute.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24").Address("fd00::1/64"));
        _vm2 = compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24").Address("fd00::2/64"));
        _ = compute.AddVm("vm3", _bridge, vm => vm.Address("10.0.0.3/24"));
    }

    public async Task InitializeAsync()
    {
        await _lab.ApplyAsync();

        // The bridge learns where they are.
        _vm1.Inject(Frame.Broadcast(_vm1, "here").Bytes.Span);
        _vm2.Inject(Frame.Broadcast(_vm2, "here").Bytes.Span);
        await _lab.SettleAsync();
        _vm1.ForgetReceived();
        _vm2.ForgetReceived();
    }

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_frame_that_was_sent_is_there_for_the_receiver_byte_for_byte()
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        var sent = Frame.Udp(_vm1, _vm2, 53, "hello");
        from.Send(sent);
        var receive = to.ReceiveAsync();
        Assert.True(receive.IsCompleted);
        Assert.Equal(sent.Bytes.ToArray(), (await receive).ToArray());
        Assert.False(to.TryReceive(out _));
    }

    [LabTheory]
    [InlineData(46)]
    [InlineData(1500)]
    public async Task Batches_arrive_whole_and_in_order(int payload)
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        Frame[] frames = [.. Enumerable.Range(0, 900).Select(n => Numbered(n, payload))];
        from.SendBatch(frames);
        var received = new List<Frame>();
        while (received.Count < frames.Length)
        {
            received.AddRange((await to.ReceiveBatchAsync()).ToFrames());
        }

        Assert.Equal(frames.Select(f => f.Bytes.ToArray()), received.Select(f => f.Bytes.ToArray()));
        Assert.Equal(900, to.Received);
        Assert.False(to.TryReceive(out _));
    }

    [LabFact]
    public async Task A_batch_can_be_sent_back_as_it_is()
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        from.SendBatch(Numbered(1), Numbered(2), Numbered(3));
        for (var got = 0; got < 3;)
        {
            var some = await to.ReceiveBatchAsync();
            got += some.Count;
            to.SendBatch(some);
        }

        // A bridge sends nothing back to the port that it came from: that is where it knows the sender's address to be.
        Assert.False(from.TryReceive(out _));
        var batch = await ReceiveAfter(to, () => from.SendBatch(Numbered(4)));
        Assert.Equal(4, NumberOf(batch[0]));
    }

    [LabFact]
    public async Task A_receiver_that_waits_gets_what_is_sent_later()
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        for (var n = 0; n < 200; n++)
        {
            var receive = to.ReceiveAsync();
            Assert.False(receive.IsCompleted);
            from.Send(Numbered(n));
            Assert.Equal(n, NumberOf((await receive).Span));
        }
    }

    [LabFact]
    public async Task A_sender_and_a_receiver_at_once_lose_and_double_nothing()
    {
        const int Total = 100_000, Window = 500;
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        var received = 0;
        var sending = Task.Run(() =>
        {
            var frame = Numbered(0).Bytes.ToArray();
            for (var n = 0; n < Total; n++)
            {
                while (n - Volatile.Read(ref received) >= Window)
                {
                    Thread.Yield();
                }

                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(14), n);
                from.Send(frame);
            }
        });
        while (received < Total)
        {
            var batch = await to.ReceiveBatchAsync();
            foreach (var frame in batch)
            {
                Assert.Equal(received, NumberOf(frame));
                Volatile.Write(ref received, received + 1);
            }
        }

        await sending;
        await _lab.SettleAsync();
        Assert.False(to.TryReceive(out _));
    }

    [LabFact]
    public void Sending_and_receiving_allocate_nothing()
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        Frame[] frames = [.. Enumerable.Range(0, 64).Select(n => Numbered(n))];

        // The runtime allocates too, once: for a type that is new, for a lock's first dispute. What a frame costs, it costs in every round.
        Assert.Equal(0, Enumerable.Range(0, 20).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(from, to, frames);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));

        static void Exchange(FrameStream from, FrameStream to, Frame[] frames)
        {
            from.SendBatch(frames);
            for (var n = 0; n < frames.Length;)
            {
                var batch = to.ReceiveBatchAsync();
                n += batch.Result.Count;
            }

            foreach (var frame in frames)
            {
                from.Send(frame);
                var one = to.ReceiveAsync();
                _ = one.Result;
            }
        }
    }

    [LabFact]
    public async Task While_a_stream_is_open_its_frames_do_not_reach_the_inbox_and_afterwards_they_do()
    {
        using (var to = _vm2.OpenStream())
        {
            _vm1.Inject(Numbered(1).Bytes.Span);
            Assert.Equal(1, NumberOf((await to.ReceiveAsync()).Span));
            await _lab.SettleAsync();
            Assert.Empty(_vm2.Received);
        }

        _vm1.Inject(Numbered(2).Bytes.Span);
        Assert.Equal(2, NumberOf((await _vm2.ReceiveAsync()).Bytes.Span));
        await _vm2.ShouldReceiveNothingElseAsync();
    }

    [LabTheory]
    [InlineData(1)]
    [InlineData(700)]
    public async Task What_was_not_received_goes_to_the_inbox_when_the_stream_is_disposed(int count)
    {
        var to = _vm2.OpenStream();
        for (var n = 0; n <= count; n++)
        {
            _vm1.Inject(Numbered(n).Bytes.Span);
        }

        Assert.Equal(0, NumberOf((await to.ReceiveAsync()).Span));
        to.Dispose();
        await _lab.SettleAsync();
        Assert.Equal(Enumerable.Range(1, count), _vm2.Received.Select(r => NumberOf(r.Frame.Bytes.Span)));
    }

    [LabFact]
    public async Task The_habits_answer_while_nobody_receives_and_the_stream_does_not_tell_of_it()
    {
        using var to = _vm2.OpenStream();
        _vm1.ForgetNeighbours();
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
        (await _vm1.PingAsync(IPAddress.Parse("fd00::2"))).ShouldSucceed();
        Assert.False(to.TryReceive(out _));
    }

    [LabFact]
    public async Task The_habits_answer_before_the_barrier_ends_also_right_after_a_receive()
    {
        using var to = _vm2.OpenStream();
        var frame = Frame.Broadcast(_vm1, "news");
        for (var round = 0; round < 10; round++)
        {
            // Whoever finds frames reads the tap himself, and the reactor does not look at it for a while.
            for (var n = 0; n < 20; n++)
            {
                _vm1.Inject(frame.Bytes.Span);
                await to.ReceiveAsync();
            }

            _vm1.ForgetNeighbours();
            (await _vm1.PingAsync(_vm2)).ShouldSucceed();
        }
    }

    [LabFact]
    public async Task The_habits_answer_a_process_too_after_a_reader_went_away()
    {
        var host = _lab.AddHost("host", _bridge, "10.0.0.9/24");
        await _lab.ApplyAsync();
        using var to = _vm2.OpenStream();
        _vm1.Inject(Numbered(1).Bytes.Span);
        Assert.True(to.TryReceive(out _));

        // No barrier helps here: the stream itself has to notice that nobody reads.
        using var socket = host.CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.SendToAsync("hello"u8.ToArray(), new IPEndPoint(_vm2.Address, 7));
        var datagram = Frame.FromBytes((await to.ReceiveAsync()).Span);
        Assert.Equal("hello"u8.ToArray(), datagram.Udp!.Value.Payload.ToArray());
    }

    [LabFact]
    public async Task Where_nothing_comes_a_receive_fails_and_says_so()
    {
        await using var lab = new Lab(new LabOptions { Patience = TimeSpan.FromMilliseconds(50) });
        var vm = lab.AddNode("compute").AddVm("vm");
        await lab.ApplyAsync();
        using var to = vm.OpenStream();
        var failure = await Assert.ThrowsAsync<ForwardingException>(async () => await to.ReceiveAsync());
        Assert.Matches(@"^The stream of VM vm expected a frame and none came within 0\.05 s( \([0-9.]+ s by the clock: the processors were busy\))?\. "
            + @"It received 0 before\.$", failure.Message);
        Assert.False(to.TryReceive(out _));
    }

    [LabFact]
    public async Task A_receive_can_be_cancelled_and_the_next_one_gets_the_frame()
    {
        using var to = _vm2.OpenStream();
        using var cancellation = new CancellationTokenSource();
        var receive = to.ReceiveBatchAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receive);

        var batch = await ReceiveAfter(to, () => _vm1.Inject(Numbered(6).Bytes.Span));
        Assert.Equal(6, NumberOf(batch[0]));
    }

    [LabFact]
    public async Task Disposing_the_stream_ends_a_receive_that_waits()
    {
        var to = _vm2.OpenStream();
        var receive = to.ReceiveBatchAsync();
        to.Dispose();
        var failure = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await receive);
        Assert.Contains("The stream of VM vm2 has ended: it was disposed.", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => to.TryReceive(out _));
    }

    [LabFact]
    public async Task Disposing_the_lab_ends_a_receive_that_waits()
    {
        using var to = _vm2.OpenStream();
        var receive = to.ReceiveAsync();
        await _lab.DisposeAsync();
        var failure = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await receive);
        Assert.Contains("its lab was removed", failure.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_second_stream_and_a_second_receive_are_refused()
    {
        using var to = _vm2.OpenStream();
        Assert.Throws<InvalidOperationException>(_vm2.OpenStream);
        var receive = to.ReceiveAsync();
        Assert.Throws<InvalidOperationException>(() => to.TryReceive(out _));
        _vm1.Inject(Numbered(7).Bytes.Span);
        Assert.Equal(7, NumberOf((await receive).Span));
    }

    [LabFact]
    public async Task A_batch_is_gone_once_the_stream_is_asked_for_more()
    {
        using var to = _vm2.OpenStream();
        var batch = await ReceiveAfter(to, () => _vm1.Inject(Numbered(8).Bytes.Span));
        _ = to.TryReceive(out _);
        Assert.Throws<InvalidOperationException>(() => batch[0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[1].Length);
    }

    [LabFact]
    public async Task A_cable_that_is_pulled_and_plugged_in_again_leaves_the_stream_open()
    {
        using var to = _vm2.OpenStream();
        _vm2.Tap.Close();
        Assert.False(to.TryReceive(out _));
        var receive = to.ReceiveAsync();
        _vm2.Tap.Open();
        _vm1.Inject(Numbered(9).Bytes.Span);
        Assert.Equal(9, NumberOf((await receive).Span));
    }

    [LabFact]
    public async Task More_than_anybody_reads_ends_in_the_tap_and_the_stream_goes_on()
    {
        using FrameStream from = _vm1.OpenStream(), to = _vm2.OpenStream();
        for (var n = 0; n < 20_000; n++)
        {
            from.Send(Numbered(n));
        }

        await _lab.SettleAsync();
        int last = -1, received = 0;
        while (to.TryReceive(out var frame))
        {
            Assert.InRange(NumberOf(frame.Span), last + 1, 20_000);
            last = NumberOf(frame.Span);
            received++;
        }

        Assert.InRange(received, 1_000, 1_000 + FrameStore.Most);
        from.Send(Numbered(20_001));
        Assert.Equal(20_001, NumberOf((await to.ReceiveAsync()).Span));
    }

    private static async Task<FrameBatch> ReceiveAfter(FrameStream to, Action send)
    {
        send();
        return await to.ReceiveBatchAsync();
    }

    private Frame Numbered(int number, int payload = 46)
    {
        var bytes = new byte[payload];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return Frame.Ethernet(_vm1.Mac, _vm2.Mac, 0x88b5, bytes);
    }

    private static int NumberOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32BigEndian(frame[14..]);
}
