using System.Net;
using System.Reflection;
using NetLab;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>
/// Devices of every kind in a lab: each carries a frame. A kind that the kernel lacks is skipped, and the reason names the option and what to use instead.
/// </summary>
[Trait("Category", "Kind")]
public sealed class KindTests
{
    [LabFact(Feature.OvsVswitchd)]
    public async Task The_MAC_address_of_a_device_is_the_kernel_s()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("a");
        node.AddBridge("br0").Attach(node.AddDevice(new VxlanSpec("vx7") { Id = 7, Port = 4789 }));
        node.AddOvsBridge("br-int").AddInternalPort("int0");
        node.AddVm("vm");
        var cable = lab.AddLink(node.End("v0"), lab.AddNode("b").End("v1"));
        node.AddDevice(cable.A, link => new MacvlanSpec("mv0", link));
        await lab.ApplyAsync();
        Assert.Equal(["br-int", "br0", "int0", "mv0", "tap-vm", "v0", "vx7"], node.Devices.Select(d => d.Name).Order(StringComparer.Ordinal));
        Assert.All(node.Devices, d => Assert.Equal(MacAddress.From(d.ReadLink().Mac!), d.Mac));

        Assert.True((await node.ExecAsync("ip", "link", "set", "vx7", "address", "02:00:00:00:00:77")).ExitCode is 0);
        Assert.Equal("02:00:00:00:00:77", node.Device("vx7").Mac.ToString());
    }

    [LabFact(Feature.Vlan)]
    public Task A_VLAN_device_takes_and_sends_frames_with_its_tag() => AnswersWithTagAsync(VlanSpec.Dot1Q);

    [LabFact(Feature.Vlan)]
    public Task A_provider_VLAN_device_takes_and_sends_frames_with_an_802_1ad_tag() => AnswersWithTagAsync(VlanSpec.Dot1Ad);

    [LabFact(Feature.BridgeVlanFiltering)]
    public async Task A_bridge_that_knows_VLANs_keeps_them_apart_and_tags_on_a_trunk()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("switch");
        var bridge = node.AddBridge("br0",
            new BridgeOptions { StpState = false, MulticastSnooping = false, ForwardDelay = TimeSpan.Zero, VlanFiltering = true, VlanDefaultPvid = 0 });
        FakeVm[] vms = [.. Enumerable.Range(1, 4).Select(i => node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{i}/24")))];
        await lab.ApplyAsync();
        node.Change(b =>
        {
            b.AddVlan(new BridgeVlanSpec(vms[0].Tap.Index, 10) { Pvid = true, Untagged = true });
            b.AddVlan(new BridgeVlanSpec(vms[1].Tap.Index, 10) { Pvid = true, Untagged = true });
            b.AddVlan(new BridgeVlanSpec(vms[2].Tap.Index, 20) { Pvid = true, Untagged = true });
            b.AddVlan(new BridgeVlanSpec(vms[3].Tap.Index, 10));
            b.AddVlan(new BridgeVlanSpec(vms[3].Tap.Index, 20));
        });

        var fate = await vms[0].SendAsync(Frame.Udp(vms[0].Mac, MacAddress.Broadcast, vms[0].Address, IPAddress.Broadcast, 1000, 53, "to all of VLAN 10"u8));

        fate.ShouldReach(vms[1]).Once();
        fate.ShouldNotReach(vms[2]);
        Assert.Empty((await vms[1].ReceiveAsync(f => f.Udp is not null)).VlanTags);
        Assert.Equal(10, Assert.Single((await vms[3].ReceiveAsync(f => f.Udp is not null)).VlanTags).Id);
        (await vms[0].PingAsync(vms[1])).ShouldSucceed();
        (await vms[0].PingAsync(vms[2])).ShouldFail();
    }

    [LabFact(Feature.Macvlan)]
    public Task A_macvlan_is_reached_by_its_own_address() => ReachedOnTopAsync(eth => new MacvlanSpec("mv0", eth, MacvlanMode.Bridge), hasOwnMac: true);

    [LabFact(Feature.Ipvlan)]
    public Task An_ipvlan_is_reached_by_the_address_of_the_device_below() =>
        ReachedOnTopAsync(eth => new IpvlanSpec("mv0", eth) { Mode = IpvlanMode.L2 }, hasOwnMac: false);

    /// <summary>As long as no program has opened <c>/dev/tapN</c>, its frames are the stack's.</summary>
    [LabFact(Feature.Macvtap)]
    public Task A_macvtap_is_reached_by_its_own_address() => ReachedOnTopAsync(eth => new MacvtapSpec("mv0", eth), hasOwnMac: true);

    [LabFact(Feature.Dummy)]
    public async Task The_address_of_a_dummy_is_reached_from_outside()
    {
        await using var bed = new KindBed();
        bed.B.AddDevice(new DummySpec("dummy0")).AddAddress("10.9.9.9/32");
        bed.A.AddRoute("10.9.9.9/32", "192.168.7.2");
        await bed.Lab.ApplyAsync();

        (await bed.A.PingAsync(IPAddress.Parse("10.9.9.9"))).ShouldSucceed();
    }

    [LabFact(Feature.Vrf)]
    public async Task A_VRF_routes_between_its_members_and_to_nobody_else()
    {
        await using var lab = new Lab();
        var router = lab.AddNode("router");
        router.Forwarding = true;
        Node[] hosts = [.. Enumerable.Range(1, 3).Select(i =>
        {
            var host = lab.AddNode($"h{i}");
            // a device that is up is set down and up by the VRF
            lab.AddLink(router.End($"eth{i}", $"10.0.{i}.1/24"), host.End("eth0", $"10.0.{i}.2/24")).A.Up = false;
            host.AddRoute("default", $"10.0.{i}.1");
            return host;
        })];
        var red = router.AddDevice(new VrfSpec("red", 1000));
        await lab.ApplyAsync();
        router.Change(b =>
        {
            b.ChangeLink(router.Device("eth1").Index, new LinkChange { MasterIndex = red.Index });
            b.ChangeLink(router.Device("eth2").Index, new LinkChange { MasterIndex = red.Index });
            // else the main table is looked at next
            b.AddRoute(new RouteSpec { Table = 1000, Type = RouteType.Unreachable, Destination = IPNetwork.Parse("0.0.0.0/0"), Metric = 4278198272 });
            foreach (var i in (int[])[1, 2, 3])
            {
                b.ChangeLink(router.Device($"eth{i}").Index, new LinkChange { Up = true });
            }
        });
        await lab.ReadyAsync();

        (await hosts[0].PingAsync(hosts[1])).ShouldSucceed();
        var fate = (await hosts[0].PingAsync(hosts[2])).ShouldFail().Fate;
        Assert.DoesNotContain(fate.Copies.SelectMany(c => c.Hops), h => h.Node == hosts[2]);
    }

    [LabFact(Feature.Bond)]
    public async Task A_bond_sends_by_its_active_member_and_by_the_other_after_a_change()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var vm = bridge.Node.AddVm("vm", bridge, v => v.Address("10.0.0.2/24"));
        var host = lab.AddNode("host");
        lab.AddLink(host.End("eth0"), bridge.End("p0")).A.Up = false; // a bond takes no member that is up
        lab.AddLink(host.End("eth1"), bridge.End("p1")).A.Up = false;
        var bond = host.AddDevice(new BondSpec("bond0") { Mode = BondMode.ActiveBackup, MiiMonitor = TimeSpan.FromMilliseconds(10) });
        bond.AddAddress("10.0.0.1/24");
        await lab.ApplyAsync();
        Enslave(bond);
        await lab.ReadyAsync();
        string[] members = ["eth0", "eth1"];
        foreach (var member in members)
        {
            host.Change(b => b.ChangeLink(bond.Index, new LinkChange { KindData = new BondSpec("bond0") { ActiveMember = host.Device(member).Index } }));

            var fate = (await host.PingAsync(vm)).ShouldSucceed().Fate;

            Assert.Equal([member], fate.Copies.SelectMany(c => c.Hops)
                .Where(h => h.Node == host && members.Contains(h.Device) && h.Direction == HopDirection.Out).Select(h => h.Device).Distinct());
            Assert.Equal(members.Select(m => m == member), members.Select(m => host.Device(m).ReadLink().BondPort!.IsActive == true));
        }
    }

    [LabFact(Feature.Bond)]
    public async Task Two_bonds_find_each_other_by_LACP()
    {
        await using var lab = new Lab();
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        foreach (var link in (Link[])[lab.AddLink(a.End("eth0"), b.End("eth0")), lab.AddLink(a.End("eth1"), b.End("eth1"))])
        {
            link.A.Up = link.B.Up = false;
        }

        KernelDevice[] bonds = [.. new[]
            { a, b }.Select(n => n.AddDevice(new BondSpec("bond0") { Mode = BondMode.Lacp, MiiMonitor = TimeSpan.FromMilliseconds(10), LacpFast = true }))];
        bonds[0].AddAddress("10.0.0.1/24");
        bonds[1].AddAddress("10.0.0.2/24");
        await lab.ApplyAsync();
        Array.ForEach(bonds, Enslave);

        foreach (var bond in bonds)
        {
            // Without a partner each member is an aggregator of its own. The kernel tells of every member that begins to send.
            using var events = RouteEvents.Open(bond.Node.Live.Namespace, RouteGroups.Links);
            var members = new Dictionary<string, BondPortOptions>();
            await events.WaitForLinkAsync(link =>
            {
                if (link.BondPort is { } member)
                {
                    members[link.Name] = member;
                }

                return members.Count == 2 && members.Values.All(m => m.IsActive == true) && members.Values.DistinctBy(m => m.AggregatorId).Count() == 1;
            }).WaitAsync(TimeSpan.FromMinutes(1));
        }

        await lab.ReadyAsync();
        await a.PingByProgramAsync(IPAddress.Parse("10.0.0.2"));
        Assert.All(bonds, bond => Assert.Equal(2, ((BondSpec)bond.ReadLink().KindData!).LacpStatus!.Ports));
    }

    [LabFact(Feature.TapMultiQueue)]
    public async Task A_frame_comes_out_of_one_queue_of_a_tap_with_two()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("n").AddBridge("br0");
        var vm = bridge.Node.AddVm("vm", bridge, v => v.Address("10.0.0.1/24"));
        await lab.ApplyAsync();
        var ns = bridge.Node.Live.Namespace;
        using var first = Tap.Create(ns, "mq0", new TapOptions { MultiQueue = true });
        using var second = Tap.Attach(ns, "mq0", multiQueue: true);
        bridge.Node.Change(b => b.ChangeLink(first.Index, new LinkChange { MasterIndex = bridge.Index, Up = true }));
        await lab.SettleAsync();
        var frame = Frame.Udp(vm.Mac, MacAddress.Broadcast, vm.Address, IPAddress.Broadcast, 1000, 53, "to one queue"u8);

        vm.Inject(frame.Bytes.Span);
        await lab.SettleAsync();

        Assert.Single(FramesOf(first).Concat(FramesOf(second)), f => f.SequenceEqual(frame.Bytes.ToArray()));
        second.Write(Frame.Udp(MacAddress.Parse("02:00:00:00:00:99"), vm.Mac, IPAddress.Parse("10.0.0.9"), vm.Address, 1000, 53,
            "from the other"u8).Bytes.Span);
        Assert.Equal("02:00:00:00:00:99", (await vm.ReceiveAsync(f => f.Udp is not null)).Source.ToString());
    }

    [Fact]
    public void The_reason_of_every_skip_here_names_the_option_of_the_kernel()
    {
        var skips = new[] { typeof(KindTests), typeof(TunnelKindTests), typeof(QdiscKindTests) }
            .SelectMany(t => t.GetMethods())
            .Select(m => m.GetCustomAttribute<LabFactAttribute>())
            .OfType<LabFactAttribute>()
            .ToList();
        Assert.All(skips, s => Assert.NotEmpty(s.Needs));
        Assert.All(skips.Where(s => s.Skip is not null), s =>
        {
            var missing = s.Needs.Select(Capabilities.Of).First(f => !f.Available);
            Assert.Contains(missing.Name, s.Skip, StringComparison.Ordinal);
            Assert.Contains($"The kernel option is {missing.KernelOption}. {missing.Remedy}.", s.Skip, StringComparison.Ordinal);
            Assert.StartsWith("CONFIG_", missing.KernelOption, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<byte[]> FramesOf(Tap tap)
    {
        var buffer = new byte[2048];
        while (tap.TryRead(buffer, out var length))
        {
            yield return buffer[..length];
        }
    }

    // A VM asks by ARP, with the tag, for an address of the device on top of its tap.
    private static async Task AnswersWithTagAsync(ushort protocol)
    {
        await using var lab = new Lab();
        var node = lab.AddNode("n");
        var vm = node.AddVm("vm", null, v => v.Address("10.0.7.9/24"));
        node.AddDevice(vm.Tap, tap => new VlanSpec("tap.7", tap, 7) { Protocol = protocol }).AddAddress("10.0.7.1/24");
        await lab.ApplyAsync();
        var request = Frame.ArpRequest(vm.Mac, vm.Address, IPAddress.Parse("10.0.7.1"));
        static bool IsReply(Frame frame) => frame.Arp is { Operation: ArpOperation.Reply };

        await vm.SendAsync(request.WithVlan(VlanTag.Of(8, protocol: protocol)));
        Assert.DoesNotContain(vm.Received, r => IsReply(r.Frame));
        await vm.SendAsync(request.WithVlan(VlanTag.Of(7, protocol: protocol)));

        Assert.Equal(VlanTag.Of(7, protocol: protocol), Assert.Single((await vm.ReceiveAsync(IsReply)).VlanTags));
    }

    // The neighbours are given: broadcasts of these kinds wait for a worker of the kernel.
    private static async Task ReachedOnTopAsync(Func<int, LinkSpec> spec, bool hasOwnMac)
    {
        await using var bed = new KindBed();
        var top = bed.B.AddDevice(bed.EthB, spec);
        var mac = hasOwnMac ? MacAddress.Parse("02:00:00:00:00:77") : bed.EthB.Mac;
        if (hasOwnMac)
        {
            top.Mac = mac;
        }

        top.AddAddress("10.0.0.2/24");
        bed.EthA.AddAddress("10.0.0.1/24");
        bed.A.AddNeighbour("10.0.0.2", mac.ToString(), bed.EthA);
        bed.B.AddNeighbour("10.0.0.1", bed.EthA.Mac.ToString(), top);
        await bed.Lab.ApplyAsync();

        (await bed.A.PingAsync(KindBed.Inside)).ShouldSucceed();

        Assert.NotEqual(0u, top.ReadLink().Statistics.RxPackets);
    }

    // The bond sets its members up itself.
    private static void Enslave(Device bond) => bond.Node.Change(b =>
    {
        b.ChangeLink(bond.Node.Device("eth0").Index, new LinkChange { MasterIndex = bond.Index });
        b.ChangeLink(bond.Node.Device("eth1").Index, new LinkChange { MasterIndex = bond.Index });
    });
}
