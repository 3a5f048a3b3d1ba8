using NetLab.Testing;
using Xunit;
using Xunit.Abstractions;

namespace NetLab.Xunit;

/// <summary>
/// A lab that the tests of a class share (<c>IClassFixture&lt;T&gt;</c>), or those of a collection. It is built once, before the
/// first <see cref="LabFactAttribute"/> or <see cref="LabTheoryAttribute"/> that runs; where that fails, every test that asks for the lab fails with
/// the same exception, rather than with xunit's words about a constructor. Where all of them are skipped it is not built.
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
    private readonly SharedLab _shared;

    /// <summary>A fixture whose lab behaves as <paramref name="options"/> say; null for the defaults.</summary>
    protected LabFixture(LabOptions? options = null) => _shared = new SharedLab(Describe, ReadyAsync, options);

    /// <inheritdoc cref="SharedLab.Lab"/>
    public Lab Lab => _shared.Lab;

    /// <summary>Describes the lab.</summary>
    protected abstract void Describe(Lab lab);

    /// <summary>Called once the lab is applied, for what must run before the first test.</summary>
    protected virtual Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Called by xunit, also where all tests are skipped, and so builds nothing.</summary>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Called by xunit after the last test.</summary>
    public virtual Task DisposeAsync() => _shared.DisposeAsync().AsTask();

    /// <summary>A test that has this fixture is about to run.</summary>
    internal Task BuildAsync() => _shared.BuildAsync();
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
        ArgumentNullException.ThrowIfNull(output);
        Fixture = fixture;
        Output = output;
        LabLog.WriteDrawing(fixture.Lab, output.WriteLine);
    }

    /// <summary>The fixture.</summary>
    protected TFixture Fixture { get; }

    /// <summary>The lab, applied.</summary>
    protected Lab Lab => Fixture.Lab;

    /// <summary>Where the test writes.</summary>
    protected ITestOutputHelper Output { get; }
}
