using System.Net;
using System.Text;

namespace NetLab.Scenarios;

/// <summary>
/// What a node's own stack is to ask: a ping, a TCP connection, a datagram. Its stack makes the frame, so that a request says only what a program can.
/// </summary>
internal sealed class NodeRequest
{
    private readonly PortsEntry? _tcp;
    private readonly PortsEntry? _udp;

    private NodeRequest(PortsEntry? tcp, PortsEntry? udp) => (_tcp, _udp) = (tcp, udp);

    /// <summary>The request of a frame's line.</summary>
    /// <exception cref="QuestionException">A program of a node cannot send that.</exception>
    public static NodeRequest Of(SendStep send, string node)
    {
        (Entry Entry, string[] Allowed) content = send switch
        {
            { Udp: { } udp } => (udp, ["dst", "payload", "size"]),
            { Tcp: { } tcp } => (tcp, ["dst", "flags"]),
            { Icmp: { Request: true } icmp } => (icmp, ["type"]),
            _ => throw Refused(node, $"'{SendStep.Contents.First(send.Given.ContainsKey)}'"),
        };
        if (send.Given.Keys.Except(["from", "to", "udp", "tcp", "icmp"]).Concat(content.Entry.Given.Keys.Except(content.Allowed)).FirstOrDefault() is { } key)
        {
            throw Refused(node, $"'{key}'");
        }

        return send.Tcp is { Flags: { Count: > 0 } flags } && flags.Any(f => f.Value != "syn") ? throw Refused(node, "flags but 'syn'")
            : new NodeRequest(send.Tcp, send.Udp);
    }

    /// <summary>Asks.</summary>
    public async Task<Exchange> AskAsync(Node from, IPAddress to, CancellationToken ct) =>
        _tcp is not null ? (await from.ProbeTcpAsync(to, _tcp.Destination, ct).ConfigureAwait(false)).Exchange
        : _udp is not null ? (await from.ProbeUdpAsync(to, _udp.Destination, Payload(_udp), null, ct).ConfigureAwait(false)).Exchange
        : (await from.PingAsync(to, ct).ConfigureAwait(false)).Exchange;

    private static byte[]? Payload(PortsEntry udp) => udp switch
    {
        { Payload: { } text } => Encoding.UTF8.GetBytes(text),
        { Size: { } size } => new byte[size],
        _ => null,
    };

    private static QuestionException Refused(string node, string what) => new(
        $"--frame: '{node}' is a node, whose own stack makes its frames, and has no {what} to choose; it pings (icmp), asks for a connection (tcp 80) or "
        + "sends a datagram (udp 53, with payload=TEXT or size=BYTES); any frame can be sent from a VM");
}
