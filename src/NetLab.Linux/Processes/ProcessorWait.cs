using System.Diagnostics;
using System.Globalization;

namespace NetLab.Linux.Processes;

/// <summary>
/// For how long threads of this process and of others were ready to run, and others had the processors: the second number of
/// /proc/PID/task/TID/schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst).
/// </summary>
/// <param name="others">The numbers of the other processes, which may come and go.</param>
internal sealed class ProcessorWait(Func<IEnumerable<int>> others)
{
    private Dictionary<string, long> _last = [];
    private TimeSpan _total;
    private long _first;

    /// <summary>
    /// For how long since the first look: the longest that one of the threads has waited from each look to the next, together. Of threads that wait at the
    /// same time each waits for the others too, and all of them would have waited for longer than the clock says. Zero where the kernel does not count.
    /// </summary>
    public TimeSpan Look()
    {
        var now = new Dictionary<string, long>();
        foreach (var process in others().Select(pid => pid.ToString(CultureInfo.InvariantCulture)).Prepend("self"))
        {
            try
            {
                foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
                {
                    now[thread] = OfThread(thread);
                }
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        if (_first == 0)
        {
            _first = Stopwatch.GetTimestamp();
        }
        else if (now.Count > 0)
        {
            // A wait is counted when it ends, and may be longer than from one look to the next.
            var longest = TimeSpan.FromTicks(now.Max(one => one.Value - _last.GetValueOrDefault(one.Key)) / TimeSpan.NanosecondsPerTick);
            var elapsed = Stopwatch.GetElapsedTime(_first);
            _total = _total + longest < elapsed ? _total + longest : elapsed;
        }

        _last = now;
        return _total;
    }

    private static long OfThread(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/schedstat").Split(' ') is [_, var delay, ..] ? long.Parse(delay, CultureInfo.InvariantCulture) : 0;
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
