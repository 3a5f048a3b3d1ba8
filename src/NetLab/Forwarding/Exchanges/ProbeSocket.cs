using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>A socket of a node that asks a port once, and knows how that came out. Nothing waits in it: it looks at what the kernel has told so far.</summary>
internal abstract class ProbeSocket : IDisposable
{
    protected ProbeSocket(Node node, IPEndPoint to, SocketType type, ProtocolType protocol)
    {
        (Node, To) = (node, to);
        Socket = node.CreateSocket(to.AddressFamily, type, protocol);
        Socket.Blocking = false;
    }

    /// <summary>How it came out, as far as it is known.</summary>
    public ProbeOutcome Outcome { get; private set; } = ProbeOutcome.Silent;

    /// <summary>What the socket was told.</summary>
    public SocketError Error { get; private set; } = SocketError.Success;

    /// <summary>How long the answer took.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>The frame that it sends, as far as that is known before.</summary>
    public abstract SentFrame Sent { get; }

    protected Node Node { get; }

    protected IPEndPoint To { get; }

    protected Socket Socket { get; }

    protected IPAddress From => OutputModel.SourceFor(Node, To.Address)
        ?? (To.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);

    protected ushort Port => (ushort)((IPEndPoint)Socket.LocalEndPoint!).Port;

    /// <summary>Asks.</summary>
    /// <exception cref="LinuxException">The node's stack does not send it.</exception>
    public void Send()
    {
        try
        {
            Ask();
        }
        catch (SocketException refused) when (refused.SocketErrorCode is not (SocketError.WouldBlock or SocketError.InProgress))
        {
            (Outcome, Error) = (ProbeOutcome.NotSent, refused.SocketErrorCode);
            throw new LinuxException($"sending to {To}", refused.NativeErrorCode);
        }
        catch (SocketException)
        {
            // The SYN is on its way.
        }
    }

    /// <summary>Whether the socket knows how it came out.</summary>
    public bool IsOver()
    {
        if (Outcome is not ProbeOutcome.Silent)
        {
            return true;
        }

        try
        {
            if (Look() is { } roundTrip)
            {
                (Outcome, RoundTrip) = (ProbeOutcome.Answered, roundTrip);
            }
        }
        catch (SocketException told)
        {
            Error = told.SocketErrorCode;
            Outcome = Error is SocketError.ConnectionRefused ? ProbeOutcome.Refused : ProbeOutcome.Unreachable;
        }

        return Outcome is not ProbeOutcome.Silent;
    }

    public void Dispose() => Socket.Dispose();

    protected abstract void Ask();

    /// <summary>How long the answer took; null where none is there yet.</summary>
    /// <exception cref="SocketException">The socket was told of an error.</exception>
    protected abstract TimeSpan? Look();

    /// <exception cref="NodeSocketException">No port is free.</exception>
    protected void Bind()
    {
        var any = new IPEndPoint(To.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        try
        {
            Socket.Bind(any);
        }
        catch (SocketException refused)
        {
            Socket.Dispose();
            throw new NodeSocketException(Node, "bind", any, refused);
        }
    }
}

/// <summary>Asks for a TCP connection. Its sequence number is chosen, so that the SYN is known again behind NAT too.</summary>
internal sealed class TcpProbe : ProbeSocket
{
    public TcpProbe(Node node, IPEndPoint to)
        : base(node, to, SocketType.Stream, ProtocolType.Tcp)
    {
        var sequence = node.Lab.Live.NextMark() * 0x10001u;
        NamespaceSockets.ChooseSequence(Socket, sequence);
        Bind();
        var syn = Frame.Tcp(default, default, From, to.Address, Port, (ushort)to.Port, TcpFlags.Syn, sequence);
        Sent = new SentFrame(node.Name, null, node, syn, FrameIdentity.Of(syn).WithAnyMark())
        {
            IsIt = frame => frame.Tcp is { } tcp && tcp.SequenceNumber == sequence && tcp.Flags.HasFlag(TcpFlags.Syn),
        };
    }

    public override SentFrame Sent { get; }

    protected override void Ask() => Socket.Connect(To);

    protected override TimeSpan? Look()
    {
        if (!Socket.Poll(0, SelectMode.SelectWrite))
        {
            return null;
        }

        var error = (SocketError)(int)Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        return error is SocketError.Success ? NamespaceSockets.RoundTripOf(Socket) : throw new SocketException((int)error);
    }
}

/// <summary>Sends a datagram that asks. Known again by its port, and behind NAT by what it carries.</summary>
internal sealed class UdpProbe : ProbeSocket
{
    private readonly byte[] _payload;
    private DateTime _sent;

    public UdpProbe(Node node, IPEndPoint to, byte[] payload)
        : base(node, to, SocketType.Dgram, ProtocolType.Udp)
    {
        _payload = payload;
        NamespaceSockets.HearErrors(Socket);
        NamespaceSockets.StampArrivals(Socket);
        Bind();
        var port = Port;
        var datagram = Frame.Udp(default, default, From, to.Address, port, (ushort)to.Port, payload);
        Sent = new SentFrame(node.Name, null, node, datagram, FrameIdentity.Of(datagram).WithAnyMark())
        {
            IsIt = frame => frame.Udp is { } udp && (udp.SourcePort == port || (udp.Payload.Length > 0 && payload.AsSpan().StartsWith(udp.Payload.Span))),
        };
    }

    /// <summary>The datagram that came back.</summary>
    public ReadOnlyMemory<byte> Answer { get; private set; }

    public override SentFrame Sent { get; }

    /// <summary>What asks where the caller has nothing to ask: of a name server for the servers of the root, and of others nothing that they know.</summary>
    public static byte[] Question(Node node, int port) => port == 53
        ? DnsMessage.Query(node.Lab.Live.NextMark(), "", DnsType.Ns).ToArray()
        : System.Text.Encoding.ASCII.GetBytes($"NetLab probe {node.Lab.Live.NextMark():x4}, from a node's stack");

    protected override void Ask()
    {
        Socket.Connect(To);
        _sent = DateTime.UtcNow;
        Socket.Send(_payload);
    }

    protected override TimeSpan? Look()
    {
        if (!Socket.Poll(0, SelectMode.SelectRead) && !Socket.Poll(0, SelectMode.SelectError))
        {
            return null;
        }

        var buffer = new byte[ushort.MaxValue];
        Answer = buffer.AsMemory(0, Socket.Receive(buffer));
        return TimeSpan.FromTicks(Math.Max(1, ((NamespaceSockets.ArrivalOf(Socket) ?? DateTime.UtcNow) - _sent).Ticks));
    }
}
