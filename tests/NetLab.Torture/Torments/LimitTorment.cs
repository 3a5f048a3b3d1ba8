namespace NetLab.Torture;

/// <summary>
/// Commands with few descriptors, few processes, little memory, few addresses, a full disk, closed or full standard streams: they do their work, or say what
/// they lack and end with exit code 3. Where the kernel ends one for want of memory, it says so itself (137), and nothing of it stays.
/// </summary>
internal sealed class LimitTorment : ITorment
{
    private const int Killed = 128 + 9;
    private const string Silent = "2>&-";

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
                5 => ControlGroup.WithProcesses(random.Next(8, 120)),
                6 => ControlGroup.WithMemory(random.Next(24, 200) << 20),
                _ => null,
            };
            var script = group is not null ? $"echo $$ >{group.Processes}; exec \"$@\"" : random.Next(9) switch
            {
                0 or 1 => $"ulimit -n {random.Next(40, 700)}; exec \"$@\"",
                2 => $"ulimit -v {random.Next(2_000_000, 12_000_000)}; exec \"$@\"",
                3 => $"mount -t tmpfs -o size={4 * random.Next(1, 8)}k none {small}; exec \"$@\"",
                4 => $"mount -t tmpfs -o size=4k none {small}; head -c 4096 /dev/zero >{small}/full; TMPDIR={small} exec \"$@\"",
                5 => "exec \"$@\" >/dev/full",
                6 => "exec \"$@\" >&-",
                7 => $"exec \"$@\" <&- >&- {Silent}",
                _ => $"exec \"$@\" <&- {Silent}",
            };
            string[] command = random.Next(4) switch
            {
                0 => ["run", file],
                1 => ["explain", file, "--from", "vm1", "--to", "vm2", "--pcapng", Path.Combine(small, "x.pcapng")],
                2 => ["draw", file, "-o", Path.Combine(small, "x.svg")],
                _ => ["capture", file, "-o", Path.Combine(small, "x.pcapng")],
            };
            var ended = await Command.RunAsync(script, ct, command).ConfigureAwait(false);
            var isTold = ended.ExitCode == 0 || (ended.ExitCode == Killed && group?.IsOfMemory is true)
                || (ended.ExitCode == 3 && (script.EndsWith(Silent, StringComparison.Ordinal) || ended.Error.StartsWith("netlab: ", StringComparison.Ordinal)));
            return isTold && !ended.Error.Contains("   at ", StringComparison.Ordinal) ? 1
                : throw new TortureException($"{group}{script} {string.Join(' ', command)}: {ended}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
