using System.Globalization;
using NetLab.Linux;
using NetLab.Linux.Netfilter;

namespace NetLab;

/// <summary>
/// Hears which rules of nftables take hold of frames in a lab's nodes (see <see cref="NftTrace"/>), and sees which rules of iptables-legacy
/// have counted one (see
/// <see cref="LegacyTables"/>). Frames are traced only while somebody follows one, and only in nodes that have rules:
/// before and after, the rulesets are as their authors
/// made them. Owns the sockets, and what was read of the rules' texts.
/// </summary>
internal sealed class RuleWatch(Lab lab) : ILivePart, IDisposable
{
    private const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Node, NodeRules> _nodes = [];
    private readonly List<(NodeRules Rules, NftTraceEvent Step)> _log = [];
    private int _recordings;

    /// <summary>Keeps what the rules do from now on, until the recording is disposed.</summary>
    public Recording Record()
    {
        lock (_gate)
        {
            Drain();
            foreach (var node in lab.Nodes.Where(n => n.IsApplied))
            {
                if (!_nodes.TryGetValue(node, out var rules))
                {
                    _nodes.Add(node, rules = new NodeRules(node));
                }

                rules.Arm();
            }

            _recordings++;
            return new Recording(this, _log.Count, _nodes.Values.Where(r => r.IsArmed).ToDictionary(r => r, r => r.Overruns), CountedByLegacy());
        }
    }

    /// <summary>The node's namespace is another one from now on.</summary>
    public void Forget(Node node)
    {
        lock (_gate)
        {
            if (_nodes.Remove(node, out var rules))
            {
                rules.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var rules in _nodes.Values)
            {
                rules.Dispose();
            }

            _nodes.Clear();
        }
    }

    public ValueTask EndAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Drain()
    {
        foreach (var rules in _nodes.Values.Where(r => r.IsArmed))
        {
            foreach (var step in rules.Read())
            {
                if (_log.Count < Most)
                {
                    _log.Add((rules, step));
                }
            }
        }
    }

    // Of the nodes that have such rules.
    private Dictionary<NodeRules, IReadOnlyList<LegacyTable>> CountedByLegacy() =>
        _nodes.Values.Select(r => (Rules: r, Tables: r.ReadLegacy())).Where(n => n.Tables.Count > 0).ToDictionary(n => n.Rules, n => n.Tables);

    private void End()
    {
        if (--_recordings == 0)
        {
            foreach (var rules in _nodes.Values)
            {
                rules.Disarm();
            }

            _log.Clear();
        }
    }

    /// <summary>From before a frame is sent until it has ended.</summary>
    internal sealed class Recording(RuleWatch watch, int from, Dictionary<NodeRules, long> overruns,
        Dictionary<NodeRules, IReadOnlyList<LegacyTable>> counted) : IDisposable
    {
        private bool _hasEnded;

        /// <summary>What the rules did meanwhile. The recording goes on.</summary>
        public RuleAccount Take()
        {
            lock (watch._gate)
            {
                watch.Drain();
                return AccountOf(watch._log.Skip(from).ToLookup(s => s.Rules, s => s.Step));
            }
        }

        /// <summary>
        /// What the rules did last, with no more than so many steps. The recording goes on, and is the only one; rules that are new since are heard too.
        /// </summary>
        public RuleAccount Look(int most)
        {
            lock (watch._gate)
            {
                watch.Drain();
                watch._log.RemoveRange(0, Math.Max(0, watch._log.Count - most));
                foreach (var rules in watch._nodes.Values)
                {
                    rules.Arm();
                }

                return AccountOf(watch._log.ToLookup(s => s.Rules, s => s.Step));
            }
        }

        public void Dispose()
        {
            lock (watch._gate)
            {
                if (!_hasEnded)
                {
                    _hasEnded = true;
                    watch.End();
                }
            }
        }

        private RuleAccount AccountOf(ILookup<NodeRules, NftTraceEvent> steps)
        {
            var legacy = counted.ToDictionary(c => c.Key, c => LegacyTable.DropsBetween(c.Value, c.Key.ReadLegacy()));
            return new RuleAccount(watch._nodes.Values.ToDictionary(r => r.Node,
                r => new NodeAccount(r, NftTraversal.Of(steps[r]), legacy.GetValueOrDefault(r, []), DoubtOf(r))));
        }

        private string DoubtOf(NodeRules rules) =>
            (rules.Trouble ?? rules.LegacyTrouble) is { } trouble ? trouble
            : !overruns.TryGetValue(rules, out var before) ? ""
            : rules.Overruns > before
            ? string.Create(CultureInfo.InvariantCulture,
                $"{rules.Overruns - before} times the kernel had more to tell of the rules of {rules.Node.Name} than there was room for")
            : watch._log.Count >= Most ? $"the rules of {rules.Node.Name} took hold of more frames than are kept"
            : "";
    }
}

/// <summary>What the rules did with frames while one was under way.</summary>
internal sealed class RuleAccount(IReadOnlyDictionary<Node, NodeAccount> nodes)
{
    /// <summary>What nobody recorded.</summary>
    public static RuleAccount None { get; } = new(new Dictionary<Node, NodeAccount>());

    /// <summary>Of one node; null where nothing was recorded.</summary>
    public NodeAccount? Of(Node node) => nodes.GetValueOrDefault(node);
}

/// <summary>What the rules of one node did.</summary>
/// <param name="Rules">The node's rules.</param>
/// <param name="Ways">The frames' ways through those of nftables, each through the chains at one hook.</param>
/// <param name="Legacy">Those of iptables-legacy that have dropped something, by their counters.</param>
/// <param name="Doubt">Why there may have been more; empty when there was not.</param>
internal sealed record NodeAccount(NodeRules Rules, IReadOnlyList<NftTraversal> Ways, IReadOnlyList<LegacyDrop> Legacy, string Doubt)
{
    /// <summary>The ways on which a frame was dropped, as far as they can be ways of this one.</summary>
    /// <param name="packet">The frame from its network header on, as it was when it was dropped or came into the node.</param>
    /// <param name="withAnyIdentification">The node's own stack is to send it, and chooses the identification.</param>
    public IReadOnlyList<NftTraversal> DropsOf(ReadOnlySpan<byte> packet, bool withAnyIdentification = false)
    {
        var (same, translated) = (new List<NftTraversal>(), new List<NftTraversal>());
        foreach (var way in Ways.Where(w => w.Last.IsDrop || (w.Last.Queue is { } queue && IsUnheard(queue))))
        {
            if (way.Last.IsOf(packet))
            {
                same.Add(way);
            }
            else if (way.Last.IsOfTranslated(packet, withAnyIdentification))
            {
                translated.Add(way);
            }
        }

        return same.Count > 0 ? same : translated;
    }

    /// <summary>Whether no program listens to a queue, so that what rules give to it is dropped.</summary>
    public bool IsUnheard(int queue) => !QueueListeners.Read(Rules.Node.Live.Namespace).Contains(queue);
}

/// <summary>
/// The rules of one node: the traces, and the texts, which are read once for each change of the ruleset. The watch's lock guards it, but for the texts.
/// </summary>
internal sealed class NodeRules(Node node) : IDisposable
{
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Dictionary<(NftChain Chain, ulong Handle), NftRule?> _words = [];
    private NftTrace? _trace;
    private LegacyTables? _legacy;
    private IReadOnlyList<NftChain>? _chains;
    private int _chainsVersion;

    public Node Node => node;

    public bool IsArmed => _trace is { IsArmed: true };

    public long Overruns => _trace?.Overruns ?? 0;

    /// <summary>Why the rules of nftables cannot be watched; null where they can.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Why those of iptables-legacy cannot be read; null where they can, or there are none.</summary>
    public string? LegacyTrouble { get; private set; }

    public void Arm()
    {
        if (Trouble is null)
        {
            try
            {
                _trace ??= NftTrace.Open(node.Live.Namespace);
                _trace.Arm();
            }
            catch (LinuxException e)
            {
                Trouble = e.Message;
                Dispose();
            }
        }
    }

    public void Disarm()
    {
        try
        {
            _trace?.Disarm();
        }
        catch (LinuxException e)
        {
            Trouble = e.Message;
            Dispose();
        }
    }

    public IReadOnlyList<NftTraceEvent> Read() => _trace?.Read() ?? [];

    /// <summary>The tables of iptables-legacy as they are now; none where the node has none.</summary>
    public IReadOnlyList<LegacyTable> ReadLegacy()
    {
        try
        {
            return LegacyTrouble is null ? (_legacy ??= LegacyTables.Of(node.Live.Namespace)).Read() : [];
        }
        catch (LinuxException e)
        {
            LegacyTrouble = e.Message;
            return [];
        }
    }

    /// <summary>The chains as they are listed, without the figures of counters.</summary>
    /// <exception cref="LinuxException">There is no nft, or it refused.</exception>
    public async Task<IReadOnlyList<NftChain>> ChainsAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var version = _trace?.Version ?? -1;
            if (_chains is null || _chainsVersion != version)
            {
                _words.Clear();
                _chains = await NftRules.ListAsync(node.Lab.Processes, node.Live.Namespace).ConfigureAwait(false);
                _chainsVersion = version;
            }

            return _chains;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>The rule, or the policy, of a chain that <see cref="ChainsAsync"/> gave.</summary>
    public async Task<NftRule?> RuleAsync(NftChain chain, ulong handle, CancellationToken ct)
    {
        await _reading.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (!_words.TryGetValue((chain, handle), out var rule))
            {
                rule = await NftRules.FindAsync(node.Lab.Processes, node.Live.Namespace, chain, handle).ConfigureAwait(false);
                _words[(chain, handle)] = rule;
            }

            return rule;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose()
    {
        _trace?.Dispose();
        _trace = null;
        _legacy?.Dispose();
        _legacy = null;
    }
}
