using System.Net;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// What the kernel's drops mean: first by the function that freed the frame and those that called it, then by the reason that it gave, each
/// confirmed by reading the state that it depends on. What is not known here is told in the kernel's own words. What is known lies in a file
/// each for bridges, tunnels, devices, routers and receivers.
/// </summary>
internal static class DropKnowledge
{
    /// <summary>
    /// Drops that take nothing from anybody: copies for a stack that nobody meant, queues that are emptied when a tap is closed, echo
    /// replies after raw sockets had theirs.
    /// </summary>
    public static bool IsHarmless(DropPlace place) =>
        place.In("ip6_mc_input", "tun_queue_purge", "ping_rcv")
        || NamelessDrops.IsTaken(place)
        || MacvlanDevices.HaveTheirs(place)
        || (NamelessDrops.IsPurged(place) && !place.In("neigh_destroy"))
        || (place.LabDevice is { IsBareSwitch: true } bare && (!place.IsForBridge || place.Reason is "UNHANDLED_PROTO")
            && place.Reason is not "NETFILTER_DROP" && !IsMeant(place, bare))
        || (place.LabDevice is { IsMadeByOvs: false } port && (port.Plugged ?? port.Switch) is { IsInUserSpace: true } && place.CameIn);

    // A node answers by whatever device asks for any of its addresses.
    private static bool IsMeant(DropPlace place, Device device) =>
        place.Came.Destination == KernelState.MacOf(device) && FrameCopy.IsFor(place.Node, place.Came);

    public static async Task<Reason> ExplainAsync(DropPlace place, RuleAccount rules, CancellationToken ct)
    {
        place = Named(place);
        if (place.Reason == "NETFILTER_DROP" || place.In("nft_do_chain", "ebt_do_table", "ipt_do_table", "ip6t_do_table", "nf_queue"))
        {
            return await NftVerdict.ExplainAsync(place, rules, ct).ConfigureAwait(false);
        }

        Reason? reason;
        try
        {
            reason = BridgeDrops.Find(place) ?? TunnelDrops.Find(place) ?? DeviceDrops.Find(place)
                ?? XfrmDrops.Find(place) ?? RouterDrops.Find(place) ?? ReceiverDrops.Find(place);
        }
        catch (LinuxException)
        {
            reason = null; // the state that would confirm it cannot be read any more; the kernel's words remain
        }

        reason ??= KernelReasons.All.TryGetValue(place.Reason, out var meaning)
            ? place.Why(Causes.KernelReason, $"The kernel dropped it at {place.Where}: {meaning} ({place.Reason} in {place.Function}).", null)
            : place.Why(Causes.Unknown, $"The kernel dropped it at {place.Where}: {place.Reason} in {place.Function}.", null);
        Evidence[] up = place.IsForBridge ? [Evidence.Bridge($"the frame went up to {place.Device} itself, and out of no port.")] : [];
        reason = Translated(reason, place, rules);
        return reason with { Evidence = [place.Told, .. up, .. reason.Evidence, .. place.Answer] };
    }

    // It came for another, and what the reason is about is what a rule made of that.
    private static Reason Translated(Reason reason, DropPlace place, RuleAccount rules)
    {
        if (!place.CameIn || place.Came.Inner is not null || StackModel.Ends(place.Came) is not var (_, came) || place.To is not { } to
            || (came.Equals(to) && HopChanges.PortsOf(place.Came)?.Destination == HopChanges.PortsOf(place.Seen)?.Destination))
        {
            return reason;
        }

        var first = HopChanges.PortsOf(place.Came) is var (_, port) ? new IPEndPoint(came, port).ToString() : came.ToString();
        return TranslatingRule.Find(place.Node, place.Came, rules) is { } rule
            ? reason with
            {
                Sentence = $"{reason.Sentence} It came for {first}, and {rule} gave it that destination.",
                Evidence = [.. reason.Evidence, Evidence.Nft($"the rule has handle {rule.Handle}.")],
            }
            : reason with { Sentence = $"{reason.Sentence} It came for {first}, and {place.Node.Name} gave it that destination." };
    }

    private static DropPlace Named(DropPlace place)
    {
        try
        {
            return NamelessDrops.Named(place);
        }
        catch (LinuxException)
        {
            return place; // the state that would tell cannot be read any more
        }
    }
}
