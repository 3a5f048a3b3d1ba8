using System.Net;
using System.Text;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>What became of one copy of a frame.</summary>
public enum CopyEnd
{
    /// <summary>A fake VM read it, or a node's own stack took it.</summary>
    Delivered,

    /// <summary>A node used it up, and passed it on to nobody.</summary>
    Consumed,

    /// <summary>The kernel, or a switch, dropped it; <see cref="FrameCopy.Reason"/> says why.</summary>
    Dropped,

    /// <summary>A switch took it in, and sent it nowhere; nothing was dropped and nothing counted.</summary>
    NotForwarded,

    /// <summary>It waits in a node: for an answer to ARP or neighbour discovery, or in a queue.</summary>
    Pending,

    /// <summary>It went out of a device of a namespace that NetLab only watches, and what is behind that device is not watched.</summary>
    Left,

    /// <summary>Sight of it was lost at the last hop: what it is followed by does not tell what happened there.</summary>
    Lost,
}

/// <summary>One copy of a sent frame: the devices it crossed, in order, and its end. A bridge that floods makes several of one.</summary>
public sealed class FrameCopy
{
    private const int LongestPath = 40; // names in a line: only a frame that goes round has more

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

    /// <summary>Why it ended there; null where that is not known, or it was delivered.</summary>
    public Reason? Reason { get; private set; }

    /// <summary>The fake VM that got it, if one did.</summary>
    public FakeVm? Vm { get; private set; }

    /// <summary>The node whose own stack got it, if one did.</summary>
    public Node? Node { get; private set; }

    /// <summary>The node whose own stack it came to, where it is not known whether that took it: packet sockets do not see what a stack drops.</summary>
    public Node? MayHaveReached { get; private set; }

    /// <summary>Whether a socket of <see cref="Node"/> was given it: otherwise the node's stack took it for itself.</summary>
    internal bool IsGivenToSocket { get; private set; }

    /// <summary>Whether a switch gave it to its own device, and it was for somebody else: that tells nothing of the copies that went on.</summary>
    internal bool IsForAnother => Reason?.Cause == Causes.OtherHost && Hops is [.., { LabDevice.HasPorts: true }];

    /// <summary>Time from the first hop to the last.</summary>
    public TimeSpan Latency => Hops.Count == 0 ? TimeSpan.Zero : Hops[^1].At - Hops[0].At;

    /// <summary>What the kernel told of it; null where it is followed by packet sockets.</summary>
    internal SkbCopy? Skb { get; init; }

    /// <summary>Where the kernel dropped it; null where it did not, or that is not known.</summary>
    internal DropPlace? Drop { get; init; }

    /// <summary>The names on the way: the sender, each device once, the bridges between them, and the receiver.</summary>
    public IReadOnlyList<string> Path(string? sender = null)
    {
        var path = Way.Select(place => place.Name);
        path = sender is null ? path : path.Prepend(sender);
        var receiver = Vm?.Name ?? Node?.Name;
        return [.. receiver is null ? path : path.Append(receiver)];
    }

    /// <summary>
    /// The devices on the way, each once, and the bridges between them, each with its node. Of a copy that ended in a bridge, that bridge is the last.
    /// </summary>
    public IReadOnlyList<(Node Node, string Name)> Way
    {
        get
        {
            var way = new List<(Node Node, string Name)>();
            for (var i = 0; i < Hops.Count; i++)
            {
                var hop = Hops[i];
                // Between a port where it went into a bridge and a port where it came out of it lies the bridge.
                if (i > 0 && hop.LeavesSwitch && hop.SwitchNow is { } bridge && Hops[i - 1].Enters is { } entered)
                {
                    Add(entered.Node, entered.Name);
                    foreach (var between in hop.Between(Hops[i - 1]))
                    {
                        Add(between.Node, between.Name);
                    }

                    Add(bridge.Node, bridge.Name);
                }

                Add(hop.Node, hop.Device);
            }

            if (End != CopyEnd.Delivered && Hops is [.., { Enters: { } last }])
            {
                Add(last.Node, last.Name);
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

    /// <summary>
    /// A copy that was last seen at the last of these hops: delivered if that is where a VM or a node's stack takes it, lost until more is known otherwise.
    /// </summary>
    internal static FrameCopy EndingAt(IReadOnlyList<Hop> hops, SkbCopy? skb = null, DropPlace? drop = null)
    {
        if (hops.Count == 0 || drop is not null)
        {
            return new FrameCopy(hops, drop is null ? CopyEnd.Lost : CopyEnd.Dropped, null, null) { Skb = skb, Drop = drop };
        }

        var last = hops[^1];
        if (last is { Direction: HopDirection.Out, LabDevice.LeadsOutOfLab: true, Node.Lab.IsAdopted: true })
        {
            return new FrameCopy(hops, CopyEnd.Left, null, null) { Skb = skb };
        }

        var vm = last is { Direction: HopDirection.Out, LabDevice.Guest: { } reader } ? reader : null;
        var node = last.Direction == HopDirection.In && IsTakenByStack(last, skb) ? last.Node : null;
        return new FrameCopy(hops, vm is not null || node is not null ? CopyEnd.Delivered : CopyEnd.Lost, vm, node)
            { Skb = skb, IsGivenToSocket = skb is { End: SkbEnd.GivenToSocket } };
    }

    /// <summary>What was learned of its end afterwards. Who only seemed to have got it has not.</summary>
    internal void EndBecauseOf(CopyEnd end, Reason? reason)
    {
        End = end;
        Reason = reason;
        Vm = null;
        Node = null;
        MayHaveReached = null;
    }

    /// <inheritdoc cref="EndBecauseOf(CopyEnd, Reason)"/>
    internal void EndBecauseOf((CopyEnd End, Reason Reason) why) => EndBecauseOf(why.End, why.Reason);

    /// <summary>The stack of the node took it, or one of its sockets got it.</summary>
    internal void EndIn(Node node, bool isGivenToSocket)
    {
        EndBecauseOf(CopyEnd.Delivered, null);
        Node = node;
        IsGivenToSocket = isGivenToSocket;
    }

    /// <summary>It came to the stack of the node, and whether that took it is not known.</summary>
    internal void EndUnknownIn(Node node)
    {
        EndBecauseOf(CopyEnd.Lost, null);
        MayHaveReached = node;
    }

    /// <summary>
    /// Whether another copy, which never came to be, tells of this one what a receiver wants to know: both ended in the same switch, and either for the same
    /// reason, or in user space, where the reason for one port stands for that of all.
    /// </summary>
    internal bool IsToldBy(FrameCopy wanted) => wanted.Reason is { } why && Reason is { } own && wanted.Hops is [.., var at] && Hops is [.., var last]
        && ReferenceEquals(at, last) && (own.Sentence == why.Sentence || (last.EntersAsDescribed is { IsInUserSpace: true } && own.Device == last.Device));

    /// <summary>The path and the end, in a line; under it, indented, the reason.</summary>
    /// <param name="sender">The name of who sent it.</param>
    /// <param name="withReason">Whether the reason is told, under the line.</param>
    public string Describe(string sender, bool withReason = true)
    {
        var path = Path(sender);
        IEnumerable<string> shown = path.Count <= LongestPath ? path
            : [.. path.Take(LongestPath - 4), $"({path.Count - LongestPath} more)", .. path.TakeLast(4)];
        var text = new StringBuilder(string.Join(" > ", shown));
        var place = Reason?.Place ?? (Hops.Count == 0 ? "" : $"{Hops[^1].Node.Name}/{Hops[^1].Device}");
        text.Append(End switch
        {
            CopyEnd.Delivered when Node is not null && !IsGivenToSocket => $"   (taken by its stack, {Hops.Count} hops, {Latency.TotalMicroseconds:0} µs)",
            CopyEnd.Delivered => $"   (delivered, {Hops.Count} hops, {Latency.TotalMicroseconds:0} µs)",
            CopyEnd.Dropped => $"   X DROPPED at {place}",
            CopyEnd.NotForwarded => $"   X NOT FORWARDED at {place}",
            CopyEnd.Consumed => $"   (used up at {place})",
            CopyEnd.Pending => $"   (WAITS at {place})",
            CopyEnd.Left => $"   (left by {place})",
            _ when MayHaveReached is { } stack => $"   (came to {place}; whether the stack of {stack.Name} took it is not known)",
            _ when Hops.Count == 0 => "   (seen nowhere)",
            _ when Hops[^1].Direction == HopDirection.In =>
                $"   (LOST: last seen coming in at {place}{(Hops[^1].Enters is { } bridge ? $", a port of {OfKind(bridge)}bridge {bridge.Name}" : "")})",
            _ => $"   (LOST: last seen going out of {place}; nobody took it there)",
        });
        if (Reason is not null && withReason)
        {
            text.AppendLine().Append(Reason.Describe("      "));
        }

        return text.ToString();
    }

    private static string OfKind(Switch bridge) => bridge.IsInUserSpace ? $"{bridge.Kind} " : "";

    private static bool IsTakenByStack(Hop hop, SkbCopy? skb)
    {
        if (hop.LabDevice is null or { Switch: not null, LeadsToStack: false })
        {
            return hop is { LabDevice: null, Device: "lo" } // what a node sends to itself
                || (hop.LabDevice is null && (skb is { End: SkbEnd.GivenToSocket } || IsForDevice(hop))) || IsReadBesideSwitch(hop, skb);
        }

        if (skb is { End: SkbEnd.GivenToSocket })
        {
            return true;
        }

        if (hop.Frame is not { } frame)
        {
            return false;
        }

        // What has a device for the VLAN comes in at that, as packet sockets see it.
        if (skb is null && frame.VlanId is > 0)
        {
            return false;
        }

        if (frame.Arp is not null || frame.NeighborSolicitation is not null)
        {
            return IsFor(hop.Node, frame);
        }

        // What is for a port of a bridge is for the bridge's node.
        var forMe = frame.Destination.IsMulticast || frame.Destination == KernelState.MacOf(hop.LabDevice)
            || (hop.LabDevice is { HasPorts: true, Passes: { } bridge } && bridge.Ports.Any(p => frame.Destination == KernelState.MacOf(p)));
        return forMe && (IsFor(hop.Node, frame) || (frame.Destination.IsBroadcast && StackModel.Ends(frame) is not null));
    }

    /// <summary>
    /// Whether a socket of the node was given what came in at a port of a switch in user space, or may have been: the node's stack sees that too.
    /// </summary>
    internal static bool IsReadBesideSwitch(Hop hop, SkbCopy? skb) => hop is { EntersAsDescribed.IsInUserSpace: true, LabDevice.IsMadeByOvs: false }
        && (skb is { End: SkbEnd.GivenToSocket, EndEvent: { } given } ? hop.Frame?.Udp?.DestinationPort == given.SocketPort
            : StackModel.MayBeInSocket(hop.Node, hop.Frame, skb));

    // Of a device that somebody made by hand the kernel alone knows the address.
    private static bool IsForDevice(Hop hop) => hop.Frame is { } frame && IsFor(hop.Node, frame)
        && hop.Node.Live.Route.FindLink(hop.Device) is { Mac: { } mac } && MacAddress.From(mac) == frame.Destination;

    /// <summary>Whether a frame is for an address of a node.</summary>
    internal static bool IsFor(Node node, Frame frame) =>
        (frame.Arp is { } arp ? arp.TargetIp : frame.NeighborSolicitation is { } solicitation ? solicitation.Target : StackModel.Ends(frame)?.To)
            is { } to && Owns(node, to);

    private static bool Owns(Node node, IPAddress address) => node.Devices.Any(d => d.Addresses.Any(a => a.Address.Equals(address)))
        || Endpoint.DeviceWith(node, address) is not null;
}
