using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using NetLab.Linux;
using NetLab.Linux.Bpf;

namespace NetLab.Benchmarks;

/// <summary>
/// What it costs that drops and questions are recorded all the time: what programs get through a router with it and without, in turn. Without means without any
/// program at the kernel's tracepoints. The two turns of a round are compared with each other, and the figure is the median of the rounds.
/// </summary>
internal static class DropsRows
{
    private const int Connections = 16, Port = 8080;
    private const double Least = 0.97;

    // The speed of a virtual machine changes from second to second: many short rounds tell more than few long ones, and iperf3 knows whole seconds alone.
    private static readonly Turns OfIperf = new(20, TimeSpan.FromSeconds(1)), OfKestrel = new(240, TimeSpan.FromMilliseconds(200));
    private static readonly TracerOptions Recording = new() { DropsAndQuestions = true, RingSize = 4 << 20, CaptureLength = 256 };

    public static IEnumerable<Measurement> All =>
    [
        new(new Row("drops recorded: start, warm", "ms", Target.ValueAtMost(60)), StartAsync),
        new(new Row("drops recorded: iperf3 through a router", "Gbit/s", Target.RatioAtLeast(Least)), () => BesideAsync(OfIperf, IperfAsync)),
        new(new Row("drops recorded: Kestrel's requests through a router", "requests/s", Target.RatioAtLeast(Least)),
            () => BesideAsync(OfKestrel, KestrelAsync)),
    ];

    private static async Task<Result> StartAsync()
    {
        var medians = await Rounds.MediansAsync(9, () =>
        {
            var start = Stopwatch.GetTimestamp();
            using var tracer = KernelTracer.Start(Recording);
            return Task.FromResult(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }).ConfigureAwait(false);
        return new Result(medians[0], Note: "once a process, while its first lab is built; median of 9");
    }

    private static async Task<Result> BesideAsync(Turns turns, Func<Node, Node, Task<Func<Task<double>>>> prepareAsync)
    {
        var lab = new Lab(new LabOptions { RecordsDrops = false });
        await using (lab.ConfigureAwait(false))
        {
            (var client, _, var server) = lab.AddRoutedPair();
            await lab.ApplyAsync().ConfigureAwait(false);
            Func<Task<double>> work;
            try
            {
                work = await prepareAsync(client, server).ConfigureAwait(false);
            }
            catch (LinuxException missing)
            {
                return new Result(null, Note: missing.Message);
            }

            var figures = await Rounds.FiguresAsync(turns.Rounds, () => TurnAsync(lab, work, isRecorded: true), () => TurnAsync(lab, work, isRecorded: false))
                .ConfigureAwait(false);
            double[] ratios = [.. figures[0].Zip(figures[1], (recorded, bare) => recorded / bare).Order()];
            return new Result(Rounds.Median(figures[0]), Rounds.Median(figures[1]), string.Create(CultureInfo.InvariantCulture,
                $"medians of {turns.Rounds} rounds of two turns of {turns.Each.TotalSeconds} s; half of the ratios from {ratios[turns.Rounds / 4]:0.000} to ")
                    + string.Create(CultureInfo.InvariantCulture, $"{ratios[turns.Rounds * 3 / 4]:0.000}"))
                { Ratio = Rounds.Median(ratios) };
        }
    }

    // Each turn starts the programs, lest what starting costs afterwards (a full heap, cold caches) is in one of the two alone.
    private static async Task<double> TurnAsync(Lab lab, Func<Task<double>> work, bool isRecorded)
    {
        var log = new TraceLog(16, dropsOldest: true);
        using var tracer = KernelTracer.Start(Recording);
        GC.Collect();
        if (!isRecorded)
        {
            tracer.Dispose();
            return await work().ConfigureAwait(false);
        }

        foreach (var node in lab.Nodes)
        {
            tracer.AddNamespace(node.NamespaceInode);
        }

        using (Reactor.Shared.OnReadable(tracer.Filling, () => tracer.Drain((in TraceRecord record) => log.Add(record)), failed: null))
        {
            return await work().ConfigureAwait(false);
        }
    }

    private static async Task<Func<Task<double>>> IperfAsync(Node client, Node server)
    {
        var listening = server.Start("iperf3", "--server", "--forceflush");
        await listening.WaitForLineAsync(line => line.Contains("listening", StringComparison.Ordinal)).ConfigureAwait(false);

        return async () =>
        {
            var run = await client.ExecAsync("iperf3", ["--client", "10.0.2.2", "--json", "--time", $"{OfIperf.Each.TotalSeconds:0}"]).ConfigureAwait(false);
            return (double)JsonNode.Parse(run.Output)!["end"]!["sum_received"]!["bits_per_second"]! / 1e9;
        };
    }

    private static async Task<Func<Task<double>>> KestrelAsync(Node client, Node server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://10.0.2.2:{Port}").UseSockets(o => o.CreateBoundListenSocket = server.BindTcp);
        var app = builder.Build();
        app.MapGet("/", () => "hello");
        await app.StartAsync().ConfigureAwait(false);

        // The sockets, and with them the server's work, end with the lab.
        var streams = new List<NetworkStream>();
        for (var i = 0; i < Connections; i++)
        {
            streams.Add(await client.ConnectAsync(IPAddress.Parse("10.0.2.2"), Port, CancellationToken.None).ConfigureAwait(false));
        }

        return async () =>
        {
            var start = Stopwatch.GetTimestamp();
            var counts = await Task.WhenAll(streams.Select(s => RequestsAsync(s, start))).ConfigureAwait(false);
            return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
        };
    }

    // Every answer is as long as the first, and comes alone: the next request waits for it.
    private static async Task<int> RequestsAsync(NetworkStream stream, long start)
    {
        var request = "GET / HTTP/1.1\r\nHost: server\r\n\r\n"u8.ToArray();
        var buffer = new byte[4096];
        var (count, length) = (0, 0);
        for (; Stopwatch.GetElapsedTime(start) < OfKestrel.Each; count++)
        {
            await stream.WriteAsync(request).ConfigureAwait(false);
            var read = await stream.ReadAtLeastAsync(buffer, Math.Max(length, 1)).ConfigureAwait(false);
            length = length == 0 ? read : length;
        }

        return count;
    }

    /// <summary>How many rounds of two turns, and how long a turn.</summary>
    private sealed record Turns(int Rounds, TimeSpan Each);
}
