using System.Text;
using NetLab.Linux;
using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab;

/// <summary>What became of a sent frame: every copy of it, where each went and where it ended.</summary>
public sealed class Fate
{
    private const int MostOfStorm = 4; // copies that are described of a frame that went round: they are all alike

    internal Fate(SentFrame sent, DateTimeOffset at, string level, string? refusal, IReadOnlyList<FrameCopy> copies, IReadOnlyList<Storm> storms, long lost)
    {
        From = sent.From;
        Sender = sent.Sender;
        Start = sent.Start;
        Frame = sent.Frame;
        SentAt = at;
        Level = level;
        Refusal = refusal;
        Copies = copies;
        Storms = storms;
        LostEvents = lost;
    }

    /// <summary>The name of who sent it.</summary>
    public string From { get; }

    /// <summary>The frame as it was sent.</summary>
    public Frame Frame { get; }

    /// <summary>When it was sent; the times of hops count from the first hop, microseconds later.</summary>
    public DateTimeOffset SentAt { get; }

    /// <summary>By what it was followed: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.</summary>
    public string Level { get; }

    /// <summary>Every copy; none where the frame was seen nowhere.</summary>
    public IReadOnlyList<FrameCopy> Copies { get; }

    /// <summary>Why the kernel did not take the frame at all; null where it did.</summary>
    public string? Refusal { get; }

    /// <summary>How many records of what was seen found no room while the frame was under way: while this is not 0, a reason may be missing.</summary>
    public long LostEvents { get; }

    /// <summary>
    /// The loops that the frame went round in until the lab stopped it; none where all is well.
    /// After a storm the lab is another than it was, and every expectation of
    /// the frame fails, but <see cref="ShouldLoop"/>.
    /// </summary>
    public IReadOnlyList<Storm> Storms { get; }

    /// <summary>The frame in a line; of a packet that no device sent, without the addresses of Ethernet that it never had.</summary>
    internal string FrameText => Sender is null && Frame.Destination.IsZero && Frame.ToString() is var text
        && text.IndexOf(" IPv", StringComparison.Ordinal) is >= 0 and var at ? text[(at + 1)..] : Frame.ToString();

    internal FakeVm? Sender { get; }

    internal Node Start { get; }

    /// <summary>What Open vSwitch says it did with the frame, for each port of its where it came in.</summary>
    internal IReadOnlyList<OvsRehearsal> InOvs { get; init; } = [];

    /// <summary>What rules did while it was under way.</summary>
    internal RuleAccount Rules { get; init; } = RuleAccount.None;

    /// <summary>Asserts that the VM got it.</summary>
    /// <returns>The copies that arrived there, for further assertions: by which way, how many, how fast.</returns>
    /// <exception cref="ForwardingException">It did not; the message says where each copy was last seen.</exception>
    public Arrival ShouldReach(FakeVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Reached($"VM {vm.Name}", c => ReferenceEquals(c.Vm, vm), vm);
    }

    /// <summary>
    /// Asserts that the node's own stack got it. Where that cannot be known, because frames are followed by packet sockets, it fails and says so.
    /// </summary>
    /// <inheritdoc cref="ShouldReach(FakeVm)"/>
    public Arrival ShouldReach(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Reached($"node {node.Name}", c => ReferenceEquals(c.Node, node), node: node);
    }

    /// <summary>Asserts that it crossed the device, in either direction.</summary>
    /// <inheritdoc cref="ShouldReach(FakeVm)"/>
    public Arrival ShouldReach(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Reached($"device {device}", c => c.Hops.Any(h => ReferenceEquals(h.LabDevice, device)));
    }

    /// <summary>Asserts that no copy came to any of these VMs. It is proven: everything that was under way had ended before.</summary>
    /// <exception cref="ForwardingException">One did; the message says by which way, and what let it pass.</exception>
    public Fate ShouldNotReach(params FakeVm[] vms)
    {
        ArgumentNullException.ThrowIfNull(vms);
        foreach (var vm in vms)
        {
            NotReached($"VM {vm.Name}", c => ReferenceEquals(c.Vm, vm));
        }

        return this;
    }

    /// <summary>Asserts that no copy came to the node's own stack.</summary>
    /// <inheritdoc cref="ShouldNotReach(FakeVm[])"/>
    public Fate ShouldNotReach(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Copies.FirstOrDefault(c => ReferenceEquals(c.MayHaveReached, node)) is { } perhaps
            ? throw Undecidable($"Expected node {node.Name} not to receive the frame", perhaps)
            : NotReached($"node {node.Name}", c => ReferenceEquals(c.Node, node));
    }

    /// <summary>Asserts that no copy crossed the device.</summary>
    /// <inheritdoc cref="ShouldNotReach(FakeVm[])"/>
    public Fate ShouldNotReach(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return NotReached($"device {device}", c => c.Hops.Any(h => ReferenceEquals(h.LabDevice, device)));
    }

    /// <summary>Asserts that no copy came back to the sender.</summary>
    /// <exception cref="ForwardingException">One did; the message says by which way.</exception>
    public Fate ShouldNotComeBack() =>
        Sender is null
            ? NotReached($"node {Start.Name} again", c => ReferenceEquals(c.Node, Start))
            : NotReached($"its sender, VM {Sender.Name}", c => ReferenceEquals(c.Vm, Sender));

    /// <summary>Asserts that it went round in a loop of switches, and was stopped.</summary>
    /// <returns>The first storm.</returns>
    /// <exception cref="ForwardingException">It did not; the message says by which way it went.</exception>
    public Storm ShouldLoop() => Storms is [var storm, ..]
        ? storm
        : throw new ForwardingException($"Expected the frame to go round in a loop, but it did not.{Environment.NewLine}{Describe()}", this, null);

    /// <summary>The frame and the way of every copy, a line each.</summary>
    public string Describe() => Describe(null);

    // Without what a copy that never came to be tells of others.
    private string Describe(FrameCopy? missing)
    {
        var text = new StringBuilder($"  {From} sent {FrameText}");
        if (Refusal is not null)
        {
            text.AppendLine().Append($"    {Refusal}");
        }
        else if (Copies.Count == 0)
        {
            text.AppendLine().Append("    no device of any node saw it");
        }

        foreach (var storm in Storms)
        {
            text.AppendLine().Append("    X A LOOP").AppendLine().Append(storm.Reason.Describe("      "));
        }

        foreach (var copy in Copies.Take(Storms.Count > 0 ? MostOfStorm : int.MaxValue).Where(c => missing is null || !c.IsToldBy(missing)))
        {
            text.AppendLine().Append("    ").Append(copy.Describe(From, withReason: Storms.Count == 0));
        }

        if (Storms.Count > 0 && Copies.Count > MostOfStorm)
        {
            text.AppendLine().Append("    …");
        }

        if (LostEvents > 0)
        {
            text.AppendLine().Append($"    {LostEvents} records of what the kernel did found no room: a copy or a reason may be missing");
        }

        return PlainText.Lines(text.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => Describe();

    /// <summary>
    /// Asserts that a copy was dropped, not forwarded, or kept waiting at the device, and for no other reason than the one named.
    /// </summary>
    /// <param name="device">Where: the device of the reason (<see cref="Reason.Place"/>).</param>
    /// <param name="because">The cause (<see cref="Reason.Cause"/>: <c>nft-rule</c>, <c>bridge-mtu</c>), or words of its sentence; null for any.</param>
    /// <returns>The reason, for further assertions.</returns>
    /// <exception cref="ForwardingException">No copy ended there, or one did for another reason; the message says what became of each.</exception>
    public Reason ShouldBeDroppedAt(Device device, string? because = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        List<Reason> there = [.. Copies.Select(c => c.Reason).OfType<Reason>().Where(r => ReferenceEquals(r.Node, device.Node) && r.Device == device.Name)];
        if (there.Count == 0 && device.Guest is { } vm && WhyNot(vm) is { } skipped && skipped.Device == device.Name)
        {
            there.Add(skipped);
        }

        return there.Find(r => because is null || r.Cause == because || r.Sentence.Contains(because, StringComparison.OrdinalIgnoreCase))
            ?? throw new ForwardingException(
                $"Expected the frame to be dropped at {device}{(because is null ? "" : $" because of \"{because}\"")}, but " +
                    $"{(there.Count == 0 ? "it was not" : $"there the reason is {there[0].Cause}")}.{Environment.NewLine}{Describe()}", this);
    }

    /// <summary>
    /// Why no copy came to a VM: the reason of the copy that ended on the way there, or the decision of the switch that did not send the frame
    /// on towards the VM: nothing is dropped there, and no copy has that reason. A Linux bridge's is gone through on its state as it is now, Open vSwitch
    /// was asked when the frame was sent. Null where neither is the case.
    /// </summary>
    public Reason? WhyNot(FakeVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Toward(vm) is { End: not CopyEnd.Delivered } copy ? copy.Reason : null;
    }

    /// <summary>Why no copy came to a node's own stack, or to a socket there.</summary>
    /// <inheritdoc cref="WhyNot(FakeVm)"/>
    public Reason? WhyNot(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Toward(node) is { End: not CopyEnd.Delivered } copy ? copy.Reason : null;
    }

    /// <summary>
    /// Why a copy got through: what each switch on its way decided by (flows and what Open vSwitch has learned, entries of a bridge's FDB), the rules and
    /// policies that let it pass, and the connection that it belongs to.
    /// </summary>
    /// <param name="copy">One of <see cref="Copies"/>.</param>
    /// <param name="ct">Ends the reading of the rules' texts.</param>
    /// <returns>A sentence for each, in the order of the way; none where nothing decides on it.</returns>
    public Task<IReadOnlyList<string>> WhyItPassedAsync(FrameCopy copy, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(copy);
        return Passage.OfAsync(this, copy, ct);
    }

    /// <summary>
    /// The copy that a VM got, or was to get: one that arrived there, one that ended on the way, or, where a bridge on the way sent the frame
    /// elsewhere and no such copy ever came to be, the way up to that bridge with the end <see cref="CopyEnd.NotForwarded"/>. Null where none is known.
    /// </summary>
    public FrameCopy? Toward(FakeVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Copies.FirstOrDefault(c => ReferenceEquals(c.Vm, vm)) ?? WantedWay.Find(this, [vm.Tap]);
    }

    /// <summary>The copy that a node's own stack got, or was to get.</summary>
    /// <inheritdoc cref="Toward(FakeVm)"/>
    public FrameCopy? Toward(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Copies.FirstOrDefault(c => ReferenceEquals(c.Node, node))
            ?? WantedWay.Find(this, [.. node.Devices.Where(d => d.LeadsToStack || d.Switch is null)]);
    }

    private Arrival Reached(string whom, Func<FrameCopy, bool> wanted, FakeVm? vm = null, Node? node = null)
    {
        var copies = Copies.Where(wanted).ToList();
        if (Storms.Count > 0)
        {
            throw new ForwardingException($"Expected {whom} to receive the frame, but it went round in a loop.{Environment.NewLine}{Describe()}", this, null);
        }

        if (copies.Count > 0)
        {
            return new Arrival(this, whom, copies);
        }

        if (node is not null && Copies.FirstOrDefault(c => ReferenceEquals(c.MayHaveReached, node)) is { } perhaps)
        {
            throw Undecidable($"Expected {whom} to receive the frame", perhaps);
        }

        // A copy that never came to be is none of the fate's copies.
        var toward = vm is not null ? Toward(vm) : node is not null ? Toward(node) : null;
        var missing = toward is { } copy && !Copies.Contains(copy) ? $"{Environment.NewLine}    {copy.Describe(From)}" : "";
        throw new ForwardingException(
            $"Expected {whom} to receive the frame, but it did not.{Environment.NewLine}"
                + $"{Describe(missing.Length == 0 ? null : toward)}{missing}{Environment.NewLine}  Followed by {Level}.",
                this, toward);
    }

    /// <summary>An answer came: who was asked has taken it.</summary>
    internal Fate Answered()
    {
        foreach (var copy in Copies.Where(c => c.MayHaveReached is not null))
        {
            copy.EndIn(copy.MayHaveReached!, isGivenToSocket: false);
        }

        return this;
    }

    private ForwardingException Undecidable(string expected, FrameCopy copy) => new(
        $"{expected}, and whether it did is not known: the frame came to {copy.Hops[^1].Node.Name}/{copy.Hops[^1].Device}, and what the " +
            $"stack does there is not seen.{Environment.NewLine}{Describe()}{Environment.NewLine}  Followed by {Level}.",
        this, copy);

    private Fate NotReached(string whom, Func<FrameCopy, bool> wanted) =>
        Copies.Any(wanted) || Storms.Count > 0
            ? throw new ForwardingException(
                $"Expected {whom} not to receive the frame, but it {(Storms.Count > 0 ? "went round in a loop" : "did")}.{Environment.NewLine}{Describe()}"
                    + string.Concat(WhyPassed(wanted).Select(why => $"{Environment.NewLine}      Why: {why}")), this, Copies.FirstOrDefault(wanted))
            : this;

    // A failed expectation has the time to read the rules.
    private IReadOnlyList<string> WhyPassed(Func<FrameCopy, bool> wanted)
    {
        if (Storms.Count > 0 || Copies.FirstOrDefault(wanted) is not { } copy)
        {
            return [];
        }

        try
        {
            return Task.Run(() => Passage.OfAsync(this, copy, CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (Exception gone) when (gone is LinuxException or ProcessFailedException or ObjectDisposedException or InvalidOperationException)
        {
            return []; // the lab is: what let it pass is not known any more, and that it passed is
        }
    }
}
