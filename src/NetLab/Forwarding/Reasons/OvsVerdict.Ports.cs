using NetLab.Linux;

namespace NetLab;

// One port of a bridge: why it was left out, and why it did not take what it was sent.
internal static partial class OvsVerdict
{
    /// <summary>Why a bridge that the frame came to did not send it to one of its ports.</summary>
    /// <param name="asked">What Open vSwitch says.</param>
    /// <param name="from">The port that the frame came into this bridge by.</param>
    /// <param name="to">The port that it was wanted at.</param>
    private static Reason? Left(OvsRehearsal asked, string from, OvsPortState to)
    {
        var steps = StepsIn(asked, to.Bridge);
        if (steps is not [.., var last])
        {
            return null;
        }

        Reason At(string device, Cause cause, string sentence, string? remedy, params Evidence[] more) =>
            new(cause, asked.Bridge.Node, device, $"{sentence}{AsInvalid(asked)}.",
                [.. Evidence(asked, asked.Trace.Steps.Where(s => s.Bridge == to.Bridge)), .. more], remedy);

        var config = asked.Configs.GetValueOrDefault((to.Bridge, to.Name), "");
        if (config.Contains("NO_FWD", StringComparison.Ordinal))
        {
            return At(to.Name, Causes.OvsPortConfig, $"Open vSwitch bridge {to.Bridge} does not send to {to.Name}: the port has no-forward",
                $"{asked.Ofctl(to.Bridge)} mod-port {to.Bridge} {to.Name} forward", NetLab.Evidence.Ovs($"{to.Name} config: {config}."));
        }

        if (to.Type == "patch" && asked.PeerOf(to) is { } peer
            && asked.Configs.GetValueOrDefault((peer.Bridge, peer.Name), "").Contains("NO_RECV", StringComparison.Ordinal))
        {
            return At(peer.Name, Causes.OvsPortConfig, $"Open vSwitch bridge {peer.Bridge} takes nothing in from {peer.Name}: the port has no-receive",
                $"{asked.Ofctl(peer.Bridge)} mod-port {peer.Bridge} {peer.Name} receive", NetLab.Evidence.Ovs($"{peer.Name} config: NO_RECV."));
        }

        if (steps.Exists(s => s.Actions.Contains("FLOOD")) && config.Contains("NO_FLOOD", StringComparison.Ordinal))
        {
            return At(to.Name, Causes.OvsPortConfig, $"Open vSwitch bridge {to.Bridge} floods it, but not to {to.Name}: the port has no-flood",
                $"{asked.Ofctl(to.Bridge)} mod-port {to.Bridge} {to.Name} flood", NetLab.Evidence.Ovs($"{to.Name} config: {config}."));
        }

        if (steps.FindLast(s => s.Actions.Contains(Normal)) is not { } switches)
        {
            return last.Match is null
                ? At(asked.Ingress.Name, Causes.OvsNoFlow,
                    $"Open vSwitch bridge {to.Bridge} {(steps.Count == 1 ? "sends it to no port" : $"does not send it to {to.Name}")}: {FlowWords(steps)}",
                    FlowRemedy(asked, last, $"output:{to.Name}"))
                : At(asked.Ingress.Name, Causes.OvsFlow, $"Open vSwitch bridge {to.Bridge} does not send it to {to.Name}: {FlowWords(steps)}",
                    FlowRemedy(asked, last, With(last, $"output:{to.Name}")));
        }

        if (asked.Trace.Reasons.FirstOrDefault(r => r.Contains($" port {from} ", StringComparison.Ordinal)) is { } refused
            && refused.Contains("VLAN", StringComparison.Ordinal))
        {
            return At(from, Causes.OvsVlan, $"Open vSwitch bridge {to.Bridge} does not take it in: {refused}", IngressRemedy(asked));
        }

        if (BridgeModel.IsForNextDevice(asked.FrameIn(to.Bridge).Destination))
        {
            return null; // the whole frame has that reason
        }

        var vlan = asked.VlanIn(to.Bridge);
        if (IsLearned(switches)
            && asked.Macs.FirstOrDefault(m => m.Mac == asked.FrameIn(to.Bridge).Destination.ToString() && m.Vlan == vlan && m.Port != to.Name) is { } known)
        {
            return At(to.Name, Causes.OvsMacElsewhere,
                $"Open vSwitch bridge {to.Bridge} believes that {known.Mac} is behind {known.Port}, and sends the frame there alone, not to {to.Name}",
                known.Age is null ? $"ovs-appctl fdb/del {to.Bridge} {known.Vlan} {known.Mac}" : $"ovs-appctl fdb/flush {to.Bridge}",
                NetLab.Evidence.Ovs($"fdb/show {to.Bridge}: {known.Mac} in VLAN {known.Vlan} at {known.Port}, {(known.Age is null ? "static" : "learned")}."));
        }

        if (!to.Carries(vlan))
        {
            return RetaggedByPatch(asked, to) ?? UntaggedBefore(asked, to, vlan) ?? At(to.Name, Causes.OvsVlan,
                $"Open vSwitch bridge {to.Bridge} does not send it to {to.Name}: the frame is in " +
                    $"{(vlan == 0 ? "no VLAN" : $"VLAN {vlan}")} there. {to.VlanSentence.TrimEnd('.')}",
                to.Tag == DeadVlan && to.Trunks.Count > 0 ? $"ovs-vsctl clear port {to.Name} vlan_mode trunks -- set port {to.Name} tag={vlan}"
                    : to.Trunks.Count > 0 ? $"ovs-vsctl add port {to.Name} trunks {vlan}"
                    : vlan == 0 ? $"ovs-vsctl clear port {to.Name} tag"
                    : IsBetweenSwitches(asked, to, vlan) ? AsTrunk(to) : $"ovs-vsctl set port {to.Name} tag={vlan}");
        }

        if (asked.Trace.Reasons.FirstOrDefault(r => r.Contains("protected ports", StringComparison.Ordinal)) is { } apart)
        {
            return At(to.Name, Causes.OvsProtected, $"Open vSwitch bridge {to.Bridge} sends nothing from {from} to {to.Name}: {apart.TrimEnd('.')}",
                $"ovs-vsctl set port {to.Name} protected=false");
        }

        return asked.Snooping.Contains(to.Bridge)
            ? At(to.Name, Causes.OvsSnooping,
                $"Open vSwitch bridge {to.Bridge} looks at who joins which group (multicast snooping), and nobody behind {to.Name} has joined " +
                    $"{asked.Frame.Ipv4?.Destination.ToString() ?? asked.Frame.Ipv6?.Destination.ToString() ?? asked.Frame.Destination.ToString()}",
                $"let the receiver join the group (IGMP or MLD), or: ovs-vsctl set bridge {to.Bridge} mcast_snooping_enable=false")
            : config.Contains("NO_FLOOD", StringComparison.Ordinal)
            ? At(to.Name, Causes.OvsPortConfig, $"Open vSwitch bridge {to.Bridge} floods it, but not to {to.Name}: the port has no-flood",
                $"{asked.Ofctl(to.Bridge)} mod-port {to.Bridge} {to.Name} flood", NetLab.Evidence.Ovs($"{to.Name} config: {config}."))
            : null;
    }

    /// <summary>Why ports that Open vSwitch sends to, as it says, were not seen to send the frame.</summary>
    private static IEnumerable<Reason> Unsent(OvsRehearsal asked)
    {
        var node = asked.Bridge.Node;
        foreach (var name in asked.Trace.OutputPorts.Where(p => p != asked.Ingress.Name && !asked.Seen.Contains(p)))
        {
            if ((RowOf(asked, name)?.Device is { IsMadeByOvs: true } own ? Down(asked, own)
                : node.FindDevice(name) is { IsApplied: true, HasPorts: false } ? Refused(asked, node, name) : null) is { } reason)
            {
                yield return reason;
            }
        }
    }

    // A device that Open vSwitch made: that of a bridge, or of an internal port, which may stand in another node.
    private static Reason? Down(OvsRehearsal asked, Device? own)
    {
        try
        {
            return own is { IsApplied: true, LeadsToStack: true } && own.Node.Live.Route.FindLink(own.Index) is { IsUp: false } link
                ? new Reason(Causes.PortDown, own.Node, own.Name,
                    $"Open vSwitch sends it to {own.Name}, and {own.Name} is down{(own.Node == asked.Bridge.Node ? "" : $" in node {own.Node.Name}")}: "
                        + "the kernel does not take it.",
                    [.. Evidence(asked, asked.Trace.Deciding), NetLab.Evidence.Link($"{link.Name} down, mtu {link.Mtu}.")], $"ip link set dev {own.Name} up")
                : null;
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    private static Reason? Refused(OvsRehearsal asked, Node node, string name)
    {
        try
        {
            if (node.Live.Route.FindLink(name) is not { } link)
            {
                return null;
            }

            var bridge = asked.PortOf(name)?.Bridge ?? asked.Bridge.Name;
            var headers = asked.PatchesTo(bridge) is null ? asked.Trace.TunnelHeaders : 0;
            var frame = asked.FrameIn(bridge);
            var length = asked.Hop.Length - (asked.Frame.Length - frame.Length) - 14 - (4 * frame.VlanTags.Count) + headers;
            var state = NetLab.Evidence.Link($"{link.Name} {(link.IsUp ? "up" : "down")}, mtu {link.Mtu}.");
            Reason At(Cause cause, string sentence, string remedy, params Evidence[] more) =>
                new(cause, node, name, sentence, [.. Evidence(asked, StepsIn(asked, bridge)), .. more], remedy);

            return !link.IsUp
                ? At(Causes.PortDown, $"Open vSwitch bridge {bridge} sends it to {name}, and {name} is down: the kernel does not take it.",
                    $"ip link set dev {name} up", state)
                : !link.HasCarrier && node.FindDevice(name)?.OtherEnd is { } end
                ? At(Causes.PeerDown, $"Open vSwitch bridge {bridge} sends it to {name}, which has no carrier: the other end of the link, {end}, is down.",
                    $"ip link set dev {end.Name} up, in node {end.Node.Name}", state)
                : length > link.Mtu
                ? At(Causes.BridgeMtu,
                    $"The packet of {length} bytes is larger than the MTU {link.Mtu} of {name}, a port of Open vSwitch bridge {bridge}; " +
                        $"it sends no ICMP error for that.{(headers > 0 ? $" The tunnel's headers are {headers} bytes of it." : "")}",
                    headers > 0 && node.FindDevice(name)?.OtherEnd is { IsApplied: true } far && far.Node.Live.Route.FindLink(far.Index)?.Mtu < length
                        ? $"let the sender's packets have {link.Mtu - headers} bytes at most, or raise the MTU of the network below by {length - link.Mtu}"
                        : $"ip link set dev {name} mtu {length}, or make the sender's packets smaller", state)
                : asked.Meters.Length > 0
                    && asked.Trace.Steps.LastOrDefault(s => s.Actions.Any(a => a.StartsWith("meter:", StringComparison.Ordinal))) is { } metered
                ? At(Causes.OvsMeter, $"Open vSwitch bridge {metered.Bridge} lets it pass by a meter, and that let nothing through: {metered}.",
                    $"wait, or let the flow go without it: {asked.Ofctl(metered.Bridge)} --strict mod-flows {metered.Bridge} "
                        + Word($"{FlowOf(metered)},actions={string.Join(',', metered.Actions.Where(a => !a.StartsWith("meter:", StringComparison.Ordinal)))}"),
                    NetLab.Evidence.Ovs($"meter-stats {metered.Bridge}: {string.Join(' ', asked.Meters.Split('\n').Skip(1).Select(l => l.Trim())).Trim()}."))
                : null;
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }
}
