using System.Diagnostics;
using System.Text;

namespace NetLab.Benchmarks.Topologies;

/// <summary>
/// Hosts on one bridge by <c>ip -batch</c>: one process makes the namespaces, one everything of the switch, one each host's own settings. Their names are
/// on a tmpfs that only this program's mount namespace sees, and go with it.
/// </summary>
internal static class IpBatchStar
{
    /// <summary>Milliseconds until everything is built, without the starting of the shell; null without <c>ip</c> or <c>unshare</c>.</summary>
    public static async Task<double?> BuildAsync(int hosts)
    {
        var script = new StringBuilder("set -e\nmount -n -t tmpfs none /run\nmkdir /run/b\n");
        Batch(script, "all", Enumerable.Range(0, hosts).Select(i => $"netns add h{i}").Prepend("netns add switch"));
        Batch(
            script,
            "switch",
            Enumerable.Range(0, hosts).Select(i => $"link add h{i} master br0 up type veth peer name eth0 netns h{i}").Prepend("link add br0 up type bridge"));
        for (var i = 0; i < hosts; i++)
        {
            Batch(script, $"h{i}", ["link set lo up", "link set eth0 up", $"address add {Plan.Host(i)}/16 dev eth0"]);
        }

        script.Append("echo started; read go\nip -batch /run/b/all\nip -n switch -batch /run/b/switch\n");
        script.Append($"i=0; while [ $i -lt {hosts} ]; do ip -n h$i -batch /run/b/h$i; i=$((i+1)); done\necho built\n");

        var start = new ProcessStartInfo("unshare", ["--mount", "sh"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            using var shell = Process.Start(start)!;
            await shell.StandardInput.WriteLineAsync(script).ConfigureAwait(false);
            await shell.StandardInput.FlushAsync().ConfigureAwait(false);
            if (await shell.StandardOutput.ReadLineAsync().ConfigureAwait(false) != "started")
            {
                throw new InvalidOperationException("ip -batch could not be prepared; what the shell said is on standard error.");
            }

            var begin = Stopwatch.GetTimestamp();
            await shell.StandardInput.WriteLineAsync("go").ConfigureAwait(false);
            shell.StandardInput.Close();
            var built = await shell.StandardOutput.ReadLineAsync().ConfigureAwait(false);
            var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            await shell.WaitForExitAsync().ConfigureAwait(false);
            return built == "built" ? time : throw new InvalidOperationException("ip -batch failed; what it said is on standard error.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static void Batch(StringBuilder script, string file, IEnumerable<string> commands) =>
        script.Append($"cat > /run/b/{file} <<EOF\n{string.Join('\n', commands)}\nEOF\n");
}
