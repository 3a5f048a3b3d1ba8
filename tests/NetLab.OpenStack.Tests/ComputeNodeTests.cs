using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>A compute node is a host: the kernel's defaults of IPv6, and not a quiet lab's.</summary>
public sealed class ComputeNodeTests
{
    [LabFact]
    public async Task A_compute_node_has_a_hosts_defaults_and_any_other_node_has_not()
    {
        await using var lab = new Lab();
        Node compute = lab.AddComputeNode("compute1"), quiet = lab.AddNode("quiet");
        lab.AddLink(compute.End("eth0", "10.0.0.1/24"), quiet.End("eth0", "10.0.0.2/24"));
        await lab.ApplyAsync();

        string[] settings = ["disable_ipv6", "accept_ra", "accept_dad", "dad_transmits", "autoconf", "addr_gen_mode"];
        Assert.Equal("0 1 1 1 1 0", string.Join(' ', settings.Select(name => compute.ReadSysctl($"net.ipv6.conf.eth0.{name}").Trim())));
        Assert.Equal("1", quiet.ReadSysctl("net.ipv6.conf.eth0.disable_ipv6").Trim());
    }

    [LabFact]
    public async Task A_bridge_of_a_compute_node_believes_the_router_advertisement_of_a_vm()
    {
        await using var lab = new Lab();
        var compute = lab.AddComputeNode("compute1");
        var bridge = compute.AddBridge("qbr0");
        var vm = compute.AddVm("vm01", bridge, vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24"));
        await lab.ApplyAsync();

        await vm.SendAsync(Frame.RouterAdvertisement(vm.Mac, Ipv6Address.LinkLocal(vm.Mac),
            new RouterAdvertisement { Prefixes = [new NdpPrefix(Ipv6Address.Parse("2001:db8:bad::"), 64)] }));

        var own = (await compute.ReadStateAsync()).Addresses.Select(entry => $"{entry.Device} {entry.Address}").ToList();
        Assert.Contains(own, address => address.StartsWith("qbr0 2001:db8:bad:", StringComparison.Ordinal));
        Assert.Contains(own, address => address.StartsWith("qbr0 fe80:", StringComparison.Ordinal));
    }
}
