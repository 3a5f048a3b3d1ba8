using System.Diagnostics;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>Where a frame begins that somebody sent while another was followed.</summary>
/// <param name="Frame">The frame there.</param>
/// <param name="Skb">Its first copy, as the kernel told; null where packet sockets see.</param>
/// <param name="Seen">Where a packet socket saw it first; null where the kernel told.</param>
internal sealed record Beginning(Frame Frame, SkbCopy? Skb, Sighting? Seen)
{
    /// <summary>How long ago that was.</summary>
    public TimeSpan Age => Skb is null ? TimeSpan.Zero
        : TimeSpan.FromTicks((Stopwatch.GetTimestamp() - Skb.Events[0].Timestamp) / TimeSpan.NanosecondsPerTick);

    public static Beginning Of(SkbCopy root) => new(TraceFateBuilder.FirstFrame(root), root, null);

    /// <summary>The first frame of somebody that is wanted; null where none was seen.</summary>
    public static Beginning? Find(Company company, Endpoint sender, Predicate<Frame> isWanted) =>
        company.ByKernel is { } kernel
            ? kernel.Beginnings.Where(c => IsOf(sender, c)).Select(Of).FirstOrDefault(b => isWanted(b.Frame))
            : company.Around().FirstOrDefault(s => IsOf(sender, s) && isWanted(s.Frame)) is { } first ? new Beginning(first.Frame, null, first) : null;

    /// <summary>Its copies, each with its way; why one ended is not known yet.</summary>
    public IReadOnlyList<FrameCopy> CopiesOf(SentFrame sent, Company company)
    {
        if (Skb is not null)
        {
            return TraceFateBuilder.Build(sent, Skb, company.ByKernel);
        }

        // One that is sent again is another.
        IReadOnlyList<Sighting> all = [.. company.Around().SkipWhile(s => s.Sequence != Seen!.Sequence).Where(s => sent.Identity.Is(s.Identity))];
        return FateBuilder.Build(sent, [all[0], .. all.Skip(1).TakeWhile(s => !IsWhereItBegan(s))]);
    }

    private bool IsWhereItBegan(Sighting other) =>
        ReferenceEquals(other.Node, Seen!.Node) && other.DeviceName == Seen.DeviceName && other.Direction == Seen.Direction;

    private static bool IsOf(Endpoint sender, SkbCopy copy) => copy.Events[0].Namespace == sender.Start.NamespaceInode
        && (sender.Vm is { } vm ? copy.Hops is [{ Direction: SkbDirection.In } first, ..] && first.DeviceName == vm.Tap.Name
            : copy.Hops is [] or [{ Direction: SkbDirection.Out }, ..]);

    private static bool IsOf(Endpoint sender, Sighting seen) => ReferenceEquals(seen.Node, sender.Start)
        && (sender.Vm is { } vm ? seen is { Direction: HopDirection.In } && seen.DeviceName == vm.Tap.Name : seen.Direction is HopDirection.Out);
}
