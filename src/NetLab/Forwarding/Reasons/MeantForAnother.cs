using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Copies that came near a receiver and were not for it any more: a node on the way has written another destination into the packet, or another MAC address
/// on the frame. No switch behind is to blame then.
/// </summary>
internal static class MeantForAnother
{
    /// <summary>The copy, its last hop on the way to the receivers, and who made it another's; null where it is for them, or nothing shows who did.</summary>
    public static (FrameCopy Copy, Hop Last, Reason Reason)? Find(
        IReadOnlyList<(FrameCopy Copy, Hop Hop)> came, IReadOnlyCollection<Device> receivers, Fate fate)
    {
        HashSet<MacAddress> wanted = [.. receivers.Select(d => d.Guest?.Mac ?? KernelState.MacOf(d))];
        foreach (var (copy, hop) in came)
        {
            if (copy.End is CopyEnd.Delivered && hop.Frame is { Destination.IsMulticast: false } frame
                && (Translated(copy, receivers, fate) ?? (wanted.Contains(frame.Destination) ? null : Addressed(copy, hop, frame))) is var (last, reason))
            {
                return (copy, last, reason);
            }
        }

        return null;
    }

    // The last node that wrote another address into it, between two hops.
    private static (Hop Last, Reason Reason)? Translated(FrameCopy copy, IReadOnlyCollection<Device> receivers, Fate fate)
    {
        for (var i = copy.Hops.Count - 1; i > 0; i--)
        {
            Hop before = copy.Hops[i - 1], after = copy.Hops[i];
            if (ReferenceEquals(before.Node, after.Node) && before is { InTunnel: false, Frame: { } was } && after is { InTunnel: false, Frame: { } isNow }
                && StackModel.Ends(was)?.To is { } wanted && StackModel.Ends(isNow)?.To is { } to && !to.Equals(wanted))
            {
                return Has(receivers, to) ? null
                    : (before, fate.InOvs.FirstOrDefault(asked => ReferenceEquals(asked.Hop, before)) is { } inOvs
                        && OvsVerdict.Translates(inOvs, $"{wanted}", $"{to}") is { } byFlow ? byFlow
                        : Of(before, after, wanted, to, TranslatingRule.Find(before.Node, was, fate.Rules)));
            }
        }

        return null;
    }

    private static Reason Of(Hop before, Hop after, IPAddress wanted, IPAddress to, NftRule? rule)
    {
        var changes = string.Join(", ", HopChanges.Between(before, after));
        return new Reason(Causes.Translated, before.Node, before.Device,
            $"{before.Node.Name} sent it on to {to} and not to {wanted}: "
                + (rule is null ? "translation of addresses, or a rule, gave it another destination." : $"{rule} gave it another destination."),
            [Evidence.Seen($"it came to {before.Node.Name}/{before.Device} for {wanted}, and went out of {after.Device} {changes}.")],
            rule is null ? $"look at the rules that translate: nft -a list ruleset, in node {before.Node.Name}"
                : $"change that rule: nft -a list chain {rule.Family.Word()} {rule.Table} {rule.Chain}, in node {before.Node.Name}");
    }

    private static bool Has(IReadOnlyCollection<Device> receivers, IPAddress address) =>
        receivers.Any(d => KernelState.AddressesOf(d).Any(a => a.Address.Equals(address)));

    /// <summary>
    /// A bridge keeps a frame for its own node, since who sent it takes the node for the next hop: it has the address, and another one has it as well. Null
    /// where that is not so.
    /// </summary>
    public static Reason? Twin(FrameCopy copy, Hop hop, Reason kept)
    {
        if (kept.Cause != Causes.FdbLocal || hop.Frame is not { } frame || TakenFor(copy, hop, frame) is not var (sent, address, evidence)
            || Endpoint.WithAddress(sent.Node.Lab, address) is not { Count: > 1 } owners
            || owners.FirstOrDefault(o => ReferenceEquals(o.Node, kept.Node)) is not { } taken)
        {
            return null;
        }

        return new Reason(Causes.AddressTwice, kept.Node, kept.Device,
            $"{address} is the address of {string.Join(" and of ", owners.Select(o => o.Name))}; {sent.Node.Name} sent to {taken.Name}, whose bridge keeps it.",
            [.. kept.Evidence, evidence], "give one of them another address");
    }

    // The last node whose stack sent it took another's MAC address for that of the next hop.
    private static (Hop Last, Reason Reason)? Addressed(FrameCopy copy, Hop hop, Frame frame) =>
        TakenFor(copy, hop, frame) is not var (sent, address, evidence)
            || Endpoint.WithAddress(sent.Node.Lab, address).Any(owner => owner.HasMac(frame.Destination)) ? null // it is right
            : (hop, new Reason(Causes.WrongNeighbour, sent.Node, sent.Device,
                $"{sent.Node.Name} sent the frame to {frame.Destination}, which it takes for the MAC address of {address}, and which is that of "
                    + $"{(copy.Vm?.Name ?? copy.Node?.Name)}.",
                [evidence], $"ip neigh del {address} dev {sent.Device}, in node {sent.Node.Name}"));

    // Where the last node whose stack sent it did so, and the next hop that it took the frame's MAC address for.
    private static (Hop Sent, IPAddress Address, Evidence Evidence)? TakenFor(FrameCopy copy, Hop hop, Frame frame)
    {
        if (copy.Hops.TakeWhile(h => !ReferenceEquals(h, hop)).LastOrDefault(h => h is { Direction: HopDirection.Out, LabDevice: { Switch: null, Guest: null } }
            && h.Frame?.Destination == frame.Destination) is not { LabDevice: { IsApplied: true } device } sent || StackModel.Ends(frame)?.To is not { } to)
        {
            return null;
        }

        try
        {
            var next = device.Node.Live.Route.FindRoute(to).Gateway ?? to;
            return device.Node.Live.Route.GetNeighbours(device.Index)
                .FirstOrDefault(n => n.Address.Equals(next) && n.Mac is { } mac && MacAddress.From(mac) == frame.Destination) is not { } entry ? null
                : (sent, entry.Address, Evidence.Neighbour($"{entry.Address} dev {sent.Device} lladdr {frame.Destination} "
                    + $"{entry.State.ToString().ToUpperInvariant()}, in node {device.Node.Name}."));
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }
}
