using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Tests.Sockets;

public sealed class SocketBindingsTests : IDisposable
{
    private readonly NetworkNamespace _ns = NetworkNamespace.Create();

    public SocketBindingsTests() => Devices.Up(_ns, "lo");

    public void Dispose() => _ns.Dispose();

    [Fact]
    public void Sockets_are_told_with_what_they_are_bound_to()
    {
        IPEndPoint any = new(IPAddress.Any, 53), any6 = new(IPAddress.IPv6Any, 53), nobody = new(IPAddress.Any, 0), nobody6 = new(IPAddress.IPv6Any, 0),
            remote = new(IPAddress.Loopback, 9);
        using Socket first = Open(SocketType.Dgram, any), six = Open(SocketType.Dgram, any6, s => s.DualMode = false);
        Assert.Equal([new SocketBinding(any, nobody, 0, false)], Udp(isIpv6: false));
        Assert.Equal([new SocketBinding(any6, nobody6, 0, true)], Udp(isIpv6: true));
        first.SetRawSocketOption(1, 25, "lo\0"u8); // SO_BINDTODEVICE
        first.Connect(remote);
        Assert.Equal([new SocketBinding(new IPEndPoint(IPAddress.Loopback, 53), remote, 1, false)], Udp(isIpv6: false));
        Assert.Empty(SocketBindings.At(_ns, isTcp: false, isIpv6: false, 54));
        first.Dispose();
        six.Dispose();
        using var both = Open(SocketType.Dgram, any6, s => s.DualMode = true);
        Assert.Equal([new SocketBinding(any6, nobody6, 0, false)], Udp(isIpv6: true));
    }

    [Fact]
    public void Of_TCP_those_are_told_that_listen()
    {
        using Socket bound = Open(SocketType.Stream, new(IPAddress.Any, 80)), listens = Open(SocketType.Stream, new(IPAddress.IPv6Any, 81));
        Assert.Empty(SocketBindings.At(_ns, isTcp: true, isIpv6: false, 80));
        bound.Listen();
        listens.Listen();
        Assert.Equal([new SocketBinding(new(IPAddress.Any, 80), new(IPAddress.Any, 0), 0, false)], SocketBindings.At(_ns, isTcp: true, isIpv6: false, 80));
        Assert.Single(SocketBindings.At(_ns, isTcp: true, isIpv6: true, 81));
    }

    private IReadOnlyList<SocketBinding> Udp(bool isIpv6) => SocketBindings.At(_ns, isTcp: false, isIpv6, 53);

    private Socket Open(SocketType type, IPEndPoint local, Action<Socket>? options = null)
    {
        var socket = NamespaceSockets.Create(_ns, local.AddressFamily, type, type is SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        options?.Invoke(socket);
        socket.Bind(local);
        return socket;
    }
}
