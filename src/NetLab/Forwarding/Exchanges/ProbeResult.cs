using System.Net;
using System.Net.Sockets;

namespace NetLab;

/// <summary>How a question to a port came out, as the socket that asked was told.</summary>
public enum ProbeOutcome
{
    /// <summary>The connection came to be, or a datagram came back.</summary>
    Answered,

    /// <summary>It was refused: a RST came back, or an ICMP error that says that nobody listens at the port (ECONNREFUSED).</summary>
    Refused,

    /// <summary>Another ICMP error came back: <see cref="ProbeResult.Error"/> says which.</summary>
    Unreachable,

    /// <summary>The node's own stack did not send it: <see cref="ProbeResult.Error"/> says why.</summary>
    NotSent,

    /// <summary>Nothing came back.</summary>
    Silent,
}

/// <summary>What became of a question to a port: a TCP connection, or a datagram that asks.</summary>
/// <param name="From">The node that asked.</param>
/// <param name="To">The address and port that were asked.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Error">What the socket was told; <see cref="SocketError.Success"/> where it was told nothing.</param>
/// <param name="RoundTrip">How long the answer took; null where none came.</param>
/// <param name="Answer">The datagram that came back; empty where none did, and of TCP.</param>
/// <param name="Exchange">The SYN or the datagram, and what became of it and of what came back.</param>
/// <param name="Problem">Why there is no answer; null where there is one.</param>
public sealed record ProbeResult(string From, IPEndPoint To, ProtocolType Protocol, ProbeOutcome Outcome, SocketError Error, TimeSpan? RoundTrip,
    ReadOnlyMemory<byte> Answer, Exchange Exchange, string? Problem)
{
    /// <summary>The fate of the SYN or of the datagram.</summary>
    public Fate Fate => Exchange.Request;

    /// <summary>Why no answer came; null where one did, or nothing is known.</summary>
    public Reason? Why => Exchange.Why;

    /// <summary>Whether the connection came to be, or a datagram came back.</summary>
    public bool Succeeded => Outcome is ProbeOutcome.Answered;

    /// <summary>Asserts that the answer came.</summary>
    /// <exception cref="ForwardingException">It did not; the message says how far the question got, and what became of its answer.</exception>
    public ProbeResult ShouldSucceed() => Succeeded
        ? this
        : throw new ForwardingException($"{From} asked {What} and expected an answer, but {Problem}.{Environment.NewLine}{Exchange.Describe()}",
            Exchange.Deepest.Fate, Exchange.Deepest.Copy);

    /// <summary>Asserts that no answer came, or a refusal.</summary>
    /// <exception cref="ForwardingException">An answer came; the message says by which way the question went.</exception>
    public ProbeResult ShouldFail() => !Succeeded
        ? this
        : throw new ForwardingException(
            $"{From} asked {What} and expected no answer, but one came after {RoundTrip!.Value.TotalMicroseconds:0} µs.{Environment.NewLine}{Fate.Describe()}",
                Fate);

    /// <summary>The result in a line.</summary>
    public override string ToString() => $"{From} > {What}: {(Succeeded ? $"answered in {RoundTrip!.Value.TotalMicroseconds:0} µs" : Problem)}";

    private string What => $"{To} by {(Protocol is ProtocolType.Tcp ? "TCP" : "UDP")}";
}
