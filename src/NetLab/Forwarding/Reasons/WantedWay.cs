using System.Net;

namespace NetLab;

/// <summary>
/// The way that a frame was expected to take to a receiver, and why it left it where it did. That is no drop everywhere: where a switch skips one port
/// of many, the wanted copy never comes to be.
/// </summary>
internal static class WantedWay
{
    /// <summary>
    /// The copy that ended on the way, or the one that never came to be; null where there is no way, or nothing is known to speak against it.
    /// </summary>
    /// <param name="fate">The frame's fate.</param>
    /// <param name="receivers">The devices of the receiver: one of them is enough.</param>
    public static FrameCopy? Find(Fate fate, IReadOnlyCollection<Device> receivers)
    {
        if (fate.Refusal is not null)
        {
            return null;
        }

        // Of a receiver's devices the one that it came to.
        List<Device> reached = [.. receivers.Where(r => fate.Copies.Any(c =>
            !c.IsForAnother && c.Hops.Any(h => h.Direction == HopDirection.In && ReferenceEquals(h.LabDevice, r))))];
        receivers = reached.Count > 0 ? reached : receivers;
        var start = fate.Sender?.Tap ?? fate.Copies.SelectMany(c => c.Hops).FirstOrDefault()?.LabDevice;
        IReadOnlyList<Step> way = start is null ? [] : [.. Steps(WayOf(fate, start, receivers), fate.Sender is not null)];
        var found = Find(fate, way, [.. fate.Copies.Where(c => !c.IsForAnother)], receivers) is { Hops: [.., var last] } copy
            && receivers.Any(receiver => ReferenceEquals(receiver.Node, last.Node)) ? copy : Find(fate, way, fate.Copies, receivers);
        return found is { Reason: { } why, Hops: [.., var end] } && MeantForAnother.Twin(found, end, why) is { } twin
            ? UpTo(found, end, found.End, twin) : found;
    }

    private static FrameCopy? Find(Fate fate, IReadOnlyList<Step> way, IReadOnlyList<FrameCopy> copies, IReadOnlyCollection<Device> receivers)
    {
        for (var i = way.Count - 1; i >= 0; i--)
        {
            List<(FrameCopy Copy, Hop Hop)> came = [.. copies
                .Select(c => (Copy: c, Hop: c.Hops.FirstOrDefault(h => ReferenceEquals(h.LabDevice, way[i].Device) && h.Direction == way[i].Direction)))
                .Where(c => c.Hop is not null).Select(c => (c.Copy, c.Hop!))];
            if (came is [var (first, hop), ..])
            {
                return InOtherTunnels(fate, came, way.Skip(i + 1)) is var (sent, at, led) ? UpTo(sent, at, CopyEnd.NotForwarded, led)
                    : MeantForAnother.Find(came, receivers, fate) is { } another ? UpTo(another.Copy, another.Last, CopyEnd.NotForwarded, another.Reason)
                    : came.Find(c => IsEndOfWhoseMacItHas(c.Copy, c.Hop, receivers)).Copy is { } taken ? taken
                    : hop.Direction is HopDirection.Out && TunnelDrops.SentToItself(first.Hops) is { } back && back.Device == hop.Device
                    ? UpTo(first, hop, CopyEnd.NotForwarded, back)
                    : Left(fate, [.. came.Select(c => c.Copy)], hop, i + 1 < way.Count ? way[i + 1] : null) is var (end, reason)
                    ? UpTo(first, hop, end, reason)
                    : Ended(came, i + 1 < way.Count ? way[i + 1].Device : null) ?? Aside(fate, came, i + 1 < way.Count ? way[i + 1].Device : null);
            }
        }

        return null;
    }

    // What is addressed to a router goes there first, and on from whichever of its devices it was seen to leave by.
    private static IReadOnlyList<Device> WayOf(Fate fate, Device start, IReadOnlyCollection<Device> receivers)
    {
        if (fate.Copies.SelectMany(c => c.Hops).FirstOrDefault(h => ReferenceEquals(h.LabDevice, start))?.Frame?.Destination is not { } mac)
        {
            return Ways.Find([start], receivers);
        }

        var router = mac.IsMulticast || receivers.Any(r => (r.Guest?.Mac ?? KernelState.MacOf(r)) == mac) ? null
            : start.Node.Lab.Nodes.Where(n => n.Forwarding && receivers.All(r => !ReferenceEquals(r.Node, n))).SelectMany(n => n.Devices)
                .FirstOrDefault(d => d is { Switch: null, Guest: null } or { LeadsToStack: true } && KernelState.MacOf(d) == mac);
        if (router is null)
        {
            return Ways.Find([start], receivers);
        }

        List<Device> others = [.. router.Node.Devices.Where(d => d != router && d is { Switch: null, Guest: null } or { LeadsToStack: true })];
        var left = others.FindAll(d => fate.Copies.Any(c => c.Hops.Any(h => h.Direction == HopDirection.Out && ReferenceEquals(h.LabDevice, d))));
        IReadOnlyList<Device> to = Ways.Find([start], [router]), on = Ways.Find(left.Count > 0 ? left : others, receivers);
        return to.Count == 0 || on.Count == 0 ? Ways.Find([start], receivers) : [.. to, .. on];
    }

    // It is in tunnels of Open vSwitch, and none of them leads to a node that the way goes on through.
    private static (FrameCopy Copy, Hop At, Reason Reason)? InOtherTunnels(Fate fate, List<(FrameCopy Copy, Hop Hop)> came, IEnumerable<Step> rest)
    {
        List<Node> wanted = [.. rest.Select(step => step.Device.Node).Prepend(came[0].Hop.Node).Distinct()];
        if (!came.TrueForAll(c => c.Hop is { InTunnel: true, Frame.Ipv4: { } outer }
            && !wanted.Exists(node => node.Devices.SelectMany(KernelState.AddressesOf).Any(a => a.Address.Equals((IPAddress)outer.Destination)))))
        {
            return null;
        }

        var copy = came[0].Copy;
        return fate.InOvs.LastOrDefault(asked => !asked.Hop.InTunnel && copy.Hops.TakeWhile(h => !ReferenceEquals(h, came[0].Hop)).Contains(asked.Hop))
            is { } inOvs && OvsVerdict.LedElsewhere(inOvs, wanted) is { } reason ? (copy, inOvs.Hop, reason) : null;
    }

    // What the switch decided there that the way goes on through.
    private static (CopyEnd End, Reason Reason)? Left(Fate fate, IReadOnlyList<FrameCopy> came, Hop hop, Step? next)
    {
        if (next is null || hop is not { EntersAsDescribed: { } into, LabDevice: { } ingress, Frame: { } frame })
        {
            return null;
        }

        // What a copy ended by is told by the copy; a switch in user space was asked about each of its ports.
        return (into.IsInUserSpace || !came.Any(c => IsThere(c, hop, next.Device)))
            && into.WhyNotBy(next.Device, ingress, frame, fate.InOvs.FirstOrDefault(asked => ReferenceEquals(asked.Hop, hop))) is { } left
            && Before(fate, came[0], hop, left) is var why
            && !came.Any(c => c.Reason is { } told && told.Cause == why.Cause && told.Device == why.Device)
            ? (into.IsInUserSpace && !fate.Copies.Any(c => c.End is CopyEnd.Delivered) ? CopyEnd.Dropped : BridgeModel.EndBy(why), why) : null;
    }

    // Whoever has the MAC address that it was sent to got it, as a router would, and it ended there: no switch sent it wrong.
    private static bool IsEndOfWhoseMacItHas(FrameCopy copy, Hop hop, IReadOnlyCollection<Device> receivers) =>
        copy is { Reason: { } reason, Hops: [.., { Direction: HopDirection.In, Enters: null, LabDevice: { } at, Frame: { } there }] }
        && ReferenceEquals(reason.Node, at.Node) && receivers.All(r => !ReferenceEquals(r.Node, at.Node))
        && there.Destination == hop.Frame?.Destination && !there.Destination.IsMulticast && KernelState.MacOf(at) == there.Destination;

    // A VLAN that does not fit may have come about at a port that the frame crossed before.
    private static Reason Before(Fate fate, FrameCopy copy, Hop hop, Reason why) =>
        fate.InOvs.Where(asked => copy.Hops.TakeWhile(h => !ReferenceEquals(h, hop)).Append(hop).Contains(asked.Hop, ReferenceEqualityComparer.Instance))
            .Select(asked => OvsVerdict.RetaggedBefore(asked, why.Cause)).OfType<Reason>().FirstOrDefault() ?? why;

    // Nothing dropped it, the switch would have sent it there, and each copy went elsewhere: a filter or a rule at the device led it aside.
    private static FrameCopy? Aside(Fate fate, List<(FrameCopy Copy, Hop Hop)> came, Device? next)
    {
        var after = came.ConvertAll(c => c.Copy.Hops.SkipWhile(h => !ReferenceEquals(h, c.Hop)).Skip(1).FirstOrDefault());
        return next is not null && fate.LostEvents == 0 && came[0] is { Copy.Skb: not null, Hop: { EntersAsDescribed.IsInUserSpace: false } hop } first
            && after is [{ } aside, ..] && after.TrueForAll(h => h is not null && h.Device == aside.Device && ReferenceEquals(h.Node, hop.Node))
            && aside.Device != next.Name && Redirects.FindAside(hop, aside, next, fate.Rules) is { } reason
            ? UpTo(first.Copy, hop, CopyEnd.Dropped, reason) : null;
    }

    private static FrameCopy? Ended(List<(FrameCopy Copy, Hop Hop)> came, Device? next) =>
        came.Find(c => IsThere(c.Copy, c.Hop, next)).Copy ?? came.Find(c => ReferenceEquals(c.Copy.Hops[^1], c.Hop)).Copy
        ?? came.Find(c => c.Copy.Reason is not null && c.Copy.Hops.SkipWhile(h => !ReferenceEquals(h, c.Hop)).Skip(1)
            .All(h => h.LabDevice is { HasPorts: true } && ReferenceEquals(h.Node, c.Hop.Node))).Copy // the switch's own device got it
        ?? came.Find(c => c.Hop.LabDevice?.Tunnel is not null && c.Copy.Hops.SkipWhile(h => !ReferenceEquals(h, c.Hop)).Skip(1)
            .All(h => h.InTunnel || h.Length > c.Hop.Length)).Copy; // at a port that is not VXLAN's own it is not known by its bytes

    private static bool IsThere(FrameCopy copy, Hop hop, Device? next) => copy.Reason is { } reason
        && ((ReferenceEquals(reason.Node, hop.Node) && (reason.Device == hop.Device || reason.Device == next?.Name))
            || (ReferenceEquals(reason.Node, next?.Node) && reason.Device == next?.Name));

    private static FrameCopy UpTo(FrameCopy copy, Hop last, CopyEnd end, Reason reason)
    {
        var wanted = new FrameCopy([.. copy.Hops.TakeWhile(h => !ReferenceEquals(h, last)), last], CopyEnd.Lost, null, null);
        wanted.EndBecauseOf(end, reason);
        return wanted;
    }

    // In which direction a frame crosses each device of the way.
    private static IEnumerable<Step> Steps(IReadOnlyList<Device> way, bool isFromGuest)
    {
        Step? before = null;
        foreach (var device in way)
        {
            var isIn = before is null ? isFromGuest
                : Ways.AreStacked(before.Device, device) ? before.Direction is HopDirection.In
                : Ways.AreEnds(before.Device, device) || (device.LeadsToStack && before.IsIntoSwitch);
            yield return before = new Step(device, isIn ? HopDirection.In : HopDirection.Out);
        }
    }

    private sealed record Step(Device Device, HopDirection Direction)
    {
        public bool IsIntoSwitch => Device.Passes is not null && Direction == (Device.LeadsToStack ? HopDirection.Out : HopDirection.In);
    }
}
