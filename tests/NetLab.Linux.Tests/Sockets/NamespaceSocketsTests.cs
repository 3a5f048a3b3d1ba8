using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Tests.Sockets;

public sealed class NamespaceSocketsTests : IDisposable
{
    private readonly NetworkNamespace _ns = NetworkNamespace.Create();

    public NamespaceSocketsTests() => Devices.Up(_ns, "lo");

    public void Dispose() => _ns.Dispose();

    [Fact]
    public async Task A_tcp_connection_inside_is_used_from_ordinary_async_code()
    {
        using var server = NamespaceSockets.Create(_ns, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 80));
        server.Listen();
        var accepted = server.AcceptAsync();
        using var client = await NamespaceSockets.ConnectAsync(_ns, new IPEndPoint(IPAddress.Loopback, 80));
        using var peer = await accepted;
        await client.SendAsync("hello"u8.ToArray());
        var buffer = new byte[10];
        Assert.Equal(5, await peer.ReceiveAsync(buffer));

        // The process's own loopback has no such port.
        using var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var refused = await Assert.ThrowsAsync<SocketException>(async () => await outside.ConnectAsync(IPAddress.Loopback, 80));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task A_TcpListener_and_a_TcpClient_are_moved_in()
    {
        var listener = new TcpListener(IPAddress.Loopback, 8080);
        NamespaceSockets.Move(listener.Server, _ns);
        listener.Start();
        using var client = new TcpClient(AddressFamily.InterNetwork);
        NamespaceSockets.Move(client.Client, _ns);
        var accepted = listener.AcceptTcpClientAsync();
        await client.ConnectAsync(IPAddress.Loopback, 8080);
        using var peer = await accepted;
        await client.GetStream().WriteAsync("ab"u8.ToArray());
        Assert.Equal('a', peer.GetStream().ReadByte());
        listener.Stop();
    }

    [Fact]
    public async Task A_UdpClient_is_moved_in()
    {
        using var receiver = new UdpClient(AddressFamily.InterNetwork);
        NamespaceSockets.Move(receiver.Client, _ns);
        receiver.Client.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        using var sender = new UdpClient(AddressFamily.InterNetwork);
        NamespaceSockets.Move(sender.Client, _ns);
        var received = receiver.ReceiveAsync();
        await sender.SendAsync("x"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, 53));
        Assert.Equal("x"u8.ToArray(), (await received).Buffer);
    }

    [Fact]
    public void A_socket_in_use_is_not_moved()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Throws<ArgumentException>(() => NamespaceSockets.Move(socket, _ns));
    }

    [Fact]
    public async Task An_http_client_reaches_a_server_inside()
    {
        using var server = NamespaceSockets.Create(_ns, AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 80));
        server.Listen();
        var answering = Task.Run(async () =>
        {
            using var peer = await server.AcceptAsync();
            await peer.ReceiveAsync(new byte[4096]);
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray());
        });
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) => new NetworkStream(
                await NamespaceSockets.ConnectAsync(_ns, context.DnsEndPoint,
                    (host, _) => ValueTask.FromResult<IReadOnlyList<IPAddress>>([IPAddress.IPv6Loopback]), ct),
                ownsSocket: true),
        });
        Assert.Equal("hi", await http.GetStringAsync(new Uri("http://web.lab/")));
        await answering;
    }

    [Fact]
    public async Task A_name_without_a_resolver_is_refused_rather_than_looked_up_outside()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await NamespaceSockets.ConnectAsync(_ns, new DnsEndPoint("localhost", 80)));
        Assert.Contains("localhost", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_socket_closes_its_descriptor_once()
    {
        for (var i = 0; i < 200; i++)
        {
            var socket = NamespaceSockets.Create(_ns, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            var number = socket.SafeHandle.DangerousGetHandle();
            socket.Dispose();
            using var other = File.OpenHandle("/proc/self/exe");
            GC.Collect(0);
            Assert.False(other.IsClosed);
            Assert.NotEqual(-1, Libc.fcntl((int)other.DangerousGetHandle(), Libc.F_GETFL, 0));
            Assert.True(number >= 0);
        }
    }
}
