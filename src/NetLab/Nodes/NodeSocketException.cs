using System.Net;
using System.Net.Sockets;

namespace NetLab;

/// <summary>What a socket of a node could not do: the message names the node, the address and the port, and says what the error means there.</summary>
public sealed class NodeSocketException : SocketException
{
    private readonly string _doing;

    internal NodeSocketException(Node node, string doing, EndPoint endPoint, SocketException cause)
        : base((int)cause.SocketErrorCode)
    {
        Node = node;
        EndPoint = endPoint;
        _doing = doing;
    }

    /// <summary>The node that the socket was born in.</summary>
    public Node Node { get; }

    /// <summary>The address and port that it was about.</summary>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public override string Message => $"Node {Node.Name} cannot {_doing} {EndPoint}: {base.Message}.{Meaning}";

    private string Meaning => SocketErrorCode switch
    {
        SocketError.ConnectionRefused => " The host is reached, and nothing listens at that port and address there.",
        SocketError.AddressAlreadyInUse when EndPoint is IPEndPoint { Port: 0 } => " No port of net.ipv4.ip_local_port_range is free there.",
        SocketError.AddressAlreadyInUse => " Something in the node listens there already; port 0 takes a free one.",
        SocketError.AddressNotAvailable => $" The node has no such address; it has {Addresses}.",
        SocketError.NetworkUnreachable => $" The node has no route there; its addresses are {Addresses}.",
        SocketError.HostUnreachable => " Nobody answered for that address (ARP or neighbour discovery), or a router said that it has no way there.",
        SocketError.InvalidArgument when IsConnect && EndPoint is IPEndPoint { Address: { IsIPv6LinkLocal: true, ScopeId: 0 } address } =>
            $" A link-local address needs its device: {address}%{(Node.Devices is [var first, ..] ? first.Name : "lo")}.",
        SocketError.InvalidArgument when IsConnect => Forbidden("blackhole"),
        SocketError.AccessDenied when IsConnect => Forbidden("prohibit"),
        SocketError.TimedOut => " No answer came: the question or the answer was dropped on its way.",
        _ => "",
    };

    private bool IsConnect => EndPoint is IPEndPoint && _doing == "connect to";

    private string Forbidden(string kind) => $" A route or rule of type {kind} lets nothing of the node go there" +
        $"{(kind == "prohibit" ? ", or a rule of its output rejects it" : "")}: ip route get {(EndPoint as IPEndPoint)?.Address}, and ip rule, " +
            $"in node {Node.Name}.";

    private string Addresses => Node.AddressesNow is { Count: > 0 } some ? string.Join(", ", some)
        : "none but 127.0.0.1 and ::1";
}
