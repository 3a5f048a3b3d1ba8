using NetLab.Linux;
using NetLab.Linux.Netlink;
using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>The barrier. Each of these loses frames when it returns too early.</summary>
public partial class OvsSettleTests
{
    private const int SIGCONT = 18, SIGSTOP = 19;

    [Fact]
    public async Task After_settling_every_frame_that_was_sent_has_come_out()
    {
        // Bursts of all sizes, so that the barrier meets every state of the loop; far below what a port's queue holds.
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));
        var random = new Random(20260829);
        var number = 0;
        for (var round = 0; round < 500; round++)
        {
            List<int> sent = [];
            for (var n = random.Next(round % 10 == 0 ? 200 : 5); n >= 0; n--)
            {
                sent.Add(++number);
                bed.Send("a", Frame(Everybody, from: random.Next(250), number: number));
            }

            await bed.Ovs.SettleAsync(default);

            // Of a batch, those whose flow is new are sent last, so frames of different senders overtake each other.
            Assert.Equal(sent, bed.Receive("b").Select(Number).Order());
            Assert.Equal(sent, bed.Receive("c").Select(Number).Order());
        }
    }

    [Fact]
    public async Task It_holds_through_several_bridges_and_ports_at_once()
    {
        await using var bed = await CreateAsync();
        var taps = Enumerable.Range(0, 6).Select(n => $"t{n}").ToArray();
        bed.AddTaps(taps);
        bed.AddTaps("out");
        var change = new OvsChange().SetBridge("sum").SetPort("sum", "out");
        foreach (var tap in taps)
        {
            change.SetBridge($"br-{tap}").SetPort($"br-{tap}", tap).SetPort($"br-{tap}", $"up-{tap}", OvsPortOptions.Patch($"down-{tap}"))
                .SetPort("sum", $"down-{tap}", OvsPortOptions.Patch($"up-{tap}"));
        }

        await bed.Ovs.ApplyAsync(change, default);
        for (var round = 0; round < 100; round++)
        {
            for (var n = 0; n < 10; n++)
            {
                foreach (var tap in taps)
                {
                    bed.Send(tap, Frame(Mac(200), from: tap[1] - '0', number: n));
                }
            }

            await bed.Ovs.SettleAsync(default);

            Assert.Equal(60, bed.Receive("out").Count);
        }
    }

    [Fact]
    public async Task Frames_of_the_node_itself_are_through_as_well()
    {
        // Through the bridge's internal port, a tap whose queue only ovs-vswitchd sees.
        await using var bed = await WithBridgeAsync(null, ("a", null));
        bed.Up("br0");
        using var socket = PacketSocket.Open(bed.Namespace);
        var index = bed.Link("br0").Index;
        for (var round = 0; round < 50; round++)
        {
            for (var n = 0; n < 100; n++)
            {
                socket.Send(index, Frame(Everybody, from: 9, number: n));
            }

            await bed.Ovs.SettleAsync(default);

            Assert.Equal(Enumerable.Range(0, 100), bed.Receive("a").Select(Number));
        }
    }

    [Fact]
    public async Task A_burst_of_thousands_is_held_and_what_is_too_much_is_counted()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null), ("b", null));
        await bed.Ovs.AddFlowsAsync("br0", ["priority=1 actions=drop"], default);
        Assert.Null(bed.Ovs.WhyQueuesAreShort);
        for (var n = 0; n < 4000; n++)
        {
            bed.Send("a", Frame(Everybody, from: 1));
        }

        Assert.Equal(4000, (await bed.Ovs.DumpFlowsAsync("br0", default)).Single().Packets);
        Assert.All(bed.Ovs.ReceiveQueues(), queue => Assert.Equal((0, 0), (queue.WaitingBytes, queue.Lost)));

        Assert.Equal(0, kill(bed.Ovs.Pid, SIGSTOP));
        for (var n = 0; n < 8000; n++)
        {
            bed.Send("a", Frame(Everybody, from: 1));
        }

        Assert.Equal(0, kill(bed.Ovs.Pid, SIGCONT));
        var received = (await bed.Ovs.DumpFlowsAsync("br0", default)).Single().Packets - 4000;
        Assert.Equal(8000, received + bed.Ovs.ReceiveQueues().Sum(queue => queue.Lost));
        Assert.InRange(received, 4000, 7999);
    }

    [Fact]
    public async Task Under_traffic_that_never_ends_it_returns_and_says_so()
    {
        await using var bed = await CreateAsync();
        Execute(bed.Route, batch => batch.AddLink(new VethSpec("l1", new VethPeer("l2"))));
        bed.Up("l1", "l2");
        bed.AddTaps("a");
        await bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetPort("br0", "a").SetPort("br0", "l1").SetPort("br0", "l2"), default);
        Assert.True(await bed.Ovs.SettleAsync(default));

        bed.Send("a", Frame(Everybody, from: 1));

        Assert.False(await bed.Ovs.SettleAsync(default));
        await bed.Ovs.ApplyAsync(new OvsChange().RemovePort("br0", "l2"), default);
        Assert.True(await bed.Ovs.SettleAsync(default));
    }

    [Fact]
    public async Task Without_any_bridge_there_is_nothing_to_wait_for()
    {
        await using var bed = await CreateAsync();

        Assert.True(await bed.Ovs.SettleAsync(default));
    }

    [System.Runtime.InteropServices.LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
