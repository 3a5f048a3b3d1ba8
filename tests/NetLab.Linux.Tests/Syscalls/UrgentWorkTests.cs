using System.Globalization;

namespace NetLab.Linux.Tests.Syscalls;

public sealed class UrgentWorkTests
{
    [Fact]
    public void A_thread_is_preferred_while_its_work_is_urgent_and_no_longer()
    {
        (int Before, int Meanwhile, int After) nice = default;
        var thread = new Thread(() =>
        {
            nice.Before = Nice();
            using (UrgentWork.Begin())
            {
                nice.Meanwhile = Nice();
            }

            nice.After = Nice();
        });
        thread.Start();
        thread.Join();

        Assert.Equal(nice.Before, nice.After);
        Assert.Equal(MayBeNice ? -10 : nice.Before, nice.Meanwhile);
    }

    // CAP_SYS_NICE, of the machine's own user namespace.
    private static bool MayBeNice => Capability.Has(23) && File.ReadAllText("/proc/self/uid_map").Contains("4294967295", StringComparison.Ordinal);

    // proc_pid_stat(5): the 19th field; the second is the name, in brackets.
    private static int Nice()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
