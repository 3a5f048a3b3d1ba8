namespace NetLab;

// Why the node that a packet was for does not give it to a program.
public static partial class Causes
{
    /// <summary>Nobody listens at the port.</summary>
    public static Cause NoSocket { get; } = OfReceivers("no-socket",
        "Nobody listens at the port.",
        "the kernel drops with NO_SOCKET, and the node's sockets",
        "start the program: `ss -lnp` shows what listens");

    /// <summary>The socket at the port is connected to somebody else, or listens at another address.</summary>
    public static Cause SocketElsewhere { get; } = OfReceivers("socket-elsewhere",
        "The socket at the port is connected to somebody else, or listens at another address.",
        "the socket",
        "connect or bind it otherwise");

    /// <summary>The socket at the port is bound to another device.</summary>
    public static Cause SocketDevice { get; } = OfReceivers("socket-device",
        "The socket at the port is bound to another device.",
        "the socket",
        "bind it to the device, or to none");

    /// <summary>The socket has no room: its program does not read fast enough.</summary>
    public static Cause SocketFull { get; } = OfReceivers("socket-full",
        "The socket has no room: its program does not read fast enough.",
        "the kernel drops with SOCKET_RCVBUFF",
        "read faster, or a bigger SO_RCVBUF");

    /// <summary>A datagram is in the socket, and the program has not read it.</summary>
    public static Cause NotRead { get; } = OfReceivers("not-read",
        "A datagram is in the socket, and the program has not read it.",
        "what waits in the socket",
        "see what the program does; ss -ulnp");

    /// <summary>The program's own filter at its socket refused it.</summary>
    public static Cause SocketFilter { get; } = OfReceivers("socket-filter",
        "The program's own filter at its socket refused it.",
        "the kernel drops with SOCKET_FILTER",
        "`ss -0 -lnpb` shows the filter");

    /// <summary>The node does not know the IP protocol.</summary>
    public static Cause NoProtocol { get; } = OfReceivers("no-protocol",
        "The node does not know the IP protocol.",
        "the kernel drops with IP_NOPROTO",
        "open a raw socket for it, or see that the tunnel is there");

    /// <summary>The node does not answer the ping: a sysctl says so.</summary>
    public static Cause EchoIgnored { get; } = OfReceivers("echo-ignored",
        "The node does not answer the ping: a sysctl says so.",
        "the sysctl",
        "set it to 0");

    /// <summary>A segment for a listening port that begins no connection.</summary>
    public static Cause TcpFlags { get; } = OfReceivers("tcp-flags",
        "A segment for a listening port that begins no connection.",
        "the kernel drops with TCP_FLAGS",
        "begin with a SYN");

    /// <summary>A RST, and no connection that it would end.</summary>
    public static Cause TcpReset { get; } = OfReceivers("tcp-reset",
        "A RST, and no connection that it would end.",
        "the kernel drops with TCP_RESET",
        "nothing: there is no connection");

    /// <summary>The sequence number is not in the window of the connection.</summary>
    public static Cause TcpSequence { get; } = OfReceivers("tcp-sequence",
        "The sequence number is not in the window of the connection.",
        "the kernel drops with TCP_INVALID_SEQUENCE",
        "`ss -tni` at both ends");

    /// <summary>What the segment brings has come before.</summary>
    public static Cause TcpOld { get; } = OfReceivers("tcp-old",
        "What the segment brings has come before.",
        "the kernel drops with TCP_OLD_DATA",
        "look at the way back: an acknowledgment was lost");

    /// <summary>The segment acknowledges what was never sent, or long ago.</summary>
    public static Cause TcpAcknowledgment { get; } = OfReceivers("tcp-acknowledgment",
        "The segment acknowledges what was never sent, or long ago.",
        "the kernel drops with a reason TCP_…ACK…",
        "`ss -tni` at both ends");

    /// <summary>The receiver has no room for the segment.</summary>
    public static Cause TcpWindow { get; } = OfReceivers("tcp-window",
        "The receiver has no room for the segment.",
        "the kernel drops with TCP_OVERWINDOW or TCP_ZEROWINDOW",
        "see that the program reads");

    /// <summary>The connection does not take the segment in its present state.</summary>
    public static Cause TcpState { get; } = OfReceivers("tcp-state",
        "The connection does not take the segment in its present state.",
        "the kernel drops with another reason TCP_…",
        "`ss -tni` at both ends");

    /// <summary>The node used the frame up itself, and sent nothing on.</summary>
    public static Cause Used { get; } = OfReceivers("used",
        "The node used the frame up itself, and sent nothing on.",
        "the kernel freed it after use",
        "nothing, if that is what it is for");

    /// <summary>The program does not accept connections fast enough: its queue has no room for one more.</summary>
    public static Cause AcceptQueueFull { get; } = OfReceivers("accept-queue-full",
        "The program does not accept connections fast enough: its queue has no room for one more.",
        "the node has no such connection, connections wait at the listening socket, and ListenOverflows has counted",
        "accept faster, or listen with a longer queue");

    private static Cause OfReceivers(string word, string meaning, string confirmedBy, string advice) => new(word, "Receivers", meaning, confirmedBy, advice);
}
