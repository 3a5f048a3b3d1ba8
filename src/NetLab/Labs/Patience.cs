using System.Globalization;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>
/// How long a wait goes on: what patience says by the clock, less the time in which the lab's own work was ready to run and others had the processors. On a
/// machine that is busy with other things it lasts longer, within reason.
/// </summary>
internal sealed class Patience
{
    private const int Longest = 12; // times what it is, by the clock

    // Nearly every wait is over sooner, and need not know how busy the machine is.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _most;
    private readonly Func<TimeSpan> _scarce;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private TimeSpan? _before;

    /// <summary>A wait of a lab begins: for as long as is asked for, or as the lab's options say.</summary>
    public Patience(Lab lab, TimeSpan? most = null)
        : this(most ?? lab.Options.Patience, () => ProcessorWait.Of(lab.Live.Programs), TimeProvider.System)
    {
    }

    /// <param name="most">How long it is.</param>
    /// <param name="scarce">For how long the lab's work has waited for a processor so far.</param>
    /// <param name="clock">The clock.</param>
    internal Patience(TimeSpan most, Func<TimeSpan> scarce, TimeProvider clock) =>
        (_most, _scarce, _clock, _start) = (most, scarce, clock, clock.GetTimestamp());

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Left <= TimeSpan.Zero;

    /// <summary>How long it was, in words.</summary>
    public string Words => _clock.GetElapsedTime(_start) is var elapsed && elapsed < _most * 1.5
        ? string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds:0.###} s")
        : string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds:0.###} s ({elapsed.TotalSeconds:0.#} s by the clock: the processors were busy)");

    private TimeSpan Left
    {
        get
        {
            var elapsed = _clock.GetElapsedTime(_start);
            if (_before is not { } before)
            {
                if (elapsed < Moment && elapsed < _most)
                {
                    return _most < Moment ? _most - elapsed : Moment - elapsed;
                }

                _before = before = _scarce();
            }

            if (elapsed < _most || elapsed >= Longest * _most)
            {
                return elapsed < _most ? _most - elapsed : TimeSpan.Zero;
            }

            var scarce = _scarce() - before;
            return _most + (scarce < elapsed ? scarce : elapsed) - elapsed;
        }
    }

    /// <inheritdoc cref="WaitAsync{T}"/>
    public Task WaitAsync(Func<CancellationToken, Task> wait, CancellationToken ct) =>
        WaitAsync(
            async over =>
            {
                await wait(over).ConfigureAwait(false);
                return true;
            },
            ct);

    /// <summary>Waits for something, until it is there or patience is over.</summary>
    /// <param name="wait">Begins the wait, which ends when it is told so.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="OperationCanceledException">It is over: by <paramref name="ct"/>, or by patience.</exception>
    public async Task<T> WaitAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var waiting = wait(over.Token);
        while (!waiting.IsCompleted && Left is var left && left > TimeSpan.Zero)
        {
            // Not less than the clock's own step, or it would be looked at without a pause.
            await Task.WhenAny(waiting, Task.Delay(left > Step ? left : Step, over.Token)).ConfigureAwait(false);
        }

        await over.CancelAsync().ConfigureAwait(false); // the clock that is still set; and the wait, where patience is over
        return await waiting.ConfigureAwait(false);
    }
}

/// <summary>The programs of a lab.</summary>
internal sealed partial class LiveLab
{
    /// <summary>The processes that were started in the nodes and run.</summary>
    public IReadOnlyList<int> Programs => _processes?.Pids ?? [];
}
