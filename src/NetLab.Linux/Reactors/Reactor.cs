using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace NetLab.Linux;

/// <summary>
/// One thread that waits with epoll(7) for everything the kernel has to tell (frames on taps, netlink events, output of processes, their
/// end) and runs the callbacks. Nothing polls, and .NET's own timers and socket engine are not involved.
/// </summary>
/// <remarks>
/// A callback runs on the reactor's thread: it reads everything that is there, does not block, and hands long work to somebody else. All
/// callbacks run one after another, in no particular order between descriptors.
/// </remarks>
internal sealed unsafe class Reactor
{
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly ConcurrentDictionary<ulong, Registration> _registrations = new();
    private readonly Lock _drainGate = new();
    private List<TaskCompletionSource> _drains = [];
    private ulong _lastId;
    private int _count;

    private Reactor()
    {
        _epoll = LibC.epoll_create1(LibC.EPOLL_CLOEXEC);
        var error = LibC.errno;
        if (_epoll < 0)
        {
            throw new LinuxException("create an epoll descriptor", error);
        }

        _wake = LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        error = LibC.errno;
        if (_wake < 0)
        {
            throw new LinuxException("create an eventfd", error);
        }

        Control(LibC.EPOLL_CTL_ADD, _wake, id: 0);
        _thread = new Thread(Run) { IsBackground = true, Name = "NetLab reactor" };
        _thread.UnsafeStart();
    }

    /// <summary>The reactor of this process. Its thread starts with the first use and lives as long as the process.</summary>
    public static Reactor Shared { get; } = new();

    /// <summary>Whether the caller is on the reactor's thread, that is, inside a callback.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>
    /// Calls back whenever the descriptor is readable (also: at its end, hung up, or in error), again and again as long as it stays so.
    /// </summary>
    /// <param name="fd">The descriptor; it is kept open until the returned registration is disposed, even when its handle is disposed before.</param>
    /// <param name="callback">
    /// Reads all that is there. A callback that leaves something unread is called again at once; one that does not notice the end of its
    /// descriptor is called for ever.
    /// </param>
    /// <param name="failed">
    /// Told of an exception that the callback let out; the descriptor is then no longer watched. With null such an exception is unhandled and ends the process,
    /// as it would on a thread of the pool, and so does one that this lets out. Whoever calls code of others in a callback names somebody here.
    /// </param>
    /// <returns>
    /// The registration. After its Dispose returns the callback is not running and never will; called on the reactor's thread, that is, out of a
    /// callback, Dispose returns at once. It waits for a callback that runs elsewhere: do not dispose while holding a lock that the callback takes.
    /// </returns>
    /// <exception cref="LinuxException">EEXIST: this descriptor is watched already; EPERM: it is a regular file, which is always readable.</exception>
    public IReactorRegistration OnReadable(SafeHandle fd, Action callback, Action<Exception>? failed)
    {
        ArgumentNullException.ThrowIfNull(fd);
        ArgumentNullException.ThrowIfNull(callback);
        var borrowed = false;
        fd.DangerousAddRef(ref borrowed);
        var registration = new Registration(this, Interlocked.Increment(ref _lastId), fd, callback, failed);
        _registrations[registration.Id] = registration;
        Interlocked.Increment(ref _count);
        try
        {
            Control(LibC.EPOLL_CTL_ADD, registration.Number, registration.Id);
        }
        catch
        {
            _registrations.TryRemove(registration.Id, out _);
            Interlocked.Decrement(ref _count);
            fd.DangerousRelease();
            throw;
        }

        return registration;
    }

    /// <summary>
    /// Completes when everything that was readable at the moment of the call has been handled by its callback. What the callbacks caused to
    /// become readable meanwhile may be still waiting, and what is paused is not looked at.
    /// </summary>
    public Task DrainAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_drainGate)
        {
            _drains.Add(done);
        }

        ulong one = 1;
        _ = Libc.write(_wake, &one, sizeof(ulong));
        return done.Task;
    }

    private void Run()
    {
        var events = new epoll_event[64];
        var served = new List<TaskCompletionSource>();
        while (true)
        {
            // Who asked before epoll looked at the descriptors is served by this round: all that was readable then is in it, because there
            // is a place for every descriptor.
            lock (_drainGate)
            {
                (_drains, served) = (served, _drains);
            }

            var wanted = Volatile.Read(ref _count) + 1;
            if (wanted > events.Length)
            {
                events = new epoll_event[wanted * 2];
            }

            int ready;
            fixed (epoll_event* buffer = events)
            {
                ready = LibC.epoll_wait(_epoll, buffer, events.Length, served.Count > 0 ? 0 : -1);
            }

            var error = LibC.errno;
            if (ready < 0 && error is not Errno.EINTR)
            {
                Environment.FailFast($"The reactor cannot wait for events: {Errno.Name(error)}");
            }

            for (var i = 0; i < ready; i++)
            {
                var id = events[i].data.u64;
                if (id is 0)
                {
                    ulong ignored;
                    _ = Libc.read(_wake, &ignored, sizeof(ulong));
                }
                else if (_registrations.TryGetValue(id, out var registration))
                {
                    registration.Invoke();
                }
            }

            if (ready < 0)
            {
                // Interrupted before it looked: those who asked belong to the next round.
                lock (_drainGate)
                {
                    _drains.AddRange(served);
                }
            }
            else
            {
                served.ForEach(done => done.TrySetResult());
            }

            served.Clear();
        }
    }

    private void Control(int operation, int fd, ulong id)
    {
        epoll_event wanted = new() { events = LibC.EPOLLIN };
        wanted.data.u64 = id;
        if (LibC.epoll_ctl(_epoll, operation, fd, &wanted) != 0)
        {
            var error = LibC.errno;
            throw new LinuxException($"{(operation == LibC.EPOLL_CTL_ADD ? "watch" : "stop watching")} file descriptor {fd}", error);
        }
    }

    private void Forget(Registration registration)
    {
        _registrations.TryRemove(registration.Id, out _);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>One watched descriptor. The gate is held while the callback runs, so that Dispose can wait for it; the switch's never for long.</summary>
    private sealed class Registration(Reactor owner, ulong id, SafeHandle handle, Action callback, Action<Exception>? failed) : IReactorRegistration
    {
        private readonly Lock _gate = new();
        private readonly Lock _switchGate = new();
        private bool _disposed;
        private bool _paused;

        public ulong Id => id;

        public int Number { get; } = (int)handle.DangerousGetHandle();

        public void Invoke()
        {
            lock (_gate)
            {
                if (_disposed)
                {
                    return;
                }

                try
                {
                    callback();
                }
#pragma warning disable CA1031 // Every exception is handed on: to the owner of the callback, or to the process as unhandled.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    Dispose();
                    Tell(exception);
                }
            }
        }

        private void Tell(Exception exception)
        {
            try
            {
                if (failed is not null)
                {
                    failed(exception);
                    return;
                }
            }
#pragma warning disable CA1031 // Handed on to the process as unhandled.
            catch (Exception another)
#pragma warning restore CA1031
            {
                exception = new AggregateException(exception, another);
            }

            ThreadPool.UnsafeQueueUserWorkItem(static info => info.Throw(), ExceptionDispatchInfo.Capture(exception), preferLocal: false);
        }

        public void Pause()
        {
            lock (_switchGate)
            {
                if (!_disposed && !_paused)
                {
                    owner.Control(LibC.EPOLL_CTL_DEL, Number, id);
                    _paused = true;
                }
            }
        }

        public void Resume()
        {
            lock (_switchGate)
            {
                if (!_disposed && _paused)
                {
                    owner.Control(LibC.EPOLL_CTL_ADD, Number, id);
                    _paused = false;
                }
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_disposed)
                {
                    return;
                }

                lock (_switchGate)
                {
                    _disposed = true;
                    if (!_paused)
                    {
                        owner.Control(LibC.EPOLL_CTL_DEL, Number, id);
                    }
                }

                owner.Forget(this);
                handle.DangerousRelease();
            }
        }
    }
}
