using NetLab.Testing;
using Xunit;

namespace NetLab.Xunit;

/// <summary>
/// A lab that the tests of a class share (<c>IClassFixture&lt;T&gt;</c>), those of a collection, or those of the whole assembly
/// (<c>[assembly: AssemblyFixture(typeof(T))]</c>). It is built once; where that fails, every
/// test that asks for the lab fails with the same exception, rather than with xunit's words about a constructor.
/// </summary>
/// <example>
/// <code>
/// public sealed class TwoHosts : LabFixture
/// {
///     public Node H1 { get; private set; } = null!;
///     protected override void Describe(Lab lab) => H1 = lab.AddHost("h1", lab.AddNode("switch").AddBridge("br0"), "10.0.0.1/24");
/// }
/// public sealed class Tests(TwoHosts hosts) : LabTestBase&lt;TwoHosts&gt;(hosts) { … }
/// </code>
/// </example>
public abstract class LabFixture : IAsyncLifetime
{
    private readonly SharedLab _shared;

    /// <summary>A fixture whose lab behaves as <paramref name="options"/> say; null for the defaults.</summary>
    protected LabFixture(LabOptions? options = null) => _shared = new SharedLab(Describe, ReadyAsync, options);

    /// <inheritdoc cref="SharedLab.Lab"/>
    public Lab Lab => _shared.Lab;

    /// <summary>Describes the lab.</summary>
    protected abstract void Describe(Lab lab);

    /// <summary>Called once the lab is applied, for what must run before the first test.</summary>
    protected virtual Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Called by xunit before the first test.</summary>
    public async ValueTask InitializeAsync() => await _shared.BuildAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);

    /// <summary>Called by xunit after the last test.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _shared.DisposeAsync();
    }
}

/// <summary>A class of tests that share the lab of a fixture. The lab is drawn into the output of each test.</summary>
/// <typeparam name="TFixture">The fixture.</typeparam>
public abstract class LabTestBase<TFixture> : IClassFixture<TFixture>
    where TFixture : LabFixture
{
    private readonly ITestOutputHelper? _output;

    /// <summary>A test in the fixture's lab.</summary>
    /// <param name="fixture">The fixture, from xunit.</param>
    /// <param name="output">Where the test writes; by default the output of the test that runs.</param>
    /// <exception cref="Exception">What kept the lab from being built.</exception>
    protected LabTestBase(TFixture fixture, ITestOutputHelper? output = null)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Fixture = fixture;
        _output = output;
        Running.Begin();
        LabLog.WriteDrawing(fixture.Lab, Output.WriteLine);
    }

    /// <summary>The fixture.</summary>
    protected TFixture Fixture { get; }

    /// <summary>The lab, applied.</summary>
    protected Lab Lab => Fixture.Lab;

    /// <summary>Where the test writes.</summary>
    protected ITestOutputHelper Output => _output ?? Running.Output;

    /// <summary>Is cancelled when xunit ends the test early: by its <c>Timeout</c>, or with the whole run.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
