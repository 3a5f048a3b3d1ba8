using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>
/// Why a frame came where it should not: what each switch on its way decided by. Asked afterwards, of the lab
/// as it is then.
/// </summary>
internal static class ArrivalReasons
{
    /// <summary>A sentence for each thing that let the copy pass.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Fate fate, FrameCopy copy, CancellationToken ct)
    {
        var reasons = new List<string>();
        var states = new Dictionary<Node, NodeState>();
        var way = copy.Way;
        for (var i = 1; i + 1 < way.Count; i++)
        {
            var (node, name) = way[i];
            if (node.FindDevice(way[i - 1].Name) is not { } inPort || !ReferenceEquals(way[i - 1].Node, node))
            {
                continue;
            }
            switch (node.FindDevice(name))
            {
                case OvsBridge ovs when inPort.Switch is OvsBridge:
                    var frame = copy.Hops.FirstOrDefault(hop => ReferenceEquals(hop.LabDevice, inPort))?.Frame ?? fate.Frame;
                    reasons.AddRange(await OfOvsAsync(ovs, inPort, way[i + 1].Name, frame, await StateAsync(node).ConfigureAwait(false), ct)
                        .ConfigureAwait(false));
                    break;
                case Bridge bridge:
                    reasons.AddRange(OfBridge(bridge, fate.Frame, await StateAsync(node).ConfigureAwait(false)));
                    break;
            }
        }
        return [.. reasons.Distinct()];

        async Task<NodeState> StateAsync(Node node) =>
            states.TryGetValue(node, out var state) ? state : states[node] = await node.ReadStateAsync(ct).ConfigureAwait(false);
    }

    private static async Task<IEnumerable<string>> OfOvsAsync(OvsBridge bridge, Device inPort, string outPort, Frame frame, NodeState state,
        CancellationToken ct)
    {
        OvsTrace trace;
        try
        {
            trace = await bridge.TraceAsync(inPort, frame, ct).ConfigureAwait(false);
        }
        catch (OvsException)
        {
            return [];
        }
        var rows = trace.Deciding.Any(step => step.Actions.Contains("NORMAL"))
            ? state.OvsPorts.Select(row => row.Info).Where(row => row.Name == inPort.Name || row.Name == outPort).Select(row => row.VlanSentence)
            : [];
        return trace.Deciding.Select(step => $"{step}.").Concat(rows);
    }

    private static IEnumerable<string> OfBridge(Bridge bridge, Frame frame, NodeState state)
    {
        if (bridge.Options.AgeingTime == TimeSpan.Zero)
        {
            yield return $"Bridge {bridge.Name} has ageing_time 0: it learns no address, and floods every frame.";
        }
        else if (frame.Destination is { IsMulticast: false } && !bridge.Node.Live.Route.GetFdb(bridge.Index)
            .Any(entry => entry.Mac.Equals(frame.Destination.ToPhysicalAddress())))
        {
            yield return $"Bridge {bridge.Name} does not know where {frame.Destination} is, and floods.";
        }
        if (state.Iptables.Count > 0 && state.Sysctls.Any(entry => entry is { Name: "net.bridge.bridge-nf-call-iptables", Value: "0" }))
        {
            yield return $"net.bridge.bridge-nf-call-iptables is 0 in {bridge.Node.Name}: iptables sees nothing of what bridge {bridge.Name} forwards, "
                + "whatever its rules say.";
        }
    }

    /// <summary>Why a node answered, where it is its kernel that does so.</summary>
    public static IEnumerable<string> OfAnswer(Frame frame, Device? from)
    {
        if (frame.Arp is not { Operation: ArpOperation.Reply, SenderIp: var ip } || from is not { Guest: null } || Has(from))
        {
            yield break;
        }
        if (from.Node.Devices.FirstOrDefault(Has) is { } owner)
        {
            var ignore = from.Node.ReadSysctl($"net/ipv4/conf/{from.Name}/arp_ignore").Trim();
            yield return $"{ip} is an address of {owner.Node}:{owner.Name}, and {from.Name} answers for it: net.ipv4.conf.{from.Name}.arp_ignore is {ignore}, "
                + "with which Linux answers at every device for each address of the host.";
        }

        bool Has(Device device) => device.Addresses.Any(own => own.Address.Equals(ip.ToIPAddress()));
    }
}
