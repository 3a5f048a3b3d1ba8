using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Watching;

/// <summary>A span of a test in which the frames of a node's programs are followed.</summary>
public sealed class FollowedNodeTests
{
    [LabFact(Feature.BpfTracing)]
    public async Task Each_frame_of_a_program_has_its_fate_and_a_drop_its_rule()
    {
        await using var lab = new Lab();
        var (client, _, server) = lab.AddRoutedPair();
        lab.FindNode("router")!.AddRuleset("table ip guard { chain f { type filter hook forward priority 0; udp dport 1 drop; udp dport 2 drop; }; }");
        await lab.ApplyAsync();
        await SendAsync(client, 4711); // before the span

        await using var followed = await client.FollowAsync(f => f.Udp is not null);
        await SendAsync(client, 2);
        await SendAsync(client, 4711);
        await SendAsync(server, 4711, "10.0.1.2"); // another node's
        var fates = await followed.StopAsync();

        Assert.Equal([2, 4711], fates.Select(f => (int)f.Frame.Udp!.Value.DestinationPort));
        Assert.All(fates, f => Assert.Equal("client", f.From));
        var dropped = Assert.Single(fates[0].Copies);
        Assert.Equal(((string?)Causes.NftRule, "router"), (dropped.Reason?.Cause, dropped.Reason?.Node.Name));
        Assert.Contains("udp dport 2 drop", dropped.Reason!.Sentence);
        Assert.Equal((string?)Causes.NoSocket, Assert.Single(fates[1].Copies).Reason?.Cause);
        Assert.Equal(fates, lab.RecentFates);
        Assert.Same(fates, await followed.StopAsync());
    }

    [LabFact(Feature.BpfTracing)]
    public async Task What_arrives_is_told_as_delivered_the_handshake_too()
    {
        await using var lab = new Lab();
        var (client, _, server) = lab.AddRoutedPair();
        await lab.ApplyAsync();
        using var listener = server.ListenTcp(80);

        await using var followed = await client.FollowAsync(f => f.Tcp is not null);
        using (await client.ConnectAsync(IPAddress.Parse("10.0.2.2"), 80, CancellationToken.None))
        {
            using var accepted = await listener.AcceptSocketAsync();
        }

        var fates = await followed.StopAsync();
        Assert.Equal(TcpFlags.Syn, fates[0].Frame.Tcp!.Value.Flags & TcpFlags.Syn);
        Assert.Equal(server, Assert.Single(fates[0].Copies).Node);
    }

    [LabFact]
    public async Task Packet_sockets_follow_them_too()
    {
        await using var lab = new Lab(new LabOptions { Tracing = FrameTracing.PacketSockets });
        var (client, _, _) = lab.AddRoutedPair();
        await lab.ApplyAsync();
        await using var followed = await client.FollowAsync(f => f.Udp is { DestinationPort: 4711 });
        await SendAsync(client, 4711);
        var fate = Assert.Single(await followed.StopAsync());
        Assert.Equal("client", fate.From);
        Assert.StartsWith("packet sockets", followed.Level);
    }

    private static async Task SendAsync(Node from, int port, string to = "10.0.2.2")
    {
        using var socket = from.OpenUdp();
        await socket.SendAsync("hello"u8.ToArray(), to, port);
        await from.Lab.SettleAsync();
    }
}
