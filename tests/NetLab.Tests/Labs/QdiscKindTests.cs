using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Queueing disciplines in a lab: frames come through them, or do not, as they say.</summary>
[Trait("Category", "Kind")]
public sealed class QdiscKindTests
{
    [LabFact(Feature.Tbf)]
    public async Task A_frame_passes_a_token_bucket_that_has_tokens_for_it()
    {
        await using var bed = new KindBed();
        await bed.Lab.ApplyAsync();
        bed.A.Change(b => b.AddQdisc(new TbfSpec(bed.EthA.Index, 1_000_000, 10_000) { Limit = 30_000 }));

        (await bed.A.PingAsync(KindBed.AddressB)).ShouldSucceed();

        Assert.Equal(2u, StatisticsOf(bed.EthA, "tbf").Packets); // the ARP request and the echo request
    }

    [LabFact(Feature.Htb)]
    public async Task A_frame_goes_by_the_class_that_a_filter_gives_it()
    {
        await using var bed = new KindBed();
        await bed.Lab.ApplyAsync();
        var eth = bed.EthA.Index;
        TcHandle root = TcHandle.Parse("1:"), first = TcHandle.Parse("1:10"), other = TcHandle.Parse("1:20");
        bed.A.Change(b =>
        {
            b.AddQdisc(new HtbSpec(eth) { Handle = root, DefaultClass = 0x10 });
            b.AddQdisc(new HtbClassSpec(eth, first, 1_000_000) { Parent = root });
            b.AddQdisc(new HtbClassSpec(eth, other, 1_000_000) { Parent = root });
            b.AddFilter(new FilterSpec(eth) { Parent = root, Destination = IPNetwork.Parse("192.168.7.2/32"), ClassId = other });
        });

        (await bed.A.PingAsync(KindBed.AddressB)).ShouldSucceed();

        uint Sent(TcHandle id) => Assert.Single(bed.A.Live.Route.GetClasses(eth), c => c.Handle == id).Statistics.Packets;
        Assert.Equal(1u, Sent(other));
        Assert.Equal(1u, Sent(first)); // the ARP request, which no filter knows
    }

    [LabFact(Feature.Ifb, Feature.Tbf, Feature.Clsact)]
    public async Task What_comes_in_goes_by_way_of_an_ifb_and_its_shaper()
    {
        await using var bed = new KindBed();
        var ifb = bed.B.AddDevice(new IfbSpec("shape0"));
        await bed.Lab.ApplyAsync();
        bed.B.Change(b =>
        {
            b.AddQdisc(new TbfSpec(ifb.Index, 1_000_000, 10_000) { Limit = 30_000 });
            b.AddQdisc(new IngressSpec(bed.EthB.Index));
            b.AddFilter(new FilterSpec(bed.EthB.Index) { Parent = TcHandle.Ingress, RedirectTo = ifb.Index });
        });

        await bed.A.PingByProgramAsync(KindBed.AddressB);

        Assert.NotEqual(0u, StatisticsOf(ifb, "tbf").Packets);
    }

    [LabFact(Feature.Netem)]
    public async Task A_delay_is_in_the_round_trip()
    {
        await using var bed = new KindBed();
        await bed.Lab.ApplyAsync();
        bed.A.Change(b => b.AddQdisc(new NetemSpec(bed.EthA.Index) { Delay = TimeSpan.FromMilliseconds(20) }));

        var told = await bed.A.PingByProgramAsync(KindBed.AddressB);

        // it can be no less, whatever the machine does
        Assert.True(double.Parse(Regex.Match(told, @"time=([\d.]+) ms").Groups[1].Value, CultureInfo.InvariantCulture) >= 20, told);
        var ping = await bed.A.PingAsync(KindBed.AddressB);
        Assert.True(ping.RoundTrip >= TimeSpan.FromMilliseconds(20), ping.ToString());
    }

    [LabFact(Feature.Netem)]
    public async Task Where_all_is_lost_nothing_arrives_and_the_loss_is_counted()
    {
        await using var bed = new KindBed();
        await bed.Lab.ApplyAsync();
        bed.A.Change(b => b.AddQdisc(new NetemSpec(bed.EthA.Index) { Loss = 1 }));

        (await bed.A.PingAsync(KindBed.AddressB)).ShouldFail();

        Assert.NotEqual(0u, StatisticsOf(bed.EthA, "netem").Drops);
    }

    /// <summary>The seed came with Linux 6.6; an older kernel passes over it, and so it is refused there.</summary>
    [LabFact(Feature.Netem)]
    public async Task The_same_seed_loses_the_same_frames()
    {
        const int sent = 64;
        await using var lab = new Lab();
        var bridge = lab.AddNode("n").AddBridge("br0");
        FakeVm vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24")), vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        if (Environment.OSVersion.Version < new Version(6, 6))
        {
            var refused = Assert.Throws<NetlinkException>(() => bridge.Node.Change(b => b.AddQdisc(new NetemSpec(vm2.Tap.Index) { Loss = 0.5, Seed = 7 })));
            Assert.Contains("This kernel takes and ignores Seed, which came with Linux 6.6", refused.Message);
            return;
        }

        var arrived = new List<int[]>();
        for (var run = 0; run < 2; run++)
        {
            bridge.Node.Change(b => b.AddQdisc(new NetemSpec(vm2.Tap.Index) { Loss = 0.5, Seed = 7 }));
            Assert.Equal(7ul, ((NetemSpec)QdiscOf(vm2.Tap, "netem").Spec!).Seed);
            for (var port = 1; port <= sent; port++)
            {
                vm1.Inject(Frame.Udp(vm1, vm2, port, "one of many").Bytes.Span);
            }

            await lab.SettleAsync();
            arrived.Add([.. vm2.Received.Select(r => (int?)r.Frame.Udp?.DestinationPort).OfType<int>()]);
            vm2.ForgetReceived();
            bridge.Node.Change(b => b.DeleteQdisc(vm2.Tap.Index, TcHandle.Root));
        }

        Assert.Equal(arrived[0], arrived[1]);
        Assert.InRange(arrived[0].Length, 1, sent - 1);
    }

    private static QdiscInfo QdiscOf(Device device, string kind) => Assert.Single(device.Node.Live.Route.GetQdiscs(device.Index), q => q.Kind == kind);

    private static QdiscStatistics StatisticsOf(Device device, string kind) => QdiscOf(device, kind).Statistics;
}
