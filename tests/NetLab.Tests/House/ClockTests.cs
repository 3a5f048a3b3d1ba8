using System.Text.RegularExpressions;

namespace NetLab.Tests.House;

/// <summary>
/// Nobody gives up by the clock on the wall: a wait of a lab is counted by <see cref="Patience"/>, in which time without a processor does not count, and
/// which begins anew when something moves. Whatever else looks at a clock is here, with what for.
/// </summary>
public sealed partial class ClockTests
{
    private static readonly Dictionary<string, (int Places, string WhatFor)> Allowed = new()
    {
        ["NetLab/Labs/Patience.cs"] = (1, "it is patience"),
        ["NetLab/Labs/Barrier.cs"] = (2, "how often it looks; it gives up by patience"),
        ["NetLab/Nodes/Node.Waiting.cs"] = (1, "how often it looks; it gives up by patience"),
        ["NetLab/Forwarding/Observers.cs"] = (1, "how often it looks; it gives up by patience"),
        ["NetLab/Switching/OvsInstance.cs"] = (1, "how often it looks; it gives up by patience"),
        ["NetLab/Switching/OvsInstance.Patience.cs"] = (1, "when to look whether a daemon is stopped; one that runs has twelve times as long"),
        ["NetLab/Vms/FrameStream.cs"] = (1, "when to look; it gives up by patience"),
        ["NetLab/Nodes/RunningContainer.cs"] = (1, "an engine outside of the lab, which may never answer"),
        ["NetLab.Testcontainers/ContainerEngine.cs"] = (1, "an engine outside of the lab, which may never answer"),
        ["NetLab.Testing/Elsewhere.cs"] = (1, "an engine outside of the lab, which may never answer"),
        ["NetLab/Forwarding/Happenings/AskingAgain.cs"] = (1, "whether one more ping begins for a text that somebody waits for"),
        ["NetLab/Watching/KnownDrops.cs"] = (1, "how long a reason is told again without a look"),
        ["NetLab/Watching/SocketFrames.cs"] = (1, "when a frame of others is told; what of it comes later is told as another"),
        ["NetLab/Watching/NamespaceWatch.cs"] = (1, "how often it looks"),
        ["NetLab.Cli/Live/LiveExplain.cs"] = (1, "the time that the reader asked for"),
        ["NetLab.Cli/Live/LiveText.cs"] = (1, "how often equal lines are summed up"),
        ["NetLab.Cli/Keeping/KeptLab.cs"] = (1, "the time that the reader asked for"),
        ["NetLab.Linux/Taps/Tap.cs"] = (3, "another owner of a tap is told, unless a child of ours that begins has it: nobody tells when that has closed it"),
    };

    [Fact]
    public void Who_waits_waits_by_patience() => Assert.Equal(
        Allowed.Select(place => $"{place.Key}: {place.Value.Places}").Order(StringComparer.Ordinal),
        Places().GroupBy(place => place.File).Select(file => $"{file.Key}: {file.Count()}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("limit.CancelAfter(Longest);")]
    [InlineData("using var enough = new CancellationTokenSource(Longest);")]
    [InlineData("while (Stopwatch.GetElapsedTime(start) < alone.Patience)")]
    [InlineData("await process.Exited.WaitAsync(stage.Lab.Options.Patience, ct);")]
    [InlineData("await Task.WhenAny(exited, Task.Delay(TimeSpan.FromSeconds(5), ct));")]
    [InlineData("var rest = patience - Stopwatch.GetElapsedTime(since);")]
    public void A_wait_by_the_clock_is_found(string line) => Assert.Matches(LooksAtAClock(), line);

    [Theory]
    [InlineData("using var over = new CancellationTokenSource();")]
    [InlineData("await patience.WaitAsync(over => wait(events, over), ct);")]
    [InlineData("view.End(tally, watch, Stopwatch.GetElapsedTime(start));")]
    public void What_measures_or_waits_for_ever_is_not(string line) => Assert.DoesNotMatch(LooksAtAClock(), line);

    /// <summary>A test gives up to be no endless one, and is no judge of how fast a machine is that others use too.</summary>
    [Fact]
    public void A_test_gives_up_after_a_minute_at_the_earliest() =>
        Assert.DoesNotContain(Lines("tests"), place => place.File != "NetLab.Tests/House/ClockTests.cs" && GivesUpSoon().IsMatch(place.Line));

    [Theory]
    [InlineData("using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));")]
    [InlineData("await asked.Task.WaitAsync(TimeSpan.FromSeconds(10));")]
    [InlineData("var read = await Task.WhenAny(program.ReceiveAsync(), Task.Delay(TimeSpan.FromSeconds(5)));")]
    [InlineData("Assert.True(begun.Elapsed < TimeSpan.FromSeconds(10));")]
    [InlineData("Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(5));")]
    [InlineData("private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);")]
    [InlineData("var probe = await host.ProbeUdpAsync(server, 7, patience: TimeSpan.FromMilliseconds(300));")]
    public void A_test_that_gives_up_soon_is_found(string line) => Assert.Matches(GivesUpSoon(), line);

    private static IEnumerable<(string File, string Line)> Places() => Lines("src").Where(place => LooksAtAClock().IsMatch(place.Line));

    private static IEnumerable<(string File, string Line)> Lines(string folder)
    {
        var sources = Path.Combine(SourceTree.Root, folder);
        return from file in Directory.GetFiles(sources, "*.cs", SearchOption.AllDirectories)
               where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
               from line in File.ReadLines(file)
               where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
               select (Path.GetRelativePath(sources, file), line);
    }

    // What is to end soon is called enough.
    [GeneratedRegex(@"(?:(?<!\benough = new )CancellationTokenSource|WaitAsync|WaitForExit|SpinUntil|Task\.Delay|TimeSpan Patience =|\bpatience:"
        + @"|Elapsed(?:Time\(\w+\))? <).*TimeSpan\.From(?:Milli)?[Ss]econds\(\d")]
    private static partial Regex GivesUpSoon();

    [GeneratedRegex(@"CancelAfter\(|Task\.Delay\(|Thread\.Sleep\(|TickCount|\.ElapsedMilliseconds|GetElapsedTime\([^)]*\) ?[<>]|[-<>] Stopwatch\.GetElapsedTime"
        + @"|WaitForExit\([^)]|ReceiveTimeout =|HttpClient\(.*Timeout =|new CancellationTokenSource\([^)]|new PeriodicTimer\(|new Timer\("
        + @"|\.WaitAsync\([^)=]*(?:[Pp]atience|TimeSpan|Longest)|UtcNow - \w+ -")]
    private static partial Regex LooksAtAClock();
}
