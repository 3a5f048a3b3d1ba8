using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Benchmarks.FramePaths;
using NetLab.Packets;

namespace NetLab.Benchmarks;

/// <summary>Capturing every frame of every node to a file, beside tcpdump, while frames pass as fast as they can.</summary>
internal static partial class CaptureRows
{
    private const int Turns = 5, Batches = 400, BatchSize = 256, Interrupt = 2, Smallest = 64;
    private const string Memory = "/dev/shm"; // A disk would decide otherwise.
    private const int SeenEach = 2; // In at one tap, out at the other.
    private const int Passing = Batches * BatchSize * SeenEach;

    public static IEnumerable<Measurement> All => [Measure(Smallest), Measure(1518)];

    private static Measurement Measure(int size) => new(
        [
            new($"capture to a file, {size} bytes: frames that pass", "frames/s", Target.ValueAtLeast(200_000)),
            // Large frames may be lost where the machine cannot write them as fast as they come, but none without being counted.
            new($"capture to a file, {size} bytes: lost", "%", size == Smallest ? Target.ValueAtMost(0) : null),
            new($"capture to a file, {size} bytes: neither captured nor counted as lost", "frames", Target.ValueAtMost(0)),
        ],
        async () =>
        {
            MacAddress left = MacAddress.Parse("02:00:00:00:00:01"), right = MacAddress.Parse("02:00:00:00:00:02");
            var content = new byte[size - 4 - 14];
            var there = Frame.Ethernet(left, right, 0x88b5, content).Bytes.ToArray();
            await using var vms = new VmPath();
            await vms.OpenAsync(there, Frame.Ethernet(right, left, 0x88b5, content).Bytes.ToArray()).ConfigureAwait(false);
            var file = Path.Combine(Directory.Exists(Memory) ? Memory : Path.GetTempPath(), $"netlab-capture-{Environment.ProcessId}.pcap");
            var lostHere = new List<double>();
            var lostThere = new List<double>();
            var missed = new List<double>();
            try
            {
                var rates = await Rounds.FiguresAsync(
                    Turns,
                    () => CaptureAsync(vms, there, file, lostHere, missed),
                    () => TcpdumpAsync(vms, there, file, lostThere)).ConfigureAwait(false);
                return
                [
                    new(rates[0].Max(), rates[1].Max(), $"seen at both taps; the best of {Turns}; beside tcpdump -i any -B 32768"),
                    new(lostHere.Max(), lostThere.Max(), $"the worst of {Turns + 1}, of {Passing:#,0} frames, as both say themselves"),
                    new(missed.Max()),
                ];
            }
            finally
            {
                File.Delete(file);
            }
        });

    private static async Task<double> CaptureAsync(VmPath vms, byte[] frame, string file, List<double> lost, List<double> missed)
    {
        var capture = vms.Lab.Capture(file);
        await using (capture.ConfigureAwait(false))
        {
            var rate = await vms.BatchesAsync(frame, Batches, BatchSize).ConfigureAwait(false);
            await capture.StopAsync().ConfigureAwait(false);
            var captured = capture.Counts.Sum(c => c.Captured);
            lost.Add(Percent(capture.Lost, captured + capture.Lost));
            missed.Add(Math.Abs(Passing - captured - capture.Lost));
            return rate * SeenEach;
        }
    }

    private static async Task<double> TcpdumpAsync(VmPath vms, byte[] frame, string file, List<double> lost)
    {
        var tcpdump = vms.Node.Start("tcpdump", "-i", "any", "-n", "-Z", "root", "-B", "32768", "-w", file);
        await tcpdump.WaitForLineAsync(line => line.Contains("listening on", StringComparison.Ordinal)).ConfigureAwait(false);

        var rate = await vms.BatchesAsync(frame, Batches, BatchSize).ConfigureAwait(false);
        tcpdump.Signal(Interrupt);
        await tcpdump.Exited.ConfigureAwait(false);
        lost.Add(Percent(Count(Dropped().Match(tcpdump.Error)), Passing));
        return rate * SeenEach;
    }

    private static double Percent(long part, long whole) => 100.0 * part / whole;

    private static long Count(Match match) => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) packets? dropped by kernel")]
    private static partial Regex Dropped();
}
