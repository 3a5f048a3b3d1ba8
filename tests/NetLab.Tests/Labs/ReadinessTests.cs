using System.Net;
using System.Net.Sockets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>When ApplyAsync returns, every link carries frames.</summary>
public class ReadinessTests
{
    private const int Port = 9;

    [LabTheory]
    [InlineData(10, 10)]
    [InlineData(50, 2)]
    public async Task The_first_datagram_after_ApplyAsync_arrives(int hosts, int labs)
    {
        for (var turn = 0; turn < labs; turn++)
        {
            await using var lab = new Lab();
            var bridge = lab.AddNode("switch").AddBridge("br0");
            Node[] nodes = [.. Enumerable.Range(1, hosts).Select(i => lab.AddHost($"h{i}", bridge, $"10.0.0.{i}/24"))];
            await lab.ApplyAsync();

            // A datagram that a first ARP request did not help on its way waits for a second one, which comes a second later.
            var receivers = new List<UdpClient>();
            for (var i = 0; i < hosts; i += 2)
            {
                receivers.Add(nodes[i + 1].OpenUdp(Port));
                using var sender = nodes[i].CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                sender.SendTo([1], new IPEndPoint(IPAddress.Parse($"10.0.0.{i + 2}"), Port));
            }

            await lab.SettleAsync();
            Assert.All(receivers, r => Assert.Equal(1, r.Available));
            receivers.ForEach(r => r.Dispose());
        }
    }
}
