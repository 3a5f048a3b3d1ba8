using System.Net;
using System.Net.Sockets;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Asks again by pings, when a test has failed, so that it can be followed where a question ends that nobody dropped: few, and for a short time, since
/// somebody waits for the failure's text.
/// </summary>
internal sealed class AskingAgain : IDisposable
{
    private const int Most = 5;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _enough;
    private int _asked;

    public AskingAgain(CancellationToken ct)
    {
        _enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _enough.CancelAfter(Longest);
    }

    /// <summary>What became of a ping; null where it cannot be sent or followed, or there were enough.</summary>
    public async Task<PingResult?> PingAsync(Node from, IPAddress to)
    {
        if (_asked++ >= Most)
        {
            return null;
        }

        try
        {
            return await from.PingAsync(to, _enough.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or SocketException or ForwardingException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _enough.Dispose();
}
