using System.Net;
using System.Net.Sockets;

namespace NetLab.Benchmarks;

/// <summary>Whether what is sent right after ApplyAsync arrives: each datagram is the first thing that its two hosts ever send.</summary>
internal static class FirstDatagramRows
{
    private const int Port = 9;

    public static IEnumerable<Measurement> All =>
    [
        new(
            new Row("first datagrams after ApplyAsync, lost of 500", "lost", Target.ValueAtMost(0)),
            async () =>
            {
                var lost = 0;
                for (var i = 0; i < 50; i++)
                {
                    lost += await LostAsync(10).ConfigureAwait(false);
                }

                for (var i = 0; i < 10; i++)
                {
                    lost += await LostAsync(50).ConfigureAwait(false);
                }

                return new Result(lost, Note: "50 labs of 10 hosts, 10 of 50; each pair of hosts sends one");
            }),
    ];

    private static async Task<int> LostAsync(int hosts)
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        Node[] nodes = [.. Enumerable.Range(1, hosts).Select(i => lab.AddHost($"h{i}", bridge, $"10.0.0.{i}/24"))];
        await lab.ApplyAsync().ConfigureAwait(false);
        var receivers = new List<UdpClient>();
        for (var i = 0; i + 1 < hosts; i += 2)
        {
            var receiver = nodes[i + 1].OpenUdp(Port);
            receivers.Add(receiver);
            using var sender = nodes[i].CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            sender.SendTo([1], new IPEndPoint(IPAddress.Parse($"10.0.0.{i + 2}"), Port));
        }

        // What a barrier cannot find arrived waits for a second question by ARP: it was lost at first.
        await lab.SettleAsync().ConfigureAwait(false);
        var lost = receivers.Count(r => r.Available == 0);
        receivers.ForEach(r => r.Dispose());
        return lost;
    }
}
