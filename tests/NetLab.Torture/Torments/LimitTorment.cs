namespace NetLab.Torture;

/// <summary>
/// The command with few descriptors, few processes, little memory, a full disk, a closed or full standard output: it does its work, or says what it lacks and
/// ends with exit code 3. Where the kernel ends it for want of memory, it says so itself (137), and nothing of it stays.
/// </summary>
internal sealed class LimitTorment : ITorment
{
    private const int Killed = 128 + 9;

    public string Name => "limits";

    public string Unit => "runs";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("netlab-torture-").FullName;
        try
        {
            string file = Path.Combine(folder, "two.yaml"), small = Directory.CreateDirectory(Path.Combine(folder, "small")).FullName;
            await File.WriteAllTextAsync(file, Command.Scenario, ct).ConfigureAwait(false);
            using var group = random.Next(7) switch
            {
                5 => ControlGroup.WithProcesses(random.Next(12, 120)),
                6 => ControlGroup.WithMemory(random.Next(24, 200) << 20),
                _ => null,
            };
            var script = group is not null ? $"echo $$ >{group.Processes}; exec \"$@\"" : random.Next(5) switch
            {
                0 or 1 => $"ulimit -n {random.Next(64, 700)}; exec \"$@\"",
                2 => $"mount -t tmpfs -o size={4 * random.Next(1, 8)}k none {small}; exec \"$@\"",
                3 => "exec \"$@\" >/dev/full",
                _ => "exec \"$@\" >&-",
            };
            var ended = await Command.RunAsync(script, ct, "capture", file, "-o", Path.Combine(small, "x.pcapng")).ConfigureAwait(false);
            var isTold = ended.ExitCode == 0 || (ended.ExitCode == Killed && group?.IsOfMemory is true)
                || (ended.ExitCode == 3 && ended.Error.StartsWith("netlab: ", StringComparison.Ordinal));
            return isTold && !ended.Error.Contains("   at ", StringComparison.Ordinal) ? 1 : throw new TortureException($"{group}{script}: {ended}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
