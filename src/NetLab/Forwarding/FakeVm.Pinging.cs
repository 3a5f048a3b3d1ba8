using System.Diagnostics;
using System.Net;

namespace NetLab;

/// <summary>Pinging: resolve, ask, and know the answer or why there is none.</summary>
public sealed partial class FakeVm
{
    /// <summary>Pings another VM at its first address.</summary>
    public Task<PingResult> PingAsync(FakeVm to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return PingAsync(to.Address, ct);
    }

    /// <summary>Pings a node at its first address that the VM has a way to.</summary>
    public Task<PingResult> PingAsync(Node to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return PingAsync(to.AddressFor(Addresses), ct);
    }

    /// <summary>
    /// Sends one echo request and says whether the reply came. "No" is proven by a barrier, not by a timeout.
    /// What the kernel lets wait, in the queue of a shaper (netem, tbf) or for the answer of a proxy (proxy_arp), is waited for as long as anything moves:
    /// <see cref="LabOptions.Patience"/>.
    /// </summary>
    public async Task<PingResult> PingAsync(IPAddress to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        (var mac, var question) = await TryResolveAsync(NextHop(to), ct).ConfigureAwait(false);
        if (mac is null)
        {
            return new PingResult(Name, to, null, question!, $"nobody answered for {NextHop(to)}: the ARP or ND question got no reply: {question!.Problem}");
        }

        ushort id = (ushort)(Node.Lab.Live.NextMark() | 1), sequence = NextPing();
        var request = Outgoing(Echo.Request(Mac, mac.Value, SourceFor(to), to, id, sequence, PingPayload, Node.Lab.Live.NextMark()), NextHop(to));

        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<ReceivedFrame>? reply = null;
        long sent = 0;
        var exchange = await FollowedFrame.ExchangeAsync(new SentFrame(Name, this, Node, request, FrameIdentity.Of(request)), Ask,
            () => reply is { IsCompletedSuccessfully: true }, ct).ConfigureAwait(false);
        if (reply is { IsCompletedSuccessfully: true })
        {
            var received = await reply.ConfigureAwait(false);
            return new PingResult(Name, to, Stopwatch.GetElapsedTime(sent, received.At), exchange, null);
        }

        await done.CancelAsync().ConfigureAwait(false);
        return new PingResult(Name, to, null, exchange, $"the echo request got no reply: {exchange.Problem}");

        // When its turn has come: each frame that comes is shown to all who wait for one.
        void Ask()
        {
            reply = Inbox.Take(f => Echo.IsReply(f, id, sequence), done.Token);
            sent = Stopwatch.GetTimestamp();
            Inject(request.Bytes.Span);
        }
    }

    private static ReadOnlySpan<byte> PingPayload => "NetLab ping: where does it end?!"u8;
}
