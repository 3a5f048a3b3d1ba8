using System.Net;
using System.Net.Sockets;

namespace NetLab.Tests.Forwarding;

/// <summary>In b and c of the scene: who listens on TCP port 80, and on UDP port 7 sends everything back. They end with it.</summary>
internal sealed class ProbeServers : IDisposable
{
    private readonly List<IDisposable> _sockets = [];

    public ProbeServers(ExchangeScene scene)
    {
        foreach (var node in (Node[])[scene.HostB, scene.HostC])
        {
            _sockets.Add(node.ListenTcp(80));
            var udp = node.OpenUdp(7);
            _sockets.Add(udp);
            _ = EchoAsync(udp);
        }

        _sockets.Add(scene.HostB.ListenTcp(80, IPAddress.IPv6Any));
    }

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    private static async Task EchoAsync(UdpClient server)
    {
        while (true)
        {
            try
            {
                var question = await server.ReceiveAsync();
                await server.SendAsync(question.Buffer, question.RemoteEndPoint);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // It has no way back; the next may have one.
            }
        }
    }
}
