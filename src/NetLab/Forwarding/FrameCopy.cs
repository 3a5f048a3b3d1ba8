using System.Text;

namespace NetLab;

/// <summary>What became of one copy of a frame.</summary>
public enum CopyEnd
{
    /// <summary>A fake VM read it, or a node's own stack took it.</summary>
    Delivered,

    /// <summary>It was last seen going into a device, and from there nowhere.</summary>
    LastSeenIn,

    /// <summary>It was last seen going out of a device, and nobody is behind it.</summary>
    LastSeenOut,

    /// <summary>The kernel, or a switch, dropped it; <see cref="FrameCopy.Reason"/> says why.</summary>
    Dropped,

    /// <summary>A node used it up, and passed it on to nobody.</summary>
    Consumed,

    /// <summary>It waits in a node, for an answer to ARP or neighbour discovery.</summary>
    Pending,
}

/// <summary>One copy of a sent frame: the devices it crossed, in order, and its end. A bridge that floods makes several of one.</summary>
public sealed class FrameCopy
{
    internal FrameCopy(IReadOnlyList<Hop> hops, CopyEnd end, FakeVm? vm, Node? node)
    {
        Hops = hops;
        End = end;
        Vm = vm;
        Node = node;
    }

    /// <summary>The devices, in order.</summary>
    public IReadOnlyList<Hop> Hops { get; }

    /// <summary>How it ended.</summary>
    public CopyEnd End { get; private set; }

    /// <summary>Why it ended there; null where that is not known, or it was delivered. Known only where the lab follows frames by <see cref="FrameTracing.Kernel"/>.</summary>
    public Reason? Reason { get; private set; }

    /// <summary>The fake VM that got it, if one did.</summary>
    public FakeVm? Vm { get; private set; }

    /// <summary>The node whose own stack got it, if one did.</summary>
    public Node? Node { get; private set; }

    /// <summary>Time from the first hop to the last.</summary>
    public TimeSpan Latency => Hops.Count == 0 ? TimeSpan.Zero : Hops[^1].At - Hops[0].At;

    /// <summary>The names on the way: the sender, each device once, the bridges between them, and the receiver.</summary>
    public IReadOnlyList<string> Path(string? sender = null)
    {
        IEnumerable<string> path = Way.Select(place => place.Name);
        path = sender is null ? path : path.Prepend(sender);
        string? receiver = Vm?.Name ?? Node?.Name;
        return [.. receiver is null ? path : path.Append(receiver)];
    }

    /// <summary>The devices on the way, each once, and the bridges between them, each with its node.</summary>
    public IReadOnlyList<(Node Node, string Name)> Way
    {
        get
        {
            var way = new List<(Node Node, string Name)>();
            for (int i = 0; i < Hops.Count; i++)
            {
                Hop hop = Hops[i];
                // Between a port where it went into a bridge and a port where it came out of it lies the bridge.
                if (i > 0 && hop.LabDevice?.Switch is { } bridge && LeavesSwitch(hop) && Hops[i - 1].LabDevice?.Switch is { } entered && !LeavesSwitch(Hops[i - 1]))
                {
                    Add(hop.Node, entered.Name);
                    Add(hop.Node, bridge.Name);
                }

                Add(hop.Node, hop.Device);
            }

            return way;

            void Add(Node node, string name)
            {
                if (way.Count == 0 || way[^1] != (node, name))
                {
                    way.Add((node, name));
                }
            }
        }
    }

    /// <summary>What was learned of its end afterwards. Who only seemed to have got it has not.</summary>
    internal void EndBecauseOf(CopyEnd end, Reason reason)
    {
        End = end;
        Reason = reason;
        Vm = null;
        Node = null;
    }

    /// <summary>The path and the end, in a line; under it, indented, the reason.</summary>
    public string Describe(string sender)
    {
        var text = new StringBuilder(string.Join(" > ", Path(sender)));
        text.Append(End switch
        {
            CopyEnd.Delivered => $"   (delivered, {Hops.Count} hops, {Latency.TotalMicroseconds:0} µs)",
            CopyEnd.Dropped when Reason is not null => $"   X DROPPED at {Reason.Place}",
            CopyEnd.Consumed when Reason is not null => $"   (used up at {Reason.Place})",
            CopyEnd.Pending when Reason is not null => $"   (WAITS at {Reason.Place})",
            _ when Hops.Count == 0 => "   (seen nowhere)",
            CopyEnd.LastSeenIn => $"   (last seen coming in at {Hops[^1].Node.Name}/{Hops[^1].Device}{Behind(Hops[^1])}; it went on from there to nobody)",
            _ => $"   (last seen going out of {Hops[^1].Node.Name}/{Hops[^1].Device}; nobody took it there)",
        });
        if (Reason is not null)
        {
            text.AppendLine().Append(Reason.Describe("      "));
        }

        return text.ToString();
    }

    private static string Behind(Hop hop) => hop.LabDevice?.Switch is { } bridge ? $", a port of {bridge.Kind} bridge {bridge.Name}" : "";

    private static bool LeavesSwitch(Hop hop) => hop.Direction == (hop.LabDevice is OvsInternalPort ? HopDirection.In : HopDirection.Out);
}
