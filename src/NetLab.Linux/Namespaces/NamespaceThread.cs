using System.Globalization;
using Tmds.Linux;

namespace NetLab.Linux;

/// <summary>
/// Runs code on a thread of its own that is inside a namespace and ends there. Threads that such code starts inherit the
/// namespace and would carry other people's work into it; that is found and reported.
/// </summary>
public static class NamespaceThread
{
    // The runtime's compiler, and its collector of garbage in the background: whichever thread is there when they are needed starts them. No work of the
    // program runs on them, and they end by themselves when they have nothing to do; a server's collector stays. The kernel cuts names to 15 bytes.
    private static readonly string[] OfRuntime = [".NET Tiered Com", ".NET BGC"];

    private static readonly HashSet<int> Own = [];

    /// <summary>Runs <paramref name="code"/> inside the namespace.</summary>
    /// <exception cref="LinuxException">The namespace cannot be entered.</exception>
    /// <exception cref="InvalidOperationException">The code left threads of the runtime inside the namespace.</exception>
    public static Task<T> RunAsync<T>(NetworkNamespace ns, Func<T> code)
    {
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentNullException.ThrowIfNull(code);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(ns, code, done)) { IsBackground = true, Name = "netlab-inside" }.Start();
        return done.Task;
    }

    /// <summary>Threads of this process that are in the namespace: their numbers and names.</summary>
    public static IReadOnlyList<(int Id, string Name)> ThreadsIn(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var wanted = ns.ToString();
        var found = new List<(int, string)>();
        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                if (File.ResolveLinkTarget(Path.Combine(task, "ns/net"), false)?.Name == wanted)
                {
                    found.Add((int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), File.ReadAllText(Path.Combine(task, "comm")).TrimEnd()));
                }
            }
            catch (IOException)
            {
                // The thread ended while it was looked at, so it is not inside.
                continue;
            }
        }

        return found;
    }

    private static void Run<T>(NetworkNamespace ns, Func<T> code, TaskCompletionSource<T> done)
    {
        var self = Libc.gettid();
        lock (Own)
        {
            Own.Add(self);
        }

        try
        {
            var result = Inside(ns, code);
            done.SetResult(result);
        }
#pragma warning disable CA1031 // Whatever the code throws belongs to whoever awaits it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            done.SetException(e);
        }
        finally
        {
            lock (Own)
            {
                Own.Remove(self);
            }
        }
    }

    // Completing a task may start a thread of the pool, which would inherit the namespace: the thread is outside again before.
    private static T Inside<T>(NetworkNamespace ns, Func<T> code)
    {
        Enter(ns);
        try
        {
            var result = code();
            Complain(ns);
            return result;
        }
        finally
        {
            if (LibC.setns(NamespaceWindow.HomeDescriptor, LibC.CLONE_NEWNET) != 0)
            {
                Environment.FailFast($"netlab: a thread could not return from the network namespace {ns} (errno {LibC.errno}).");
            }
        }
    }

    private static void Enter(NetworkNamespace ns)
    {
        using var target = ns.Handle.Borrow();
        if (LibC.setns(target.Number, LibC.CLONE_NEWNET) != 0)
        {
            throw new LinuxException($"enter the network namespace {ns}", LibC.errno);
        }
    }

    private static void Complain(NetworkNamespace ns)
    {
        lock (Own)
        {
            var left = ThreadsIn(ns).Where(t => !Own.Contains(t.Id) && !OfRuntime.Contains(t.Name)).ToList();
            if (left.Count > 0)
            {
                throw new InvalidOperationException(
                    $"The code that ran inside the namespace left threads there ({string.Join(", ", left.Select(t => $"{t.Name} {t.Id}"))}), " +
                        $"and later work would run inside it. "
                    + "Start no tasks, timers or child processes from such code; make sockets of the node (TcpListener, UdpClient, " +
                        "ConnectAsync) and use them outside.");
            }
        }
    }
}
