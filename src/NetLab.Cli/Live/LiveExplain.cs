using System.Diagnostics;
using System.Globalization;
using NetLab.Linux;
using NetLab.Scenarios;

namespace NetLab.Cli.Live;

/// <summary>What <c>netlab explain --live</c> is asked for.</summary>
/// <param name="Namespaces">The namespaces, in the words of <see cref="NamespaceWords"/>.</param>
/// <param name="Filter">Which frames, in the words of <see cref="FrameFilter"/>.</param>
/// <param name="OnlyStopped">Whether frames that went well are left out.</param>
/// <param name="For">How long; null until it is interrupted.</param>
/// <param name="Count">How many frames at most; null for any number.</param>
/// <param name="Rules">Whether nftables is to trace its rules.</param>
/// <param name="Pcapng">A capture file to write too.</param>
/// <param name="Json">Whether to write JSON.</param>
internal sealed record LiveQuestion(IReadOnlyList<string> Namespaces, string? Filter, bool OnlyStopped, string? For, int? Count, bool Rules,
    string? Pcapng, bool Json);

/// <summary>
/// Watches namespaces that NetLab did not make, and tells what becomes of their frames, until the time is over, there were enough, or somebody presses Ctrl-C.
/// </summary>
internal static class LiveExplain
{
    private const int MostInFile = 10_000;

    public static async Task<int> RunAsync(Terminal terminal, LiveQuestion asked, CancellationToken interrupted)
    {
        var filter = FrameFilter.Parse(asked.Filter);
        TimeSpan? time = asked.For is null ? null : Duration(asked.For);
        await using var lab = Adopt(asked.Namespaces);
        using var watch = new NamespaceWatch(lab, filter.Matches, asked.Rules);
        ILiveView view = asked.Json ? new LiveJson(terminal.Out) : new LiveText(terminal.Page);
        var tally = new LiveTally();
        var kept = new List<Fate>();
        view.Begin(lab, watch, asked.Rules);
        var start = Stopwatch.GetTimestamp();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        if (time is { } some)
        {
            end.CancelAfter(some);
        }

        await foreach (var fate in watch.FatesAsync(end.Token).ConfigureAwait(false))
        {
            var troubles = LiveTally.Troubles(fate);
            if (asked.OnlyStopped && troubles.Count == 0)
            {
                continue;
            }

            view.Show(fate, tally.Add(fate, troubles), troubles.Count > 0);
            if (asked.Pcapng is not null && kept.Count < MostInFile)
            {
                kept.Add(fate);
            }

            if (tally.Frames == asked.Count)
            {
                break;
            }
        }

        view.End(tally, watch, Stopwatch.GetElapsedTime(start));
        if (asked.Pcapng is not null)
        {
            OutputFile.Write(asked.Pcapng, path => FatePcapng.Write(path, kept));
        }

        return ExitCode.Fine;
    }

    private static Lab Adopt(IReadOnlyList<string> words)
    {
        var open = new List<(string Name, NetworkNamespace Namespace)>();
        try
        {
            foreach (var word in words)
            {
                open.Add(NamespaceWords.Open(word));
            }
        }
        catch
        {
            open.ForEach(o => o.Namespace.Dispose());
            throw;
        }

        try
        {
            return Lab.Adopt(open);
        }
        catch (TopologyException same)
        {
            throw new InputException($"--live: {same.Message}");
        }
    }

    /// <summary>A time as the command line has it.</summary>
    /// <exception cref="InputException">It is none.</exception>
    internal static TimeSpan Duration(string text)
    {
        (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)];
        foreach ((var unit, var seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds is > 0 and < 2e6)
            {
                return TimeSpan.FromSeconds(number * seconds);
            }
        }

        throw new InputException($"--for: '{text}' is no time; write 10s, 500ms, 2m or 1h");
    }
}
