using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding.Happenings;

/// <summary>Everybody's frames: what a lab records while nobody follows any.</summary>
public sealed class DropsTests
{
    [LabFact(Feature.BpfTracing)]
    public async Task A_datagram_of_a_program_that_nobody_reads_is_a_drop_with_cause_and_remedy()
    {
        await using var lab = new Lab();
        var (a, b) = await TwoHostsAsync(lab);
        var before = DateTimeOffset.UtcNow;
        await SendAsync(a, "10.0.0.2", 4711);

        var drop = Assert.Single(await lab.Drops.ReadAsync());
        Assert.Equal(("b", "v1", "NO_SOCKET", (string?)Causes.NoSocket, 1), (drop.Node.Name, drop.Device, drop.KernelReason, drop.Reason.Cause, drop.Count));
        Assert.Equal(4711, drop.Frame.Udp!.Value.DestinationPort);
        Assert.Contains("port 4711", drop.Reason.Sentence);
        Assert.NotNull(drop.Reason.Remedy);
        Assert.InRange(drop.At, before.AddSeconds(-1), DateTimeOffset.UtcNow);
        Assert.StartsWith("BPF on 3 tracepoints", lab.Drops.Level);
        Assert.Equal(0, lab.Drops.Lost);
        Assert.Same(b, drop.Node);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Only_what_happened_since_a_time_is_told_and_drops_of_one_flow_are_one()
    {
        await using var lab = new Lab();
        var (a, _) = await TwoHostsAsync(lab);
        await SendAsync(a, "10.0.0.2", 1);
        var since = DateTimeOffset.UtcNow;
        using var socket = a.OpenUdp();
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(socket, "10.0.0.2", 2);
        }

        var drop = Assert.Single(await lab.Drops.ReadAsync(since));
        Assert.Equal((2, 3), (drop.Frame.Udp!.Value.DestinationPort, drop.Count));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Of_several_rules_that_drop_the_one_is_named_that_the_packet_matches()
    {
        await using var lab = new Lab();
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        lab.AddLink(a.End("v0").Address("10.0.0.1/24"), b.End("v1").Address("10.0.0.2/24"));
        b.AddRuleset("table ip guard { chain i { type filter hook input priority 0; udp dport 1 drop; udp dport 2 drop; tcp dport 2 drop; }; }");
        await lab.ApplyAsync();
        await SendAsync(a, "10.0.0.2", 2);
        var drop = Assert.Single(await lab.Drops.ReadAsync());
        Assert.Equal((string?)Causes.NftRule, drop.Reason.Cause);
        Assert.Contains("udp dport 2 drop", drop.Reason.Sentence);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Another_lab_has_its_own()
    {
        await using Lab lab = new(), other = new();
        var (a, _) = await TwoHostsAsync(lab);
        await TwoHostsAsync(other);
        await SendAsync(a, "10.0.0.2", 4711);
        Assert.Single(await lab.Drops.ReadAsync());
        Assert.Empty(await other.Drops.ReadAsync());
    }

    // The kernel gives the number of a namespace that went to the next one that is made.
    [LabFact(Feature.BpfTracing)]
    public async Task What_nobody_read_of_a_lab_that_is_gone_is_not_told_of_the_next()
    {
        for (var i = 0; i < 10; i++)
        {
            await using (var gone = new Lab())
            {
                var (a, b) = await TwoHostsAsync(gone);
                await SendAsync(a, "10.0.0.2", 4711);
                await SendAsync(b, "10.0.0.1", 4711);
                await gone.DisposeAsync(waitForKernel: true);
            }

            await using var lab = new Lab();
            await TwoHostsAsync(lab);
            Assert.Empty(await lab.Drops.ReadAsync(withHarmless: true));
        }
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_node_that_is_added_later_is_recorded_too()
    {
        await using var lab = new Lab();
        var (a, _) = await TwoHostsAsync(lab);
        var late = lab.AddNode("late");
        lab.AddLink(a.End("v9").Address("10.0.9.1/24"), late.End("v9").Address("10.0.9.2/24"));
        await lab.ApplyAsync();
        await SendAsync(a, "10.0.9.2", 4711);
        Assert.Equal("late", Assert.Single(await lab.Drops.ReadAsync()).Node.Name);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task An_address_that_nobody_has_is_an_unanswered_question_with_cause_and_remedy()
    {
        await using var lab = new Lab();
        var (a, _) = await TwoHostsAsync(lab);
        await SendAsync(a, "10.0.0.9", 4711);
        var question = Assert.Single(await lab.Drops.ReadUnansweredAsync());
        Assert.Equal((QuestionKind.Arp, "a", (string?)Causes.NeighbourUnresolved), (question.Kind, question.Node.Name, question.Reason.Cause));
        Assert.StartsWith("a asked who has 10.0.0.9 (ARP)", question.ToString());
        Assert.NotNull(question.Reason.Remedy);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task What_is_answered_is_no_unanswered_question()
    {
        await using var lab = new Lab();
        var (a, b) = await TwoHostsAsync(lab);
        using var listener = b.ListenTcp(80);
        using (await a.ConnectAsync(IPAddress.Parse("10.0.0.2"), 80, CancellationToken.None))
        {
            Assert.Equal(0, (await a.ExecAsync("ping", ["-c1", "-W60", "10.0.0.2"])).ExitCode);
        }

        await Assert.ThrowsAnyAsync<SocketException>(() => a.ConnectAsync(IPAddress.Parse("10.0.0.2"), 81, CancellationToken.None));
        Assert.Empty(await lab.Drops.ReadUnansweredAsync());
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_connection_that_is_closed_and_what_a_bridge_floods_leaves_nothing_but_what_is_harmless()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        Node a = lab.AddHost("a", bridge, "10.0.0.1/24"), b = lab.AddHost("b", bridge, "10.0.0.2/24");
        lab.AddHost("c", bridge, "10.0.0.3/24");
        await lab.ApplyAsync();
        using (var listener = b.ListenTcp(80))
        {
            using var client = await a.ConnectAsync(IPAddress.Parse("10.0.0.2"), 80, CancellationToken.None);
            using var server = await listener.AcceptSocketAsync();
            server.LingerState = new LingerOption(true, 0);
        }

        await bridge.Node.ExecAsync("bridge", ["fdb", "flush", "dev", "br0"]);
        using var socket = a.OpenUdp();
        await Answered(socket, b);
        Assert.Empty(await lab.Drops.ReadAsync());
        Assert.NotEmpty(await lab.Drops.ReadAsync(withHarmless: true));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Memory_is_bounded_and_what_had_to_go_is_counted()
    {
        await using var lab = new Lab();
        var (a, _) = await TwoHostsAsync(lab);
        var memory = Process.GetCurrentProcess().WorkingSet64;
        using var socket = a.OpenUdp();
        var to = new IPEndPoint(IPAddress.Parse("10.0.0.2"), 4711);
        for (var i = 0; i < 40_000; i++)
        {
            socket.Client.SendTo(new byte[200], to);
        }

        var drops = await lab.Drops.ReadAsync();
        Assert.InRange(drops.Sum(d => d.Count), 4_000, 20_000);
        Assert.Equal(40_000, drops.Sum(d => d.Count) + lab.Drops.Lost);
        Assert.InRange(Process.GetCurrentProcess().WorkingSet64 - memory, long.MinValue, 200 << 20);
    }

    [Fact]
    public async Task A_lab_that_is_not_to_record_says_so()
    {
        await using var lab = new Lab(new LabOptions { RecordsDrops = false });
        lab.AddNode("a");
        await lab.ApplyAsync();
        Assert.Equal("nothing is recorded, as LabOptions.RecordsDrops says", lab.Drops.Level);
        Assert.Empty(await lab.Drops.ReadAsync());
    }

    private static async Task<(Node A, Node B)> TwoHostsAsync(Lab lab)
    {
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        lab.AddLink(a.End("v0").Address("10.0.0.1/24"), b.End("v1").Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        return (a, b);
    }

    private static async Task SendAsync(Node from, string to, int port)
    {
        using var socket = from.OpenUdp();
        await SendAsync(socket, to, port);
        await from.Lab.SettleAsync();
    }

    private static async Task SendAsync(UdpClient socket, string to, int port) => await socket.SendAsync("hello"u8.ToArray(), to, port);

    private static async Task Answered(UdpClient asking, Node by)
    {
        using var answering = by.OpenUdp(4711);
        await SendAsync(asking, "10.0.0.2", 4711);
        var question = await answering.ReceiveAsync();
        await answering.SendAsync(question.Buffer, question.RemoteEndPoint);
        await asking.ReceiveAsync();
    }
}
