using System.Diagnostics;
using System.Globalization;
using NetLab.Linux.Processes;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Patience is over by the clock where the machine is idle, and later where others have the processors.</summary>
public sealed class PatienceTests
{
    private readonly SetClock _clock = new();
    private TimeSpan _scarce;

    [Fact]
    public void On_an_idle_machine_it_is_over_by_the_clock()
    {
        var patience = Begin();
        Assert.False(After(patience, 0.99));
        Assert.True(After(patience, 0.01));
        Assert.Equal("1 s", patience.Words);
    }

    [Fact]
    public void What_others_had_of_the_processors_does_not_count()
    {
        var patience = Begin();
        Assert.False(After(patience, 0.2));
        for (var i = 0; i < 4; i++)
        {
            _scarce += TimeSpan.FromSeconds(0.75);
            Assert.Equal(i == 3, After(patience, 1));
        }

        Assert.Equal("1 s (4.2 s by the clock: the processors were busy)", patience.Words);
    }

    [Fact]
    public void It_ends_some_time_whatever_others_have()
    {
        var patience = Begin();
        Assert.False(After(patience, 0.2));
        _scarce = TimeSpan.FromHours(1);
        Assert.False(After(patience, 11.7));
        Assert.True(After(patience, 0.1));
    }

    [Fact]
    public void Who_comes_to_look_when_it_is_long_over_has_had_no_processor()
    {
        var patience = Begin();
        Assert.False(After(patience, 5));
        Assert.True(After(patience, 1));
    }

    [Fact]
    public void It_begins_anew_when_something_moves_though_not_for_ever()
    {
        var patience = Begin();
        for (var i = 0; i < 13; i++)
        {
            Assert.False(After(patience, 0.9));
            patience.Moved();
        }

        Assert.Equal("1 s", patience.Words);
        Assert.True(After(patience, 0.4), "Twelve times as long is the most.");
    }

    [Fact]
    public void What_was_scarce_before_something_moved_does_not_count_after_it()
    {
        var patience = Begin();
        Assert.False(After(patience, 0.2));
        _scarce += TimeSpan.FromSeconds(0.5);
        Assert.False(After(patience, 0.5));
        patience.Moved();
        Assert.False(After(patience, 0.9));
        Assert.True(After(patience, 0.1));
    }

    // Programs that never stop, on one processor: while one has it, the others wait, each of them for three times as long.
    [LabFact]
    public async Task What_a_program_of_a_node_waits_for_a_processor_is_seen()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("a");
        await lab.ApplyAsync();
        Assert.Empty(lab.Live.Programs);
        // The first that this process may use.
        var processor = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1]
            .Split('-', ',')[0];
        for (var i = 0; i < 4; i++)
        {
            node.Start("taskset", "-c", processor, "sh", "-c", "while :; do :; done");
        }

        Assert.Equal(4, lab.Live.Programs.Count);
        var wait = new ProcessorWait(() => lab.Live.Programs);
        var (before, begun) = (Waited(), Stopwatch.GetTimestamp());
        Assert.Equal(TimeSpan.Zero, wait.Look());
        using var enough = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (wait.Look() < TimeSpan.FromSeconds(0.5))
        {
            await Task.Delay(20, enough.Token);
        }

        var elapsed = Stopwatch.GetElapsedTime(begun);
        Assert.True(Waited() - before > elapsed, "Together they have waited for longer than the clock says.");
        Assert.InRange(wait.Look(), TimeSpan.FromSeconds(0.5), Stopwatch.GetElapsedTime(begun));

        TimeSpan Waited() => TimeSpan.FromMicroseconds(lab.Live.Programs.Sum(pid => long.Parse(File.ReadAllText($"/proc/{pid}/schedstat").Split(' ')[1],
            CultureInfo.InvariantCulture)) / 1000);
    }

    [LabFact]
    public async Task A_program_that_says_nothing_is_given_up_in_time()
    {
        await using var lab = new Lab(new LabOptions { Patience = TimeSpan.FromSeconds(0.2) });
        var node = lab.AddNode("a");
        await lab.ApplyAsync();
        var silent = node.Start("sleep", "1000");
        var late = await Assert.ThrowsAsync<TimeoutException>(() => silent.WaitForLineAsync(_ => true));
        Assert.StartsWith("a$ sleep 1000 wrote no such line within 0.2 s", late.Message);
    }

    private Patience Begin() => new(TimeSpan.FromSeconds(1), () => _scarce, _clock);

    private bool After(Patience patience, double seconds)
    {
        _ = patience.IsOver;
        _clock.Now += TimeSpan.FromSeconds(seconds);
        return patience.IsOver;
    }

    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
