using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Tests.Reactors;

public sealed class ReactorTests
{
    private static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var fds = stackalloc int[2];
        Assert.Equal(0, Libc.pipe2(fds, Libc.O_CLOEXEC | Libc.O_NONBLOCK));
        return (new SafeFileHandle(fds[0], true), new SafeFileHandle(fds[1], true));
    }

    private static unsafe int Put(SafeFileHandle pipe)
    {
        byte value = 1;
        using var fd = pipe.Borrow();
        return Libc.write(fd.Number, &value, 1) < 0 ? Libc.LastErrno : 0;
    }

    private static int TakeAll(SafeFileHandle pipe)
    {
        using var fd = pipe.Borrow();
        return TakeAll(fd.Number);
    }

    private static unsafe int TakeAll(int fd)
    {
        var buffer = stackalloc byte[64];
        var total = 0;
        while (Libc.read(fd, buffer, 64) is > 0 and var got)
        {
            total += (int)got;
        }

        return total;
    }

    [Fact]
    public async Task A_drain_returns_after_all_that_was_readable_has_been_handled()
    {
        var pipes = Enumerable.Range(0, 100).Select(_ => Pipe()).ToList();
        var handled = 0;
        var registrations = pipes.ConvertAll(pipe =>
            Reactor.Shared.OnReadable(pipe.Read, () => Interlocked.Add(ref handled, TakeAll(pipe.Read)), failed: null));
        for (var round = 1; round <= 50; round++)
        {
            pipes.ForEach(pipe => Put(pipe.Write));
            await Reactor.Shared.DrainAsync();
            Assert.Equal(round * 100, Volatile.Read(ref handled));
        }

        registrations.ForEach(registration => registration.Dispose());
        pipes.ForEach(pipe => (pipe.Read, pipe.Write).Dispose());
    }

    [Fact]
    public async Task What_is_paused_is_not_called_and_what_came_meanwhile_is_told_on_resuming()
    {
        var (read, write) = Pipe();
        var handled = 0;
        var registration = Reactor.Shared.OnReadable(read, () => handled += TakeAll(read), failed: null);
        registration.Pause();
        registration.Pause();
        Put(write);
        await Reactor.Shared.DrainAsync();
        Assert.Equal(0, handled);

        registration.Resume();
        registration.Resume();
        await Reactor.Shared.DrainAsync();
        Assert.Equal(1, handled);

        registration.Pause();
        registration.Dispose();
        registration.Resume();
        Put(write);
        await Reactor.Shared.DrainAsync();
        Assert.Equal(1, handled);
        read.Dispose();
        write.Dispose();
    }

    [Fact]
    public async Task Nothing_is_called_after_Dispose_returned()
    {
        for (var i = 0; i < 500; i++)
        {
            var (read, write) = Pipe();
            var disposed = false;
            var calledLate = false;
            var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

            // Reads nothing: the descriptor stays readable and the callback is called all the time.
            var registration = Reactor.Shared.OnReadable(read, () =>
            {
                calledLate |= Volatile.Read(ref disposed);
                called.TrySetResult();
            }, failed: null);
            Put(write);
            await called.Task;
            registration.Dispose();
            Volatile.Write(ref disposed, true);
            await Reactor.Shared.DrainAsync();
            Assert.False(calledLate);
            (read, write).Dispose();
        }
    }

    [Fact]
    public async Task A_callback_may_dispose_its_own_registration()
    {
        var (read, write) = Pipe();
        var calls = 0;
        IDisposable? registration = null;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        registration = Reactor.Shared.OnReadable(read, () =>
        {
            calls++;
            Volatile.Read(ref registration)?.Dispose();
            done.TrySetResult();
        }, failed: null);
        Put(write);
        await done.Task;
        await Reactor.Shared.DrainAsync();
        registration.Dispose();
        var before = calls;
        await Reactor.Shared.DrainAsync();
        Assert.Equal(before, calls);
        (read, write).Dispose();
    }

    [Fact]
    public async Task A_descriptor_stays_open_as_long_as_it_is_watched()
    {
        var (read, write) = Pipe();
        var taken = 0;
        var number = (int)read.DangerousGetHandle();
        var registration = Reactor.Shared.OnReadable(read, () => taken += TakeAll(number), failed: null);
        read.Dispose();
        Put(write);
        await Reactor.Shared.DrainAsync();
        Assert.Equal(1, taken);
        registration.Dispose();
        // A child that another test is starting has a copy of the descriptor for as long as it has not yet called exec.
        Assert.True(SpinWait.SpinUntil(() => Put(write) == Errno.EPIPE, TimeSpan.FromMinutes(1)));
        write.Dispose();
    }

    [Fact]
    public async Task An_exception_of_a_callback_goes_to_who_registered_it_and_ends_the_watching()
    {
        var (read, write) = Pipe();
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = Reactor.Shared.OnReadable(read, () => throw new InvalidDataException("boo"), failed.SetResult);
        Put(write);
        Assert.Equal("boo", (await failed.Task).Message);
        Put(write);
        await Reactor.Shared.DrainAsync();
        (read, write).Dispose();
    }

    [Fact]
    public void A_descriptor_is_watched_once_and_a_regular_file_never()
    {
        var (read, write) = Pipe();
        using (Reactor.Shared.OnReadable(read, () => TakeAll(read), failed: null))
        {
            Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => Reactor.Shared.OnReadable(read, () => { }, failed: null)).Errno);
        }

        using (Reactor.Shared.OnReadable(read, () => TakeAll(read), failed: null))
        {
        }

        using var file = File.OpenHandle("/proc/self/exe");
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => Reactor.Shared.OnReadable(file, () => { }, failed: null)).Errno);
        (read, write).Dispose();
    }
}

internal static class PairExtensions
{
    public static void Dispose(this (SafeFileHandle Read, SafeFileHandle Write) pipe)
    {
        pipe.Read.Dispose();
        pipe.Write.Dispose();
    }
}
