using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Why a guest does not answer what another guest asks in a VLAN.</summary>
public abstract class GuestFates(FrameTracing tracing)
{
    [LabTheory]
    [InlineData(30, 31, "with the tag of VLAN 30, and b has 10.1.0.2 in VLAN 31 alone")]
    [InlineData(30, 0, "with the tag of VLAN 30, and b has 10.1.0.2 without a tag alone")]
    [InlineData(0, 31, "without a tag, and b has 10.1.0.2 in VLAN 31 alone")]
    public async Task A_guest_that_has_the_address_in_another_VLAN_is_told_with_both(int asker, int answerer, string says)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("sw");
        var bridge = node.AddBridge("br0");
        var a = node.AddVm("a", bridge, vm => In(vm, asker, "10.1.0.1/24"));
        var b = node.AddVm("b", bridge, vm => In(vm, answerer, "10.1.0.2/24"));
        var right = node.AddVm("c", bridge, vm => In(vm, asker, "10.1.0.3/24"));
        await lab.ApplyAsync();

        var ping = await a.PingAsync(System.Net.IPAddress.Parse("10.1.0.2"));
        Assert.True(ping.Why?.Cause.Word is "vlan-unknown", $"{ping}{Environment.NewLine}{ping.Exchange.Describe()}");
        Assert.Equal("sw/tap-b", ping.Why.Place);
        Assert.Contains(says, ping.Why.Sentence, StringComparison.Ordinal);
        Assert.Contains(b.Received, f => f.Frame.Arp is not null);

        (await a.PingAsync(System.Net.IPAddress.Parse("10.1.0.3"))).ShouldSucceed(); // in its own
        Assert.NotEmpty(right.Received);
    }

    private static void In(FakeVmBuilder vm, int vlan, string address) => _ = vlan == 0 ? vm.Address(address) : vm.VlanAddress(vlan, address);
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class GuestFatesByTracepoints() : GuestFates(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class GuestFatesByPacketSockets() : GuestFates(FrameTracing.PacketSockets);
