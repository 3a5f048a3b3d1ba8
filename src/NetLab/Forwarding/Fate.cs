using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>What became of a sent frame: every copy of it, where each went and where it ended.</summary>
public sealed class Fate
{
    internal Fate(string from, FakeVm? sender, Node start, Frame frame, string? refusal, IReadOnlyList<FrameCopy> copies)
    {
        From = from;
        Sender = sender;
        Start = start;
        Frame = frame;
        Refusal = refusal;
        Copies = copies;
    }

    /// <summary>The name of who sent it.</summary>
    public string From { get; }

    /// <summary>The frame as it was sent.</summary>
    public Frame Frame { get; }

    /// <summary>Every copy; none where the frame was seen nowhere.</summary>
    public IReadOnlyList<FrameCopy> Copies { get; }

    /// <summary>Why the kernel did not take the frame at all; null where it did.</summary>
    public string? Refusal { get; }

    /// <summary>How many records of the kernel's tracepoints found no room while the frame was under way: while this is not 0, a reason may be missing.</summary>
    public long LostEvents { get; init; }

    internal FakeVm? Sender { get; }

    internal Node Start { get; }

    /// <summary>Asserts that the VM got it.</summary>
    /// <returns>The copies that arrived there, for further assertions: by which way, how many, how fast.</returns>
    /// <exception cref="ForwardingException">It did not; the message says where each copy was last seen.</exception>
    public Arrival ShouldReach(FakeVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Reached($"VM {vm.Name}", c => ReferenceEquals(c.Vm, vm), () => WhyNot(vm));
    }

    /// <summary>Asserts that the node's own stack got it.</summary>
    /// <inheritdoc cref="ShouldReach(FakeVm)"/>
    public Arrival ShouldReach(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Reached($"node {node.Name}", c => ReferenceEquals(c.Node, node));
    }

    /// <summary>Asserts that it crossed the device, in either direction.</summary>
    /// <inheritdoc cref="ShouldReach(FakeVm)"/>
    public Arrival ShouldReach(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Reached($"device {device}", c => c.Hops.Any(h => ReferenceEquals(h.LabDevice, device)));
    }

    /// <summary>Asserts that no copy came to any of these VMs. It is proven: everything that was under way had ended before.</summary>
    /// <exception cref="ForwardingException">One did; the message says by which way.</exception>
    public Fate ShouldNotReach(params FakeVm[] vms)
    {
        ArgumentNullException.ThrowIfNull(vms);
        foreach (FakeVm vm in vms)
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
        return NotReached($"node {node.Name}", c => ReferenceEquals(c.Node, node));
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

    /// <summary>The frame and the way of every copy, a line each.</summary>
    public string Describe()
    {
        var text = new StringBuilder($"  {From} sent {Frame}");
        if (Refusal is not null)
        {
            text.AppendLine().Append($"    {Refusal}");
        }
        else if (Copies.Count == 0)
        {
            text.AppendLine().Append("    no device of any node saw it");
        }

        foreach (FrameCopy copy in Copies)
        {
            text.AppendLine().Append("    ").Append(copy.Describe(From));
        }

        if (LostEvents > 0)
        {
            text.AppendLine().Append($"    {LostEvents} records of the kernel's tracepoints found no room: a reason may be missing");
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Describe();

    /// <summary>
    /// Why no copy came to a VM, where the frame got to a Linux bridge that did not send it on towards the VM: the bridge's decision, gone
    /// through on its state as it is now. Nothing is dropped there, so no copy has this reason. Null where that is not the case.
    /// </summary>
    public Reason? WhyNot(FakeVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Copies.Any(c => ReferenceEquals(c.Vm, vm)) ? null : WantedWay.WhyNot(this, vm);
    }

    private Arrival Reached(string whom, Func<FrameCopy, bool> wanted, Func<Reason?>? whyNot = null)
    {
        var copies = Copies.Where(wanted).ToList();
        return copies.Count > 0
            ? new Arrival(this, whom, copies)
            : throw new ForwardingException($"Expected {whom} to receive the frame, but it did not.{Environment.NewLine}{Describe()}{Decision(whyNot?.Invoke())}");
    }

    private static string Decision(Reason? reason) =>
        reason is null ? "" : $"{Environment.NewLine}  Not forwarded at {reason.Place}{Environment.NewLine}{reason.Describe("    ")}";

    private Fate NotReached(string whom, Func<FrameCopy, bool> wanted) =>
        Copies.Any(wanted)
            ? throw new ForwardingException($"Expected {whom} not to receive the frame, but it did.{Environment.NewLine}{Describe()}")
            : this;
}
