using NetLab.Packets;

namespace NetLab;

/// <summary>Why an Open vSwitch bridge let a frame go nowhere, by asking it what it does with such a frame.</summary>
internal static class OvsVerdict
{
    /// <summary>The reason, or null where Open vSwitch would send the frame on, or does not say.</summary>
    public static async Task<Reason?> AskAsync(OvsBridge bridge, Device port, Frame frame, CancellationToken ct)
    {
        OvsTrace trace;
        try
        {
            trace = await bridge.TraceAsync(port, frame, ct).ConfigureAwait(false);
        }
        catch (OvsException)
        {
            return null; // an Open vSwitch that does not answer explains nothing; the copy stays as it was seen
        }

        if (trace.OutputPorts.Any(p => bridge.Node.FindDevice(p) is not OvsBridge))
        {
            return null;
        }

        string said = trace.Reasons.Count > 0 ? string.Join("; ", trace.Reasons)
            : trace.Deciding.Count > 0 ? $"the flow that decides is {trace.Deciding[^1]}"
            : $"datapath actions: {trace.DatapathActions}";
        string cause = trace.Reasons.Any(r => r.Contains("VLAN", StringComparison.Ordinal)) ? "ovs-vlan" : trace.Reasons.Count > 0 ? "ovs" : "ovs-flow";
        var evidence = new List<string> { $"ovs: ofproto/trace {bridge.Name} in_port={port.Name}, asked afterwards, on the tables as they are now; datapath actions: {trace.DatapathActions}." };
        evidence.AddRange(trace.Deciding.Select(step => $"ovs: {step}"));
        return new Reason(cause, bridge.Node, port.Name, $"Open vSwitch bridge {bridge.Name} sends it to no port: {said}.", evidence,
            cause == "ovs-vlan" ? $"look at tag and trunks: ovs-vsctl list port {port.Name}" : $"look at the flows: ovs-ofctl dump-flows {bridge.Name}");
    }
}
