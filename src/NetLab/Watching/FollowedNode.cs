using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A span of a test in which the frames that a node itself sends are followed, whatever program, or its stack, sends them. It begins with
/// <c>node.FollowAsync</c> and ends with <see cref="StopAsync"/>. Owns what it records by; the lab is the caller's.
/// </summary>
/// <example>
/// <code>
/// await using var followed = await client.FollowAsync(f =&gt; f.Tcp is not null);
/// await http.GetAsync("http://server/");
/// foreach (var fate in await followed.StopAsync()) output.WriteLine(fate.Describe());
/// </code>
/// </example>
public sealed class FollowedNode : IAsyncDisposable
{
    private const int MostExplained = 200; // frames; more are told as they were seen

    private readonly Node _node;
    private readonly Func<Frame, bool> _isWanted;
    private readonly IFrameWatch _watch;
    private readonly IObservation _observation;
    private readonly SocketFrames? _sockets;
    private readonly RuleWatch.Recording _rules;
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<Fate>>? _fates;

    internal FollowedNode(Node node, Func<Frame, bool> isWanted)
    {
        _node = node;
        _isWanted = isWanted;
        _watch = node.Lab.Watch();
        _observation = _watch.Observe();
        try
        {
            _sockets = _watch is FrameWatch sockets ? new SocketFrames(sockets, isWanted) : null;
            _rules = node.Lab.Live.Part(own => new RuleWatch(own)).Record();
        }
        catch
        {
            _observation.Dispose();
            throw;
        }
    }

    /// <summary>By what the frames are followed: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.</summary>
    public string Level => _watch.Level;

    /// <summary>
    /// Ends the span, and returns when nothing is under way any more: the fates of the frames, in the order in which they were sent. They are among
    /// <c>lab.RecentFates</c> as well, and so in the bundle of a test that fails.
    /// </summary>
    /// <param name="ct">Gives up the waiting.</param>
    /// <exception cref="ForwardingException">The lab does not get quiet.</exception>
    public Task<IReadOnlyList<Fate>> StopAsync(CancellationToken ct = default)
    {
        lock (_gate)
        {
            return _fates ??= StopOnceAsync(ct);
        }
    }

    /// <summary>Ends the span, where <see cref="StopAsync"/> has not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_node.Lab.IsApplied)
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<Fate>> StopOnceAsync(CancellationToken ct)
    {
        using var observation = _observation;
        using var rules = _rules;
        var storms = await Barrier.SettleAsync(_node.Lab, ct).ConfigureAwait(false);
        var (frames, lost) = _sockets is null ? OfKernel() : (_sockets.Collect(all: true), _sockets.Lost);
        var account = rules.Take();
        var known = new KnownDrops();
        var recent = _node.Lab.Live.Part(_ => new RecentFates());
        var fates = new List<Fate>();
        var explained = 0;
        foreach (var frame in frames.Where(f => ReferenceEquals(f.Sent.Start, _node) && f.Sent.From == _node.Name).OrderBy(f => f.At))
        {
            var copies = frame.Copies;
            var unknown = known.Unknown(frame, isWhole: lost == 0);
            if (unknown.Count > 0 && explained++ < MostExplained)
            {
                copies = await known.ExplainAsync(frame, unknown, account).ConfigureAwait(false);
            }

            fates.Add(recent.Add(new Fate(frame.Sent, frame.At, _watch.Level, null, copies, storms, lost)));
        }

        return fates;
    }

    private (IReadOnlyList<WatchedFrame> Frames, long Lost) OfKernel()
    {
        // The kernel's records are of all frames: which one is asked for does not matter.
        var seen = (SeenByKernel)_observation.Take(null!);
        var nodes = _node.Lab.Nodes.Where(n => n.IsApplied).ToDictionary(n => n.NamespaceInode);
        return ([.. SkbTree.Build(seen.Events).Roots
            .Select(root => KernelFrames.FrameOf(root, nodes, _isWanted) is { } frame
                ? frame with { Copies = TraceFateBuilder.Build(frame.Sent, root) } : null)
            .OfType<WatchedFrame>()], seen.Lost);
    }
}

/// <summary>Following what a node's programs send.</summary>
public static class NodeFollowing
{
    extension(Node node)
    {
        /// <summary>From now on the frames are followed that the node itself sends, whatever program, or its stack, sends them.</summary>
        /// <param name="isWanted">Which, by how they are where they are first seen; null for all. Frames on <c>lo</c> are left out.</param>
        /// <param name="ct">Gives up.</param>
        /// <returns>The span: it ends with <see cref="FollowedNode.StopAsync"/>, which has the fates.</returns>
        /// <exception cref="InvalidOperationException">The lab is not applied, or its namespaces are somebody else's: those are watched by
        /// <see cref="NamespaceWatch"/>.</exception>
        public Task<FollowedNode> FollowAsync(Func<Frame, bool>? isWanted = null, CancellationToken ct = default)
        {
            node.Lab.RequireApplied();
            node.Lab.RequireOwn();
            return Task.Run(() => new FollowedNode(node, isWanted ?? (_ => true)), ct);
        }
    }
}
