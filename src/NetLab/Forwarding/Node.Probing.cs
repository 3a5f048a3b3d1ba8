using System.Net;
using System.Net.Sockets;

namespace NetLab;

/// <summary>Asking a port from a node's own stack: a TCP connection, a datagram. Both are followed, and so is what comes back.</summary>
public sealed partial class Node
{
    /// <summary>Asks for a TCP connection from this node, and closes it again.</summary>
    /// <param name="to">The node; asked at its first address that this one has a way to.</param>
    /// <param name="port">The port.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// Whether the connection came to be; else which half failed, and why. That the SYN or its answer was dropped is proven by a barrier; that a VM, which
    /// has the SYN, never answers is not: it did not within <see cref="LabOptions.Patience"/>.
    /// </returns>
    /// <exception cref="NodeSocketException">No port of the node is free to ask from.</exception>
    public Task<ProbeResult> ProbeTcpAsync(Node to, int port, CancellationToken ct = default) => ProbeTcpAsync(FirstAddressOf(to), port, ct);

    /// <inheritdoc cref="ProbeTcpAsync(Node, int, CancellationToken)"/>
    public async Task<ProbeResult> ProbeTcpAsync(IPAddress to, int port, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        using var probe = new TcpProbe(this, new IPEndPoint(to, port));
        var exchange = await FollowedFrame.ProbeAsync(probe.Sent, probe, Lab.Options.Patience, ct).ConfigureAwait(false);
        return ResultOf(probe, new IPEndPoint(to, port), ProtocolType.Tcp, default, exchange, "the SYN");
    }

    /// <summary>Sends a datagram from this node that asks a program for an answer.</summary>
    /// <param name="to">The node; asked at its first address that this one has a way to.</param>
    /// <param name="port">The port.</param>
    /// <param name="payload">What asks. Null: of port 53 for the name servers of the root, of others a text that no program knows.</param>
    /// <param name="patience">How long the program may take once it has the datagram; null: <see cref="LabOptions.Patience"/>.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// Whether an answer came; else which half failed, and why. That the datagram or its answer was dropped is proven; that a program, which has the
    /// datagram, never answers is not: it did not within <paramref name="patience"/>.
    /// </returns>
    /// <exception cref="NodeSocketException">No port of the node is free to ask from.</exception>
    public Task<ProbeResult> ProbeUdpAsync(Node to, int port, byte[]? payload = null, TimeSpan? patience = null, CancellationToken ct = default) =>
        ProbeUdpAsync(FirstAddressOf(to), port, payload, patience, ct);

    /// <inheritdoc cref="ProbeUdpAsync(Node, int, byte[], TimeSpan?, CancellationToken)"/>
    public async Task<ProbeResult> ProbeUdpAsync(IPAddress to, int port, byte[]? payload = null, TimeSpan? patience = null,
        CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        Lab.RequireApplied();
        using var probe = new UdpProbe(this, new IPEndPoint(to, port), payload ?? UdpProbe.Question(this, port));
        var exchange = await FollowedFrame.ProbeAsync(probe.Sent, probe, patience ?? Lab.Options.Patience, ct).ConfigureAwait(false);
        return ResultOf(probe, new IPEndPoint(to, port), ProtocolType.Udp, probe.Answer, exchange, "the datagram");
    }

    private ProbeResult ResultOf(ProbeSocket probe, IPEndPoint to, ProtocolType protocol, ReadOnlyMemory<byte> answer, Exchange exchange, string what) =>
        new(Name, to, protocol, probe.Outcome, probe.Error, probe.RoundTrip, answer, exchange, probe.Outcome switch
        {
            ProbeOutcome.Answered => null,
            ProbeOutcome.NotSent => exchange.Request.Refusal ?? exchange.Problem,
            ProbeOutcome.Refused => $"{what} was refused: {exchange.Problem}",
            ProbeOutcome.Unreachable => $"{what} brought an ICMP error ({probe.Error}): {exchange.Problem}",
            _ => $"{what} got no answer: {exchange.Problem}",
        });

    private IPAddress FirstAddressOf(Node to)
    {
        ArgumentNullException.ThrowIfNull(to);
        return to.AddressFor(AddressesNow);
    }
}
