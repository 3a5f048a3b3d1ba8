using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Sockets of the test's own process, born in a node. A socket stays in the namespace it was born in, so ordinary async code may use
/// it from any thread afterwards. It is closed with the lab at the latest: whatever waits at it then ends.
/// </summary>
public sealed partial class Node
{
    private const string AsyncInside =
        "Code after the first await would run on another thread, outside the node. Open sockets of the node (ListenTcp, OpenUdp, ConnectAsync) "
        + "and use them in ordinary async code, or run code without await here.";

    // Those that are still used: a socket that nobody holds is not kept by this.
    private readonly ConditionalWeakTable<Socket, Node> _sockets = [];

    /// <summary>A socket born in this node.</summary>
    public Socket CreateSocket(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        Lab.RequireApplied();
        return Keep(NamespaceSockets.Create(Live.Namespace, family, type, protocol));
    }

    /// <summary>Listens for TCP connections at an address of this node.</summary>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="address">The address; by default every IPv4 address of the node.</param>
    /// <returns>A listener that has started: <c>await listener.AcceptTcpClientAsync()</c>.</returns>
    public TcpListener ListenTcp(int port, IPAddress? address = null)
    {
        Lab.RequireApplied();
        var listener = new TcpListener(address ?? IPAddress.Any, port);
        try
        {
            NamespaceSockets.Move(Keep(listener.Server), Live.Namespace);
            listener.Start();
            return listener;
        }
        catch (SocketException refused)
        {
            listener.Dispose();
            throw new NodeSocketException(this, "listen at", listener.LocalEndpoint, refused);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>A TCP socket of this node that is bound and does not listen yet: what Kestrel's <c>CreateBoundListenSocket</c> asks for.</summary>
    public Socket BindTcp(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var socket = CreateSocket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new NodeSocketException(this, "bind", endPoint, refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Opens a TCP connection from this node.</summary>
    /// <exception cref="NodeSocketException">Nobody listens there, or there is no way there.</exception>
    public async Task<NetworkStream> ConnectAsync(IPAddress to, int port, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var socket = CreateSocket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to, port), ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new NodeSocketException(this, "connect to", new IPEndPoint(to, port), refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A UDP socket of this node as an <see cref="System.Net.Sockets.UdpClient"/>.</summary>
    /// <param name="port">The port to listen at; 0 takes a free one.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    public UdpClient OpenUdp(int port = 0, AddressFamily family = AddressFamily.InterNetwork)
    {
        Lab.RequireApplied();
        var client = new UdpClient(family);
        var at = new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port);
        try
        {
            NamespaceSockets.Move(Keep(client.Client), Live.Namespace);
            client.Client.Bind(at);
            return client;
        }
        catch (SocketException refused)
        {
            client.Dispose();
            throw new NodeSocketException(this, "bind", at, refused);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An HTTP client whose connections start in this node. A host name of the lab's nodes stands for the node's address;
    /// other names must be addresses.
    /// </summary>
    public HttpClient CreateHttpClient()
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, ct) => await ConnectAsync(AddressOf(context.DnsEndPoint.Host), context.DnsEndPoint.Port, ct)
                .ConfigureAwait(false),
        };
        return new HttpClient(handler, disposeHandler: true);
    }

    /// <summary>
    /// Runs code on a thread of its own inside this node's namespace. What it opens is born here; it must not start work
    /// on other threads (<c>Task.Run</c>, timers): threads born by it would stay inside, and are reported.
    /// </summary>
    /// <exception cref="InvalidOperationException">The code left threads of the runtime inside the namespace.</exception>
    public Task<T> RunAsync<T>(Func<T> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (typeof(Task).IsAssignableFrom(typeof(T)) || typeof(T) == typeof(ValueTask)
            || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>)))
        {
            throw new ArgumentException(AsyncInside, nameof(code));
        }

        Lab.RequireApplied();
        return NamespaceThread.RunAsync(Live.Namespace, code);
    }

    /// <summary>Does not compile, since asynchronous code leaves the node's namespace at its first await.</summary>
    [Obsolete(AsyncInside, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Task RunAsync(Func<Task> code) => throw new ArgumentException(AsyncInside, nameof(code));

    /// <inheritdoc cref="RunAsync(Func{Task})"/>
    [Obsolete(AsyncInside, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Task<T> RunAsync<T>(Func<Task<T>> code) => throw new ArgumentException(AsyncInside, nameof(code));

    /// <inheritdoc cref="RunAsync{T}(Func{T})"/>
    public Task RunAsync(Action code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (code.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
        {
            throw new ArgumentException(AsyncInside, nameof(code)); // async void
        }

        return RunAsync(() =>
        {
            code();
            return true;
        });
    }

    /// <summary>Closes what was born here, while the network is still there: the other sides see the end as well.</summary>
    internal void CloseSockets()
    {
        foreach ((var socket, _) in _sockets)
        {
            socket.Dispose();
        }
    }

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket, this);
        return socket;
    }

    private IPAddress AddressOf(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return address;
        }

        return Lab.FindNode(host)?.AddressFor(AddressesNow)
            ?? throw new ArgumentException(
                $"'{host}' is neither an address nor a node of the lab; its nodes are: {string.Join(", ", Lab.Nodes.Select(n => n.Name))}");
    }
}
