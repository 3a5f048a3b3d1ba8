using System.Runtime.CompilerServices;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Watches the namespaces of an adopted lab, and tells what becomes of the frames that pass, from when it is started until it is disposed. Owns what it watches by; the lab is the caller's.
/// </summary>
/// <remarks>It changes nothing in the namespaces, unless it is asked to trace their rules: then each namespace that has rules has one table more while it watches (<c>netlab_trace</c>).</remarks>
public sealed class LiveWatch : IDisposable
{
    private const int MostExplained = 200; // at one time; more are told as they were seen
    private const int MostSteps = 20_000; // of rules, that are kept for frames still under way
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lab lab;
    private readonly IFrameWatch watch;
    private readonly ILiveSource source;
    private readonly KnownDrops known = new();
    private readonly List<RouteEvents> changes = [];
    private readonly RuleWatch? ruleWatch;
    private readonly RuleWatch.Recording? rules;
    private int hasChanged;
    private DateTimeOffset lastLoss; // when records were last found missing

    /// <summary>Begins to watch.</summary>
    /// <param name="lab">The lab, from <see cref="Lab.Adopt"/>.</param>
    /// <param name="isWanted">Which frames are of interest, by how they are where they are first seen; null for all.</param>
    /// <param name="traceRules">Whether nftables is to tell which rules take hold of frames. It adds a table of its own to each namespace that has rules, and takes it away when it is disposed.</param>
    /// <exception cref="ArgumentException">The lab is no adopted one.</exception>
    /// <exception cref="Linux.LinuxException">The kernel does not let this process look into a namespace.</exception>
    public LiveWatch(Lab lab, Func<Frame, bool>? isWanted = null, bool traceRules = false)
    {
        ArgumentNullException.ThrowIfNull(lab);
        if (!lab.IsAdopted)
        {
            throw new ArgumentException("Only a lab of adopted namespaces (Lab.Adopt) is watched; frames of any other are followed as they are sent.", nameof(lab));
        }

        this.lab = lab;
        isWanted ??= _ => true;
        try
        {
            foreach (Node node in lab.Nodes)
            {
                RouteEvents events = RouteEvents.Open(node.State.Namespace, RouteGroups.Links | RouteGroups.Addresses);
                changes.Add(events);
                events.Received += _ => Volatile.Write(ref hasChanged, 1);
            }

            if (traceRules)
            {
                ruleWatch = new RuleWatch(lab);
                rules = ruleWatch.Record();
            }

            watch = lab.Watch();
            source = watch is KernelWatch kernel ? new KernelFrames(lab, kernel, isWanted) : new SocketFrames((FrameWatch)watch, isWanted);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>By what frames are followed: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.</summary>
    public string Level => watch.Level;

    /// <summary>How many records of what was seen found no room so far: while this is not 0, frames and reasons may be missing.</summary>
    public long LostEvents => source.Lost;

    /// <summary>How many frames came to rest while too many others did, and were told without a reason.</summary>
    public long Unexplained { get; private set; }

    /// <summary>The fates of frames, each when nothing has been seen of the frame for a while: some 0.2 s, or 3.5 s where a neighbour may still answer. Frames on <c>lo</c> are left out.</summary>
    /// <param name="ct">Ends the watching; the frames that are under way then are the last.</param>
    public async IAsyncEnumerable<Fate> FatesAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        using var timer = new PeriodicTimer(Tick);
        for (bool isLast = false; !isLast;)
        {
            isLast = !await NextAsync(timer, ct).ConfigureAwait(false);
            if (Interlocked.Exchange(ref hasChanged, 0) == 1)
            {
                lab.ReadDevices();
            }

            long lost = source.Lost;
            IReadOnlyList<LiveFrame> frames = source.Collect(isLast);
            lost = source.Lost - lost;
            lastLoss = lost > 0 ? DateTimeOffset.UtcNow : lastLoss;
            RuleAccount account = rules?.Look(MostSteps) ?? RuleAccount.None;
            int explained = 0;
            foreach (LiveFrame frame in frames.OrderBy(f => f.At))
            {
                IReadOnlyList<FrameCopy> copies = frame.Copies;
                IReadOnlyList<FrameCopy> unknown = known.Unknown(frame, isWhole: frame.At > lastLoss);
                if (unknown.Count > 0 && explained++ < MostExplained)
                {
                    copies = await known.ExplainAsync(frame, unknown, account).ConfigureAwait(false);
                }
                else if (unknown.Count > 0)
                {
                    Unexplained++;
                }

                yield return new Fate(frame.Sent, frame.At, watch.Level, null, copies, [], lost);
            }
        }
    }

    /// <summary>Ends the watching; a table that was added for the traces of rules goes.</summary>
    public void Dispose()
    {
        (source as IDisposable)?.Dispose();
        rules?.Dispose();
        ruleWatch?.Dispose();
        changes.ForEach(c => c.Dispose());
        changes.Clear();
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
