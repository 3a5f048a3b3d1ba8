using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

/// <summary>
/// Every kind of device: made for real and read back where this kernel has it, refused in words that teach where it has not, and read from
/// bytes in either case.
/// </summary>
[Trait("Category", "Kind")]
public sealed class KindTests
{
    private const int Lower = 11;

    private static readonly Dictionary<string, LinkSpec> Specs = new()
    {
        ["vlan"] = new VlanSpec("x0", Lower, 7)
        {
            Protocol = VlanSpec.Dot1Ad,
            Flags = VlanFlags.LooseBinding,
            FlagsMask = VlanFlags.LooseBinding | VlanFlags.ReorderHeader,
            IngressQos = [new(1, 2), new(3, 4)],
            EgressQos = [new(1, 2)],
        },
        ["macvlan"] = new MacvlanSpec("x0", Lower) { BroadcastQueueLength = 500, Flags = MacvlanFlags.None },
        ["macvlan private"] = new MacvlanSpec("x0", Lower, MacvlanMode.Private),
        ["macvlan vepa"] = new MacvlanSpec("x0", Lower, MacvlanMode.Vepa),
        ["macvlan passthru"] = new MacvlanSpec("x0", Lower, MacvlanMode.Passthru) { Flags = MacvlanFlags.NoPromiscuous },
        ["macvlan source"] = new MacvlanSpec("x0", Lower, MacvlanMode.Source)
            { Flags = MacvlanFlags.NoDestination, SourceMacs = [NetlinkBench.Mac("02-00-00-00-00-05")] },
        ["macvtap"] = new MacvtapSpec("x0", Lower) { BroadcastQueueLength = 700 },
        ["ipvlan"] = new IpvlanSpec("x0", Lower) { Mode = IpvlanMode.L2, Flags = IpvlanFlags.Private },
        ["ipvtap"] = new IpvtapSpec("x0", Lower) { Mode = IpvlanMode.L3S },
        ["vxlan"] = new VxlanSpec("x0")
        {
            Id = 42,
            Remote = IPAddress.Parse("10.0.0.1"),
            Local = IPAddress.Parse("10.0.0.2"),
            Port = 4789,
            Ttl = 5,
            Tos = 0x10,
            Df = TunnelDf.Set,
            SourcePorts = new PortRange(1000, 2000),
            Learning = false,
            Proxy = true,
            RouteShortCircuit = true,
            L2Miss = true,
            L3Miss = true,
            Ageing = TimeSpan.FromSeconds(77),
            MaxAddresses = 99,
            UdpChecksum = false,
            RemoteChecksumTx = true,
            RemoteChecksumRx = true,
            GroupPolicy = true,
        },
        ["vxlan group"] = new VxlanSpec("x0")
            { Id = 43, Remote = IPAddress.Parse("239.1.1.1"), DeviceIndex = Lower, Port = 4789, TtlInherit = true, Learning = true },
        ["vxlan IPv6"] = new VxlanSpec("x0")
        {
            Id = 44,
            Remote = IPAddress.Parse("2001:db8::1"),
            Local = IPAddress.Parse("2001:db8::2"),
            Port = 4789,
            FlowLabel = 0x12345,
            UdpZeroChecksum6Tx = true,
            UdpZeroChecksum6Rx = true,
        },
        ["vxlan external"] = new VxlanSpec("x0") { External = true, VniFilter = true, Port = 4789, Learning = false },
        ["vxlan gpe"] = new VxlanSpec("x0") { External = true, GenericProtocol = true, Port = 4790, Learning = false },
        ["geneve"] = new GeneveSpec("x0")
            { Id = 42, Remote = IPAddress.Parse("10.0.0.1"), Ttl = 5, Tos = 0x10, Df = TunnelDf.Set, Port = 6666, UdpChecksum = true },
        ["geneve IPv6"] = new GeneveSpec("x0")
            { Id = 42, Remote = IPAddress.Parse("2001:db8::1"), FlowLabel = 0x12345, UdpZeroChecksum6Tx = true, UdpZeroChecksum6Rx = true },
        ["gre"] = new GreSpec("x0")
            { Remote = IPAddress.Parse("10.0.0.1"), Local = IPAddress.Parse("10.0.0.2"), InputKey = 5, OutputKey = 6, OutputChecksum = true,
                InputChecksum = true, Ttl = 64, Tos = 0x10 },
        ["gretap"] = new GretapSpec("x0")
            { Remote = IPAddress.Parse("10.0.0.1"), PathMtuDiscovery = false, IgnoreDf = true, InputSequence = true, OutputSequence = true, Ttl = 0 },
        ["ip6gre"] = new GreSpec("x0")
            { Remote = IPAddress.Parse("2001:db8::1"), Local = IPAddress.Parse("2001:db8::2"), Ttl = 5, FlowLabel = 0x12345,
                EncapsulationLimit = null, IPv6 = true },
        ["ipip"] = new IpipSpec("x0") { Remote = IPAddress.Parse("10.0.0.1"), Local = IPAddress.Parse("10.0.0.2"), Ttl = 64, InnerProtocol = 4, IPv6 = false },
        ["sit"] = new SitSpec("x0") { Remote = IPAddress.Parse("10.0.0.1"), Local = IPAddress.Parse("10.0.0.2"), Ttl = 64, InnerProtocol = 41 },
        ["ip6tnl"] = new IpipSpec("x0")
            { Remote = IPAddress.Parse("2001:db8::1"), Local = IPAddress.Parse("2001:db8::2"), Ttl = 64, InnerProtocol = 41, IPv6 = true },
        ["dummy"] = new DummySpec("x0"),
        ["ifb"] = new IfbSpec("x0"),
        ["vrf"] = new VrfSpec("x0", 1000),
        ["wireguard"] = new WireguardSpec("x0"),
        ["xfrm"] = new XfrmSpec("x0") { InterfaceId = 5, DeviceIndex = Lower },
        ["bond"] = new BondSpec("x0")
        {
            Mode = BondMode.Lacp,
            MiiMonitor = TimeSpan.FromMilliseconds(100),
            UpDelay = TimeSpan.FromMilliseconds(200),
            DownDelay = TimeSpan.FromMilliseconds(300),
            TransmitHashPolicy = BondHashPolicy.Layer34,
            MinLinks = 1,
            LacpFast = true,
            LacpActive = false,
            LacpSelect = 1,
            LacpUserPortKey = 9,
            LacpSystemPriority = 10,
            LacpSystem = NetlinkBench.Mac("02-00-00-00-00-01"),
        },
        ["bond active-backup"] = new BondSpec("x0")
        {
            Mode = BondMode.ActiveBackup,
            ArpInterval = TimeSpan.FromMilliseconds(500),
            ArpTargets = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")],
            ArpAllTargets = true,
            MissedMax = 3,
            PeerNotifications = 6,
            ResendIgmp = 5,
            FailOverMac = 1,
        },
    };

    public static TheoryData<string> Kinds => new(Specs.Keys);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_kind_that_this_kernel_has_reads_back_and_one_that_it_lacks_is_refused_in_words(string kind)
    {
        using var bench = new NetlinkBench();
        bench.Do(batch => batch.AddLink(new VethSpec("v0", new VethPeer("v1")) { Index = Lower }));
        var spec = Specs[kind];
        try
        {
            bench.Do(batch => batch.AddLink(spec with { Index = 20, Mtu = 1300 }));
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP)
        {
            Assert.StartsWith($"adding {spec.Kind} x0: EOPNOTSUPP", e.Message);
            Assert.Contains($"no devices of kind '{spec.Kind}' (CONFIG_", e.Message);
            return;
        }

        var link = bench.Link("x0");
        Assert.Equal((20, spec.Kind, 1300), (link.Index, link.Kind, link.Mtu));
        AssertContains(spec, link.KindData);
        Assert.Equal(link.KindData, bench.Socket.GetLinks().Single(l => l.Index == 20).KindData);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_reads_back_from_its_bytes(string kind)
    {
        var batch = new NetlinkBatch();
        batch.AddLink(Specs[kind]);
        AssertContains(Specs[kind], LinkInfo.Read(batch.Bytes[16..]).KindData);
    }

    /// <summary>All that was asked for is there.</summary>
    private static void AssertContains(LinkSpec wanted, LinkSpec? read)
    {
        Assert.NotNull(read);
        Assert.IsType(wanted.GetType(), read);
        foreach (var property in wanted.GetType().GetProperties())
        {
            var want = property.GetValue(wanted);
            if (want is null or System.Collections.ICollection { Count: 0 } || property.Name is nameof(VlanSpec.FlagsMask) or nameof(VlanSpec.Flags))
            {
                continue;
            }

            var got = property.GetValue(read);
            var equal = want is System.Collections.IEnumerable many and not string && got is System.Collections.IEnumerable others
                ? many.Cast<object>().SequenceEqual(others.Cast<object>())
                : Equals(want, got);
            Assert.True(equal, $"{property.Name}: wanted {want}, read {got}");
        }

        if (wanted is VlanSpec vlan)
        {
            Assert.Equal(vlan.Flags, ((VlanSpec)read).Flags & vlan.FlagsMask);
        }
    }

    [Fact]
    public void A_device_on_another_may_be_born_in_another_namespace()
    {
        using var a = new NetlinkBench();
        using var b = new NetlinkBench();
        a.Do(batch =>
        {
            batch.AddLink(new VethSpec("v0", new VethPeer("v1")) { Index = Lower });
            batch.AddLink(new MacvlanSpec("eth0", Lower) { Namespace = b.Namespace, Index = 50 });
        });
        var link = b.Link("eth0");
        Assert.Equal((50, Lower), (link.Index, link.LinkIndex));
        Assert.NotNull(link.LinkNetnsId);
        Assert.Null(a.Socket.FindLink("eth0"));
    }

    [Fact]
    public void A_vxlan_changes_live()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new VxlanSpec("x0") { Id = 42, Port = 4789, Index = 20 } with { Remote = IPAddress.Parse("10.0.0.1") });
            batch.ChangeLink(20, new LinkChange { KindData = new VxlanSpec("x0") { Remote = IPAddress.Parse("10.0.0.9"), Ageing = TimeSpan.FromSeconds(9) } });
        });
        var vxlan = Assert.IsType<VxlanSpec>(bench.Link("x0").KindData);
        Assert.Equal((IPAddress.Parse("10.0.0.9"), TimeSpan.FromSeconds(9), 42u), (vxlan.Remote, vxlan.Ageing, vxlan.Id));
    }

    [Fact]
    public void The_forwarding_database_of_a_vxlan_takes_several_remotes()
    {
        using var bench = new NetlinkBench();
        var everybody = NetlinkBench.Mac("00-00-00-00-00-00");
        var one = NetlinkBench.Mac("02-00-00-00-00-01");
        bench.Do(batch =>
        {
            batch.AddLink(new VxlanSpec("x0") { Id = 42, Port = 4789, Index = 20, Learning = false, Up = true });
            batch.AddFdb(new FdbSpec(20, everybody) { Remote = IPAddress.Parse("10.0.0.1"), Mode = FdbMode.Append });
            batch.AddFdb(new FdbSpec(20, everybody) { Remote = IPAddress.Parse("10.0.0.2"), Mode = FdbMode.Append });
            batch.AddFdb(new FdbSpec(20, one) { Remote = IPAddress.Parse("10.0.0.1"), Port = 4444, Vni = 43 });
            batch.AddFdb(new FdbSpec(20, one) { Remote = IPAddress.Parse("10.0.0.3"), Mode = FdbMode.Replace });
        });
        var fdb = bench.Socket.GetFdb().Where(e => e.Index == 20).ToList();
        Assert.Equal(["10.0.0.1", "10.0.0.2"], fdb.Where(e => e.Mac.Equals(everybody)).Select(e => e.Remote!.ToString()).Order());
        var single = Assert.Single(fdb, e => e.Mac.Equals(one));
        Assert.Equal((IPAddress.Parse("10.0.0.3"), (bool?)true), (single.Remote, single.Self));
        bench.Do(batch => batch.DeleteFdb(fdb.First(e => e.Mac.Equals(everybody))));
        Assert.Single(bench.Socket.GetFdb(), e => e.Mac.Equals(everybody) && e.Index == 20);
    }

    [Fact]
    public void A_tap_says_what_it_is()
    {
        using var bench = new NetlinkBench();
        using var tap = Tap.Create(bench.Namespace, "tap0");
        var link = bench.Link("tap0");
        Assert.Equal("tun", link.Kind);
        Assert.True(link.Tun!.IsTap);
        Assert.False(link.Tun.PacketInformation);
        Assert.Equal(tap.Index, link.Index);
    }

    [Fact]
    public void The_carrier_of_a_tap_can_be_taken_and_that_of_a_veth_cannot()
    {
        using var bench = new NetlinkBench();
        using var tap = Tap.Create(bench.Namespace, "tap0");
        bench.Do(batch => batch.ChangeLink(tap.Index, new LinkChange { Up = true, Carrier = false }));
        Assert.False(bench.Link("tap0").HasCarrier);
        bench.Do(batch => batch.ChangeLink(tap.Index, new LinkChange { Carrier = true }));
        Assert.True(bench.Link("tap0").HasCarrier);

        bench.Do(batch => batch.AddLink(new VethSpec("v0", new VethPeer("v1")) { Index = Lower, Up = true }));
        var refused = Assert.Throws<NetlinkException>(() => bench.Do(batch => batch.ChangeLink(Lower, new LinkChange { Carrier = false })));
        Assert.Contains("switch the other end off", refused.Message);
    }
}
