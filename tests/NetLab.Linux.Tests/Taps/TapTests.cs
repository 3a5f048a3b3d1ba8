using NetLab.Linux.Processes;

namespace NetLab.Linux.Tests.Taps;

public sealed class TapTests
{
    private static byte[] FrameOf(int length, byte fill = 0x55)
    {
        var frame = new byte[length];
        frame.AsSpan().Fill(fill);
        frame.AsSpan(0, 6).Fill(0xff);
        new byte[] { 0x02, 0, 0, 0, 0, fill, 0x88, 0xb5 }.CopyTo(frame, 6);
        return frame;
    }

    [Fact]
    public void A_frame_written_to_one_tap_of_a_bridge_is_readable_at_the_other_when_the_write_returns()
    {
        using var ns = Devices.QuietNamespace();
        using var a = Tap.Create(ns, "tap0");
        using var b = Tap.Create(ns, "tap1");
        Devices.Bridge(ns, "br0", "tap0", "tap1");
        var buffer = new byte[2000];
        for (var i = 0; i < 100; i++)
        {
            var frame = FrameOf(60 + (i * 14), (byte)i);
            a.Write(frame);
            Assert.True(b.TryRead(buffer, out var length));
            Assert.Equal(frame, buffer.AsSpan(0, length).ToArray());
        }

        Assert.False(b.TryRead(buffer, out var none));
        Assert.Equal(0, none);
    }

    [Fact]
    public async Task A_tap_is_free_when_it_is_closed_also_while_programs_are_started()
    {
        using var ns = Devices.QuietNamespace();
        Tap.Create(ns, "tap0").Dispose();
        using var enough = new CancellationTokenSource();
        using var group = ProcessGroup.Create();
        var starts = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await group.RunAsync(new ProcessStart("true"));
            }
        })));
        for (var i = 0; i < 10_000; i++)
        {
            Tap.Attach(ns, "tap0").Dispose();
        }

        await enough.CancelAsync();
        await starts;
    }

    [Fact]
    public void A_tap_without_an_owner_has_no_carrier()
    {
        using var ns = Devices.QuietNamespace();
        var tap = Tap.Create(ns, "tap0");
        Devices.Up(ns, "tap0");
        Assert.True(Ethtool.HasLink(ns, "tap0"));
        tap.Dispose();
        Assert.False(Ethtool.HasLink(ns, "tap0"));
        using var again = Tap.Attach(ns, "tap0");
        Assert.Equal(tap.Index, again.Index);
        Assert.True(Ethtool.HasLink(ns, "tap0"));
        again.SetCarrier(false);
        Assert.False(Ethtool.HasLink(ns, "tap0"));
    }

    [Fact]
    public void A_tap_that_is_not_persistent_goes_with_its_owner()
    {
        using var ns = Devices.QuietNamespace();
        Tap.Create(ns, "tap0", new TapOptions { Persistent = false }).Dispose();
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => Ethtool.HasLink(ns, "tap0")).Errno);
    }

    [Fact]
    public void A_tap_takes_the_index_it_is_given()
    {
        using var ns = Devices.QuietNamespace();
        using var tap = Tap.Create(ns, "tap0", new TapOptions { Index = 4711 });
        Assert.Equal(4711, tap.Index);
        Assert.Equal(4711, DeviceIoctl.IndexOf(ns, "tap0"));
        Assert.Equal(Errno.EBUSY, Assert.Throws<LinuxException>(() => Tap.Create(ns, "tap1", new TapOptions { Index = 4711 })).Errno);
    }

    [Fact]
    public void A_name_that_is_taken_or_impossible_is_refused()
    {
        using var ns = Devices.QuietNamespace();
        using var tap = Tap.Create(ns, "tap0");
        Assert.Equal(Errno.EBUSY, Assert.Throws<LinuxException>(() => Tap.Create(ns, "tap0")).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => Tap.Create(ns, "a b")).Errno);
        Assert.Contains("15", Assert.Throws<ArgumentException>(() => Tap.Create(ns, "a-name-of-16-byt")).Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EBUSY, Assert.Throws<LinuxException>(() => Tap.Attach(ns, "tap0")).Errno);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => Tap.Attach(ns, "tap9")).Errno);
    }

    [Fact]
    public void A_tap_that_is_down_takes_no_frame_and_one_that_is_up_takes_no_runt()
    {
        using var ns = Devices.QuietNamespace();
        using var tap = Tap.Create(ns, "tap0");
        var down = Assert.Throws<LinuxException>(() => tap.Write(FrameOf(60)));
        Assert.Equal(Errno.EIO, down.Errno);
        Assert.Contains("down", down.Message, StringComparison.Ordinal);
        Devices.Up(ns, "tap0");
        tap.Write(FrameOf(60));
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => tap.Write(new byte[13])).Errno);
    }

    [Fact]
    public void Each_queue_of_a_tap_has_an_owner_of_its_own()
    {
        using var ns = Devices.QuietNamespace();
        using var first = Tap.Create(ns, "tap0", new TapOptions { MultiQueue = true });
        using var second = Tap.Attach(ns, "tap0", multiQueue: true);
        Assert.Equal(first.Index, second.Index);
        Devices.Up(ns, "tap0");
        first.Write(FrameOf(60));
        second.Write(FrameOf(60));
    }

    [Fact]
    public void Reading_and_writing_do_not_allocate()
    {
        using var ns = Devices.QuietNamespace();
        using var a = Tap.Create(ns, "tap0");
        using var b = Tap.Create(ns, "tap1");
        Devices.Bridge(ns, "br0", "tap0", "tap1");
        var frame = FrameOf(60);
        var buffer = new byte[2000];
        var read = 0;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                a.Write(frame);
                while (b.TryRead(buffer, out _))
                {
                    read++;
                }
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(read >= 2000);
    }

    [Fact]
    public async Task The_reactor_tells_of_frames()
    {
        using var ns = Devices.QuietNamespace();
        using var a = Tap.Create(ns, "tap0");
        using var b = Tap.Create(ns, "tap1");
        Devices.Bridge(ns, "br0", "tap0", "tap1");
        var buffer = new byte[2000];
        var seen = 0;
        using var registration = Reactor.Shared.OnReadable(b.Handle, () =>
        {
            while (b.TryRead(buffer, out var length))
            {
                seen += length == 77 ? 1 : 0;
            }
        }, failed: null);
        for (var i = 1; i <= 200; i++)
        {
            a.Write(FrameOf(77));
            await Reactor.Shared.DrainAsync();
            Assert.Equal(i, seen);
        }
    }

    [Fact]
    public void A_deleted_tap_says_so()
    {
        var ns = Devices.QuietNamespace();
        using var tap = Tap.Create(ns, "tap0");
        using var raw = ns.OpenSocket(16, 3, 0);
        DeleteLink(raw, tap.Index);
        var buffer = new byte[100];
        Assert.Equal(Errno.EBADFD, Assert.Throws<LinuxException>(() => tap.TryRead(buffer, out _)).Errno);
        Assert.Equal(Errno.EBADFD, Assert.Throws<LinuxException>(() => tap.Write(FrameOf(60))).Errno);
        ns.Dispose();
    }

    // RTM_DELLINK: struct nlmsghdr and struct ifinfomsg.
    private static unsafe void DeleteLink(System.Runtime.InteropServices.SafeHandle socket, int index)
    {
        var message = stackalloc int[8] { 32, 17 | (5 << 16), 1, 0, 0, index, 0, 0 };
        using var fd = socket.Borrow();
        Assert.Equal(32, Libc.send(fd.Number, message, 32, 0));
        var answer = stackalloc int[32];
        Assert.True(Libc.recv(fd.Number, answer, 128, 0) > 0);
        Assert.Equal(0, answer[4]);
    }
}
