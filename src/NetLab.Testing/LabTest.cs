using NetLab.Linux.Probe;

namespace NetLab.Testing;

/// <summary>
/// One running test, and the labs in it. Frameworks say that a test failed when its labs are gone, so a bundle is written when a lab is about to go and
/// something was thrown in the test; it is kept if the test then fails, and removed if that was caught and expected. Labs that are still there at the
/// end (a fixture's, or those of a test that ran out of time) are written then.
/// </summary>
/// <example>
/// Any framework, before and after each test:
/// <code>
/// test = LabTest.Begin("Bridges.Two_hosts_reach_each_other");
/// …
/// if (failed) Write((await test.FailAsync(message)).Text); else test.Pass();
/// </code>
/// </example>
public sealed class LabTest
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly AsyncLocal<LabTest?> Flow = new();
    private static readonly string[] Frameworks = ["System.", "Microsoft.", "Internal.", "NetLab.", "Xunit.", "NUnit."];
    private static Func<LabTest?>? _finder;

    private readonly FailedRun _run;
    private readonly string? _class;
    private readonly Lock _gate = new();
    private readonly List<Lab> _labs = [];
    private readonly List<FailureBundle> _bundles = [];
    private readonly List<string> _happenings = [];
    private Exception? _thrown, _cancelled;
    private MissingFeatureException? _missing;

    static LabTest()
    {
        Lab.Observer = new Watcher();
        AppDomain.CurrentDomain.FirstChanceException += (_, e) => Current?.Note(e.Exception);
    }

    internal LabTest(string name, string? rerun, string? @class)
    {
        _run = new FailedRun(name) { Rerun = rerun, Since = DateTimeOffset.UtcNow };
        _class = @class?.Replace('+', '.'); // as stack traces write it
    }

    /// <summary>The test that runs here; null where none was begun.</summary>
    public static LabTest? Current => Flow.Value ?? _finder?.Invoke();

    // The lab's cause of the failure. A cancellation is one only where it went through the test itself: labs cancel much by themselves.
    private Exception? Thrown => _thrown ?? (WentThroughTheTest(_cancelled) ? _cancelled : null);

    /// <summary>
    /// Begins a test, in the caller's flow of execution: labs that are made in it from now on belong to it. Reserves threads
    /// (<see cref="Lab.ReserveThreads"/>).
    /// </summary>
    /// <param name="name">What it is called in the bundle.</param>
    /// <param name="rerun">The command that runs it again; null where there is none to tell.</param>
    /// <param name="class">The full name of the test's class, where it is below a namespace of a framework: by it a cancellation that went through the test
    /// is known.</param>
    public static LabTest Begin(string name, string? rerun = null, string? @class = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Lab.ReserveThreads();
        return Flow.Value = new LabTest(name, rerun, @class);
    }

    /// <summary>The test also uses a lab that was there before it and stays after it.</summary>
    public void Shares(Lab lab)
    {
        ArgumentNullException.ThrowIfNull(lab);
        lock (_gate)
        {
            if (!_labs.Contains(lab))
            {
                _labs.Add(lab);
            }
        }
    }

    /// <summary>The test failed, for whatever reason.</summary>
    /// <param name="failure">Why, in the framework's words.</param>
    /// <returns>What its labs know of it: the drops and unanswered questions, and the bundles.</returns>
    public async Task<TestFailure> FailAsync(string failure)
    {
        foreach (var lab in Take(_labs).Where(l => l.IsApplied))
        {
            await WriteAsync(lab).ConfigureAwait(false);
        }

        var bundles = Take(_bundles);
        foreach (var bundle in bundles)
        {
            bundle.SetFailure($"{_run.Name}{Environment.NewLine}{failure}");
        }

        return new TestFailure(Take(_happenings), bundles);
    }

    /// <summary>The test did not fail: what was thrown in it was meant to be.</summary>
    public void Pass()
    {
        Take(_labs);
        Take(_happenings);
        Array.ForEach(Take(_bundles), b => b.Delete());
        _thrown = _cancelled = null;
    }

    /// <summary>Why a test that failed with these words is skipped instead: it found late that the machine lacks something; null where it failed.</summary>
    internal string? SkipReason(string failure) => _missing is { } missing && missing.Message == failure ? Requirement.Of(missing).SkipReason : null;

    /// <summary>Why a test that found late that the machine lacks something must fail; null where it is skipped, or found nothing missing.</summary>
    internal Exception? Insisted => _missing is { } missing ? Requirement.Of(missing).Failure : null;

    /// <summary>How a framework with a context of its own finds the test that runs here.</summary>
    internal static void FindBy(Func<LabTest?> finder) => _finder = finder;

    private T[] Take<T>(List<T> list)
    {
        lock (_gate)
        {
            T[] all = [.. list];
            list.Clear();
            return all;
        }
    }

    // Through its class, or through code that is neither the lab's nor a framework's: a helper, or a test of which the class is not known.
    private bool WentThroughTheTest(Exception? exception) =>
        exception?.StackTrace is { } stack && ((_class is not null && stack.Contains(_class, StringComparison.Ordinal))
            || stack.Split('\n').Any(line => line.Trim() is ['a', 't', ' ', .. var place]
                && !Frameworks.Any(f => place.StartsWith(f, StringComparison.Ordinal))));

    private void Note(Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            _cancelled = exception;
        }
        else
        {
            _thrown = exception;
            _missing = exception as MissingFeatureException ?? _missing;
        }
    }

    private async Task WriteAsync(Lab lab)
    {
        var thrown = Thrown;
        var run = _run with { Happenings = lab.IsApplied ? await HappeningsAsync(lab).ConfigureAwait(false) : null };
        if (await FailureBundle.WriteAsync(lab, thrown is null ? run : run.About(thrown)).ConfigureAwait(false) is { } bundle)
        {
            lock (_gate)
            {
                _bundles.Add(bundle);
            }
        }

        // What the writing itself met and dealt with is not the test's.
        _thrown = thrown;
    }

    // What became of everybody's frames; null where it cannot be read. The text of it is kept for the failure's.
    private async Task<Happenings?> HappeningsAsync(Lab lab)
    {
        var patience = new Patience(lab, Longest);
        Happenings? happenings = null;
        string text;
        try
        {
            happenings = await patience.WaitAsync(over => lab.Drops.ReadAllAsync(_run.Since, false, over, asksAgain: true), CancellationToken.None)
                .ConfigureAwait(false);
            patience.Moved();
            text = await patience.WaitAsync(over => HappeningsText.ShortAsync(lab, happenings, over), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            text = $"What became of other frames could not be read within {patience.Words}.";
        }
#pragma warning disable CA1031 // Whatever goes wrong here must not hide the failure that the text is about.
        catch (Exception wrong)
#pragma warning restore CA1031
        {
            text = $"What became of other frames could not be read: {wrong.Message}";
        }

        lock (_gate)
        {
            _happenings.AddRange(text.Length == 0 ? [] : [text]);
        }

        return happenings;
    }

    private sealed class Watcher : ILabObserver
    {
        public void Made(Lab lab) => Current?.Shares(lab);

        public async ValueTask BeforeDisposalAsync(Lab lab)
        {
            if (Current is not { } test)
            {
                return;
            }

            lock (test._gate)
            {
                test._labs.Remove(lab);
            }

            if (test.Thrown is not null && lab.Nodes.Count > 0)
            {
                await test.WriteAsync(lab).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>What a failed test leaves.</summary>
/// <param name="Happenings">For each lab that has something to tell: who got no answer, and what was dropped, each with cause and remedy.</param>
/// <param name="Bundles">The bundles of its labs: folders to name in the test's text, or to attach to it.</param>
public sealed record TestFailure(IReadOnlyList<string> Happenings, IReadOnlyList<FailureBundle> Bundles)
{
    /// <summary>What belongs at the end of the failure's text: all of it, and the bundles' places. Empty where there is nothing.</summary>
    public string Text => string.Join(Environment.NewLine, Happenings.Concat(Bundles.Select(b => b.ToString())));
}
