using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>Rules of security groups for IPv6, and those that name a remote group.</summary>
public sealed class RemoteGroupTests : IAsyncLifetime
{
    private const string Web = "b0a7c1e2-2f7b-4d0a-8b87-6f6a1c0d9e10";

    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly FakeVm _web, _member, _stranger;

    public RemoteGroupTests()
    {
        _compute = _lab.AddNode("compute1");
        var brInt = _compute.AddIntegrationBridge();
        _web = Add(Ports.First, "vm01", 1, new SecurityGroupOptions
        {
            Groups = [Web],
            Ingress = ["-p tcp -m tcp --dport 22", new SecurityGroupRule("-p udp", RemoteGroup: Web), new SecurityGroupRule("-p udp", IPv6: true, Web)],
        });
        _member = Add(Ports.Second, "vm02", 2, new SecurityGroupOptions { Groups = [Web] });
        _stranger = Add(Ports.Third, "vm03", 3, new SecurityGroupOptions());

        FakeVm Add(string port, string name, int number, SecurityGroupOptions groups)
        {
            var vm = _compute.AddHybridPlug(brInt, port, 7, name,
                vm => vm.Mac($"fa:16:3e:00:00:0{number}").Address($"10.0.0.1{number}/24").Address($"fd00::1{number}/64"));
            _compute.AddSecurityGroup(vm, port, groups);
            return vm;
        }
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabTheory(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_rule_with_a_remote_group_lets_in_its_members_and_nobody_else(int address)
    {
        (await _member.SendAsync(Udp(_member, _web, address))).ShouldReach(_web).Once();

        var fate = await _stranger.SendAsync(Udp(_stranger, _web, address));
        fate.ShouldNotReach(_web);
        Assert.Contains("neutron-openvswi-sg-fallback", fate.Describe());
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task Neighbours_are_found_and_a_router_advertisement_of_a_vm_does_not_leave()
    {
        (await _stranger.SendAsync(Frame.NeighborSolicitation(_stranger.Mac, _stranger.Addresses[1].Address, _web.Addresses[1].Address))).ShouldReach(_web);

        var fate = await _stranger.SendAsync(Frame.RouterAdvertisement(_stranger.Mac, Ipv6Address.LinkLocal(_stranger.Mac), new RouterAdvertisement()));
        fate.ShouldNotReach(_web);
        Assert.Contains("neutron-openvswi-o9c2d7f66-1", fate.Describe());
    }

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task An_address_of_IPv6_that_is_not_the_ports_own_does_not_leave() =>
        (await _stranger.SendAsync(Frame.Udp(_stranger.Mac, _web.Mac, System.Net.IPAddress.Parse("fd00::99"), _web.Addresses[1].Address, 1, 2, "x"u8)))
            .ShouldNotReach(_web);

    [LabFact(Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task The_sets_have_the_names_and_members_that_the_agent_gives_them()
    {
        var sets = (await _compute.ExecAsync("ipset", "list")).EnsureSuccess().Output;

        Assert.Contains("Name: NIPv4b0a7c1e2-2f7b-4d0a-8b87-", sets);
        Assert.Contains("Name: NIPv6b0a7c1e2-2f7b-4d0a-8b87-", sets);
        Assert.Equal(["10.0.0.11", "10.0.0.12", "fd00::11", "fd00::12"],
            sets.Split('\n').Where(line => line.StartsWith("10.", StringComparison.Ordinal) || line.StartsWith("fd00", StringComparison.Ordinal)).Order());
    }

    private static Frame Udp(FakeVm from, FakeVm to, int address) =>
        Frame.Udp(from.Mac, to.Mac, from.Addresses[address].Address, to.Addresses[address].Address, 40000, 53, "x"u8);
}
