using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class LinkTests
{
    [Fact]
    public void Both_ends_of_a_veth_are_born_with_their_names_in_their_namespaces()
    {
        using var a = new NetlinkBench();
        using var b = new NetlinkBench();
        a.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10, Up = true });
            batch.AddLink(new VethSpec("port1", new VethPeer("eth0")
            {
                Index = 77,
                Mac = NetlinkBench.Mac("02-00-00-00-00-02"),
                Namespace = b.Namespace,
                Mtu = 1300,
                Group = 9,
                NumTxQueues = 1,
                NumRxQueues = 1,
                TxQueueLength = 300,
            })
            {
                Index = 11,
                Mac = NetlinkBench.Mac("02-00-00-00-00-01"),
                Mtu = 1400,
                MasterIndex = 10,
                Up = true,
                Group = 5,
                TxQueueLength = 77,
                NumTxQueues = 2,
                NumRxQueues = 3,
                AltNames = ["a-name-that-is-longer-than-fifteen-bytes", "second"],
                Alias = "said aloud",
            });
        });
        b.Do(batch => batch.ChangeLink(77, new LinkChange { Up = true }));

        Ethtool.RunLinkWatch(a.Namespace, ["port1"]);

        var port = a.Link("port1");
        Assert.Equal(11, port.Index);
        Assert.Equal("veth", port.Kind);
        Assert.Equal("bridge", port.PortKind);
        Assert.Equal(10, port.MasterIndex);
        Assert.Equal(NetlinkBench.Mac("02-00-00-00-00-01"), port.Mac);
        Assert.Equal(1400, port.Mtu);
        Assert.Equal(5u, port.Group);
        Assert.Equal(77, port.TxQueueLength);
        Assert.Equal((2, 3), (port.NumTxQueues, port.NumRxQueues));
        Assert.Equal(["a-name-that-is-longer-than-fifteen-bytes", "second"], port.AltNames);
        Assert.Equal("said aloud", port.Alias);
        Assert.True(port.IsUp);
        Assert.Equal(77, port.LinkIndex);
        Assert.Equal(a.Socket.GetNamespaceId(b.Namespace), port.LinkNetnsId);
        Assert.NotNull(port.LinkNetnsId);
        Assert.Equal(11, a.Link("a-name-that-is-longer-than-fifteen-bytes").Index);

        var eth0 = b.Link("eth0");
        Assert.Equal(77, eth0.Index);
        Assert.Equal(NetlinkBench.Mac("02-00-00-00-00-02"), eth0.Mac);
        Assert.Equal((1300, 9u, 300), (eth0.Mtu, eth0.Group, eth0.TxQueueLength));
        Assert.True(eth0.IsUp);
        Assert.Null(eth0.MasterIndex);
    }

    [Fact]
    public void A_change_reads_back()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10 });
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true });
            batch.ChangeLink(11, new LinkChange
            {
                Mac = NetlinkBench.Mac("02-00-00-00-00-05"),
                Mtu = 1434,
                TxQueueLength = 55,
                Group = 7,
                MasterIndex = 10,
                Promiscuous = true,
                AllMulticast = true,
                Arp = false,
                Multicast = false,
                AddressGenMode = AddressGenerationMode.None,
                Alias = "x",
                AltNames = ["other"],
                GsoMaxSize = 40000,
                Up = true,
            });
        });
        var link = bench.Link("v0");
        Assert.Equal(NetlinkBench.Mac("02-00-00-00-00-05"), link.Mac);
        Assert.Equal((1434, 55, 7u, (int?)10), (link.Mtu, link.TxQueueLength, link.Group, link.MasterIndex));
        Assert.True(link.Flags.HasFlag(LinkFlags.Promiscuous | LinkFlags.AllMulticast | LinkFlags.NoArp | LinkFlags.Up));
        Assert.False(link.Flags.HasFlag(LinkFlags.Multicast));
        Assert.Equal(AddressGenerationMode.None, link.AddressGenMode);
        Assert.Equal(["other"], link.AltNames);

        bench.Do(batch =>
        {
            batch.ChangeLink(11, new LinkChange { MasterIndex = 0, Up = false, Promiscuous = false, Arp = true });
            batch.DeleteAltNames(11, ["other"]);
        });
        bench.Do(batch => batch.ChangeLink(11, new LinkChange { Name = "renamed" }));
        link = bench.Link("renamed");
        Assert.Null(link.MasterIndex);
        Assert.False(link.IsUp);
        Assert.False(link.Flags.HasFlag(LinkFlags.Promiscuous));
        Assert.False(link.Flags.HasFlag(LinkFlags.NoArp));
        Assert.Empty(link.AltNames);
        Assert.Null(bench.Socket.FindLink("v0"));
        Assert.Null(bench.Socket.FindLink(999));
    }

    [Fact]
    public void A_device_moves_to_another_namespace_under_a_new_number()
    {
        using var a = new NetlinkBench();
        using var b = new NetlinkBench();
        a.Do(batch =>
        {
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11 });
            batch.ChangeLink(11, new LinkChange { Namespace = b.Namespace, NewIndex = 99, Name = "moved" });
        });
        Assert.Null(a.Socket.FindLink("v0"));
        Assert.Equal(99, b.Link("moved").Index);
    }

    [Fact]
    public void A_group_of_devices_is_deleted_in_one_request()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            for (var i = 0; i < 40; i++)
            {
                batch.AddLink(new VethSpec($"a{i}", new VethPeer($"b{i}")) { Group = 42 });
            }
        });
        Assert.Equal(81, bench.Socket.GetLinks().Count);
        bench.Do(batch => batch.DeleteLinkGroup(42));
        Assert.Equal("lo", Assert.Single(bench.Socket.GetLinks()).Name);
    }

    [Fact]
    public void All_options_of_a_bridge_read_back()
    {
        using var bench = new NetlinkBench();
        var options = new BridgeOptions
        {
            ForwardDelay = TimeSpan.FromSeconds(4),
            HelloTime = TimeSpan.FromSeconds(1),
            MaxAge = TimeSpan.FromSeconds(9),
            AgeingTime = TimeSpan.FromSeconds(77),
            StpState = true,
            Priority = 4096,
            GroupForwardMask = 0x4000,
            GroupAddress = NetlinkBench.Mac("01-80-C2-00-00-08"),
            MulticastRouter = 2,
            MulticastSnooping = true,
            MulticastQueryUseInterfaceAddress = true,
            MulticastQuerier = true,
            MulticastHashMax = 1024,
            MulticastLastMemberCount = 3,
            MulticastStartupQueryCount = 4,
            MulticastLastMemberInterval = TimeSpan.FromSeconds(2),
            MulticastMembershipInterval = TimeSpan.FromSeconds(100),
            MulticastQuerierInterval = TimeSpan.FromSeconds(101),
            MulticastQueryInterval = TimeSpan.FromSeconds(102),
            MulticastQueryResponseInterval = TimeSpan.FromSeconds(11),
            MulticastStartupQueryInterval = TimeSpan.FromSeconds(12),
            MulticastStatsEnabled = true,
            MulticastIgmpVersion = 3,
            MulticastMldVersion = 2,
            NfCallIptables = true,
            NfCallIp6tables = true,
            NfCallArptables = true,
            NoLinkLocalLearn = true,
            FdbMaxLearned = 500,
        };
        bench.Do(batch => batch.AddLink(new BridgeSpec("br0") { Index = 10, Mac = NetlinkBench.Mac("02-00-00-00-00-0A"), Options = options }));
        var link = bench.Link("br0");
        var read = link.BridgeOptions!;
        foreach (var property in typeof(BridgeOptions).GetProperties().Where(p => p.GetValue(options) is not null))
        {
            Assert.True(Equals(property.GetValue(options), property.GetValue(read)),
                $"{property.Name}: set {property.GetValue(options)}, read {property.GetValue(read)}");
        }

        Assert.Equal(4096, link.BridgeStatus!.Id!.Priority);
        Assert.Equal(link.Mac, link.BridgeStatus.Id.Mac);

        bench.Do(batch => batch.ChangeLink(10,
            new LinkChange { KindData = new BridgeSpec("br0") { Options = new() { AgeingTime = TimeSpan.Zero, FlushFdb = true, StpState = false } } }));
        read = bench.Link("br0").BridgeOptions!;
        Assert.Equal(TimeSpan.Zero, read.AgeingTime);
        Assert.False(read.StpState);
        Assert.Equal(options.Priority, read.Priority);
    }

    [Fact]
    public void All_settings_of_a_bridge_port_read_back()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10, Up = true });
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true, MasterIndex = 10 });
            batch.AddLink(new VethSpec("v2", new VethPeer("v3") { Index = 14 }) { Index = 13, Up = true, MasterIndex = 10 });
            batch.ChangeLink(12, new LinkChange { Up = true });
        });
        var before = bench.Link("v0").BridgePortOptions!;
        Assert.True(before.Learning);
        Assert.True(before.Flood);
        var options = new BridgePortOptions
        {
            Priority = 5,
            Cost = 77,
            Hairpin = true,
            BpduGuard = true,
            RootBlock = true,
            FastLeave = true,
            Learning = false,
            Flood = false,
            MulticastFlood = false,
            BroadcastFlood = false,
            MulticastToUnicast = true,
            MulticastRouter = 2,
            NeighbourSuppress = true,
            NeighbourVlanSuppress = false,
            VlanTunnel = true,
            Isolated = true,
            Locked = true,
            Mab = false,
            ProxyArp = true,
            ProxyArpWifi = true,
            GroupForwardMask = 0x4000,
            BackupPort = 13,
            MulticastHostsLimit = 99,
            MulticastMaxGroups = 12,
        };
        bench.Do(batch => batch.SetBridgePort(11, options));
        var read = bench.Link("v0").BridgePortOptions!;
        foreach (var property in typeof(BridgePortOptions).GetProperties().Where(p => p.GetValue(options) is not null))
        {
            Assert.True(Equals(property.GetValue(options), property.GetValue(read)),
                $"{property.Name}: set {property.GetValue(options)}, read {property.GetValue(read)}");
        }

        Ethtool.RunLinkWatch(bench.Namespace, ["v0"]); // the coming of the carrier sets the state too
        bench.Do(batch => batch.SetBridgePort(11, new BridgePortOptions { State = BridgePortState.Learning }));
        Assert.Equal(BridgePortState.Learning, bench.Link("v0").BridgePortOptions!.State);
        Assert.Equal(1, bench.Link("v0").BridgePortStatus!.Number);
    }

    [Fact]
    public void An_unchanged_device_reads_the_same_twice()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10, AltNames = ["one", "two"] });
            batch.AddLink(new VethSpec("v0", new VethPeer("v1")) { Index = 11, MasterIndex = 10 });
        });
        Assert.Equal(bench.Socket.GetLinks(), bench.Socket.GetLinks());
    }

    [Fact]
    public async Task Traffic_shows_in_the_counters()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true });
            batch.ChangeLink(12, new LinkChange { Up = true });
        });
        Ethtool.RunLinkWatch(bench.Namespace, ["v0", "v1"]); // before that the queue of v0 may still be the one that drops all
        var before = bench.Link("v1").Statistics;
        using var socket = PacketSocket.Open(bench.Namespace);
        socket.Send(11, new byte[64]);
        await KernelQuiescence.WaitAsync();
        var after = bench.Link("v1").Statistics;
        Assert.True(after.RxPackets > before.RxPackets);
        Assert.True(after.RxBytes >= before.RxBytes + 64 - 14);
    }
}
