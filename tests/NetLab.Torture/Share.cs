using System.Diagnostics;
using System.Globalization;

namespace NetLab.Torture;

/// <summary>One torment's share of the time: turns with a seed each, until the time is over; what failed is kept with its seed.</summary>
internal sealed class Share(ITorment torment, int seed, TimeSpan time, int turns)
{
    private const int MostFailures = 10;

    private long _turns;
    private long _units;
    private TimeSpan _took;

    /// <summary>What did not hold, a line or more each.</summary>
    public List<string> Failures { get; } = [];

    public async Task RunAsync(CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        while (_turns < turns && (_turns == 0 || Stopwatch.GetElapsedTime(start) < time) && Failures.Count < MostFailures && !ct.IsCancellationRequested)
        {
            // Each turn can be had again alone.
            var turn = unchecked(seed + (int)_turns);
            try
            {
                _units += await torment.TurnAsync(new Random(turn), ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // Whatever it is, that is what is looked for.
            catch (Exception wrong)
#pragma warning restore CA1031
            {
                var what = wrong is TortureException ? wrong.Message : wrong.ToString();
                Failures.Add($"FAILED  {torment.Name}: --only '{torment.Name}' --seed {turn} --turns 1: {what}");
            }

            _turns++;
        }

        if (torment.Fault is { } fault)
        {
            Failures.Add($"FAILED  {torment.Name}: {fault}");
        }

        _took = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>The figure, and what failed.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Failures.Prepend(string.Create(
        CultureInfo.InvariantCulture,
            $"{torment.Name,-16} {_units,12:n0} {torment.Unit}, {_turns:n0} turns, {_took.TotalSeconds:0.0} s, " +
                $"{Failures.Count} failed{(torment.Note is { Length: > 0 } note ? $"; {note}" : "")}")));
}
