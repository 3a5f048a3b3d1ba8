using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>A namespace that outlives the lab is given back as it was.</summary>
public sealed class GivenNamespaceTests
{
    [LabFact]
    public async Task Nothing_that_the_lab_put_in_stays()
    {
        using var given = NetworkNamespace.Create();
        await using (var lab = new Lab())
        {
            var node = lab.AddNode("given", _ => ValueTask.FromResult(
                NetworkNamespace.OpenPath($"/proc/{Environment.ProcessId}/fd/{given.Handle.DangerousGetHandle()}")));
            var bridge = node.AddBridge("br0");
            node.AddVm("vm", bridge, vm => vm.Address("10.0.0.1/24"));
            bridge.Attach(node.AddTap("tap0"));
            lab.AddHost("host", bridge, "10.0.0.2/24");
            await lab.ApplyAsync();
            Assert.Equal(["br0", "host", "lo", "tap-vm", "tap0"], Names(given));
        }

        Assert.Equal(["lo"], Names(given));
    }

    private static IEnumerable<string> Names(NetworkNamespace ns)
    {
        using var route = RouteSocket.Open(ns);
        return [.. route.GetLinks().Select(l => l.Name).Order(StringComparer.Ordinal)];
    }
}
