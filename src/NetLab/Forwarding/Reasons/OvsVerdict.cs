using System.Text.RegularExpressions;
using NetLab.Packets;

namespace NetLab;

/// <summary>Why an Open vSwitch bridge let a frame go nowhere, by asking it what it does with such a frame.</summary>
internal static partial class OvsVerdict
{
    private const string Normal = "NORMAL";

    // The datapath's own words (ofproto/ofproto-dpif-xlate.c), and what they mean.
    private static readonly (string Words, Cause Cause)[] Known =
    [
        ("VLAN", Causes.OvsVlan),
        ("skipping output to input port", Causes.OvsInputPort),
        ("Nonexistent output port", Causes.OvsNoPort),
        ("native tunnel", Causes.OvsTunnel),
        ("OFPPC_NO_FWD", Causes.OvsPortConfig),
        ("resubmit", Causes.OvsLoop), ("recursion", Causes.OvsLoop), ("translation", Causes.OvsLoop),
    ];

    /// <summary>The reason, or null where Open vSwitch would send the frame on, or does not say.</summary>
    public static async Task<(CopyEnd End, Reason Reason)?> AskAsync(OvsBridge bridge, Device port, Frame frame, CancellationToken ct)
    {
        OvsTrace trace;
        IReadOnlyDictionary<string, string> configs;
        try
        {
            trace = await bridge.TraceAsync(port, frame, ct).ConfigureAwait(false);
            configs = trace.Reasons.Count > 0 ? new Dictionary<string, string>() : await ConfigsAsync(bridge, ct).ConfigureAwait(false);
        }
        catch (OvsException)
        {
            return null; // an Open vSwitch that does not answer explains nothing; the copy stays as it was seen
        }

        var evidence = new List<Evidence>
        {
            Evidence.Ovs($"ofproto/trace {bridge.Name} in_port={port.Name}, asked afterwards, on the tables as they are now; datapath " +
                $"actions: {trace.DatapathActions}."),
        };
        evidence.AddRange(trace.Steps.Select(step => Evidence.Ovs($"{step}")));
        if (trace.OutputPorts.Count > 0 && trace.OutputPorts.All(p => p == port.Name))
        {
            return (CopyEnd.Consumed, new Reason(Causes.OvsAnswered, bridge.Node, port.Name,
                $"Open vSwitch bridge {bridge.Name} answers it itself: a flow makes another frame of it, and sends that back by {port.Name}.", evidence));
        }

        if (trace.OutputPorts.Any(p => bridge.Node.FindDevice(p) is not { HasPorts: true }))
        {
            return null; // what became of it there was not recognised
        }

        (var cause, var said, var remedy) = Said(bridge, port, trace) ?? Decided(bridge, port, frame, trace, configs);
        return (CopyEnd.Dropped,
            new Reason(cause, bridge.Node, port.Name, $"Open vSwitch bridge {bridge.Name} sends it to no port: {said}.", evidence,
                remedy ?? $"look at the flows: ovs-ofctl dump-flows {bridge.Name}"));
    }

    // What Open vSwitch remarks itself.
    private static (Cause Cause, string Said, string? Remedy)? Said(OvsBridge bridge, Device port, OvsTrace trace)
    {
        if (trace.Reasons.Count == 0)
        {
            return null;
        }

        string said = string.Join("; ", trace.Reasons), step = trace.Deciding.Count == 0 ? "" : $" ({trace.Deciding[^1]})";
        var cause = Known.FirstOrDefault(k => said.Contains(k.Words, StringComparison.OrdinalIgnoreCase)).Cause ?? Causes.Ovs;
        return cause.Word switch
        {
            // Flooding tries the tunnels too; that one of them leads nowhere does not explain the other ports.
            "ovs-tunnel" when bridge.Port(port).Options.Tag is not null && trace.Deciding.Any(d => d.Actions.Contains(Normal)) => null,
            "ovs-vlan" => (cause, said, $"look at tag and trunks: ovs-vsctl list port {port.Name}"),
            "ovs-input-port" => (cause, $"the flow sends it to the port it came in by, {port.Name}, and that takes the word in_port{step}",
                "write actions=in_port, if it is to go back"),
            "ovs-no-port" => (cause, $"{said}{step}", $"see which ports there are: ovs-ofctl show {bridge.Name}"),
            "ovs-tunnel" => (cause, $"{said}: the tunnel's other end cannot be reached from {bridge.Node.Name}{step}",
                "look at remote_ip and at the route to it: ovs-appctl ovs/route/show"),
            "ovs-loop" => (cause, $"the flows go round without end: {said}", null),
            _ => (cause, $"{said}{step}", null),
        };
    }

    // What it does without a word.
    private static (Cause Cause, string Said, string? Remedy) Decided(OvsBridge bridge, Device port, Frame frame, OvsTrace trace,
        IReadOnlyDictionary<string, string> configs)
    {
        if (trace.Steps is [.., { Match: null } miss])
        {
            return (Causes.OvsNoFlow, $"no flow of table {miss.Table} matches it in bridge {miss.Bridge}, and what matches nothing is dropped",
                $"add a flow: ovs-ofctl add-flow {miss.Bridge} table={miss.Table},priority=0,actions=NORMAL");
        }

        if (trace.Deciding is not [.., var step])
        {
            return (Causes.OvsFlow, $"datapath actions: {trace.DatapathActions}", null);
        }

        var actions = string.Join(",", step.Actions);
        var blocked = string.Join(", ", configs.Where(c => c.Value.Contains("NO_FWD", StringComparison.Ordinal)).Select(c => c.Key));
        if (actions.Contains(Normal, StringComparison.Ordinal) && BridgeModel.IsForNextDevice(frame.Destination))
        {
            return (Causes.OvsReservedMac,
                $"{frame.Destination} is one of the reserved addresses that a bridge does not pass on, and other_config:forward-bpdu is not true",
                    $"ovs-vsctl set bridge {bridge.Name} other_config:forward-bpdu=true");
        }

        if (blocked.Length > 0)
        {
            return (Causes.OvsPortConfig, $"the flow ({step}) leads to a port that has no-forward: {blocked}",
                $"ovs-ofctl mod-port {bridge.Name} PORT forward");
        }

        if (actions.Contains(Normal, StringComparison.Ordinal) && bridge.Port(port).Options.Tag is { } tag)
        {
            var others = string.Join(", ", bridge.Ports.Where(p => !ReferenceEquals(p, port))
                .Select(p => bridge.Port(p).Options is { Tag: { } other } ? $"{p.Name} has tag {other}" : $"{p.Name} has none"));
            return (Causes.OvsVlan,
                $"{port.Name} is an access port of VLAN {tag}{(tag == 4095 ? " (the VLAN of ports that are dead to Neutron)" : "")}, and no " +
                    $"other port carries that VLAN{(others.Length > 0 ? $": {others}" : "")}", $"ovs-vsctl set port PORT tag={tag}");
        }

        return (Causes.OvsFlow, $"the flow that decides is {step}", null);
    }

    // What ovs-ofctl show says of each port: " 2(tap-vm2): addr:…", then "     config:     NO_FWD".
    private static async Task<IReadOnlyDictionary<string, string>> ConfigsAsync(OvsBridge bridge, CancellationToken ct)
    {
        var configs = new Dictionary<string, string>();
        var port = "";
        foreach (var line in bridge.Node.Live.Ovs is { } ovs
            ? (await ovs.OpenFlowAsync(bridge.Name, "show", [], null, ct).ConfigureAwait(false)).Split('\n') : [])
        {
            if (PortPattern().Match(line) is { Success: true } begin)
            {
                port = begin.Groups[1].Value;
            }
            else if (line.Trim().StartsWith("config:", StringComparison.Ordinal))
            {
                configs[port] = line.Trim()["config:".Length..].Trim();
            }
        }

        return configs;
    }

    [GeneratedRegex(@"^ \S+?\((.+?)\): addr:")]
    private static partial Regex PortPattern();
}
