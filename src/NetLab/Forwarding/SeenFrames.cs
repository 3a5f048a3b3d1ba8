using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>
/// The frames that the kernel told of, made of its records once, by the first who asks, for all who want to know of one of them. Safe for use by many threads.
/// </summary>
internal sealed class SeenFrames
{
    private const int Told = 34; // bytes that tell frames apart: Ethernet's and IPv4's headers

    private readonly Lazy<SkbTree> _tree;
    private readonly Lazy<IReadOnlyList<SkbCopy>> _roots;
    private readonly Lazy<ILookup<(string Device, int Head), int>> _heads;

    public SeenFrames(Lab lab, SeenByKernel seen)
    {
        var nodes = lab.Nodes.Where(n => n.IsApplied).ToDictionary(n => n.Live.Namespace.Inode);
        (Lost, Events) = (seen.Lost, seen.Events);
        HasOpenVSwitch = lab.Nodes.Any(n => n.Devices.Any(d => d.IsMadeByOvs));
        _tree = new(() => SkbTree.Build(seen.Events, (from, to) => !nodes.TryGetValue(from.Namespace, out var node)
            || MaySendOn(node.FindDevice(from.DeviceName), node.FindDevice(to.DeviceName))));
        _roots = new(() => [.. _tree.Value.Roots]);
        _heads = new(() => Enumerable.Range(0, Roots.Count).ToLookup(i => (Roots[i].Events[0].DeviceName, HeadOf(Roots[i].Events[0].Bytes.Span))));
    }

    /// <summary>Makes of the records what all who ask need, so that none of them waits for another who does.</summary>
    public void Prepare() => _ = _heads.Value;

    /// <summary>How many records had no room.</summary>
    public long Lost { get; }

    /// <summary>The records, in the order of time.</summary>
    public IReadOnlyList<TraceEvent> Events { get; }

    /// <summary>Whether somebody in user space may have sent frames on.</summary>
    public bool HasOpenVSwitch { get; }

    /// <summary>Copies that descend from no other, in the order of their appearance.</summary>
    public IReadOnlyList<SkbCopy> Roots => _roots.Value;

    /// <summary>All copies, in the order of their appearance.</summary>
    public IReadOnlyList<SkbCopy> Copies => _tree.Value.Copies;

    /// <summary>The first copies of all packets that somebody sent, ICMP errors because of others too, in the order of their appearance.</summary>
    public IEnumerable<SkbCopy> Beginnings => Copies.Where(c => c.Parent is null || c.Origin is SkbOrigin.IcmpError);

    /// <summary>The place among the roots of the first that is the frame; -1 where there is none.</summary>
    public int FindFirst(SentFrame sent, Predicate<SkbCopy> isTheFrame)
    {
        // What a VM sends is known by its tap and its first bytes.
        var candidates = sent.Sender is { } sender && sent.Frame.Length >= Told
            ? _heads.Value[(sender.Tap.Name, HeadOf(sent.Frame.Bytes.Span))]
            : Enumerable.Range(0, Roots.Count);
        foreach (var i in candidates)
        {
            if (isTheFrame(Roots[i]))
            {
                return i;
            }
        }

        return -1;
    }

    // A switch sends out of its ports what came in by them, and nobody else does where that is Open vSwitch. What that gives to the kernel by an internal
    // port, the kernel alone sends on.
    private static bool MaySendOn(Device? from, Device? to) => from is not { IsMadeByOvs: true } && !(from is not null && MayComeBackElsewhere(from))
        && (to is not { LeadsToStack: false, Passes: { } left } || (from?.Passes is { } entered ? entered.PassesTo(left) : !left.IsInUserSpace));

    // A node that an internal port stands in may send a packet back to Open vSwitch: what goes out then need not be what came in first.
    private static bool MayComeBackElsewhere(Device port) => port.Passes is { IsInUserSpace: true } bridge
        && bridge.Node.OvsBridges.Any(own => own.Ports.Any(other => !ReferenceEquals(other.Node, own.Node)));

    private static int HeadOf(ReadOnlySpan<byte> bytes)
    {
        var head = default(HashCode);
        head.AddBytes(bytes[..Math.Min(bytes.Length, Told)]);
        return head.ToHashCode();
    }
}
