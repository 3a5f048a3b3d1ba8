using System.Buffers;

namespace NetLab;

/// <summary>Why Open vSwitch let a frame go nowhere, or not where it was wanted: its own rehearsal (<see cref="OvsRehearsal"/>) in words.</summary>
internal static partial class OvsVerdict
{
    private const string Normal = OvsRehearsal.Normal;
    private const int DeadVlan = 4095; // Neutron's

    private static readonly SearchValues<char> ShellReads = SearchValues.Create("()<>[]; ");

    // The datapath's own words (ofproto/ofproto-dpif-xlate.c), and what they mean.
    private static readonly (string Words, Cause Cause)[] Known =
    [
        ("VLAN", Causes.OvsVlan),
        ("skipping output to input port", Causes.OvsInputPort),
        ("Nonexistent output port", Causes.OvsNoPort),
        ("native tunnel", Causes.OvsTunnel),
        ("OFPPC_NO_FWD", Causes.OvsPortConfig),
        ("decrement TTL", Causes.TtlExpired),
        ("protected ports", Causes.OvsProtected),
        ("resubmit", Causes.OvsLoop), ("recursion", Causes.OvsLoop), ("translation", Causes.OvsLoop),
    ];

    /// <summary>Why a frame that nobody was seen to send went nowhere; null where Open vSwitch would send it on, and nothing speaks against that.</summary>
    public static (CopyEnd End, Reason Reason)? Whole(OvsRehearsal asked)
    {
        (var bridge, var port, var trace) = (asked.Bridge, asked.Ingress, asked.Trace);
        if ((NoPort(asked) ?? Untagged(asked) ?? NoTunnel(asked)) is { } before)
        {
            return (CopyEnd.Dropped, before);
        }

        if (trace.OutputPorts.Count > 0 && trace.OutputPorts.All(p => p == port.Name))
        {
            return (CopyEnd.Consumed, new Reason(Causes.OvsAnswered, bridge.Node, port.Name,
                $"Open vSwitch bridge {bridge.Name} answers it itself: a flow makes another frame of it, and sends that back by {port.Name}.",
                Evidence(asked, trace.Steps)));
        }

        if (trace.OutputPorts.Select(bridge.Node.FindDevice).Any(p => p is not { HasPorts: true }))
        {
            return Unsent(asked).FirstOrDefault() is { } refused ? (CopyEnd.Dropped, refused) : Cut(asked) is { } cut ? (CopyEnd.Lost, cut) : null;
        }

        if (Unready(asked) is { } unready)
        {
            return (CopyEnd.Dropped, unready);
        }

        if (trace.Reasons.Any(r => r.Contains("native tunnel", StringComparison.Ordinal)) && WithoutLocal(asked) is var (lost, address))
        {
            return (CopyEnd.Dropped, Unaddressed(asked, lost, address));
        }

        (var cause, var said, var remedy) = Said(asked) ?? Decided(asked);
        if ((RetaggedBefore(asked, cause) ?? (asked.VlanIn(bridge.Name) == DeadVlan ? Retagged(asked) : null)) is { } retagged)
        {
            return (CopyEnd.Dropped, retagged);
        }

        var sends = trace.Tunnel is var (tunnel, _) && trace.Steps is [.., var end]
            ? $"Open vSwitch takes it out of tunnel {tunnel.Name}, and bridge {end.Bridge} sends" : $"Open vSwitch bridge {bridge.Name} sends";
        return (CopyEnd.Dropped, new Reason(cause, bridge.Node, port.Name, $"{sends} it to no port: {said}{AsInvalid(asked)}.",
            Evidence(asked, trace.Steps), remedy));
    }

    /// <summary>
    /// Why copies of a frame ended inside Open vSwitch while others of it went on: at ports that did not take them, and in bridges behind patch ports.
    /// </summary>
    public static IEnumerable<Reason> Inside(OvsRehearsal asked)
    {
        foreach (var refused in Unsent(asked))
        {
            yield return refused;
        }

        foreach (var behind in asked.Bridges.Where(b => b != asked.Bridge.Name))
        {
            var steps = StepsIn(asked, behind);
            var isInTunnel = asked.IsBehindTunnel(behind);
            if (asked.Seen.Count == 0 && !asked.Ports.Any(p => p.Type is not ("patch" or "internal") && asked.SendsTo(p)))
            {
                continue; // there is no other copy: what became of this one is the whole of it
            }

            var goesOn = asked.Ports.Any(p => p.Bridge == behind && asked.SendsTo(p)
                && !(p.Type == "patch" && asked.PatchesTo(behind) is [.., var last] && last.In.Name == p.Name));
            if (!goesOn && steps is [.., var step] && steps.All(s => s.Match is null || s.Actions is ["drop"] or []))
            {
                yield return new Reason(step.Match is null ? Causes.OvsNoFlow : Causes.OvsFlow, asked.Bridge.Node, asked.Ingress.Name,
                    $"Open vSwitch bridge {behind}, behind a {(isInTunnel ? "tunnel" : "patch port")}, sends it to no port: " +
                        $"{FlowWords(steps)}{AsInvalid(asked)}.",
                    Evidence(asked, steps), FlowRemedy(asked, step, Normal));
            }
        }
    }

    /// <summary>Why a frame did not go out of a port of one of the node's bridges; null where it would, or nothing is known to speak against it.</summary>
    public static Reason? WhyNot(OvsRehearsal asked, string egress)
    {
        if (NoPort(asked) is { } outside)
        {
            return outside;
        }

        var wanted = asked.PortOf(egress);
        if (NotAsDescribed(asked, egress, wanted) is { } away)
        {
            return away;
        }

        if (wanted is null)
        {
            return null;
        }

        if (IsRefusedAtOnce(asked) || (asked.Seen.Count == 0 && Unready(asked) is not null))
        {
            return null; // the whole frame has that reason
        }

        if (asked.PatchesTo(wanted.Bridge) is not { } patches)
        {
            return Unpatched(asked, wanted.Bridge);
        }

        var from = asked.Ingress.Name;
        foreach ((var left, var entered) in patches)
        {
            if (!asked.SendsTo(left))
            {
                var vlan = asked.VlanIn(left.Bridge);
                return (asked.DescribedAs(left) is { } row && !OvsPortState.Carries(row.Options, vlan) ? Unpatched(asked, wanted.Bridge, vlan) : null)
                    ?? Left(asked, from, left);
            }

            from = entered.Name;
        }

        return !asked.SendsTo(wanted) ? Left(asked, from, wanted)
            : Unsent(asked).FirstOrDefault(r => r.Device == egress) ?? Down(asked, asked.Bridge.Node.FindDevice(egress));
    }

    /// <summary>Whether only the configuration of a port can tell why it is left out.</summary>
    public static bool MayBeLeftOut(OvsRehearsal asked, OvsPortState port) =>
        port.Name != asked.Ingress.Name && port.Type != "internal" && !asked.SendsTo(port)
        && !(IsTunnel(port) && asked.Trace.TunnelHeaders > 0) // which of them it goes into a trace does not tell
        && StepsIn(asked, port.Bridge).Any(s => (s.Actions.Contains(Normal) && !IsLearned(s))
            || s.Actions.Any(a => a is "FLOOD" or "ALL" || a == $"output:{port.Name}" || a == $"output:\"{port.Name}\""))
        && port.Carries(asked.VlanIn(port.Bridge));

    /// <summary>Whether no flow decided, but one that Open vSwitch has for itself, without a match and without actions.</summary>
    public static bool IsRefusedAtOnce(OvsRehearsal asked) => asked.Trace.Steps is [.., { Match: "", Actions.Count: 0 } last]
        && (asked.Trace.Steps.Count == 1 || (asked.IsBehindTunnel(last.Bridge) && asked.Trace.Steps.Count(s => s.Bridge == last.Bridge) == 1));

    private static List<OvsTraceStep> StepsIn(OvsRehearsal asked, string bridge) => [.. asked.Trace.Deciding.Where(s => s.Bridge == bridge)];

    private static bool IsLearned(OvsTraceStep step) => step.Remarks.Any(r => r.Contains("learned port", StringComparison.Ordinal));

    private static List<Evidence> Evidence(OvsRehearsal asked, IEnumerable<OvsTraceStep> steps) =>
    [
        NetLab.Evidence.Ovs($"ofproto/trace {asked.Bridge.Name} in_port={asked.Ingress.Name}, asked afterwards, on the tables as they are now; datapath " +
            $"actions: {asked.Trace.DatapathActions}."),
        .. steps.Select(step => NetLab.Evidence.Ovs($"{step}")).Distinct(),
    ];

    private static string AsInvalid(OvsRehearsal asked) =>
        asked.IsInvalid ? "; that holds for a frame that connection tracking takes for invalid, and no other fits what was seen" : "";

    // Every table that had no flow for it is named, also where another flow decided afterwards.
    private static string FlowWords(IReadOnlyList<OvsTraceStep> steps)
    {
        List<string> missed = [.. steps.Where(s => s.Match is null).Select(s => $"no flow of table {s.Table} matches it in bridge {s.Bridge}")];
        var decides = steps.LastOrDefault(s => s.Match is not null);
        return steps is [.., { Match: null }]
            ? $"{string.Join(" and ", missed)}, and what matches nothing is dropped{OfNeutron(steps[^1])}"
            : $"{string.Concat(missed.Select(m => $"{m}; "))}the flow that decides is {decides}{OfNeutron(decides)}";
    }

    // Names as Open vSwitch prints them are read by its programs too.
    private static string? FlowRemedy(OvsRehearsal asked, OvsTraceStep step, string actions) =>
        actions == Normal && OfAgent(asked, step) is { } ofAgent ? ofAgent
        : step.Match is null && !IsKeyed(asked, step)
        ? $"add a flow: {asked.Ofctl(step.Bridge)} add-flow {step.Bridge} {Word($"table={step.Table},priority=0,actions={actions}")}"
        : step.Actions is [Normal] && actions == Normal ? null
        : actions == Normal && IsKeyed(asked, step)
        ? $"let table {step.Table} of {step.Bridge} have a flow for it that "
            + (!asked.IsBehindTunnel(step.Bridge) ? "sets the tunnel's key and sends it to the tunnel"
                : asked.Trace.Steps.Any(s => s.Bridge == step.Bridge && s != step && s.Match?.Contains("tun_id", StringComparison.Ordinal) == true)
                ? "sends it on to the patch port" : "knows the tunnel's key and sets the VLAN of the network here")
        : $"let the flow send it on: {asked.Ofctl(step.Bridge)} --strict mod-flows {step.Bridge} {Word($"{FlowOf(step)},actions={actions}")}, " +
            $"or delete the flow: {asked.Ofctl(step.Bridge)} --strict del-flows {step.Bridge} {Word(FlowOf(step))}";

    // In a bridge whose tunnels take their key from flows, NORMAL sends nothing into the right one.
    private static bool IsKeyed(OvsRehearsal asked, OvsTraceStep step) =>
        asked.Ports.Any(p => p.Bridge == step.Bridge && IsTunnel(p) && p.Options.Values.Contains("flow"));

    // As a shell reads it.
    private static string Word(string text) => text.AsSpan().ContainsAny(ShellReads) ? $"'{text}'" : text;

    private static string FlowOf(OvsTraceStep step) => $"table={step.Table},priority={step.Priority}{(step.Match is { Length: > 0 } match ? $",{match}" : "")}";

    // Instructions (clear_actions, write_actions, write_metadata) have their place after what is done at once.
    private static string With(OvsTraceStep step, string action) => string.Join(',',
        step.Own.Where(a => a != "drop" && !IsInstruction(a)).Append(action).Concat(step.Own.Where(IsInstruction)));

    private static bool IsInstruction(string action) => action is "clear_actions" || action.StartsWith("write_", StringComparison.Ordinal);

    // What Open vSwitch remarks itself.
    private static (Cause Cause, string Said, string? Remedy)? Said(OvsRehearsal asked)
    {
        (var bridge, var trace) = (asked.Bridge, asked.Trace);
        if (trace.Reasons.Count == 0)
        {
            return null;
        }

        string said = string.Join("; ", trace.Reasons), step = trace.Deciding.Count == 0 ? "" : $" ({trace.Deciding[^1]})";
        var cause = Known.FirstOrDefault(k => said.Contains(k.Words, StringComparison.OrdinalIgnoreCase)).Cause ?? Causes.Ovs;
        return cause.Word switch
        {
            // Flooding tries the tunnels too; that one of them leads nowhere does not explain the other ports.
            "ovs-tunnel" when asked.PortOf(asked.Ingress.Name)?.Tag is not null && trace.Deciding.Any(d => d.Actions.Contains(Normal)) => null,
            "ovs-vlan" => (cause, said, IngressRemedy(asked)),
            "ovs-input-port" => (cause, $"the flow sends it to the port it came in by, {asked.Ingress.Name}, and that takes the word in_port{step}",
                FlowRemedy(asked, trace.Deciding[^1], "in_port")),
            "ovs-no-port" => (cause, $"{said}{step}", Described(asked)?.Remedy ?? StaleRemedy(asked, trace.Deciding[^1])),
            "ovs-tunnel" => (cause, $"{said}: the tunnel's other end cannot be reached from {bridge.Node.Name}{step}", TunnelRoute(asked)),
            "ttl-expired" => (cause,
                $"a flow counts its TTL down (dec_ttl), and the frame came with {asked.Frame.Ipv4?.TimeToLive ?? asked.Frame.Ipv6?.HopLimit}: {said}",
                "send it with a higher TTL"),
            "ovs-loop" => (cause, $"the flows go round without end: {said}", null),
            "ovs-protected" => (cause, $"{said}{step}", $"ovs-vsctl set port {asked.Ingress.Name} protected=false"),
            _ => (cause, $"{said}{step}", $"look at the flows: {asked.Ofctl(bridge.Name)} dump-flows {bridge.Name}"),
        };
    }

    // A port refused the frame's VLAN as it came in: the one that the frame came by, or a patch port's peer.
    private static string? IngressRemedy(OvsRehearsal asked)
    {
        var refusing = asked.Ports.FirstOrDefault(p => asked.Trace.Reasons.Any(r => r.Contains($"on port {p.Name} ", StringComparison.Ordinal)))
            ?? asked.PortOf(asked.Ingress.Name);
        return refusing is null ? null : refusing.IsAccess ? AsTrunk(refusing)
            : refusing.VlanMode is "dot1q-tunnel" ? $"ovs-vsctl add port {refusing.Name} cvlans {asked.Frame.VlanId}"
            : $"ovs-vsctl add port {refusing.Name} trunks {asked.VlanIn(refusing.Bridge)}";
    }

    private static string Controller(OvsTraceStep step) => step.Actions.Any(a => a.StartsWith("CONTROLLER", StringComparison.Ordinal))
        ? "; it is given to the controller, and to no port" : "";

    // One flow of several names a port that is gone: without it the others decide.
    private static string? StaleRemedy(OvsRehearsal asked, OvsTraceStep step) => step.Match is { Length: > 0 }
        ? $"delete the flow: {asked.Ofctl(step.Bridge)} --strict del-flows {step.Bridge} {Word(FlowOf(step))}, or let it send to a port that is there"
        : FlowRemedy(asked, step, Normal);

    // What it does without a word.
    private static (Cause Cause, string Said, string? Remedy) Decided(OvsRehearsal asked)
    {
        (var bridge, var port, var trace) = (asked.Bridge, asked.Ingress, asked.Trace);
        if (trace.Deciding is not [.., var step])
        {
            return (Causes.OvsFlow, $"datapath actions: {trace.DatapathActions}", null);
        }

        if (step.Match is null)
        {
            return (Causes.OvsNoFlow, FlowWords(trace.Deciding), FlowRemedy(asked, step, Normal));
        }

        var entered = asked.IngressTo(step.Bridge);
        if (IsRefusedAtOnce(asked) && asked.Configs.TryGetValue((step.Bridge, entered), out var config)
            && config.Contains("NO_RECV", StringComparison.Ordinal))
        {
            return (Causes.OvsPortConfig, $"the port has no-receive ({entered} config: {config})",
                $"{asked.Ofctl(step.Bridge)} mod-port {step.Bridge} {entered} receive");
        }

        var isSwitched = step.Actions.Contains(Normal);
        if (isSwitched && BridgeModel.IsForNextDevice(asked.Frame.Destination))
        {
            return (Causes.OvsReservedMac,
                $"{asked.Frame.Destination} is one of the reserved addresses that a bridge does not pass on, and other_config:forward-bpdu is not true",
                    $"ovs-vsctl set bridge {step.Bridge} other_config:forward-bpdu=true");
        }

        List<Reason> left = [.. asked.Ports.Where(p => asked.Bridges.Contains(p.Bridge) && p.Name != port.Name && p.Type != "internal" && !asked.SendsTo(p))
            .Select(p => Left(asked, asked.PatchesTo(p.Bridge) is [.., var last] ? last.In.Name : asked.IngressTo(p.Bridge), p)).OfType<Reason>()];
        if (left.Find(r => r.Cause == Causes.OvsPortConfig) is { } configured)
        {
            return (configured.Cause, $"the flow ({step}) leads to a port that does not take it: {configured.Sentence.TrimEnd('.')}", configured.Remedy);
        }

        if (isSwitched && left.Find(r => r.Cause == Causes.OvsMacElsewhere || r.Cause == Causes.OvsSnooping) is { } elsewhere)
        {
            return (elsewhere.Cause, elsewhere.Sentence.TrimEnd('.'), elsewhere.Remedy);
        }

        left.RemoveAll(r => r.Cause != Causes.OvsVlan);
        var vlan = asked.VlanIn(step.Bridge);
        return isSwitched && left.Count > 0
            ? (Causes.OvsVlan,
                $"it is in {(vlan == 0 ? "no VLAN" : $"VLAN {vlan}")}{(vlan == DeadVlan ? " (the VLAN of ports that are dead to Neutron)" : "")} there, and no "
                    + $"other port carries that: {string.Join(' ', left.Select(r => asked.PortOf(r.Device)?.VlanSentence ?? r.Sentence)).TrimEnd('.')}",
                string.Join(", or ", left.Select(r => r.Remedy).OfType<string>()))
            : Described(asked) is { } gone && isSwitched ? (gone.Cause, $"t{gone.Sentence[1..].TrimEnd('.')}", gone.Remedy)
            : (Causes.OvsFlow, $"{FlowWords(trace.Deciding)}{Controller(step)}", FlowRemedy(asked, step, Normal));
    }
}
