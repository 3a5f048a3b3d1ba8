using System.Globalization;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>
/// How long a wait goes on in which nothing moves: what patience says by the clock, less the time in which the lab's own work was ready to run and others had
/// the processors. On a machine that is busy with other things it lasts longer, within reason.
/// </summary>
internal sealed class Patience
{
    private const int Longest = 12; // times what it is, by the clock

    private const int Looks = 20; // in a wait on an idle machine

    /// <summary>Nearly every wait is over before the first look, and need not know how busy the machine is.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _most, _step;
    private readonly Func<TimeSpan> _scarce;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private TimeSpan _late, _scarceSoFar, _looked, _moved, _scarceBefore;

    /// <summary>A wait of a lab begins, or has begun at a timestamp: for as long as is asked for, or as the lab's options say.</summary>
    public Patience(Lab lab, TimeSpan? most = null, long? since = null)
        : this(most ?? lab.Options.Patience, new ProcessorWait(() => lab.Live.Programs).Look, TimeProvider.System, since)
    {
    }

    /// <param name="most">How long it is.</param>
    /// <param name="scarce">For how long the lab's work has waited for a processor since this was asked first.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="since">When it began, by the clock's timestamps; now when null.</param>
    internal Patience(TimeSpan most, Func<TimeSpan> scarce, TimeProvider clock, long? since = null) =>
        (_most, _step, _scarce, _clock, _start) = (most, most / Looks > Moment ? most / Looks : Moment, scarce, clock, since ?? clock.GetTimestamp());

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Left <= TimeSpan.Zero;

    /// <summary>How long to sleep before it is asked again: not less than the clock's own step, or it would be asked without a pause.</summary>
    public TimeSpan NextLook => Left is var left && left < Tick ? Tick : left < _step ? left : _step;

    /// <summary>How long it was in which nothing moved, in words.</summary>
    public string Words => _clock.GetElapsedTime(_start) - _moved is var elapsed && elapsed < _most * 1.5 + Moment
        ? string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds:0.###} s")
        : string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds:0.###} s ({elapsed.TotalSeconds:0.#} s by the clock: the processors were busy)");

    private TimeSpan Left
    {
        get
        {
            Look();
            TimeSpan scarce = _scarceSoFar - _scarceBefore, seen = _looked - _moved;
            var end = _moved + _most + (scarce < seen ? scarce : seen);
            return (end < Longest * _most ? end : Longest * _most) - _clock.GetElapsedTime(_start);
        }
    }

    /// <summary>
    /// Looks how busy the processors are, where it is time to. Whoever waits without asking whether it is over looks meanwhile: what one look misses, no later
    /// one can tell.
    /// </summary>
    public void Look()
    {
        var elapsed = _clock.GetElapsedTime(_start);
        if (elapsed - _looked >= _step || elapsed >= _moved + _most + _scarceSoFar - _scarceBefore)
        {
            // Who comes to look for the first time when it is long over had no processor, for whatever reason.
            _late = _looked == TimeSpan.Zero && elapsed >= _most + _step ? elapsed - _step : _late;
            _scarceSoFar = _late + _scarce();
            _looked = elapsed;
        }
    }

    /// <summary>Something has moved: it begins anew, though not without end where something always moves.</summary>
    public void Moved()
    {
        Look();
        (_moved, _scarceBefore) = (_clock.GetElapsedTime(_start), _scarceSoFar);
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
        while (!waiting.IsCompleted && !IsOver)
        {
            await Task.WhenAny(waiting, Task.Delay(NextLook, over.Token)).ConfigureAwait(false);
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
