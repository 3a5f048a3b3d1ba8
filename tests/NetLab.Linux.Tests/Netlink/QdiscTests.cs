using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

[Trait("Category", "Kind")]
public sealed class QdiscTests : IDisposable
{
    private readonly NetlinkBench _bench = new();

    public QdiscTests()
    {
        // Counters shall count what the test sends, and nothing else.
        _bench.Namespace.WriteSysctl("net.ipv6.conf.all.disable_ipv6", "1");
        _bench.Namespace.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        _bench.Do(batch =>
        {
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true });
            batch.ChangeLink(12, new LinkChange { Up = true });
        });
        Ethtool.RunLinkWatch(_bench.Namespace, ["v0", "v1"]); // until then frames are dropped
    }

    public void Dispose() => _bench.Dispose();

    private static readonly Dictionary<string, QdiscSpec> Specs = new()
    {
        ["pfifo"] = new FifoSpec(11) { Limit = 7 },
        ["bfifo"] = new FifoSpec(11) { Bytes = true, Limit = 7000 },
        ["pfifo_head_drop"] = new FifoSpec(11) { HeadDrop = true, Limit = 7 },
        ["tbf"] = new TbfSpec(11, 10_000_000, 10000) { Limit = 30000 },
        ["tbf peak"] = new TbfSpec(11, 10_000_000, 10000) { Limit = 30000, PeakRate = 20_000_000, PeakMtu = 2000 },
        ["tbf above 32 bits"] = new TbfSpec(11, 40_000_000_000, 1_000_000) { Limit = 3_000_000 },
        ["htb"] = new HtbSpec(11) { Handle = TcHandle.Parse("1:"), DefaultClass = 0x30, DirectQueueLength = 500, RateToQuantum = 5 },
        ["ingress"] = new IngressSpec(11),
        ["clsact"] = new ClsactSpec(11),
        ["fq_codel"] = new FqCodelSpec(11)
        {
            Limit = 1000,
            Flows = 256,
            MemoryLimit = 100000,
            Target = TimeSpan.FromMilliseconds(5),
            Interval = TimeSpan.FromMilliseconds(90),
            Quantum = 1000,
            Ecn = true,
            DropBatch = 32,
        },
        ["netem"] = new NetemSpec(11)
        {
            Limit = 500,
            Delay = TimeSpan.FromTicks(1_234_567),
            Jitter = TimeSpan.FromMilliseconds(10),
            DelayCorrelation = 0.25,
            Loss = 0.1,
            LossCorrelation = 0.3,
            Duplicate = 0.01,
            DuplicateCorrelation = 0.2,
            Corrupt = 0.02,
            CorruptCorrelation = 0.4,
            Reorder = 0.25,
            ReorderCorrelation = 0.5,
            Gap = 5,
            Ecn = true,
            Rate = 40_000_000_000,
            PacketOverhead = -4,
            CellSize = 100,
            CellOverhead = 5,
            Slot = new NetemSlot(TimeSpan.FromMicroseconds(800), TimeSpan.FromMicroseconds(1000), 5, 6000),
        },
        ["netem with a seed"] = new NetemSpec(11) { Loss = 0.1, Seed = 0x0123456789abcdef },
        ["netem gilbert-elliott"] = new NetemSpec(11) { GilbertElliott = new(0.1, 0.2, 0.3, 0.4) },
        ["netem markov"] = new NetemSpec(11) { Markov = new(0.1, 0.2, 0.3, 0.4, 0.5) },
    };

    public static TheoryData<string> Kinds => new(Specs.Keys);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_qdisc_that_this_kernel_has_reads_back_and_one_that_it_lacks_is_refused_in_words(string kind)
    {
        var spec = Specs[kind];
        try
        {
            _bench.Do(batch => batch.AddQdisc(spec));
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            Assert.StartsWith($"adding {spec.Kind} at the root on interface 11: ENOENT", e.Message);
            Assert.Contains($"CONFIG_NET_SCH_{spec.Kind.ToUpperInvariant()}", e.Message);
            return;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP && spec is NetemSpec { Seed: not null } && LateSettingTests.Kernel < new Version(6, 6))
        {
            Assert.Contains("takes and ignores Seed, which came with Linux 6.6", e.Message);
            return;
        }

        var read = _bench.Socket.GetQdiscs(11).Single(q => q.Kind == spec.Kind);
        AssertContains(spec, read.Spec);
        _bench.Do(batch => batch.DeleteQdisc(11, spec.Parent));
        Assert.DoesNotContain(_bench.Socket.GetQdiscs(11), q => q.Kind == spec.Kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_reads_back_from_its_bytes(string kind)
    {
        var batch = new NetlinkBatch();
        batch.AddQdisc(Specs[kind]);
        AssertContains(Specs[kind], QdiscMessages.Read(batch.Bytes[16..]).Spec);
    }

    [Fact]
    public void Classes_read_back()
    {
        _bench.Do(batch =>
        {
            batch.AddQdisc(new HtbSpec(11) { Handle = TcHandle.Parse("1:"), DefaultClass = 0x10 });
            batch.AddQdisc(new HtbClassSpec(11, TcHandle.Parse("1:1"), 10_000_000) { Burst = 15000, CeilingBurst = 16000 });
            batch.AddQdisc(new HtbClassSpec(11, TcHandle.Parse("1:10"), 5_000_000)
                { Parent = TcHandle.Parse("1:1"), Ceiling = 10_000_000, Priority = 3, Quantum = 2000, Burst = 15000, CeilingBurst = 15000 });
            batch.AddQdisc(new FifoSpec(11) { Handle = TcHandle.Parse("10:"), Parent = TcHandle.Parse("1:10"), Limit = 5 });
        });
        var classes = _bench.Socket.GetClasses(11);
        var top = Assert.IsType<HtbClassSpec>(classes.Single(c => c.Handle == TcHandle.Parse("1:1")).Spec);
        Assert.Equal((10_000_000ul, 15000u, 16000u), (top.Rate, top.Burst, top.CeilingBurst));
        var leaf = Assert.IsType<HtbClassSpec>(classes.Single(c => c.Handle == TcHandle.Parse("1:10")).Spec);
        Assert.Equal((5_000_000ul, 10_000_000ul, 3u, 2000u, TcHandle.Parse("1:1")),
            (leaf.Rate, leaf.Ceiling!.Value, leaf.Priority, leaf.Quantum!.Value, leaf.Parent));
        Assert.Contains(_bench.Socket.GetQdiscs(11), q => q.Kind == "pfifo" && q.Parent == TcHandle.Parse("1:10"));

        _bench.Do(batch =>
        {
            batch.AddQdisc(top with { Rate = 20_000_000 }, QdiscMode.Change);
            batch.DeleteClass(11, TcHandle.Parse("1:10"));
        });
        Assert.Equal(20_000_000ul, Assert.IsType<HtbClassSpec>(Assert.Single(_bench.Socket.GetClasses(11)).Spec).Rate);
    }

    [Fact]
    public void A_token_bucket_counts_what_it_drops()
    {
        _bench.Do(batch => batch.AddQdisc(new TbfSpec(11, 8000, 2000) { Limit = 2000 }));
        using var socket = PacketSocket.Open(_bench.Namespace);
        for (var i = 0; i < 20; i++)
        {
            try
            {
                socket.Send(11, new byte[1000]);
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOBUFS)
            {
                // The sender is told of a drop on its own device.
            }
        }

        var statistics = _bench.Socket.GetQdiscs(11).Single(q => q.Kind == "tbf").Statistics;
        Assert.True(statistics.Drops > 0);
        Assert.True(statistics.QueueLength > 0);
    }

    [Fact]
    public async Task What_comes_in_can_be_shaped_by_way_of_an_ifb()
    {
        _bench.Do(batch =>
        {
            batch.AddLink(new IfbSpec("ifb0") { Index = 30, Up = true });
            batch.AddQdisc(new TbfSpec(30, 10_000_000, 10000));
            batch.AddQdisc(new ClsactSpec(11));
            batch.AddFilter(new FilterSpec(11) { RedirectTo = 30 });
        });
        Ethtool.RunLinkWatch(_bench.Namespace, ["ifb0"]);
        using var socket = PacketSocket.Open(_bench.Namespace);
        for (var i = 0; i < 5; i++)
        {
            socket.Send(12, new byte[100]);
        }

        await KernelQuiescence.WaitAsync();
        Assert.Equal(5u, _bench.Socket.GetQdiscs(30).Single(q => q.Kind == "tbf").Statistics.Packets);
        _bench.Do(batch => batch.DeleteFilter(new FilterSpec(11)));
        socket.Send(12, new byte[100]);
        await KernelQuiescence.WaitAsync();
        Assert.Equal(5u, _bench.Socket.GetQdiscs(30).Single(q => q.Kind == "tbf").Statistics.Packets);
    }

    [Fact]
    public void A_filter_puts_packets_into_their_class()
    {
        _bench.Do(batch =>
        {
            batch.AddQdisc(new HtbSpec(11) { Handle = TcHandle.Parse("1:") });
            batch.AddQdisc(new HtbClassSpec(11, TcHandle.Parse("1:10"), 1_000_000_000));
            batch.AddFilter(new FilterSpec(11)
                { Parent = TcHandle.Parse("1:"), Destination = System.Net.IPNetwork.Parse("10.0.0.0/8"), ClassId = TcHandle.Parse("1:10") });
            batch.AddAddress(11, System.Net.IPAddress.Parse("10.1.1.1"), 8);
            batch.AddNeighbour(new NeighbourSpec(11, System.Net.IPAddress.Parse("10.2.2.2")) { Mac = NetlinkBench.Mac("02-00-00-00-00-05") });
        });
        using var sender = NamespaceSockets.Create(_bench.Namespace, System.Net.Sockets.AddressFamily.InterNetwork,
            System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        sender.SendTo([1], new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.2.2.2"), 9));
        Assert.Equal(1u, _bench.Socket.GetClasses(11).Single().Statistics.Packets);
    }

    [Fact]
    public void A_filter_without_a_place_teaches()
    {
        var refused = Assert.Throws<NetlinkException>(() => _bench.Do(batch => batch.AddFilter(new FilterSpec(11) { RedirectTo = 12 })));
        Assert.StartsWith("adding filter at ffff:fff2 redirecting to interface 12 on interface 11: EINVAL", refused.Message);
        Assert.EndsWith("clsact or ingress first", refused.Message);
    }

    [Theory]
    [InlineData("1:10", 0x00010010u)]
    [InlineData("1:", 0x00010000u)]
    [InlineData("ffff:fff1", 0xfffffff1u)]
    [InlineData("root", 0xffffffffu)]
    public void A_handle_reads_as_it_is_written(string text, uint value)
    {
        Assert.Equal(value, TcHandle.Parse(text).Value);
        Assert.Equal(TcHandle.Parse(text), TcHandle.Parse(TcHandle.Parse(text).ToString()));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1:2:3")]
    [InlineData("x:1")]
    public void What_is_no_handle_is_refused(string text) => Assert.Throws<FormatException>(() => TcHandle.Parse(text));

    [Fact]
    public void A_probability_above_one_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NetlinkBatch().AddQdisc(new NetemSpec(11) { Loss = 10 }));

    private static void AssertContains(QdiscSpec wanted, QdiscSpec? read)
    {
        Assert.NotNull(read);
        Assert.IsType(wanted.GetType(), read);
        foreach (var property in wanted.GetType().GetProperties().Where(p => p.Name is not nameof(QdiscSpec.Handle)))
        {
            if (property.GetValue(wanted) is uint burst && property.Name is nameof(TbfSpec.Burst))
            {
                // The kernel keeps the time that it takes, in ticks of 64 ns.
                Assert.InRange((uint)property.GetValue(read)!, burst - (burst / 1000), burst + (burst / 1000));
            }
            else if (wanted is FqCodelSpec && property.GetValue(wanted) is TimeSpan time)
            {
                // The kernel keeps times in units of 1024 ns.
                Assert.InRange((TimeSpan)property.GetValue(read)!, time - TimeSpan.FromMicroseconds(2), time);
            }
            else if (property.GetValue(wanted) is { } want)
            {
                Assert.True(Equals(want, property.GetValue(read)), $"{property.Name}: wanted {want}, read {property.GetValue(read)}");
            }
        }
    }
}
