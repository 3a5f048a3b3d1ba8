using NetLab.Testing;
using Xunit;

namespace NetLab.Xunit;

/// <summary>
/// A class of tests that each have a lab of their own. The lab is drawn into the test's output when it is applied, what its
/// programs wrote and what its VMs received follows at the end, and then all of it is removed.
/// </summary>
/// <example>
/// <code>
/// public sealed class Bridges : LabTestBase
/// {
///     [LabFact]
///     public async Task Two_hosts_reach_each_other()
///     {
///         var bridge = Lab.AddNode("switch").AddBridge("br0");
///         var h1 = Lab.AddHost("h1", bridge, "10.0.0.1/24");
///         var h2 = Lab.AddHost("h2", bridge, "10.0.0.2/24");
///         await ApplyAsync();
///         (await h1.PingAsync(h2)).ShouldSucceed();
///     }
/// }
/// </code>
/// </example>
public abstract class LabTestBase : IAsyncLifetime
{
    private readonly ITestOutputHelper? _output;

    /// <summary>Makes the test's lab, still empty.</summary>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    protected LabTestBase(LabOptions? options = null)
    {
        Running.Begin();
        Lab = new Lab(options);
    }

    /// <summary>The same as for xunit 2: makes the test's lab, still empty.</summary>
    /// <param name="output">Where the test writes, from xunit.</param>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    protected LabTestBase(ITestOutputHelper output, LabOptions? options = null)
        : this(options) => _output = output;

    /// <summary>The test's lab.</summary>
    protected Lab Lab { get; }

    /// <summary>Where the test writes.</summary>
    protected ITestOutputHelper Output => _output ?? Running.Output;

    /// <summary>Is cancelled when xunit ends the test early: by its <c>Timeout</c>, or with the whole run.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Draws the lab into the test's output and makes the kernel match it.</summary>
    /// <param name="ct">Gives up; by default <see cref="Cancellation"/>.</param>
    protected Task ApplyAsync(CancellationToken ct = default)
    {
        LabLog.WriteDrawing(Lab, Output.WriteLine);
        return Lab.ApplyAsync(ct.CanBeCanceled ? ct : Cancellation);
    }

    /// <summary>Called by xunit before the test.</summary>
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Called by xunit after the test: writes what happened and removes the lab.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        LabLog.WriteHappenings(Lab, Output.WriteLine);
        return Lab.DisposeAsync();
    }
}
