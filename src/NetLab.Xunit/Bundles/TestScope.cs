using System.Text;

namespace NetLab.Xunit;

/// <summary>
/// One running test, and the labs in it. A lab that a test made is disposed before xunit says that the test failed, so a bundle is written when a lab
/// is about to go and something was thrown in the test; it is kept if the test then fails, and removed if that was caught and expected.
/// </summary>
internal sealed class TestScope
{
    private static readonly AsyncLocal<TestScope?> CurrentScope = new();

    private readonly FailedRun _run;
    private readonly List<Lab> _shared = [];
    private readonly List<FailureBundle> _bundles = [];
    private Exception? _thrown;

    static TestScope() => AppDomain.CurrentDomain.FirstChanceException += (_, e) =>
    {
        if (CurrentScope.Value is { } scope && e.Exception is not OperationCanceledException)
        {
            scope._thrown = e.Exception;
        }
    };

    private TestScope(string name, string rerun) => _run = new FailedRun(name) { Rerun = rerun };

    /// <summary>The test that runs here; null where none of ours does.</summary>
    public static TestScope? Current => CurrentScope.Value;

    /// <summary>Begins a test. It ends with the asynchronous method that calls this.</summary>
    public static TestScope Begin(string name, string rerun)
    {
        var scope = new TestScope(name, rerun);
        CurrentScope.Value = scope;
        Lab.BeforeDisposal = scope.BeforeDisposalAsync;
        return scope;
    }

    /// <summary>A lab that was there before the test and stays after it.</summary>
    public void Shares(Lab lab) => _shared.Add(lab);

    /// <summary>The test failed, and says why: what to add to its text.</summary>
    public string Keep(string failure)
    {
        foreach (Lab lab in _shared.Where(l => l.IsApplied))
        {
            // xunit tells this between the tests, and waits for nothing.
            Task.Run(() => WriteAsync(lab)).GetAwaiter().GetResult();
        }

        var text = new StringBuilder();
        foreach (FailureBundle bundle in _bundles)
        {
            bundle.SetFailure($"{_run.Name}{Environment.NewLine}{failure}");
            text.AppendLine().Append(bundle);
        }

        _bundles.Clear();
        return text.ToString();
    }

    /// <summary>The test did not fail: what was thrown in it was meant to be.</summary>
    public void Forget()
    {
        _bundles.ForEach(b => b.Delete());
        _bundles.Clear();
        _thrown = null;
    }

    private async ValueTask BeforeDisposalAsync(Lab lab)
    {
        if (_thrown is not null && lab.Nodes.Count > 0)
        {
            await WriteAsync(lab).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(Lab lab)
    {
        if (await FailureBundle.WriteAsync(lab, _thrown is { } thrown ? _run.About(thrown) : _run).ConfigureAwait(false) is { } bundle)
        {
            _bundles.Add(bundle);
        }
    }
}
