using System.Diagnostics;

namespace NetLab.Cli.Tests;

/// <summary>A network namespace that NetLab did not make, as a container is one: held by a process, set up by ip and nft.</summary>
internal sealed class ForeignNamespace : IDisposable
{
    private readonly Process _holder;

    public ForeignNamespace()
    {
        var start = new ProcessStartInfo("unshare", ["-n", "sh", "-c", "ip link set lo up; echo ready; exec sleep infinity"]) { RedirectStandardOutput = true };
        _holder = Process.Start(start)!;
        Assert.Equal("ready", _holder.StandardOutput.ReadLine());
    }

    public int Pid => _holder.Id;

    /// <summary>Runs lines of shell inside.</summary>
    public void Run(string script)
    {
        (var exitCode, var error) = Try(script);
        Assert.True(exitCode == 0, $"{script}\n{error}");
    }

    /// <summary>Runs lines of shell inside, which may fail: a ping without an answer.</summary>
    public (int ExitCode, string Error) Try(string script)
    {
        var start = new ProcessStartInfo("nsenter", ["-t", $"{Pid}", "-n", "bash", "-ec", script])
            { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    public void Dispose()
    {
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }
}

/// <summary>A watch that is under way.</summary>
internal sealed class WatchProcess
{
    private readonly Process _process;

    private WatchProcess(Process process, string first) => (_process, First) = (process, first);

    /// <summary>The line that tells that it has begun.</summary>
    public string First { get; }

    public static async Task<WatchProcess> StartAsync(params string[] arguments)
    {
        var process = NetLabProcess.Start(["explain", "--live", .. arguments]);
        var first = await process.StandardOutput.ReadLineAsync();
        return new WatchProcess(process, first ?? await process.StandardError.ReadToEndAsync());
    }

    /// <summary>Lines up to one that holds these words.</summary>
    public async Task<string> ReadUntilAsync(string words)
    {
        var seen = First;
        while (!seen.Contains(words, StringComparison.Ordinal) && await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            seen += "\n" + line;
        }

        return seen;
    }

    /// <summary>As Ctrl-C does.</summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public Task<NetLabResult> FinishAsync() => NetLabProcess.FinishAsync(_process);
}
