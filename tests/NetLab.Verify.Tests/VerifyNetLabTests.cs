using System.Runtime.CompilerServices;
using VerifyTests;
using static VerifyXunit.Verifier;

namespace NetLab.Tests;

/// <summary>Snapshots of what a lab tells.</summary>
public sealed class VerifyNetLabTests
{
    [ModuleInitializer]
    internal static void Initialize()
    {
        VerifyNetLab.Initialize();
        VerifierSettings.UseUtf8NoBom();
    }

    [Fact]
    public async Task A_lab_is_drawn_the_same_every_time()
    {
        await using var lab = new Lab();
        Bridge bridge = lab.AddNode("compute").AddBridge("br0");
        bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await Verify(lab);
    }
}
