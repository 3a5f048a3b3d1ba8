using System.Runtime.ExceptionServices;
using Xunit;
using Xunit.Abstractions;

namespace NetLab.Xunit;

/// <summary>
/// A lab that the tests of a class share (<c>IClassFixture&lt;T&gt;</c>), or those of a collection. It is built once; where that fails, every
/// test that asks for the lab fails with the same exception, rather than with xunit's words about a constructor.
/// </summary>
/// <example>
/// <code>
/// public sealed class TwoHosts : LabFixture
/// {
///     public Node H1 { get; private set; } = null!;
///     protected override void Describe(Lab lab) => H1 = lab.AddHost("h1", lab.AddNode("switch").AddBridge("br0"), "10.0.0.1/24");
/// }
/// public sealed class Tests(TwoHosts hosts, ITestOutputHelper output) : LabTestBase&lt;TwoHosts&gt;(hosts, output) { … }
/// </code>
/// </example>
#pragma warning disable CA1001 // xunit disposes it by IAsyncLifetime.
public abstract class LabFixture : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly Lab _lab;
    private ExceptionDispatchInfo? _failure;

    /// <summary>A fixture whose lab behaves as <paramref name="options"/> say; null for the defaults.</summary>
    protected LabFixture(LabOptions? options = null) => _lab = new Lab(options);

    /// <summary>The lab, applied.</summary>
    /// <exception cref="Exception">Whatever kept it from being built, each time it is asked for.</exception>
    public Lab Lab
    {
        get
        {
            _failure?.Throw();
            return _lab;
        }
    }

    /// <summary>Describes the lab.</summary>
    protected abstract void Describe(Lab lab);

    /// <summary>Called once the lab is applied, for what must run before the first test.</summary>
    protected virtual Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Called by xunit before the first test.</summary>
    public async Task InitializeAsync()
    {
        try
        {
            Describe(_lab);
            await _lab.ApplyAsync().ConfigureAwait(false);
            await ReadyAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, each test shall fail with it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }
    }

    /// <summary>Called by xunit after the last test.</summary>
    public virtual Task DisposeAsync() => _lab.DisposeAsync().AsTask();
}

/// <summary>A class of tests that share the lab of a fixture. The lab is drawn into the output of each test.</summary>
/// <typeparam name="TFixture">The fixture.</typeparam>
public abstract class LabTestBase<TFixture> : IClassFixture<TFixture>
    where TFixture : LabFixture
{
    /// <summary>A test in the fixture's lab.</summary>
    /// <exception cref="Exception">What kept the lab from being built.</exception>
    protected LabTestBase(TFixture fixture, ITestOutputHelper output)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Fixture = fixture;
        Output = output;
        TestScope.Current?.Shares(fixture.Lab);
        LabLog.WriteDrawing(fixture.Lab, output);
    }

    /// <summary>The fixture.</summary>
    protected TFixture Fixture { get; }

    /// <summary>The lab, applied.</summary>
    protected Lab Lab => Fixture.Lab;

    /// <summary>Where the test writes.</summary>
    protected ITestOutputHelper Output { get; }
}
