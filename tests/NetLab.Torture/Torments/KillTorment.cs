using System.Diagnostics;
using System.Text;
using NetLab.Torture.Victims;

namespace NetLab.Torture;

/// <summary>
/// kill -9 at a random moment of a lab: a second later no process, no namespace and no file of it is left, but the files that were asked for.
/// </summary>
internal sealed class KillTorment : ITorment
{
    private const string Mark = "NETLAB_TORTURE_MARK";
    private const int LongestLife = 2500; // milliseconds, of which the runtime's start takes some 200

    /// <summary>How long what is left may take to go.</summary>
    public static TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(1);

    public string Name => "kill -9";

    public string Unit => "kills";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
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

            victim.Kill();
            var killed = Stopwatch.GetTimestamp();
            await victim.WaitForExitAsync(ct).ConfigureAwait(false);
            List<string> left;
            do
            {
                left = Left(mark, temporary);
            }
            while (left.Count > 0 && Stopwatch.GetElapsedTime(killed) < Grace);

            return left.Count == 0 ? 1
                : throw new TortureException($"{Grace.TotalSeconds:0.#} s after the kill of '{kind}' are left: {string.Join("; ", left)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<string> Left(string mark, string temporary) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]) && Read($"{d}/environ").Contains($"{Mark}={mark}", StringComparison.Ordinal))
            .Select(d => $"process {Path.GetFileName(d)} ({Read($"{d}/cmdline").Replace('\0', ' ').Trim()})"),
        .. Directory.EnumerateFileSystemEntries(temporary),
    ];

    // A process that ends while it is looked at has nothing to show.
    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file, Encoding.Latin1);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
