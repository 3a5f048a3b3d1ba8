using System.Diagnostics;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>kill -9 at any moment leaves no process, no namespace, no device and no file.</summary>
public class CrashTests
{
    private const int Times = 25;

    // On an idle machine it takes a fraction of a second; what is there after this is there for good.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData("bridge")]
    [InlineData("ovs")]
    public async Task A_kill_at_any_moment_leaves_nothing(string kind)
    {
        var random = new Random(20_26);
        using var folders = await PrivateFolders.CreateAsync();
        for (var i = 0; i < Times; i++)
        {
            var mark = Guid.NewGuid().ToString("N");
            using var probe = folders.Start(mark, "dotnet", Path.Combine(AppContext.BaseDirectory, "NetLab.CrashProbe.dll"), "lab", kind);
            var inodes = new List<string>();
            var phase = "starting";

            // Some runs are killed while the first lab is being built, some in a later turn.
            var lines = random.Next(1, 30);
            for (var line = 0; line < lines && await probe.StandardOutput.ReadLineAsync() is { } text; line++)
            {
                phase = text;
                if (text.StartsWith("namespace ", StringComparison.Ordinal))
                {
                    inodes.Add(text["namespace ".Length..]);
                }
            }

            Thread.SpinWait(random.Next(0, 300_000));
            Assert.False(probe.HasExited, $"The program ended by itself after '{phase}'.");
            var processes = Leftovers.Processes(mark);
            var files = folders.Files();
            probe.Kill();
            await probe.WaitForExitAsync();
            Assert.Equal([], files);

            var deadline = Stopwatch.StartNew();
            IReadOnlyList<string> left;
            do
            {
                left = [.. Leftovers.StillThere(processes.Concat(Leftovers.Processes(mark))), .. Leftovers.Mounts(inodes), .. folders.Files()];
            }
            while (left.Count > 0 && deadline.Elapsed < Patience);

            Assert.True(left.Count == 0,
                $"{Patience.TotalSeconds} s after kill -9 (run {i}, {kind}, after '{phase}') these are " +
                    $"left:{Environment.NewLine}{string.Join(Environment.NewLine, left)}");
        }
    }
}
