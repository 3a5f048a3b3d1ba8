using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Receiving: the reactor reads the tap, the guest's habits answer, everything goes to the inbox.</summary>
public sealed partial class FakeVm
{
    private const int MostAtOnce = 4_000;
    private readonly byte[] _readBuffer = new byte[65_536];
    private IDisposable? _reading;

    internal Inbox Inbox { get; } = new();

    /// <summary>Every frame that the VM has received, oldest first, also those that its habits answered.</summary>
    public IReadOnlyList<ReceivedFrame> Received => Inbox.All;

    /// <summary>
    /// Takes the first frame that was not taken yet and fits; waits for it where none is there. It waits as long as
    /// <see cref="LabOptions.Patience"/>, because the sender may be a process of its own.
    /// </summary>
    /// <param name="wanted">What the frame must be; null takes any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ForwardingException">Nothing that fits came; the message lists what did come.</exception>
    public async Task<Frame> ReceiveAsync(Func<Frame, bool>? wanted = null, CancellationToken ct = default)
    {
        Node.Lab.RequireApplied();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Node.Lab.Options.Patience);
        try
        {
            ReceivedFrame received = await Inbox.Take(wanted ?? (_ => true), patience.Token).ConfigureAwait(false);
            return received.Frame;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ForwardingException(
                $"VM {Name} expected a frame and none that fits came within {Node.Lab.Options.Patience.TotalSeconds:0.###} s.{Environment.NewLine}{Listing("It did receive", Inbox.All)}");
        }
    }

    /// <summary>
    /// Asserts that nothing came but what was taken by <see cref="ReceiveAsync"/> and what the guest's habits answered. Decided by a
    /// barrier: everything that is under way inside the kernel has arrived before it looks.
    /// </summary>
    /// <exception cref="ForwardingException">Something else came; the message lists it.</exception>
    public async Task ShouldReceiveNothingElseAsync(CancellationToken ct = default)
    {
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
        IReadOnlyList<ReceivedFrame> rest = Inbox.Untaken();
        if (rest.Count > 0)
        {
            throw new ForwardingException($"VM {Name} was to receive nothing else.{Environment.NewLine}{Listing("It received", rest)}");
        }
    }

    /// <summary>Forgets what was received so far.</summary>
    public void ForgetReceived() => Inbox.Clear();

    internal void StartReading() => _reading = Reactor.Shared.OnReadable(Tap.LiveTap.Handle, ReadAll);

    internal void StopReading()
    {
        _reading?.Dispose();
        _reading = null;
    }

    private static string Listing(string what, IReadOnlyList<ReceivedFrame> frames) =>
        frames.Count == 0
            ? $"  {what}: nothing."
            : $"  {what}:{Environment.NewLine}" + string.Join(Environment.NewLine, frames.TakeLast(20).Select(f => $"    {f.Frame}"));

    // On the reactor's thread alone; the buffer is its own. A tap holds a thousand frames; in a storm there is always one more, and others wait too.
    private void ReadAll()
    {
        for (int n = 0; n < MostAtOnce && Tap.LiveTap.TryRead(_readBuffer, out int length); n++)
        {
            Frame frame = Frame.FromBytes(_readBuffer.AsSpan(0, length));
            Inbox.Add(frame, Answer(frame));
        }
    }
}
