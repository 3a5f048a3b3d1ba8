using System.Diagnostics;
using System.Globalization;
using NetLab.Torture.Victims;

namespace NetLab.Torture;

/// <summary>
/// kill -9 at a random moment of a lab: a second later no process, no network namespace and no file of it is left, but the files that were asked for.
/// </summary>
internal sealed class KillTorment : ITorment
{
    private const string Mark = "NETLAB_TORTURE_MARK";
    private const int LongestLife = 2500; // milliseconds, of which the runtime's start takes some 200

    private readonly List<double> _took = [];

    /// <summary>How long what is left may take to go.</summary>
    public static TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(1);

    public string Name => "kill -9";

    public string Unit => "kills";

    public string Note => _took.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
        $"all was gone after {_took.Order().ElementAt(_took.Count / 2):0} ms, median, and {_took.Max():0} ms at most");

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        Remains.TakeOrphans();
        string kind = Victim.Kinds[random.Next(Victim.Kinds.Count)], mark = Guid.NewGuid().ToString("n");
        string folder = Directory.CreateTempSubdirectory("netlab-torture-").FullName,
            temporary = Directory.CreateDirectory(Path.Combine(folder, "tmp")).FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(KillTorment).Assembly.Location, "victim", kind, folder])
            {
                RedirectStandardError = true,
                Environment = { [Mark] = mark, ["TMPDIR"] = temporary, ["DOTNET_EnableDiagnostics"] = "0" },
            };
            using var victim = Process.Start(start)!;
            var error = victim.StandardError.ReadToEndAsync(ct);
            await Task.Delay(random.Next(LongestLife), ct).ConfigureAwait(false);
            if (victim.HasExited)
            {
                throw new TortureException($"the victim '{kind}' ended by itself: {await error.ConfigureAwait(false)}");
            }

            using var remains = Remains.Of(victim, $"{Mark}={mark}", temporary);
            victim.Kill();
            var killed = Stopwatch.GetTimestamp();
            await victim.WaitForExitAsync(ct).ConfigureAwait(false);
            var left = await remains.WaitAsync(Grace - Stopwatch.GetElapsedTime(killed)).ConfigureAwait(false);
            if (left.Count > 0)
            {
                throw new TortureException($"{Grace.TotalSeconds:0.#} s after the kill of '{kind}' are left: {string.Join("; ", left)}");
            }

            _took.Add(Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
