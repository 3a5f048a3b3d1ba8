using System.Net;
using System.Text.Json.Nodes;

namespace NetLab;

/// <summary>
/// What a fate means for one receiver: whether it got the frame, which of the copies tells why not, and the reason. <see cref="Describe"/> puts
/// it into words, <see cref="ToJson"/> into JSON, <see cref="FatePcapng"/> into a capture file.
/// </summary>
public sealed class FateVerdict : IVerdict
{
    private FateVerdict(Fate fate, string receiver, string place, Func<FrameCopy, bool> isArrival, IReadOnlyList<Device> way, FrameCopy? toward = null)
    {
        Fate = fate;
        Receiver = receiver;
        Place = place;
        Reached = fate.Copies.Any(isArrival);
        Copy = CopyToward.Find(fate, isArrival, way, toward);
        Hops = Copy?.Hops ?? [];
        if (!Reached && Copy is { End: CopyEnd.Delivered } && Hops.Any(OnTheWay))
        {
            // It arrived, but elsewhere: what is wanted is how far it went towards the receiver.
            Hops = [.. Hops.TakeWhile(OnTheWay)];
            Missing = way.SkipWhile(d => !ReferenceEquals(d, Hops[^1].LabDevice)).Skip(1).FirstOrDefault();
        }
        else if (!Reached)
        {
            Why = Copy?.Reason;
        }

        bool OnTheWay(Hop hop) => hop.LabDevice is { } device && way.Contains(device);
    }

    /// <summary>What the fate means for a fake VM.</summary>
    /// <param name="fate">The fate.</param>
    /// <param name="to">The VM that should get the frame. Its lab is read, so it must still be there.</param>
    public static FateVerdict Of(Fate fate, FakeVm to)
    {
        ArgumentNullException.ThrowIfNull(fate);
        ArgumentNullException.ThrowIfNull(to);
        return new FateVerdict(fate, to.Name, $" (node {to.Node.Name}, {to.Tap.Name})", c => ReferenceEquals(c.Vm, to),
            CopyToward.WayTo(fate, [to.Tap]), fate.Toward(to));
    }

    /// <summary>What the fate means for a node's own stack.</summary>
    /// <param name="fate">The fate.</param>
    /// <param name="to">The node that should get the frame.</param>
    public static FateVerdict Of(Fate fate, Node to)
    {
        ArgumentNullException.ThrowIfNull(fate);
        ArgumentNullException.ThrowIfNull(to);
        return new FateVerdict(fate, to.Name, " (a node)", c => ReferenceEquals(c.Node, to),
            CopyToward.WayTo(fate, [.. to.Devices.Where(d => d.Switch is null)]), fate.Toward(to));
    }

    /// <summary>What the fate means for a group address, or for an address that nothing in the lab has.</summary>
    /// <param name="fate">The fate.</param>
    /// <param name="receiver">What to call the receiver.</param>
    public static FateVerdict Of(Fate fate, string receiver)
    {
        ArgumentNullException.ThrowIfNull(fate);
        // A frame to a group may be sent because of an address that is not the group's, as a question for it is: who hears it is not who was asked for.
        var isGroup = fate.Frame.Destination.IsMulticast && fate.Frame.Arp is null
            && !(IPAddress.TryParse(receiver, out var address) && StackModel.Ends(fate.Frame)?.To is { } to && !to.Equals(address));
        return new FateVerdict(fate, receiver, isGroup ? " (a group)" : " (nothing in the lab has this address)", c => isGroup
            && c.End is CopyEnd.Delivered, []);
    }

    /// <summary>The fate of the frame.</summary>
    public Fate Fate { get; }

    /// <summary>Who should have got it.</summary>
    public string Receiver { get; }

    /// <summary>Whether a copy arrived there.</summary>
    public bool Reached { get; }

    /// <summary>
    /// The copy that arrived, or the one that was to, up to where it ended (<see cref="NetLab.Fate.Toward(FakeVm)"/>); null where nothing was seen of it.
    /// </summary>
    public FrameCopy? Copy { get; }

    /// <summary>The hops of <see cref="Copy"/>, up to where the way to the receiver left its own.</summary>
    public IReadOnlyList<Hop> Hops { get; }

    /// <summary>Why the frame did not arrive; null where it did, or nothing is known.</summary>
    public Reason? Why { get; }

    /// <summary>The device that the frame should have come to next where it went elsewhere, and nothing tells why.</summary>
    internal Device? Missing { get; }

    internal string Place { get; }

    /// <summary>The copies that went elsewhere; what a bridge gave to its own device, and nobody there wanted, is none.</summary>
    public IEnumerable<FrameCopy> Others => Fate.Copies.Where(c =>
        (!ReferenceEquals(c, Copy) || Hops.Count < c.Hops.Count) && c is not { End: CopyEnd.Lost, Hops: [.., { LabDevice.HasPorts: true }] }
        && (Copy is null || Fate.Copies.Contains(Copy) || !c.IsToldBy(Copy)));

    bool IVerdict.IsGood => Reached;

    IReadOnlyList<Fate> IVerdict.Fates => [Fate];

    /// <summary>The verdict as a person would put it, in several lines.</summary>
    public string Describe() => FateText.Of(this);

    /// <summary>The verdict and the fate as JSON.</summary>
    public JsonObject ToJson() => FateJson.Of(this);

    /// <inheritdoc/>
    public override string ToString() => FateText.Headline(this);
}
