using System.Runtime.CompilerServices;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Watches the namespaces of an adopted lab, and tells what becomes of the frames that pass, from when it is started until it is disposed.
/// Owns what it watches by; the lab is the caller's.
/// </summary>
/// <remarks>
/// It changes nothing in the namespaces, unless it is asked to trace their rules:
/// then each namespace that has rules has one table more while it watches (<c>netlab_trace</c>).
/// </remarks>
public sealed class NamespaceWatch : IDisposable
{
    private const int MostExplained = 200; // at one time; more are told as they were seen
    private const int MostSteps = 20_000; // of rules, that are kept for frames still under way
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lab _lab;
    private readonly IFrameWatch _watch;
    private readonly IWatchSource _source;
    private readonly KnownDrops _known = new();
    private readonly List<RouteEvents> _changes = [];
    private readonly RuleWatch? _ruleWatch;
    private readonly RuleWatch.Recording? _rules;
    private int _hasChanged;
    private DateTimeOffset _lastLoss; // when records were last found missing

    /// <summary>Begins to watch.</summary>
    /// <param name="lab">The lab, from <c>Lab.Adopt</c>.</param>
    /// <param name="isWanted">Which frames are of interest, by how they are where they are first seen; null for all.</param>
    /// <param name="traceRules">Whether nftables is to tell which rules take hold of frames.
    /// It adds a table of its own to each namespace that has rules, and takes it away when it is disposed.</param>
    /// <exception cref="ArgumentException">The lab is no adopted one.</exception>
    /// <exception cref="Linux.LinuxException">The kernel does not let this process look into a namespace.</exception>
    public NamespaceWatch(Lab lab, Func<Frame, bool>? isWanted = null, bool traceRules = false)
    {
        ArgumentNullException.ThrowIfNull(lab);
        if (!lab.IsAdopted)
        {
            throw new ArgumentException(
                "Only a lab of adopted namespaces (Lab.Adopt) is watched; frames of any other are followed as they are sent.", nameof(lab));
        }

        _lab = lab;
        isWanted ??= _ => true;
        try
        {
            foreach (var node in lab.Nodes)
            {
                var events = RouteEvents.Open(node.Live.Namespace, RouteGroups.Links | RouteGroups.Addresses);
                _changes.Add(events);
                events.Received += _ => Volatile.Write(ref _hasChanged, 1);
            }

            if (traceRules)
            {
                _ruleWatch = new RuleWatch(lab);
                _rules = _ruleWatch.Record();
            }

            _watch = lab.Watch();
            _source = _watch is KernelWatch kernel ? new KernelFrames(lab, kernel, isWanted) : new SocketFrames((FrameWatch)_watch, isWanted);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>By what frames are followed: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.</summary>
    public string Level => _watch.Level;

    /// <summary>How many records of what was seen found no room so far: while this is not 0, frames and reasons may be missing.</summary>
    public long LostEvents => _source.Lost;

    /// <summary>How many frames came to rest while too many others did, and were told without a reason.</summary>
    public long Unexplained { get; private set; }

    /// <summary>
    /// The fates of frames, each when nothing has been seen of the frame for a while:
    /// some 0.2 s, or 3.5 s where a neighbour may still answer. Frames on <c>lo</c> are left out.
    /// </summary>
    /// <param name="ct">Ends the watching; the frames that are under way then are the last.</param>
    public async IAsyncEnumerable<Fate> FatesAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        using var timer = new PeriodicTimer(Tick);
        for (var isLast = false; !isLast;)
        {
            isLast = !await NextAsync(timer, ct).ConfigureAwait(false);
            if (Interlocked.Exchange(ref _hasChanged, 0) == 1)
            {
                _lab.ReadDevices();
            }

            var lost = _source.Lost;
            var frames = _source.Collect(isLast);
            lost = _source.Lost - lost;
            _lastLoss = lost > 0 ? DateTimeOffset.UtcNow : _lastLoss;
            var account = _rules?.Look(MostSteps) ?? RuleAccount.None;
            var explained = 0;
            foreach (var frame in frames.OrderBy(f => f.At))
            {
                var copies = frame.Copies;
                var unknown = _known.Unknown(frame, isWhole: frame.At > _lastLoss);
                if (unknown.Count > 0 && explained++ < MostExplained)
                {
                    copies = await _known.ExplainAsync(frame, unknown, account).ConfigureAwait(false);
                }
                else if (unknown.Count > 0)
                {
                    Unexplained++;
                }

                yield return new Fate(frame.Sent, frame.At, _watch.Level, null, copies, [], lost);
            }
        }
    }

    /// <summary>Ends the watching; a table that was added for the traces of rules goes.</summary>
    public void Dispose()
    {
        (_source as IDisposable)?.Dispose();
        _rules?.Dispose();
        _ruleWatch?.Dispose();
        _changes.ForEach(c => c.Dispose());
        _changes.Clear();
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
