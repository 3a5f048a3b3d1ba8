namespace NetLab;

/// <summary>
/// Turns sightings of one frame into its copies. Each sighting hangs below the one it came from: what comes in at a veth end, below
/// what went out of its peer; what goes out of a port, below what came in at a port of the same bridge; what a router sends,
/// below what it received. The leaves are the copies' ends.
/// </summary>
internal sealed class FateBuilder
{
    private readonly List<Step> _steps = [];
    private readonly Dictionary<Device, bool> _still = [];
    private readonly long _start;

    private FateBuilder(IReadOnlyList<Sighting> sightings) => _start = sightings.Count > 0 ? sightings[0].Time : 0;

    public static List<FrameCopy> Build(SentFrame sent, IReadOnlyList<Sighting> sightings)
    {
        var builder = new FateBuilder(sightings);
        var identity = FrameIdentity.Of(sent.Frame);
        foreach (var sighting in sightings)
        {
            builder.Add(sighting, identity.IsInside(sighting.Identity));
        }

        return builder.Copies();
    }

    private void Add(Sighting sighting, bool inTunnel)
    {
        // The bridge device's own copy of what its ports flood is no hop on the way to anywhere, unless the node itself is meant, or a socket of it may get it.
        if (sighting is { Device.IsBareSwitch: true, Direction: HopDirection.In } && !FrameCopy.IsFor(sighting.Node, sighting.Frame)
            && !StackModel.IsListenedFor(sighting.Node, sighting.Frame))
        {
            return;
        }

        var parent = sighting.Direction == HopDirection.In ? CameFrom(sighting) : WasSentFor(sighting, inTunnel);
        if (parent is not null)
        {
            parent.Children++;
        }

        _steps.Add(new Step(sighting, parent,
            new Hop(sighting.Node, sighting.DeviceName, sighting.Direction, Vlan(sighting), TimeSpan.FromTicks((sighting.Time - _start) / 100))
        {
            LabDevice = sighting.Device ?? KernelPorts.PortNamed(sighting.Node, sighting.DeviceName),
            InTunnel = inTunnel,
            Frame = sighting.Tag is { } tag ? sighting.Frame.WithVlan(tag) : sighting.Frame,
            Length = sighting.Frame.Length + (sighting.Tag is null ? 0 : 4),
        }));
    }

    private static ushort? Vlan(Sighting sighting) =>
        sighting.Tag?.Id ?? (sighting.Frame.VlanTags.Count > 0 ? sighting.Frame.VlanTags[0].Id : null);

    // A veth pair is a queue: the first that went out of the peer and has not come in yet is this one.
    private Step? CameFrom(Sighting sighting) => sighting.Device switch
    {
        { OtherEnd: { } other } => NextOut(other) ?? NextOut(sighting.Device) // an XDP program at the other end may have sent it back
            ?? LastIn(sighting.Node), // or a filter of tc has put it in there
        { LeadsToUserSpace: true } => null,
        { LeadsToStack: true } => LastInto(sighting.Device.Passes, sighting),
        { Tunnel: not null } => _steps.FindLast(s => ReferenceEquals(s.Seen.Node, sighting.Node) && s.Hop is { InTunnel: true, Direction: HopDirection.In })
            ?? LastIn(sighting.Node)
            // the fragments between are not known again
            ?? _steps.Find(s => s.Seen is { Device.Tunnel: not null, Direction: HopDirection.Out } && s.Children == 0),
        _ => LastIn(sighting.Node),
    };

    private Step? NextOut(Device device) => _steps.Find(s => ReferenceEquals(s.Seen.Device, device) && s.Seen.Direction == HopDirection.Out && s.Children == 0);

    private Step? WasSentFor(Sighting sighting, bool inTunnel) =>
        sighting.Device is { LeadsToStack: false, Passes: { } bridge }
            ? (IsStill(sighting.Device, bridge) ? LastInto(bridge, sighting) : null) ?? LastIntoAnother(sighting) ?? LastInto(bridge, sighting)
            : (inTunnel ? LastIntoTunnel(sighting.Node) : null) ?? LastIn(sighting.Node, sighting);

    private Step? LastIntoTunnel(Node node) => _steps.FindLast(s =>
        ReferenceEquals(s.Seen.Node, node) && s.Seen is { Device.Tunnel: not null, Direction: HopDirection.Out } && !s.Hop.InTunnel);

    // What went out of the same device before is another fragment of the same, not what it came from; what a guest or the next node got is theirs.
    private Step? LastIn(Node node, Sighting? sent = null) => _steps.FindLast(s => ReferenceEquals(s.Seen.Node, node)
        && (s.Seen.Direction == HopDirection.In
            || (s.Seen.DeviceName != sent?.DeviceName && s.Seen.Device is not ({ Guest: not null } or { OtherEnd: not null }))));

    // Of several fragments, it is the same one that leaves; of several of one frame, which came by two tunnels maybe, one that has not left there yet.
    private Step? LastInto(Switch? bridge, Sighting sighting)
    {
        return _steps.FindLast(s => IsInto(s) && Offset(s.Seen) == Offset(sighting) && !HasLeft(s))
            ?? _steps.FindLast(s => IsInto(s) && Offset(s.Seen) == Offset(sighting)) ?? _steps.FindLast(IsInto);

        bool HasLeft(Step s) => s.Children > 0 && _steps.Exists(c => ReferenceEquals(c.Parent, s) && ReferenceEquals(c.Seen.Device, sighting.Device));

        bool IsInto(Step s) =>
            bridge is not null
            && s.Seen.Device is { Passes: { } entered } device
            && entered.PassesTo(bridge)
            && s.Seen.Direction == (device.LeadsToStack ? HopDirection.Out : HopDirection.In);

        static int Offset(Sighting seen) => DatagramPart.Of(seen.Frame)?.Offset ?? 0;
    }

    // The kernel is asked once about each port.
    private bool IsStill(Device port, Switch bridge) => bridge.IsInUserSpace
        || (_still.TryGetValue(port, out var known) ? known : _still[port] = KernelState.SwitchOf(port) is not { } now || now.Name == bridge.Name);

    // Somebody has put the port into another bridge than the lab did, there or here.
    private Step? LastIntoAnother(Sighting sighting) => sighting.Device is { } device && KernelState.SwitchOf(device) is { } now
        ? _steps.FindLast(s => s.Seen.Direction == HopDirection.In && ReferenceEquals(s.Seen.Node, sighting.Node) && s.Hop.SwitchNow?.Name == now.Name) : null;

    private List<FrameCopy> Copies()
    {
        var copies = new List<FrameCopy>();
        foreach (var step in _steps)
        {
            if (step.Children == 0)
            {
                copies.Add(FrameCopy.EndingAt(WayOf(step)));
            }

            // The node's stack sees, too, what comes in at a port of a switch in user space.
            if (step.Seen is { Device: { LeadsToStack: false, Switch.IsInUserSpace: true }, Direction: HopDirection.In } seen
                && StackModel.IsListenedFor(seen.Node, seen.Frame))
            {
                var beside = FrameCopy.EndingAt(WayOf(step));
                beside.EndUnknownIn(seen.Node);
                copies.Add(beside);
            }
        }

        return copies;
    }

    private static List<Hop> WayOf(Step step)
    {
        var hops = new List<Hop>();
        for (var at = step; at is not null; at = at.Parent)
        {
            hops.Insert(0, at.Hop);
        }

        return hops;
    }

    private sealed record Step(Sighting Seen, Step? Parent, Hop Hop)
    {
        public int Children { get; set; }
    }
}
