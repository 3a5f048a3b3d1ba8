using System.Diagnostics;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab.Benchmarks;

/// <summary>What it costs to follow frames by the kernel's tracepoints.</summary>
internal static class TracerRows
{
    private const int Burst = 200, Bursts = 60;
    private const int PerSecond = 50_000, Seconds = 2;
    private const int Decisions = 100;

    public static IEnumerable<Measurement> All =>
    [
        new(new Row("tracer: start, warm", "ms", Target.ValueAtMost(60)), StartAsync),
        new(new Row("tracer: cost of a frame over two bridges and a veth", "µs", Target.ValueAtMost(6)), CostAsync),
        new(new Row($"tracer: events lost at {PerSecond:#,0} frames/s", "events", Target.ValueAtMost(0)), LossAsync),
        new(new Row("tracer: send a frame and know whom it did not reach", "ms", Target.ValueAtMost(5)), DecideAsync),
    ];

    private static async Task<Result> StartAsync()
    {
        var processor = new List<double>();
        var medians = await Rounds.MediansAsync(9, () =>
        {
            var before = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            using var tracer = KernelTracer.Start();
            var elapsed = Stopwatch.GetElapsedTime(start);
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            return Task.FromResult(elapsed.TotalMilliseconds);
        }).ConfigureAwait(false);
        return new Result(medians[0], Note: FormattableString.Invariant($"once a process; processor time {Rounds.Median(processor):0.#} ms, median of 9"));
    }

    private static async Task<Result> CostAsync()
    {
        using var way = new TwoBridges();
        using var tracer = KernelTracer.Start();
        var medians = await Rounds.MediansAsync(
            Bursts,
            () =>
            {
                way.Trace(tracer);
                var each = way.MicrosecondsEach(Burst);
                tracer.Drain(static (in TraceRecord _) => { });
                way.Untrace(tracer);
                return Task.FromResult(each);
            },
            () => Task.FromResult(way.MicrosecondsEach(Burst))).ConfigureAwait(false);
        return new Result(medians[0] - medians[1], medians[1], "what it adds, beside the frame's own cost; the ratio is of these");
    }

    private static Task<Result> LossAsync()
    {
        using var way = new TwoBridges();
        using var tracer = KernelTracer.Start();
        long seen = 0;
        var log = new TraceLog(16, dropsOldest: true);
        TraceSink keep = (in TraceRecord record) => seen += log.Add(record) ? 1 : 0;
        way.Trace(tracer);
        using (Reactor.Shared.OnReadable(tracer.Filling, () => tracer.Drain(keep), failed: null))
        {
            var rate = way.Send(PerSecond, Seconds);
            tracer.Drain(keep);
            return Task.FromResult(new Result(tracer.LostEvents, Note: FormattableString.Invariant($"{rate:#,0} frames/s sent, {seen:#,0} events read")));
        }
    }

    private static async Task<Result> DecideAsync()
    {
        await using var lab = new Lab(new LabOptions { Tracing = FrameTracing.Kernel });
        var bridge = lab.AddNode("compute").AddBridge("br0");
        FakeVm[] vms = [.. Enumerable.Range(1, 3).Select(i => bridge.Node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{i}/24")))];
        await lab.ApplyAsync().ConfigureAwait(false);
        (await vms[0].PingAsync(vms[1]).ConfigureAwait(false)).ShouldSucceed();
        var medians = await Rounds.MediansAsync(Decisions, async () =>
        {
            var start = Stopwatch.GetTimestamp();
            var fate = await vms[0].SendAsync(Frame.Udp(vms[0], vms[1], 53, "hello")).ConfigureAwait(false);
            fate.ShouldNotReach(vms[2]);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).ConfigureAwait(false);
        return new Result(medians[0], Note: $"median of {Decisions}");
    }

    /// <summary>tap - bridge - veth - bridge - tap, in two namespaces.</summary>
    private sealed class TwoBridges : IDisposable
    {
        private readonly NetworkNamespace _a = NetworkNamespace.Create(), _b = NetworkNamespace.Create();
        private readonly Tap _in, _out;
        private readonly byte[] _frame = new byte[60], _buffer = new byte[2048];

        public TwoBridges()
        {
            _in = Tap.Create(_a, "t0");
            _out = Tap.Create(_b, "t1");
            Bridge(_a, _in, batch =>
                batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 20, Namespace = _b }) { Index = 20, MasterIndex = 10, Up = true }));
            Bridge(_b, _out, batch => batch.ChangeLink(20, new LinkChange { MasterIndex = 10, Up = true }));
            Ethtool.RunLinkWatch(_a, ["t0", "v0", "br0"]);
            Ethtool.RunLinkWatch(_b, ["t1", "v1", "br0"]);
            new EthernetHeader(MacAddress.Parse("02:00:00:00:00:02"), MacAddress.Parse("02:00:00:00:00:01"), 0x88b5).Write(_frame);
        }

        public void Trace(KernelTracer tracer)
        {
            tracer.AddNamespace(_a.Inode);
            tracer.AddNamespace(_b.Inode);
        }

        public void Untrace(KernelTracer tracer)
        {
            tracer.RemoveNamespace(_a.Inode);
            tracer.RemoveNamespace(_b.Inode);
        }

        public double MicrosecondsEach(int frames)
        {
            // The write returns when the frame is at the other tap, or at the processor's backlog at the veth.
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < frames; i++)
            {
                _in.Write(_frame);
            }

            var each = Stopwatch.GetElapsedTime(start).TotalMicroseconds / frames;
            Read();
            return each;
        }

        /// <summary>Sends so many frames in each millisecond, and gives the rate that came of it.</summary>
        public double Send(int perSecond, int seconds)
        {
            var start = Stopwatch.GetTimestamp();
            var sent = 0;
            while (sent < perSecond * seconds)
            {
                var due = (int)Math.Min(perSecond * seconds, Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond);
                for (; sent < due; sent++)
                {
                    _in.Write(_frame);
                }

                Read();
            }

            return sent / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose()
        {
            _in.Dispose();
            _out.Dispose();
            _a.Dispose();
            _b.Dispose();
        }

        private void Read()
        {
            while (_out.TryRead(_buffer, out _))
            {
            }
        }

        private static void Bridge(NetworkNamespace ns, Tap tap, Action<NetlinkBatch> rest)
        {
            ns.WriteSysctl("net.ipv6.conf.all.disable_ipv6", "1");
            using var route = RouteSocket.Open(ns);
            var batch = new NetlinkBatch();
            batch.AddLink(new BridgeSpec("br0") { Index = 10, Up = true, Options = new BridgeOptions { MulticastSnooping = false } });
            batch.ChangeLink(tap.Index, new LinkChange { MasterIndex = 10, Up = true });
            rest(batch);
            route.Execute(batch);
        }
    }
}
