using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab.CrashProbe;

/// <summary>
/// Uses everything at once from a cold start, when the runtime has yet to start its own threads (pool, timers, socket engine, JIT), and
/// then looks where all the
/// threads of the process are.
/// </summary>
internal static class ThreadWalk
{
    public static async Task<int> RunAsync()
    {
        // These come first: nothing of the pool is running yet.
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(UseOnAThread)).ToList();
        threads.ForEach(thread => thread.Start());
        var work = Enumerable.Range(0, 8).Select(worker => Task.Run(() => UseAsync(worker))).ToList();
        await Task.WhenAll(work).ConfigureAwait(false);
        threads.ForEach(thread => thread.Join());
        var strangers = Strangers();
        Console.WriteLine(strangers.Count == 0 ? $"all {Directory.GetDirectories("/proc/self/task").Length} threads are at home"
            : string.Join('\n', strangers));
        return strangers.Count;
    }

    /// <summary>The first collection in the background begins while the caller's code runs inside a namespace.</summary>
    public static async Task<int> CollectInsideAsync()
    {
        using var ns = NetworkNamespace.Create();
        var there = await NamespaceThread.RunAsync(ns, () =>
        {
            // A small heap is collected at once, and so is one that has no old objects yet.
            var heap = Enumerable.Range(0, 20_000).Select(_ => new byte[5000]).ToList();
            GC.Collect(2, GCCollectionMode.Forced, blocking: false);
            GC.Collect(2, GCCollectionMode.Forced, blocking: false);
            GC.KeepAlive(heap);
            return NamespaceThread.ThreadsIn(ns);
        }).ConfigureAwait(false);
        Console.WriteLine(string.Join('\n', there.Select(t => t.Name)));
        return 0;
    }

    /// <summary>The threads that are in another network, mount or PID namespace than the main thread.</summary>
    public static List<string> Strangers()
    {
        var strangers = new List<string>();
        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            foreach (var kind in new[] { "net", "mnt", "pid_for_children" })
            {
                try
                {
                    var there = new FileInfo($"{thread}/ns/{kind}").LinkTarget;
                    if (there is not null && there != new FileInfo($"/proc/self/ns/{kind}").LinkTarget)
                    {
                        strangers.Add($"{File.ReadAllText($"{thread}/comm").Trim()} ({Path.GetFileName(thread)}) is in {there}");
                    }
                }
                catch (IOException)
                {
                    // The thread has ended meanwhile.
                }
            }
        }

        return strangers;
    }

    private static async Task UseAsync(int worker)
    {
        using var group = worker % 4 == 0 ? ProcessGroup.Create() : null;
        for (var round = 0; round < 25; round++)
        {
            using var ns = NetworkNamespace.Create();
            ns.WriteSysctl("net.ipv4.ip_forward", "1");
            using var tap = Tap.Create(ns, "tap0", new TapOptions { Persistent = round % 8 != 0 });
            using var packets = PacketSocket.Open(ns);
            using var watching = Reactor.Shared.OnReadable(packets.Handle, () =>
            {
                while (packets.TryRead(new byte[2000], out _))
                {
                }
            }, failed: null);
            using var udp = NamespaceSockets.Create(ns, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Any, 0));
            using var cancellation = new CancellationTokenSource(1);
            try
            {
                await udp.ReceiveAsync(new byte[10], SocketFlags.None, cancellation.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // A timer and the socket engine have been at work: that was the point.
            }

            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => ns.ReadSysctl("net.ipv4.ip_forward")))).ConfigureAwait(false);
            if (group is not null && round % 5 == 0)
            {
                await group.RunAsync(new ProcessStart("true") { Namespace = ns }).ConfigureAwait(false);
            }

            if (round % 8 == 0)
            {
                using var other = System.Diagnostics.Process.Start("true");
                await other.WaitForExitAsync().ConfigureAwait(false);
            }
        }
    }

    private static void UseOnAThread()
    {
        using var ns = NetworkNamespace.Create();
        for (var i = 0; i < 500; i++)
        {
            using var socket = ns.OpenSocket(2, 2, 0);
            using var file = ns.OpenFile("/proc/sys/net/ipv4/ip_forward", 0);
            _ = new byte[i * 10];
        }
    }
}
