namespace NetLab.Torture;

/// <summary>Other languages, time zones and clocks: the same drawing, and a run that goes as well.</summary>
internal sealed class LocaleTorment : ITorment
{
    private static readonly string[] Locales = ["C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "ja_JP.eucJP", "POSIX", "nonsense"];
    private static readonly string[] Zones = ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu", "nonsense"];

    private string? _drawing;

    public string Name => "locale and clock";

    public string Unit => "runs";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("netlab-torture-").FullName;
        try
        {
            var file = Path.Combine(folder, "two.yaml");
            await File.WriteAllTextAsync(file, Command.Scenario, ct).ConfigureAwait(false);
            _drawing ??= (await Command.RunAsync("exec \"$@\"", ct, "draw", file).ConfigureAwait(false)).Output;
            string locale = Locales[random.Next(Locales.Length)], zone = Zones[random.Next(Zones.Length)];
            var started = random.Next(2) == 0 ? 0 : random.Next(1, 1_000_000_000);

            // A time namespace (time_namespaces(7)): the machine seems to have been started longer ago.
            var script = $"export LC_ALL={locale} TZ={zone}; exec unshare --time --fork --monotonic {started} --boottime {started} \"$@\"";
            Command drawn = await Command.RunAsync(script, ct, "draw", file).ConfigureAwait(false),
                ran = await Command.RunAsync(script, ct, "run", file).ConfigureAwait(false);
            return drawn.Output == _drawing && ran.ExitCode == 0 ? 2 : throw new TortureException($"{script}: {drawn}{Environment.NewLine}{ran}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
