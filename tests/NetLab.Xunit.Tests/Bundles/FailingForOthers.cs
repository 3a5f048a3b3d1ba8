using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab.Xunit.Tests;

/// <summary>
/// Tests that send no frame by hand, and fail for what becomes of the frames of others: <c>HappeningsTests</c> runs them. Elsewhere they do nothing.
/// </summary>
public static class FailingForOthers
{
    private static bool Asked => Environment.GetEnvironmentVariable(FailingOnPurpose.Variable) == "1";

    public sealed class Everybody
    {
        [LabFact]
        public async Task A_page_that_a_rule_keeps_away()
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            var (client, router, server) = lab.AddRoutedPair();
            router.AddRuleset("table ip guard { chain forward { type filter hook forward priority 0; tcp sport 80 drop; }; }");
            await lab.ApplyAsync();
            using var listener = server.ListenTcp(80);
            using var http = client.CreateHttpClient();
            http.Timeout = TimeSpan.FromSeconds(2);
            await http.GetStringAsync("http://server/");
        }

        [LabFact]
        public async Task A_name_that_does_not_resolve()
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            var bridge = lab.AddNode("switch").AddBridge("br0");
            bridge.Node.AddRuleset("table bridge guard { chain ports { type filter hook forward priority 0; udp sport 53 drop; }; }");
            var client = lab.AddHost("client", bridge, "10.0.0.1/24");
            var resolver = lab.AddHost("resolver", bridge, "10.0.0.53/24");
            await lab.ApplyAsync();
            using var answering = resolver.OpenUdp(53);
            _ = Answer(answering);
            using var asking = client.OpenUdp();
            asking.Connect(IPAddress.Parse("10.0.0.53"), 53);
            await asking.SendAsync(DnsMessage.Query(1, "web.lab").ToArray());
            using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await asking.ReceiveAsync(enough.Token);
        }

        [LabFact]
        public async Task A_host_behind_an_isolated_port()
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            var bridge = lab.AddNode("switch").AddBridge("br0");
            Node client = lab.AddHost("client", bridge, "10.0.0.1/24"), server = lab.AddHost("server", bridge, "10.0.0.2/24");
            foreach (var port in bridge.Ports)
            {
                port.BridgePort = new Linux.Netlink.BridgePortOptions { Isolated = true };
            }

            await lab.ApplyAsync();
            using var listener = server.ListenTcp(80);
            await client.ConnectAsync(IPAddress.Parse("10.0.0.2"), 80);
        }

        private static async Task Answer(UdpClient socket)
        {
            var question = await socket.ReceiveAsync();
            if (DnsMessage.TryParse(question.Buffer, out var asked))
            {
                await socket.SendAsync(asked!.Answer([]).ToArray(), question.RemoteEndPoint);
            }
        }
    }
}
