using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NetLab.Linux.Tests;

/// <summary>What is left of a process that builds labs and is killed with SIGKILL: nothing.</summary>
public sealed class CrashTests(ITestOutputHelper log)
{
    private const int Kills = 25;

    // Long past what it takes (a quarter of a second on an idle machine): whatever is there then is there for good.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_process_killed_at_any_moment_leaves_no_namespace_process_or_file()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var slowest = TimeSpan.Zero;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var observer = NetworkNamespace.Create();
            var marker = Guid.NewGuid().ToString("N");
            using var victim = Start(marker, "namespaces", $"/proc/{Environment.ProcessId}/fd/{observer.Handle.DangerousGetHandle()}");
            Assert.Equal("start", await victim.StandardOutput.ReadLineAsync());

            // The first round takes about 150 ms to build and as long to remove; some kills fall into later rounds.
            await Task.Delay(random.Next(0, 500));
            Assert.False(victim.HasExited, victim.HasExited ? await victim.StandardError.ReadToEndAsync() : "");
            var clock = Stopwatch.StartNew();
            victim.Kill();
            await victim.WaitForExitAsync();
            string left;
            while ((left = Left(observer, marker)).Length > 0)
            {
                Assert.True(clock.Elapsed < Patience, $"kill {kill} of seed {seed}: {left}");
                await Task.Delay(5);
            }

            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
        }

        log.WriteLine($"{Kills} kills (seed {seed}); the slowest was cleaned up in " +
            $"{slowest.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture)} ms");
    }

    [Fact]
    public async Task No_thread_of_the_runtime_is_ever_left_in_a_namespace_of_a_lab_also_from_a_cold_start()
    {
        for (var run = 0; run < 3; run++)
        {
            using var process = Start("", "threads");
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode is 0, output + await process.StandardError.ReadToEndAsync());
            Assert.Contains("threads are at home", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_collector_of_garbage_that_begins_meanwhile_is_no_fault_of_the_code_inside()
    {
        using var process = Start("", "garbage");
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0, output + await process.StandardError.ReadToEndAsync());
        Assert.Contains(".NET BGC", output, StringComparison.Ordinal);
    }

    private static Process Start(string marker, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "NetLab.CrashProbe.dll");
        var info = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["NETLAB_CRASH_MARKER"] = marker;

        // The runtime's own debugging sockets in /tmp do outlive a kill; they are no business of this test.
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(info)!;
    }

    private static string Left(NetworkNamespace observer, string marker)
    {
        using var devices = new StreamReader(new FileStream(observer.OpenFile("/proc/net/dev", 0), FileAccess.Read));
        var ends = devices.ReadToEnd().Split('\n').Skip(2).Select(line => line.Split(':')[0].Trim()).Where(name => name.StartsWith('o')).ToList();
        if (ends.Count > 0)
        {
            return $"{ends.Count} namespaces are left";
        }

        var processes = Directory.GetDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0]))
            .Where(directory => Has(directory + "/environ", marker)).ToList();
        if (processes.Count > 0)
        {
            return $"processes are left: {string.Join(' ', processes)}";
        }

        var files = new[] { "/tmp", "/var/tmp", "/run", "/dev/shm", Environment.CurrentDirectory }.Where(Directory.Exists)
            .SelectMany(directory => Directory.GetFileSystemEntries(directory, $"*{marker}*")).ToList();
        return files.Count > 0 ? $"files are left: {string.Join(' ', files)}" : "";
    }

    private static bool Has(string file, string text)
    {
        try
        {
            return File.ReadAllText(file).Contains(text, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
