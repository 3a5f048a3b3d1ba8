namespace NetLab;

/// <summary>The copies of a frame that arrived where they were expected, for further assertions.</summary>
public sealed class Arrival
{
    private readonly Fate _fate;
    private readonly string _whom;

    internal Arrival(Fate fate, string whom, IReadOnlyList<FrameCopy> copies)
    {
        _fate = fate;
        _whom = whom;
        Copies = copies;
    }

    /// <summary>The copies that arrived.</summary>
    public IReadOnlyList<FrameCopy> Copies { get; }

    /// <summary>The names on the first copy's way, sender and receiver included.</summary>
    public IReadOnlyList<string> Path => Copies[0].Path(_fate.From);

    /// <summary>How long the first copy took from the first device to the last.</summary>
    public TimeSpan Latency => Copies[0].Latency;

    /// <summary>Asserts that a copy came by these devices, by name or as <c>node/device</c>, in this order; others may lie between them.</summary>
    /// <exception cref="ForwardingException">It came by another way, which the message shows.</exception>
    public Arrival Via(params string[] devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        return Copies.Any(c => Contains(c, _fate.From, devices))
            ? this
            : throw new ForwardingException(
                $"Expected the frame to reach {_whom} via {string.Join(" > ", devices)}, but it came another way.{Environment.NewLine}{_fate.Describe()}",
                    _fate, Copies[0]);
    }

    /// <summary>Asserts how many copies came. Fragments of one datagram are one.</summary>
    /// <exception cref="ForwardingException">There were more or fewer.</exception>
    public Arrival Times(int copies) => Deliveries == copies
        ? this
        : throw new ForwardingException(
            $"Expected {copies} {(copies == 1 ? "copy" : "copies")} of the frame to " +
                $"reach {_whom}, but {Deliveries} did.{Environment.NewLine}{_fate.Describe()}", _fate);

    /// <summary>Asserts that exactly one copy came.</summary>
    public Arrival Once() => Times(1);

    // A fragment that comes twice is a second delivery.
    private int Deliveries
    {
        get
        {
            List<(FrameCopy Copy, DatagramPart? Part)> all = [.. Copies.Select(c => (c, DatagramPart.Of(c.Hops[^1].Frame)))];
            return all.Count(c => c.Part is null) + all.Where(c => c.Part is not null).GroupBy(c => (c.Copy.Vm, c.Copy.Node, c.Part!.Value.Datagram))
                .Sum(datagram => datagram.GroupBy(c => c.Part!.Value.Offset).Max(same => same.Count()));
        }
    }

    private static bool Contains(FrameCopy copy, string from, string[] wanted)
    {
        var next = 0;
        foreach ((var name, var full) in copy.Way.Select(place => (place.Name, (string?)$"{place.Node.Name}/{place.Name}")).Prepend((from, null))
            .Append((copy.Vm?.Name ?? copy.Node?.Name ?? "", null)))
        {
            if (next < wanted.Length && (name == wanted[next] || full == wanted[next]))
            {
                next++;
            }
        }

        return next == wanted.Length;
    }
}
