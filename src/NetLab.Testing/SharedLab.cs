using System.Runtime.ExceptionServices;
using NetLab.Linux.Probe;

namespace NetLab.Testing;

/// <summary>
/// A lab that several tests share: what a fixture of any framework is made of. It is built once, when the first of them runs or asks for it; where that
/// fails, every test that asks for it fails with the same exception. Where this machine can build no lab at all, nothing is tried.
/// </summary>
public sealed class SharedLab : IAsyncDisposable
{
    private readonly Lab _lab;
    private readonly Action<Lab> _describe;
    private readonly Func<Task> _ready;
    private readonly Lock _gate = new();
    private Task? _building;
    private ExceptionDispatchInfo? _failure;

    /// <summary>A lab that is not yet built.</summary>
    /// <param name="describe">Describes it.</param>
    /// <param name="ready">Called once it is applied, for what must run before the first test.</param>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    public SharedLab(Action<Lab> describe, Func<Task>? ready = null, LabOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(describe);
        _describe = describe;
        _ready = ready ?? (() => Task.CompletedTask);
        _lab = new Lab(options);
    }

    /// <summary>The lab, applied. Asking for it builds it where <see cref="BuildAsync"/> has not.</summary>
    /// <exception cref="Exception">Whatever kept it from being built, each time it is asked for.</exception>
    public Lab Lab
    {
        get
        {
            if (_building is null)
            {
                Task.Run(() => BuildAsync()).GetAwaiter().GetResult();
            }

            _failure?.Throw();
            LabTest.Current?.Shares(_lab);
            return _lab;
        }
    }

    /// <summary>Describes the lab and makes the kernel match it, the first time. Nothing is thrown: the tests fail, not the fixture.</summary>
    /// <param name="ct">Ends the building.</param>
    public Task BuildAsync(CancellationToken ct = default)
    {
        lock (_gate)
        {
            return _building ??= BuildOnceAsync(ct);
        }
    }

    /// <summary>Removes the lab.</summary>
    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private async Task BuildOnceAsync(CancellationToken ct)
    {
        // Not under the lock: what is described may ask for the lab.
        await Task.Yield();
        if (Requirement.Of([]) is { Missing.Count: > 0 } unmet)
        {
            _failure = ExceptionDispatchInfo.Capture(unmet.Failure ?? new MissingFeatureException(unmet.Missing));
            return;
        }

        Lab.ReserveThreads();
        try
        {
            _describe(_lab);
            await _lab.ApplyAsync(ct).ConfigureAwait(false);
            await _ready().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, each test shall fail with it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }
    }
}
