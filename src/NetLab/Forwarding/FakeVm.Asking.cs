using NetLab.Packets;

namespace NetLab;

/// <summary>Asking by a frame of one's own making: sent as it is, and its answer followed too.</summary>
public sealed partial class FakeVm
{
    /// <summary>Sends a frame that should be answered, as it is, and says whether the answer came to this VM. "No" is proven by a barrier.</summary>
    /// <param name="request">An echo request, an ARP request or a neighbour solicitation.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What became of it; where no answer came, also of the answer and of the ARP and ND requests that it depended on.</returns>
    /// <exception cref="ArgumentException">The frame is none of these.</exception>
    public async Task<Exchange> AskAsync(Frame request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Answers.IsExpectedFor(request) || request.Tcp is not null)
        {
            throw new ArgumentException($"Nothing answers this frame: {request}. An echo request, an ARP request or a neighbour solicitation is answered.",
                nameof(request));
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<ReceivedFrame>? answer = null;
        try
        {
            return await FollowedFrame.ExchangeAsync(new SentFrame(Name, this, Node, request, FrameIdentity.Of(request)), Ask,
                () => answer is { IsCompletedSuccessfully: true }, ct).ConfigureAwait(false);
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
        }

        void Ask()
        {
            answer = Inbox.Take(frame => Answers.Is(frame, request), done.Token);
            Inject(request.Bytes.Span);
        }
    }
}
