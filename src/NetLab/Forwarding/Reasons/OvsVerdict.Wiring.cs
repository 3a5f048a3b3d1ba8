using System.Text.RegularExpressions;

namespace NetLab;

// What is wrong with the wiring around the flows: ports, patches and tunnels that are not there or do not fit each other, tags that are lost on a link.
internal static partial class OvsVerdict
{
    // neutron/plugins/ml2/drivers/openvswitch/agent/common/constants.py
    private static readonly Dictionary<(string Bridge, int Table), string> Neutron = new()
    {
        [("br-int", 24)] = "lets a port send ARP packets and neighbour advertisements for its own addresses alone",
        [("br-int", 25)] = "lets a port send from its own MAC addresses alone",
        [("br-tun", 0)] = "knows the tunnels and the patch port",
        [("br-tun", 3)] = "knows networks by the key of GRE",
        [("br-tun", 4)] = "knows networks by the key of VXLAN",
        [("br-tun", 6)] = "knows networks by the key of Geneve",
        [("br-tun", 10)] = "learns what is behind which tunnel, and sends it on to br-int",
        [("br-tun", 20)] = "knows which MAC address is behind which tunnel",
        [("br-tun", 22)] = "floods to the tunnels of a network",
    };

    private const string Pair = "an allowed address pair of the port";

    private static readonly Dictionary<string, int> NeutronTunnelTables = new() { ["gre"] = 3, ["vxlan"] = 4, ["geneve"] = 6 };

    // The flow that Neutron's agent has where the frame is let in: br_tun.py, setup_tunnel_port; br_int.py, install_arp_spoofing_protection,
    // set_allowed_macs_for_port.
    private static string? OfAgent(OvsRehearsal asked, OvsTraceStep step)
    {
        var (frame, port) = (asked.FrameIn(step.Bridge), asked.IngressTo(step.Bridge));
        return step is not { Actions: [] or ["drop"] } ? null : (step.Bridge, step.Table) switch
        {
            ("br-tun", 0) when asked.Trace.Tunnel is var (tunnel, _) && NeutronTunnelTables.TryGetValue(tunnel.Type, out var table) =>
                $"{asked.Ofctl("br-tun")} add-flow br-tun 'table=0,priority=1,in_port={port},actions=resubmit(,{table})'",
            ("br-int", 24) when frame.Arp is { } arp =>
                $"{asked.Ofctl("br-int")} add-flow br-int 'table=24,priority=2,arp,in_port={port},arp_spa={arp.SenderIp},actions=resubmit(,25)', or {Pair}",
            ("br-int", 25) =>
                $"{asked.Ofctl("br-int")} add-flow br-int 'table=25,priority=2,in_port={port},dl_src={frame.Source},actions=resubmit(,30)', or {Pair}",
            _ => null,
        };
    }

    private static string OfNeutron(OvsTraceStep? step) =>
        step is { Actions: [] or ["drop"] } && Neutron.TryGetValue((step.Bridge, step.Table), out var what)
            ? $" (in Neutron's {step.Bridge} this table {what})" : "";

    private static Evidence PortsOf(OvsRehearsal asked, string bridge) =>
        NetLab.Evidence.Ovs($"ports: {string.Join(", ", asked.Ports.Where(p => p.Bridge == bridge).Select(p => p.Name))}.");

    /// <summary>The device that the frame came in by is no port of the bridge any more.</summary>
    private static Reason? NoPort(OvsRehearsal asked) => asked.IsPort ? null
        : new Reason(Causes.NotAPort, asked.Bridge.Node, asked.Ingress.Name,
            $"{asked.Ingress.Name}, where the frame came in, is no port of Open vSwitch bridge {asked.Bridge.Name} (any more).",
            [PortsOf(asked, asked.Bridge.Name)], $"ovs-vsctl add-port {asked.Bridge.Name} {asked.Ingress.Name}{TagOf(asked.Ingress)}");

    // The port of a device: it is gone, or of another bridge or type.
    private static Reason? NotAsDescribed(OvsRehearsal asked, string name, OvsPortState? now)
    {
        if (RowOf(asked, name) is not { } row || (now?.Bridge == row.Bridge.Name && now.Type == (row.Options.InterfaceType ?? "")))
        {
            return null;
        }

        return new Reason(Causes.NotAPort, asked.Bridge.Node, name, $"{name} is no port of Open vSwitch bridge {row.Bridge.Name} (any more)"
            + $"{(now is null ? "" : now.Bridge != row.Bridge.Name ? $", but one of bridge {now.Bridge}" : $": its type is {now.Type}")}.",
            [PortsOf(asked, row.Bridge.Name), .. now?.Error is { } error ? [NetLab.Evidence.Ovs($"{name} error: {error}.")] : Array.Empty<Evidence>()],
            row.Device is { IsMadeByOvs: true } lost
                ? $"add it again, of type internal; its device went with it, and needs its addresses again{(lost.Node == asked.Bridge.Node ? ""
                    : $", and its place in node {lost.Node.Name}")}"
                : $"{(now is null ? "ovs-vsctl" : $"ovs-vsctl del-port {name} --")}{AddPort(asked, row)["ovs-vsctl".Length..]}");
    }

    // The row that the lab describes for a device, which may stand in another node.
    private static OvsPort? RowOf(OvsRehearsal asked, string name) => asked.Bridge.Node.OvsBridges
        .Select(b => b.Ports.FirstOrDefault(p => p.Name == name) is { } device ? b.FindRow(device) : null).FirstOrDefault(row => row is not null);

    // As the lab describes the port's row.
    private static string TagOf(Device? port) => TagOf(port?.Switch?.FindRow(port));

    private static string TagOf(OvsPort? row) => $"{(row?.Tag is { } tag ? $" tag={tag}" : "")}"
        + $"{(row?.Trunks is { Count: > 0 } trunks ? $" trunks={string.Join(',', trunks)}" : "")}"
        + $"{(row?.Options.VlanMode is { } mode ? $" vlan_mode={mode}" : "")}";

    // Flows that name a number which no port has mean the one that is gone.
    private static string AddPort(OvsRehearsal asked, OvsPort port, string? more = null)
    {
        var missing = asked.Trace.Reasons.Any(r => r.Contains("Nonexistent output port", StringComparison.Ordinal))
            ? asked.Trace.Deciding.SelectMany(s => s.Own).Where(a => a.StartsWith("output:", StringComparison.Ordinal)).Select(a => a["output:".Length..])
                .Where(n => n.All(char.IsAsciiDigit)).Distinct().ToList() : [];
        var row = $"{(missing is [var number] ? $" ofport_request={number}" : "")}{more}";
        return $"ovs-vsctl add-port {port.Bridge.Name} {port.Name}{TagOf(port)}{(row.Length > 0 ? $" -- set interface {port.Name}{row}" : "")}";
    }

    /// <summary>A patch or tunnel port that the lab describes at a bridge which the frame came to, and that is gone.</summary>
    private static Reason? Described(OvsRehearsal asked) => asked.Bridge.Node.OvsBridges.Where(b => asked.Bridges.Contains(b.Name))
        .SelectMany(b => b.VirtualPorts).FirstOrDefault(p => asked.PortOf(p.Name) is null) is { } gone ? Gone(asked, gone) : null;

    private static Reason Gone(OvsRehearsal asked, OvsPort port) => new(port.PatchPeer is null ? Causes.OvsNoPort : Causes.OvsPatch, asked.Bridge.Node,
        port.Name,
        $"The {(port.PatchPeer is null ? "tunnel" : "patch")} port {port.Name} of Open vSwitch bridge {port.Bridge.Name} is not there (any more).",
        [PortsOf(asked, port.Bridge.Name)], AddPort(asked, port,
            $" type={port.Options.InterfaceType}{string.Concat(port.Options.InterfaceOptions.Select(o => $" options:{o.Key}={o.Value}"))}"));

    /// <summary>Patch ports that do not name each other: nothing gets from a bridge that the frame came to into the one behind them.</summary>
    private static Reason? Unpatched(OvsRehearsal asked, string wanted, int? vlan = null)
    {
        foreach (var port in asked.Bridge.Node.OvsBridges.Where(b => asked.Bridges.Contains(b.Name)).SelectMany(b => b.VirtualPorts)
            .Where(p => vlan is not { } id || OvsPortState.Carries(p.Options, id)))
        {
            if (port.PatchPeer is not { } name || asked.Bridge.Node.OvsBridges.SelectMany(b => b.VirtualPorts).FirstOrDefault(p
                => p.Name == name) is not { } peer
                || !asked.Leads(peer.Bridge.Name, wanted))
            {
                continue;
            }

            foreach ((var own, var other) in new[] { (port, peer), (peer, port) })
            {
                if (asked.PortOf(own.Name) is not { } row)
                {
                    return Gone(asked, own);
                }

                if (row.Options.GetValueOrDefault("peer") is var now && now != other.Name)
                {
                    return new Reason(Causes.OvsPatch, asked.Bridge.Node, own.Name,
                        $"The patch port {own.Name} of Open vSwitch bridge {row.Bridge} leads to {now ?? "no port"}"
                            + $"{(now is null ? "" : asked.PortOf(now) is { } there ? $" of bridge {there.Bridge}" : ", which is not there")}, and not to "
                            + $"{other.Name} of bridge {other.Bridge.Name}: patch ports must name each other.",
                        [NetLab.Evidence.Ovs($"{own.Name} options:peer={now}."), PortsOf(asked, row.Bridge)],
                        $"ovs-vsctl set interface {own.Name} options:peer={other.Name}");
                }
            }
        }

        return null;
    }

    /// <summary>Somebody gave the port that the frame came in by another tag than the lab: that it is in another VLAN is no fault of those behind it.</summary>
    public static Reason? Retagged(OvsRehearsal asked) => asked.Frame.VlanId is > 0 || asked.Bridge.FindRow(asked.Ingress) is not { } row
            || asked.PortOf(asked.Ingress.Name) is not { } now || now.Tag == row.Tag ? null
        : Retagged(asked, now, row);

    // A trunk has no use for its tag: what is untagged is in no VLAN there.
    private static Reason Retagged(OvsRehearsal asked, OvsPortState now, OvsPort row) => new(Causes.OvsVlan, asked.Bridge.Node, now.Name,
        $"Port {now.Name} of Open vSwitch bridge {now.Bridge} "
            + (now.IsTrunk && !now.Carries(0) ? $"takes no untagged frame, as a trunk of VLAN {string.Join(", ", now.Trunks)}"
                : $"puts the frame in {(now is { IsTrunk: false, Tag: { } tag } ? $"VLAN {tag}" : "no VLAN")}")
            + $"{(now.Tag == DeadVlan ? " (the VLAN of ports that are dead to Neutron)" : "")}; in the lab's description it has "
            + $"{(row.Tag is { } own ? $"tag={own}" : "no tag")}.",
        [NetLab.Evidence.Ovs(now.VlanSentence)], AsDescribed(now, row));

    // What else somebody set besides the tag would hold on.
    private static string AsDescribed(OvsPortState now, OvsPort row)
    {
        List<string> clear = [];
        if (now.VlanMode is not null && now.VlanMode != row.Options.VlanMode)
        {
            clear.Add("vlan_mode");
        }

        if (now.Trunks.Count > 0 && row.Trunks is null)
        {
            clear.Add("trunks");
        }

        if (row.Tag is null)
        {
            clear.Add("tag");
        }

        var first = clear.Count == 0 ? null : $"ovs-vsctl clear port {now.Name} {string.Join(' ', clear)}";
        return row.Tag is not { } right ? first! : first is null ? $"ovs-vsctl set port {now.Name} tag={right}" : $"{first} -- set port {now.Name} tag={right}";
    }

    /// <summary>The same, where a frame was dropped for it: its VLAN fits no port, or a table that dropped it knows the VLAN of the description.</summary>
    public static Reason? RetaggedBefore(OvsRehearsal asked, Cause cause) => cause == Causes.OvsVlan
        || ((cause == Causes.OvsFlow || cause == Causes.OvsNoFlow) && asked.KnowsDescribedVlan) ? Retagged(asked) : null;

    // The patch port by which it came to the bridge puts it into another VLAN than the lab has it.
    private static Reason? RetaggedByPatch(OvsRehearsal asked, OvsPortState to) =>
        asked.PatchesTo(to.Bridge) is [.., var (_, entered)] && asked.DescribedAs(entered) is { } row && !entered.IsTrunk && entered.Tag != row.Tag
            && row.Tag is { } right && to.Carries(right) ? Retagged(asked, entered, row) : null;

    // Of every VLAN; without a tag, vlan_mode=access alone would still let untagged frames in only.
    private static string AsTrunk(OvsPortState port) => $"ovs-vsctl clear port {port.Name} tag{(port.VlanMode is null ? "" : " vlan_mode")}";

    // The port at the other end of the link takes the tag off, and this end does not put it on again.
    private static Reason? UntaggedBefore(OvsRehearsal asked, OvsPortState to, int vlan) =>
        vlan != 0 || asked.Sender is not { Tag: { } tag } sender || !to.Carries(tag) || sender is { IsTrunk: true } or { VlanMode: "native-tagged" }
            || asked.Ingress.OtherEnd is not { } end || asked.PatchesTo(to.Bridge) is not [] ? null
        : new Reason(Causes.OvsVlan, end.Node, end.Name,
            $"Port {sender.Name} of Open vSwitch bridge {sender.Bridge} sends VLAN {tag} without its tag, and {asked.Ingress.Name} of bridge {to.Bridge}, at "
                + $"the other end of the link, does not put it into that VLAN again: there it is in no VLAN, and {to.Name} carries VLAN {tag}.",
            [NetLab.Evidence.Ovs($"{end.Node.Name}: {sender.VlanSentence}"), NetLab.Evidence.Ovs($"{to.VlanSentence}")],
            !sender.IsNativeUntagged ? $"{AsTrunk(sender)}, in node {end.Node.Name}"
                : $"ovs-vsctl set port {sender.Name} vlan_mode=native-tagged, in node {end.Node.Name}");

    private static Reason? Untagged(OvsRehearsal asked) => asked.Seen.Count > 0 || asked.Sender is null ? null
        : asked.Ports.Where(p => p.Bridge == asked.Bridge.Name && !asked.SendsTo(p) && p.Name != asked.Ingress.Name && p.Type == "")
            .Select(p => UntaggedBefore(asked, p, p.Carries(asked.VlanIn(p.Bridge)) ? -1 : asked.VlanIn(p.Bridge))).FirstOrDefault(r => r is not null);

    // A link or patch to another switch that carries tags wants all of them; an access port of the same VLAN at its other end wants none.
    private static bool IsBetweenSwitches(OvsRehearsal asked, OvsPortState port, int vlan) => port.IsAccess
        && (port.Type == "patch" ? asked.PeerOf(port) is { IsAccess: false }
            : asked.Bridge.Node.FindDevice(port.Name)?.OtherEnd is { Switch: { IsInUserSpace: true } other } end && other.FindRow(end)?.Tag != vlan);

    /// <summary>A flow that wrote another destination address into the frame; null where none did.</summary>
    public static Reason? Translates(OvsRehearsal asked, string wanted, string to) =>
        asked.Trace.Steps.LastOrDefault(s => s.Actions.Any(a => WritesDestination().IsMatch(a))) is { } step
        ? new Reason(Causes.Translated, asked.Bridge.Node, asked.Ingress.Name,
            $"Open vSwitch bridge {step.Bridge} sent it on to {to} and not to {wanted}: the flow that gave it another destination is {step}.",
            Evidence(asked, asked.Trace.Steps),
            $"delete the flow: {asked.Ofctl(step.Bridge)} --strict del-flows {step.Bridge} {Word(FlowOf(step))}, or let it keep the destination")
        : null;

    // What a flow cuts is another frame, which is not known again.
    private static Reason? Cut(OvsRehearsal asked) => asked.Trace.DatapathActions.IndexOf("trunc(", StringComparison.Ordinal) is var at and >= 0
        && asked.Trace.DatapathActions[(at + 6)..].Split(')')[0] is var length
        ? new Reason(Causes.Ovs, asked.Bridge.Node, asked.Ingress.Name,
            $"Open vSwitch bridge {asked.Bridge.Name} cuts the frame to {length} bytes before it sends it to {string.Join(" and ", asked.Trace.OutputPorts)}: "
                + "what is left of it is not known again, and whether it arrived is not known.",
            Evidence(asked, asked.Trace.Steps), "let the flow send all of it: output without max_len")
        : null;

    /// <summary>A port that spanning tree does not let forward, a group of which no bucket is live, a neighbour of a tunnel that has not answered.</summary>
    private static Reason? Unready(OvsRehearsal asked)
    {
        var node = asked.Bridge.Node;
        if (IsRefusedAtOnce(asked) && asked.SpanningTree is var (protocol, state))
        {
            return new Reason(Causes.IngressState, node, asked.Ingress.Name,
                $"Port {asked.Ingress.Name} of Open vSwitch bridge {asked.Bridge.Name} is {state}, and takes no frames: {protocol} does not let it forward.",
                [NetLab.Evidence.Ovs($"{protocol.ToLowerInvariant()}/show {asked.Bridge.Name}: {asked.Ingress.Name} {state}.")],
                $"wait until {protocol} lets {asked.Ingress.Name} forward, or: ovs-vsctl set bridge {asked.Bridge.Name} "
                    + $"{protocol.ToLowerInvariant()}_enable=false");
        }

        var remarks = asked.Trace.Steps.SelectMany(s => s.Remarks.Select(r => (Step: s, Text: r))).ToList();
        if (remarks.Find(r => r.Text.Contains("not live due to port ", StringComparison.Ordinal)) is { Step: { } grouped, Text: { } dead }
            && remarks.Exists(r => r.Text.Contains("no live bucket", StringComparison.Ordinal))
            && asked.Ports.FirstOrDefault(p => p.Bridge == grouped.Bridge && dead.EndsWith($" {p.Ofport}", StringComparison.Ordinal)) is { } down)
        {
            return new Reason(Causes.PortDown, node, down.Name,
                $"Open vSwitch bridge {grouped.Bridge} sends it to no port: no bucket of the group is live, for {down.Name}, on which one depends, is down "
                    + $"({grouped}).",
                Evidence(asked, asked.Trace.Steps), $"ip link set dev {down.Name} up");
        }

        return remarks.Find(r => r.Text.Contains("neighbor cache miss for ", StringComparison.Ordinal)) is { Step: { } tunnelled, Text: { } miss }
            ? Unresolved(asked, tunnelled, miss) : null;
    }

    // mod_nw_dst, set_field, load and move, and the translation of a connection (ovs-actions(7)).
    [GeneratedRegex(@"mod_nw_dst:|->(?:ip|ipv6|nw)_dst|NXM_OF_IP_DST|NXM_NX_IPV6_DST|ct\(.*\bnat\b")]
    private static partial Regex WritesDestination();
}
