using System.Globalization;

namespace NetLab.Linux.Processes;

/// <summary>
/// For how long threads were ready to run, and others had the processors: the second number of /proc/PID/task/TID/schedstat, in nanoseconds
/// (Documentation/scheduler/sched-stats.rst).
/// </summary>
internal static class ProcessorWait
{
    /// <summary>
    /// Of this process and of others, all their threads together. A process that has ended counts no more; a kernel that does not count says 0.
    /// </summary>
    /// <param name="others">Their numbers.</param>
    public static TimeSpan Of(IEnumerable<int> others)
    {
        long nanoseconds = 0;
        foreach (var process in others.Select(pid => pid.ToString(CultureInfo.InvariantCulture)).Prepend("self"))
        {
            try
            {
                nanoseconds += Directory.EnumerateDirectories($"/proc/{process}/task").Sum(OfThread);
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
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
