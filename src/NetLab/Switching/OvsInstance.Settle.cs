using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Linux;

namespace NetLab;

// Waiting until all frames are through.
//
// ovs-vswitchd forwards for the "netdev" datapath in the main loop of its main thread (vswitchd/ovs-vswitchd.c, main()):
//
//     for (;;) { bridge_run(); unixctl_server_run(unixctl); netdev_run(); poll_block(); }
//
// bridge_run() -> type_run() -> dpif_netdev_run() asks every port once. A port gives up to 32 frames (NETDEV_MAX_BURST), which are looked
// up, translated if need be, and sent, all before the next port's turn; only then configuration that changed is taken over for the next
// round. unixctl_server_run() first accepts new connections, then serves the ones there are. So:
//
// 1.  An answer on a connection that was made after an earlier answer had come is from a later pass of the loop: the connection cannot have been
//     accepted in the pass that gave the earlier answer. Between the two lies one whole dpif_netdev_run(). (Two questions on one
//     connection prove nothing: up to ten are served in one pass.)
// 2.  The datapath counts the frames it has taken from ports. If two such answers show the same count, then in the pass between them every
//     port was asked and none had a frame: all that was there before has been taken and, taking and sending being one, sent.
// 3.  Frames that keep coming keep the count moving. But a port's queue is finite: a packet socket of 4 MiB holds some 6000 small frames, a tap's
//     queue 1000 unless it was told otherwise, and every pass takes 32 off it. After 256 passes what was there at the call is through, too.
//
// The "system" datapath forwards in the kernel, behind whose receive path there is a barrier of its own (KernelQuiescence). What it has no flow for it
// hands to threads of ovs-vswitchd: see UpcallQueues, which tells when they are through.
//
// Afterwards the flows that the datapath has cached are dropped, so that the next frame is decided by the tables as they are now. Left alone,
// Open vSwitch does this in its own time, up to half a second later: cached flows go on doing what they did before a flow was changed, before
// an address was learned, and neither learned addresses nor counts of flows include the frames that they forwarded.
internal sealed partial class OvsInstance
{
    private const int PassesThatEmptyAnyQueue = 256;
    private const int QueueBytes = 4 << 20;

    /// <summary>Why the ports' receive queues could not be enlarged, so that bursts of more than some 300 frames lose some; null if they were.</summary>
    public string? WhyQueuesAreShort { get; private set; }

    /// <summary>
    /// The receive queues of the ports that are devices of the kernel. A frame in <see cref="PacketQueue.Lost"/> came while ovs-vswitchd was behind; it
    /// ended there, and no counter of a device tells.
    /// </summary>
    /// <exception cref="LinuxException">The kernel does not let us look: see <see cref="WhyQueuesAreShort"/>.</exception>
    public IReadOnlyList<PacketQueue> ReceiveQueues() => PacketQueues.Read(_userland.Namespace, Daemon.Pid);

    /// <summary>
    /// The barrier: when it returns, every frame that was in a port's receive queue at the call has been forwarded or dropped, and what
    /// it taught (addresses, learned flows, counts) holds for the next one.
    /// </summary>
    /// <returns>True if all was quiet at the end: no frame left. False if frames kept arriving, as they do in a loop or under steady traffic.</returns>
    /// <exception cref="OvsException">ovs-vswitchd has ended.</exception>
    public async Task<bool> SettleAsync(CancellationToken ct)
    {
        var quiet = await DrainAsync(ct).ConfigureAwait(false);
        while (HasKernelDatapath && !UpcallQueues.AreDone(Daemon.Pid))
        {
            // Its main thread answers meanwhile; the handlers have the time that this takes.
            _ = await ReceivedAsync(ct).ConfigureAwait(false);
        }

        await ForgetCachedFlowsAsync(ct).ConfigureAwait(false);
        return quiet;
    }

    /// <summary>
    /// When it returns, what a program of the node has changed (<c>ovs-ofctl mod-port</c>) holds for the very next frame: whoever was told "done" was told so
    /// before the pass that takes the change over. A daemon that the program stopped or ended fails no program: the next frame tells.
    /// </summary>
    /// <returns>The ports that there are then; null where the daemon does not run.</returns>
    /// <exception cref="OvsException">ovs-vswitchd runs, and does not answer.</exception>
    public async Task<OvsNames?> TakeOverAsync(CancellationToken ct)
    {
        if (Daemon.Exited.IsCompleted || StateOf(Daemon.Pid) is 'T' or 't')
        {
            return null;
        }

        try
        {
            _ = await ReceivedAsync(ct).ConfigureAwait(false);
            _ = await ReceivedAsync(ct).ConfigureAwait(false);
            await ForgetCachedFlowsAsync(ct).ConfigureAwait(false);
            return await NamesAsync(ct).ConfigureAwait(false);
        }
        catch (OvsException) when (Daemon.Exited.IsCompleted || StateOf(Daemon.Pid) is 'T' or 't')
        {
            return null; // the program was one that ended or stopped it
        }
    }

    private async Task<bool> DrainAsync(CancellationToken ct)
    {
        long? before = null;
        for (var pass = 0; pass <= PassesThatEmptyAnyQueue; pass++)
        {
            var received = await ReceivedAsync(ct).ConfigureAwait(false);
            if (received == before)
            {
                return true;
            }

            before = received;
        }

        return false;
    }

    private void EnlargeQueues()
    {
        try
        {
            PacketQueues.SetCapacity(_userland.Namespace, Daemon.Pid, QueueBytes);
            WhyQueuesAreShort = null;
        }
        catch (LinuxException e) when (e.Errno is Errno.EPERM or Errno.ENOSYS or Errno.ESRCH)
        {
            // Not worth failing for: only large bursts need it. If ovs-vswitchd has ended, what comes next says so.
            WhyQueuesAreShort = e.Message;
        }
    }

    // How many frames the datapath has taken from ports so far, asked on a connection of its own.
    private async Task<long> ReceivedAsync(CancellationToken ct)
    {
        const string doing = "wait until Open vSwitch has forwarded all frames";
        var answer = (await AskAsync("ovs-vswitchd.ctl", doing, ct, ("dpif-netdev/pmd-stats-show", [])).ConfigureAwait(false))[0];

        // Without a netdev bridge there is no such datapath, and nothing to count.
        return ReceivedPattern().Match(answer.Text) is { Success: true } count ? long.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    // The revalidator threads must stand still, because revalidator/purge leaves out a flow that one of them is looking at. "pause" and
    // "resume" are there since Open vSwitch 3.1; before that, a purge between two waits comes close.
    public async Task ForgetCachedFlowsAsync(CancellationToken ct)
    {
        const string doing = "make Open vSwitch decide by its current tables";
        var answers = await AskAsync("ovs-vswitchd.ctl", doing, ct, ("revalidator/pause", []), ("revalidator/purge", []),
            ("revalidator/resume", [])).ConfigureAwait(false);
        if (answers[0].Failed)
        {
            _ = await ControlAsync(doing, ct, ("revalidator/wait", [])).ConfigureAwait(false);
            _ = await ControlAsync(doing, ct, ("revalidator/purge", [])).ConfigureAwait(false);
            _ = await ControlAsync(doing, ct, ("revalidator/wait", [])).ConfigureAwait(false);
        }
        else if (answers.FirstOrDefault(a => a.Failed) is { } failed)
        {
            throw Failure(doing, failed.Text);
        }
    }

    [GeneratedRegex(@"^main thread:\n  packets received: (\d+)", RegexOptions.Multiline)]
    private static partial Regex ReceivedPattern();
}
