using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Asks again by pings, when a test has failed, so that it can be followed where a question ends that nobody dropped: few, and after the first none
/// begins late, since somebody waits for the failure's text. One that has begun goes on to its own end, which takes a slow machine longer.
/// </summary>
/// <param name="ct">Gives up.</param>
internal sealed class AskingAgain(CancellationToken ct)
{
    private const int Most = 5;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    private readonly long _start = Stopwatch.GetTimestamp();
    private int _asked;

    /// <summary>What became of a ping; null where it cannot be sent or followed, there were enough, or it is too late for another.</summary>
    public async Task<PingResult?> PingAsync(Node from, IPAddress to)
    {
        if (_asked == Most || (_asked > 0 && Stopwatch.GetElapsedTime(_start) > Late))
        {
            return null;
        }

        _asked++;
        try
        {
            var ping = await from.PingAsync(to, ct).ConfigureAwait(false);
            // One that waits for a neighbour for which the kernel has asked for the last time goes when that gives up. The next has it ask anew.
            return ping.Exchange.Deepest is { Kind: ExchangeLegKind.Request, Copy.Reason.Awaits: not null }
                ? await from.PingAsync(to, ct).ConfigureAwait(false) : ping;
        }
        catch (Exception e) when (e is LinuxException or SocketException or ForwardingException or OperationCanceledException)
        {
            return null;
        }
    }
}
