using System.Globalization;

namespace NetLab;

// A daemon that is stopped, or hangs, answers nobody; who asks it is told so, and does not wait for ever.
internal sealed partial class OvsInstance
{
    private const int LongestPatience = 12; // times the lab's, for a daemon that runs: a machine may be busy with other things

    private readonly TimeSpan _patience;

    // Waits for what only the daemons can give.
    private async Task<T> AnsweredAsync<T>(string doing, Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var answer = ask(giveUp.Token);
        for (var turn = 1; ; turn++)
        {
            try
            {
                return await answer.WaitAsync(_patience, ct).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!answer.IsFaulted)
            {
                if (!answer.IsCompleted && WhySilent(turn) is { } why) // it may have come in the last moment
                {
                    await giveUp.CancelAsync().ConfigureAwait(false);
                    throw Failure(doing, why);
                }
            }
        }
    }

    private string? WhySilent(int turn)
    {
        foreach (var (name, pid) in new[] { ("ovs-vswitchd", _daemon?.Pid), ("ovsdb-server", _database?.Pid) })
        {
            if (pid is { } process && StateOf(process) is 'T' or 't')
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"{name} is stopped (process {pid}, state T, as after SIGSTOP), and did not answer within {_patience.TotalSeconds:0.###} s. " +
                        $"Let it go on: kill -CONT {pid}");
            }
        }

        return turn < LongestPatience ? null : string.Create(CultureInfo.InvariantCulture,
            $"ovs-vswitchd (process {_daemon?.Pid}) runs, and did not answer within {(turn * _patience).TotalSeconds:0.###} s. " +
                $"The last lines of its log:\n{LastLines(_daemon?.ErrorSoFar ?? "")}");
    }

    // proc(5), /proc/PID/stat: the state stands behind the name, which is in parentheses and may hold any.
    private static char? StateOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null; // it has ended, which is told elsewhere
        }
    }
}
