using System.Globalization;

namespace NetLab.Linux.Bpf;

/// <summary>How a copy came to be.</summary>
internal enum SkbOrigin
{
    /// <summary>It came from outside: written to a tap, or sent by a process.</summary>
    Root,

    /// <summary>A clone: another struct sk_buff with the same bytes in the same buffer; a bridge that floods makes them.</summary>
    Clone,

    /// <summary>A new skb with the same packet in it: somebody read it and sent it on, Open vSwitch in user space for one, or the kernel copied it.</summary>
    SamePacket,

    /// <summary>A fragment of the parent's datagram, or a segment that was cut from it.</summary>
    Part,

    /// <summary>An ICMP error because of the parent.</summary>
    IcmpError,

    /// <summary>The same skb with other bytes: encrypted, for example.</summary>
    Rewritten,
}

/// <summary>What became of a copy.</summary>
internal enum SkbEnd
{
    /// <summary>No end was seen: it waits somewhere (in the queue of a tap, for an answer to ARP), or the kernel freed it without a word.</summary>
    Open,

    /// <summary>The kernel dropped it.</summary>
    Dropped,

    /// <summary>It was used: read from a tap, answered, or taken apart.</summary>
    Consumed,

    /// <summary>A socket got it.</summary>
    GivenToSocket,
}

/// <summary>One struct sk_buff from its first to its last event: one copy of a frame, and where it went.</summary>
internal sealed class SkbCopy
{
    private readonly List<TraceEvent> _events = [];
    private readonly List<SkbHop> _hops = [];
    private readonly List<SkbCopy> _children = [];

    internal SkbCopy(int number, TraceEvent first, SkbCopy? parent, SkbOrigin origin)
    {
        Number = number;
        SkbAddress = first.SkbAddress;
        HeadAddress = first.HeadAddress;
        Latest = first;
        Content = _first = new FrameContent(first);
        Root = parent?.Root ?? this;
        Parent = parent;
        Origin = origin;
        HopsOfParent = parent?.Hops.Count ?? 0;
        parent?._children.Add(this);
    }

    /// <summary>Counts the copies of a tree from 1, in the order of their appearance.</summary>
    public int Number { get; }

    /// <summary>Address of the struct sk_buff.</summary>
    public ulong SkbAddress { get; }

    /// <summary>Address of the buffer, as it was last: it changes when headers need more room.</summary>
    public ulong HeadAddress { get; private set; }

    /// <summary>The copy that this one was made from, or null.</summary>
    public SkbCopy? Parent { get; }

    /// <summary>How this copy came to be.</summary>
    public SkbOrigin Origin { get; }

    /// <summary>How many hops the parent had when this copy appeared: the way here is those, then <see cref="Hops"/>.</summary>
    public int HopsOfParent { get; }

    /// <summary>Copies that were made from this one.</summary>
    public IReadOnlyList<SkbCopy> Children => _children;

    /// <summary>Its hops, in order.</summary>
    public IReadOnlyList<SkbHop> Hops => _hops;

    /// <summary>Everything that was recorded of it, in order.</summary>
    public IReadOnlyList<TraceEvent> Events => _events;

    /// <summary>What became of it.</summary>
    public SkbEnd End { get; private set; }

    /// <summary>The event that ended it; null while <see cref="End"/> is <see cref="SkbEnd.Open"/>.</summary>
    public TraceEvent? EndEvent { get; private set; }

    /// <summary>The last event that shows its bytes.</summary>
    public TraceEvent Latest { get; private set; }

    /// <summary>The routes that were looked up for it.</summary>
    public IEnumerable<RouteLookup> RouteLookups => _events.Select(e => e.RouteLookup).OfType<RouteLookup>();

    /// <summary>All hops from where the first copy came in: those of the ancestors, each up to where the next was made from it, then its own.</summary>
    public IReadOnlyList<SkbHop> Way
    {
        get
        {
            var way = new List<SkbHop>(_hops);
            for (var copy = this; copy.Parent is { } ancestor; copy = ancestor)
            {
                way.InsertRange(0, ancestor._hops.Take(copy.HopsOfParent));
            }

            return way;
        }
    }

    /// <summary>The first ancestor; itself when it has none.</summary>
    public SkbCopy Root { get; }

    internal FrameContent Content { get; private set; }

    // As it was first seen: a router may have given it other addresses and ports since, and then nothing but the payload tells it.
    private readonly FrameContent _first;

    /// <summary>
    /// Whether another copy shows the same frame, as it was at first or in the end, tagged, translated or in a tunnel perhaps, as far as the bytes of both
    /// are known.
    /// </summary>
    public bool IsSameFrameAs(SkbCopy other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Content.Compare(other.Content) is FrameLikeness.Same || Content.Compare(other._first) is FrameLikeness.Same;
    }

    // Whether the kernel may still have it.
    internal bool IsLive => End is SkbEnd.Open && !_isOutOfSight;

    private bool _isOutOfSight;

    /// <summary>One line: <c>#2 clone of #1: v0 out > v1 in > tap0 out; Consumed in tun_do_read</c>.</summary>
    public override string ToString()
    {
        var from = Parent is null ? "" : string.Create(CultureInfo.InvariantCulture, $" {Origin} of #{Parent.Number}");
        var end = EndEvent switch
        {
            null => "",
            { Kind: TraceEventKind.KfreeSkb } e => $"; Dropped at {(e.DeviceName.Length == 0 ? "no device" : e.DeviceName)}: {e.ReasonName} in {e.Location}",
            { Kind: TraceEventKind.ConsumeSkb } e => $"; Consumed in {e.Location}",
            var e => string.Create(CultureInfo.InvariantCulture, $"; given to the socket of protocol {e.SocketProtocol} port {e.SocketPort}"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"#{Number}{from}: {string.Join(" > ", _hops)}{end}");
    }

    internal void Add(TraceEvent e)
    {
        _events.Add(e);
        if (e.HeadAddress != 0)
        {
            HeadAddress = e.HeadAddress;
            Latest = e;
            Content = new FrameContent(e);
        }

        switch (e.Kind)
        {
            case TraceEventKind.NetifRx:
                Hop(e, SkbDirection.In, complete: false);
                break;
            case TraceEventKind.NetifReceiveSkb:
                Hop(e, SkbDirection.In, complete: true);
                break;
            case TraceEventKind.NetDevQueue:
                Hop(e, SkbDirection.Out, complete: false);
                break;
            case TraceEventKind.NetDevStartXmit:
                Hop(e, SkbDirection.Out, complete: true);
                break;
            case TraceEventKind.NetDevXmit when _hops.Count > 0:
                _hops[^1].TransmitResult = e.TransmitResult;
                break;
            case TraceEventKind.KfreeSkb:
                Finish(SkbEnd.Dropped, e);
                break;
            case TraceEventKind.ConsumeSkb:
                Finish(SkbEnd.Consumed, e);
                break;
            case TraceEventKind.SkDataReady:
                Finish(SkbEnd.GivenToSocket, e);
                break;
            default:
                break;
        }
    }

    // Another skb is at its address now.
    internal void LoseSight() => _isOutOfSight = true;

    private void Finish(SkbEnd end, TraceEvent e)
    {
        End = end;
        EndEvent = e;
    }

    // The second step at the same device completes the hop that the first began.
    private void Hop(TraceEvent e, SkbDirection direction, bool complete)
    {
        if (_hops.Count > 0 && complete && _hops[^1] is { IsComplete: false } last && last.Direction == direction
            && last.InterfaceIndex == e.InterfaceIndex && last.Namespace == e.Namespace)
        {
            last.IsComplete = true;
        }
        else
        {
            _hops.Add(new SkbHop(e.Namespace, e.InterfaceIndex, e.DeviceName, direction, e) { IsComplete = complete });
        }
    }
}
