using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class QdiscEncoding
{
    private static readonly FifoSpec Fifo = new(3) { Limit = 7 };
    private static readonly TbfSpec Tbf = new(3, 10_000_000, 10000) { Limit = 30000 };
    private static readonly HtbClassSpec Class = new(3, TcHandle.Parse("1:1"), 10_000_000) { Burst = 15000, CeilingBurst = 16000 };
    private static readonly NetemSpec Netem = new(3);

    private static readonly Cases Cases = new()
    {
        ["qdisc pfifo"] = Add(Fifo),
        ["qdisc bfifo"] = Add(new FifoSpec(3) { Bytes = true, Limit = 7000 }),
        ["qdisc pfifo_head_drop"] = Add(Fifo with { HeadDrop = true }),
        ["qdisc noqueue"] = Add(new PlainQdiscSpec(3, "noqueue")),
        ["qdisc handle"] = Add(Fifo with { Handle = TcHandle.Parse("5:") }),
        ["qdisc parent"] = Add(Fifo with { Handle = TcHandle.Parse("6:"), Parent = TcHandle.Parse("5:1") }),
        ["qdisc replace"] = b => b.AddQdisc(Fifo, QdiscMode.Replace),
        ["qdisc change"] = b => b.AddQdisc(Fifo, QdiscMode.Change),
        ["qdisc delete"] = b => b.DeleteQdisc(3, TcHandle.Root),
        ["qdisc ingress"] = Add(new IngressSpec(3)),
        ["qdisc clsact"] = Add(new ClsactSpec(3)),
        ["qdisc tbf"] = Add(Tbf),
        ["qdisc tbf latency"] = Add(new TbfSpec(3, 1_000_000, 10000) { Latency = TimeSpan.FromMilliseconds(50) }),
        ["qdisc tbf peakrate"] = Add(Tbf with { PeakRate = 20_000_000, PeakMtu = 2000 }),
        ["qdisc tbf above 32 bits"] = Add(new TbfSpec(3, 40_000_000_000, 1_000_000) { Limit = 3_000_000 }),
        ["qdisc fq_codel"] = Add(new FqCodelSpec(3)
        {
            Limit = 1000,
            Flows = 256,
            MemoryLimit = 100000,
            Target = TimeSpan.FromMilliseconds(4),
            Interval = TimeSpan.FromMilliseconds(90),
            Quantum = 1000,
            Ecn = true,
            CeThreshold = TimeSpan.FromMilliseconds(2),
            DropBatch = 32,
        }),
        ["qdisc fq_codel noecn"] = Add(new FqCodelSpec(3) { Ecn = false }),
        ["qdisc htb"] = Add(new HtbSpec(3) { Handle = TcHandle.Parse("1:"), DefaultClass = 0x30 }),
        ["qdisc htb direct_qlen"] = Add(new HtbSpec(3) { Handle = TcHandle.Parse("1:"), DefaultClass = 0x30, RateToQuantum = 5, DirectQueueLength = 500 }),
        ["class htb"] = Add(Class),
        ["class htb ceil prio quantum"] = Add(new HtbClassSpec(3, TcHandle.Parse("1:10"), 5_000_000)
        {
            Parent = TcHandle.Parse("1:1"),
            Ceiling = 10_000_000,
            Burst = 15000,
            CeilingBurst = 16000,
            Priority = 3,
            Quantum = 2000,
        }),
        ["class htb above 32 bits"] = Add(new HtbClassSpec(3, TcHandle.Parse("1:1"), 40_000_000_000) { Burst = 1_000_000, CeilingBurst = 1_000_000 }),
        ["class htb change"] = b => b.AddQdisc(Class, QdiscMode.Change),
        ["class delete"] = b => b.DeleteClass(3, TcHandle.Parse("1:10")),

        ["filter u32 redirect"] = b => b.AddFilter(new FilterSpec(3) { Parent = TcHandle.Parse("ffff:"), RedirectTo = 2 }),
        ["filter u32 mirror"] = b => b.AddFilter(new FilterSpec(3) { MirrorTo = 2 }),
        ["filter u32 match flowid"] = b =>
            b.AddFilter(new FilterSpec(3)
                { Parent = TcHandle.Parse("1:"), Priority = 5, Destination = IPNetwork.Parse("10.0.0.0/8"), ClassId = TcHandle.Parse("1:10") }),
        ["filter u32 match both"] = b =>
            b.AddFilter(new FilterSpec(3)
                { Parent = TcHandle.Parse("1:"), Priority = 5, Source = IPNetwork.Parse("192.0.2.0/24"),
                    Destination = IPNetwork.Parse("10.0.0.1/32"), ClassId = TcHandle.Parse("1:10") }),
        ["filter delete"] = b => b.DeleteFilter(new FilterSpec(3)),

        ["qdisc netem delay"] = Add(Netem with { Delay = TimeSpan.FromMilliseconds(100) }),
        ["qdisc netem jitter correlation"] =
            Add(Netem with { Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(10), DelayCorrelation = 0.25 }),
        ["qdisc netem limit"] = Add(Netem with { Limit = 5000 }),
        ["qdisc netem loss"] = Add(Netem with { Loss = 0.1 }),
        ["qdisc netem loss correlation"] = Add(Netem with { Loss = 0.1, LossCorrelation = 0.25 }),
        ["qdisc netem duplicate"] = Add(Netem with { Duplicate = 0.1 }),
        ["qdisc netem corrupt"] = Add(Netem with { Corrupt = 0.1 }),
        ["qdisc netem reorder gap"] = Add(Netem with { Delay = TimeSpan.FromMilliseconds(10), Reorder = 0.25, Gap = 5 }),
        ["qdisc netem rate"] = Add(Netem with { Rate = 1_000_000 }),
        ["qdisc netem rate overhead cellsize"] = Add(Netem with { Rate = 1_000_000, PacketOverhead = 20, CellSize = 100, CellOverhead = 5 }),
        ["qdisc netem rate above 32 bits"] = Add(Netem with { Rate = 40_000_000_000 }),
        ["qdisc netem loss state"] = Add(Netem with { Markov = new(0.1, 0.2, 0.3, 0.4, 0.5) }),
        ["qdisc netem loss gemodel"] = Add(Netem with { GilbertElliott = new(0.1, 0.2, 0.3, 0.4) }),
        ["qdisc netem ecn"] = Add(Netem with { Loss = 0.1, Ecn = true }),
        ["qdisc netem slot"] = Add(Netem with { Slot = new(TimeSpan.FromMicroseconds(800), TimeSpan.FromMicroseconds(1000), 5, 6000) }),
        ["qdisc netem seed"] = Add(Netem with { Seed = 0x0123456789abcdef }),
        ["qdisc netem latency64 jitter64"] = Add(Netem with { Delay = TimeSpan.FromMicroseconds(1), Jitter = TimeSpan.FromSeconds(500) }),
        ["qdisc netem correlations"] = Add(Netem with
        {
            Delay = TimeSpan.FromMilliseconds(10),
            DelayCorrelation = 0.25,
            Loss = 0.5,
            LossCorrelation = 0.5,
            Duplicate = 0.25,
            DuplicateCorrelation = 0.25,
            Reorder = 0.25,
            ReorderCorrelation = 0.5,
            Corrupt = 0.5,
            CorruptCorrelation = 0.25,
        }),
        ["qdisc netem distribution"] =
            Add(Netem with { Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(1), DelayDistribution = [-5, 0, 7] }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_qdisc_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Add(QdiscSpec spec) => b => b.AddQdisc(spec);
}
