using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Why a copy of a frame got through: what each switch on its way decided by, the rules that let it pass, and its connection there. What Open vSwitch says
/// and what rules did is known from when the frame was sent; tables are asked as they are now.
/// </summary>
internal static class Passage
{
    /// <summary>A sentence for each thing that let the copy pass, in the order of its way.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Fate fate, FrameCopy copy, CancellationToken ct)
    {
        var reasons = new List<string>();
        for (var i = 0; i < copy.Hops.Count; i++)
        {
            var hop = copy.Hops[i];
            var next = i + 1 < copy.Hops.Count ? copy.Hops[i + 1] : null;
            if (hop.Frame is { } frame && hop.Enters is { } into && next is not null)
            {
                reasons.AddRange(!into.IsInUserSpace ? await OfBridgeAsync(into, hop.LabDevice, next, frame, fate.Rules, ct).ConfigureAwait(false)
                    : fate.InOvs.FirstOrDefault(asked => ReferenceEquals(asked.Hop, hop)) is { } asked ? OfOvs(asked, next.Device) : []);
            }

            if (!ReferenceEquals(next?.Node, hop.Node) && fate.Rules.Of(hop.Node) is { } account)
            {
                List<Frame> there = [.. copy.Hops.Take(i + 1).Reverse().TakeWhile(h => ReferenceEquals(h.Node, hop.Node)).Select(h => h.Frame).OfType<Frame>()];
                reasons.AddRange(await OfRulesAsync(account, there, ct).ConfigureAwait(false));
            }
        }

        return [.. reasons.Distinct()];
    }

    private static IEnumerable<string> OfOvs(OvsRehearsal asked, string left)
    {
        var switches = asked.Trace.Deciding.Any(step => step.Actions.Contains(OvsRehearsal.Normal));
        return asked.Trace.Deciding.Select(step => $"{step}.")
            .Concat(asked.Ports.Where(port => switches && (port.Name == asked.Ingress.Name || port.Name == left)).Select(port => port.VlanSentence))
            .Concat(asked.Macs.Where(mac => mac.Port == left && mac.Mac == asked.Frame.Destination.ToString()).Select(mac =>
                $"Open vSwitch has {(mac.Age is null ? "a static entry for" : "learned")} {mac.Mac} in VLAN {mac.Vlan} at {mac.Port}."));
    }

    private static async Task<IEnumerable<string>> OfBridgeAsync(Switch bridge, Device? ingress, Hop left, Frame frame, RuleAccount rules, CancellationToken ct)
    {
        var reasons = new List<string>();
        try
        {
            var entry = frame.Destination.IsMulticast ? null : BridgeModel.EntryFor(bridge, ingress, frame);
            var options = bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions;
            if (options?.AgeingTime == TimeSpan.Zero)
            {
                reasons.Add($"Bridge {bridge.Name} has ageing_time 0: it learns no address, and floods every frame.");
            }
            else if (entry is null && !frame.Destination.IsMulticast)
            {
                reasons.Add($"Bridge {bridge.Name} does not know where {frame.Destination} is, and floods.");
            }
            else if (entry is not null && entry.Index == left.LabDevice?.LiveIndex)
            {
                reasons.Add($"Bridge {bridge.Name} has {frame.Destination} at {left.Device} in its FDB " +
                    $"({(entry.Kind is FdbKind.Static ? "static" : entry.Kind is FdbKind.Local ? "local" : "learned")}).");
            }

            // The switch of the node, or that of the bridge (net/bridge/br_netfilter_hooks.c, br_nf_pre_routing).
            var (program, isOn) = frame.Ipv6 is not null ? ("ip6tables", options?.NfCallIp6tables) : ("iptables", options?.NfCallIptables);
            if (isOn is not true && frame is { Ipv4: not null } or { Ipv6: not null }
                && bridge.Node.ReadSysctl($"net.bridge.bridge-nf-call-{program}").Trim() == "0" && rules.Of(bridge.Node)?.Rules is { } own
                && await HasIptablesAsync(own, frame.Ipv6 is null ? NftFamily.Ip : NftFamily.Ip6, ct).ConfigureAwait(false))
            {
                reasons.Add($"net.bridge.bridge-nf-call-{program} is 0 in {bridge.Node.Name}: {program} sees nothing of what bridge {bridge.Name} forwards, "
                    + "whatever its rules say.");
            }
        }
        catch (LinuxException)
        {
            // The bridge is gone, or the kernel has no such setting: nothing is told of it.
        }

        return reasons;
    }

    private static async Task<bool> HasIptablesAsync(NodeRules rules, NftFamily family, CancellationToken ct) => rules.ReadLegacy().Count > 0
        || (await ChainsAsync(rules, ct).ConfigureAwait(false)).Any(c => c is { Table: "filter", Name: "FORWARD" } && c.Family == family);

    // The ways of the frame through the chains of a node's hooks that ended well, and what tracks its connection there.
    private static async Task<IEnumerable<string>> OfRulesAsync(NodeAccount account, List<Frame> frames, CancellationToken ct)
    {
        var node = account.Rules.Node;
        List<NftTraversal> ways = [.. account.Ways.Where(w => !w.Last.IsDrop && w.Last.Table != NftTrace.ArmingTable && frames.Any(f => IsOf(w, f)))];
        if (ways.Count == 0)
        {
            return [];
        }

        var chains = await ChainsAsync(account.Rules, ct).ConfigureAwait(false);
        var reasons = new List<string>();
        foreach (var step in ways.Select(w => w.Last).DistinctBy(s => (s.Family, s.Table, s.Chain, s.Step, s.RuleHandle)))
        {
            var chain = chains.FirstOrDefault(c => (c.Family, c.Table, c.Name) == (step.Family, step.Table, step.Chain));
            var handle = step.Step is NftTraceStep.Rule ? step.RuleHandle : 0;
            if (chain is not null && await account.Rules.RuleAsync(chain, handle, ct).ConfigureAwait(false) is { } rule)
            {
                reasons.Add($"In node {node.Name} {rule} lets it pass{(chain.Hook is { } hook ? $" (hook {hook})" : "")}.");
            }
        }

        return ConnectionOf(node, frames) is { } entry ? reasons.Append($"Its connection in node {node.Name}: {entry}.") : reasons;
    }

    private static bool IsOf(NftTraversal way, Frame frame)
    {
        var packet = frame.Bytes.Span[Math.Min(14 + (4 * frame.VlanTags.Count), frame.Length)..];
        return way.Last.IsOf(packet) || way.Last.IsOfTranslated(packet);
    }

    private static async Task<IReadOnlyList<NftChain>> ChainsAsync(NodeRules rules, CancellationToken ct)
    {
        try
        {
            return await rules.ChainsAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or ProcessFailedException)
        {
            return []; // without nft nobody can read the rules
        }
    }

    private static ConntrackEntry? ConnectionOf(Node node, List<Frame> frames)
    {
        try
        {
            List<ConntrackTuple> tuples = [.. frames.Select(NatReasons.TupleOf).OfType<ConntrackTuple>()];
            using var socket = ConntrackSocket.Open(node.Live.Namespace);
            return socket.GetEntries().FirstOrDefault(e => tuples.Contains(e.Original) || tuples.Contains(e.Reply));
        }
        catch (LinuxException)
        {
            return null; // a kernel without the netlink of connection tracking
        }
    }
}
