using System.Net;

namespace NetLab;

/// <summary>What became of a ping.</summary>
/// <param name="From">Who asked.</param>
/// <param name="To">The address that was asked.</param>
/// <param name="RoundTrip">How long the answer took; null where none came.</param>
/// <param name="Exchange">The last frame that was sent for it, the echo request or the ARP question before it, and what became of it and of its answer.</param>
/// <param name="Problem">Why there is no answer; null where there is one.</param>
public sealed record PingResult(string From, IPAddress To, TimeSpan? RoundTrip, Exchange Exchange, string? Problem)
{
    /// <summary>The fate of the echo request, or of the ARP question before it.</summary>
    public Fate Fate => Exchange.Request;

    /// <summary>Why no answer came; null where one did, or nothing is known.</summary>
    public Reason? Why => Exchange.Why;

    /// <summary>Whether the answer came.</summary>
    public bool Succeeded => RoundTrip is not null;

    /// <summary>Asserts that the answer came.</summary>
    /// <exception cref="ForwardingException">It did not; the message says how far the request got.</exception>
    public PingResult ShouldSucceed() => Succeeded
        ? this
        : throw new ForwardingException($"{From} pinged {To} and expected an answer, but {Problem}.{Environment.NewLine}{Exchange.Describe()}",
            Exchange.Deepest.Fate, Exchange.Deepest.Copy);

    /// <summary>Asserts that no answer came.</summary>
    /// <exception cref="ForwardingException">An answer came; the message says by which way the request went.</exception>
    public PingResult ShouldFail() => !Succeeded
        ? this
        : throw new ForwardingException(
            $"{From} pinged {To} and expected no answer, but one came after {RoundTrip!.Value.TotalMicroseconds:0} µs.{Environment.NewLine}{Fate.Describe()}",
                Fate);

    /// <summary>The result in a line.</summary>
    public override string ToString() => Succeeded ? $"{From} > {To}: answered in {RoundTrip!.Value.TotalMicroseconds:0} µs" : $"{From} > {To}: {Problem}";
}
