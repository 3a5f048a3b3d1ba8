using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What Open vSwitch does with a frame that came in at a port, as it says itself when asked afterwards (<c>ofproto/trace</c>), and what it says of its
/// ports: all that <see cref="OvsVerdict"/> puts into words. It is asked once a frame and port, when the frame's fate is made.
/// </summary>
internal sealed partial class OvsRehearsal
{
    public const string Normal = "NORMAL";

    // Of the bridges that do not speak OpenFlow 1.0: the latest that each speaks.
    private Dictionary<string, string> _versions = [];

    private OvsRehearsal(OvsBridge bridge, Device ingress, Hop hop, OvsTrace trace) => (Bridge, Ingress, Hop, Trace) = (bridge, ingress, hop, trace);

    /// <summary>The bridge that the frame came into.</summary>
    public OvsBridge Bridge { get; }

    /// <summary>The port that it came in by.</summary>
    public Device Ingress { get; }

    /// <summary>The frame's hop there.</summary>
    public Hop Hop { get; }

    /// <summary>The frame as it was there.</summary>
    public Frame Frame => Hop.Frame!;

    public OvsTrace Trace { get; private set; }

    /// <summary>Whether <see cref="Trace"/> is that of a frame that connection tracking took for invalid, since only that fits what was seen.</summary>
    public bool IsInvalid { get; private set; }

    /// <summary>All ports of the node's bridges, as they are in the database.</summary>
    public IReadOnlyList<OvsPortState> Ports { get; private set; } = [];

    /// <summary>Names of the devices that were seen to send the frame.</summary>
    public IReadOnlyCollection<string> Seen { get; private set; } = [];

    /// <summary>What the bridge has learned; read where it went by that.</summary>
    public IReadOnlyList<OvsMacEntry> Macs { get; private set; } = [];

    /// <summary>Bridges that send groups to their members alone; read where the frame is for a group.</summary>
    public IReadOnlyList<string> Snooping { get; private set; } = [];

    /// <summary>What <c>ovs-ofctl show</c> says of ports' configurations, by bridge and port; read where nothing else tells why a port is left out.</summary>
    public IReadOnlyDictionary<(string Bridge, string Port), string> Configs { get; private set; } = new Dictionary<(string, string), string>();

    /// <summary>Whether the device that the frame came in by is a port at all.</summary>
    public bool IsPort { get; private init; }

    /// <summary>The port that sent an untagged frame over the link to this one; null where it is none of Open vSwitch's.</summary>
    public OvsPortState? Sender { get; private set; }

    /// <summary>What keeps the port from forwarding, and how; read where the frame was refused at once.</summary>
    public (string Protocol, string State)? SpanningTree { get; private set; }

    /// <summary>Whether a table that dropped the frame has flows for the VLAN that the lab describes for the port; read where that has another.</summary>
    public bool KnowsDescribedVlan { get; private set; }

    /// <summary>What <c>ovs-ofctl meter-stats</c> says, where the frame passes a meter; else empty.</summary>
    public string Meters { get; private set; } = "";

    /// <summary>The bridges that the frame visited, in order.</summary>
    public IReadOnlyList<string> Bridges => [.. Trace.Steps.Select(s => s.Bridge).Distinct()];

    /// <summary>Asks.</summary>
    /// <param name="bridge">The bridge that it came into.</param>
    /// <param name="hop">Where the frame came in.</param>
    /// <param name="seen">The devices of the node that were seen to send it.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What was said; null where Open vSwitch does not answer, or the frame's bytes were not seen.</returns>
    public static async Task<OvsRehearsal?> AskAsync(OvsBridge bridge, Hop hop, IReadOnlyCollection<string> seen, CancellationToken ct)
    {
        if (hop is not { LabDevice: { } port, Frame: { } frame } || bridge.Node.Live.Ovs is not { } ovs)
        {
            return null;
        }

        try
        {
            var ports = await ovs.DumpPortsAsync(ct).ConfigureAwait(false);
            var isPort = ports.Any(p => p.Name == port.Name);
            var trace = isPort ? await bridge.TraceAsync(port, frame, ct).ConfigureAwait(false) : OvsTrace.Parse("");
            var rehearsal = new OvsRehearsal(bridge, port, hop, trace) { Seen = seen, Ports = ports, IsPort = isPort };
            if (isPort)
            {
                await rehearsal.ReadAsync(ovs, frame, ct).ConfigureAwait(false);
            }

            return rehearsal;
        }
        catch (OvsException)
        {
            return null; // an Open vSwitch that does not answer explains nothing; the copy stays as it was seen
        }
    }

    /// <summary>The state of a port; null where Open vSwitch has none of that name.</summary>
    public OvsPortState? PortOf(string name) => Ports.FirstOrDefault(p => p.Name == name);

    /// <summary>
    /// The patch ports on the way from the first bridge to another, or from the one that the frame came into out of a tunnel: each with its peer. Empty to
    /// those two; null where none lead there.
    /// </summary>
    public IReadOnlyList<(OvsPortState Out, OvsPortState In)>? PatchesTo(string bridge) =>
        Patches(Bridge.Name, bridge) ?? (Trace.Tunnel is var (tunnel, _) ? Patches(tunnel.Bridge, bridge) : null);

    /// <summary>Whether a bridge gets what was in a tunnel.</summary>
    public bool IsBehindTunnel(string bridge) => Trace.Tunnel is not null && Patches(Bridge.Name, bridge) is null;

    /// <summary>The port by which the frame came to a bridge and those that patch ports join to it: a device, or the tunnel.</summary>
    public string IngressTo(string bridge) => Trace.Tunnel is var (tunnel, _) && IsBehindTunnel(bridge) ? tunnel.Name : Ingress.Name;

    /// <summary>The frame as it came to a bridge: itself, or what was in the tunnel.</summary>
    public Frame FrameIn(string bridge) => Trace.Tunnel is var (_, inner) && IsBehindTunnel(bridge) ? inner : Frame;

    /// <summary>Whether patch ports lead from one bridge to another.</summary>
    public bool Leads(string from, string to) => Patches(from, to) is not null;

    /// <summary>The program that changes a bridge's flows and ports, which speaks OpenFlow 1.0 where it is not told otherwise (ovs-ofctl(8)).</summary>
    public string Ofctl(string bridge) => _versions.TryGetValue(bridge, out var version) ? $"ovs-ofctl -O {version}" : "ovs-ofctl";

    /// <summary>The port at the other end of a patch port; null where it is none, or leads nowhere.</summary>
    public OvsPortState? PeerOf(OvsPortState port) =>
        port.Type == "patch" && port.Options.TryGetValue("peer", out var name) && PortOf(name) is { Type: "patch" } peer
            && peer.Options.GetValueOrDefault("peer") == port.Name ? peer : null;

    /// <summary>The row that the lab describes for a patch port; null where it has none.</summary>
    public OvsPort? DescribedAs(OvsPortState port) => Bridge.Node.OvsBridges.Where(b => b.Name == port.Bridge).SelectMany(b => b.VirtualPorts)
        .FirstOrDefault(p => p.Name == port.Name);

    // Of several pairs between two bridges each is for VLANs of its own, as those of Neutron's trunks are.
    private List<(OvsPortState Out, OvsPortState In)>? Patches(string from, string to)
    {
        var ways = new Dictionary<string, List<(OvsPortState Out, OvsPortState In)>> { [from] = [] };
        var queue = new Queue<string>(ways.Keys);
        while (queue.TryDequeue(out var at) && at != to)
        {
            var patches = Ports.Where(p => p.Bridge == at && p.Type == "patch").ToList();
            var vlan = patches.Count > 1 ? VlanAfter(from, ways[at], at) : 0;
            foreach (var patch in patches.OrderBy(p => DescribedAs(p) is { } row && !OvsPortState.Carries(row.Options, vlan)))
            {
                if (PeerOf(patch) is { } peer && ways.TryAdd(peer.Bridge, [.. ways[at], (patch, peer)]))
                {
                    queue.Enqueue(peer.Bridge);
                }
            }
        }

        return ways.GetValueOrDefault(to);
    }

    /// <summary>Whether the frame, as Open vSwitch says, goes out of a port, or into the bridge behind a patch port.</summary>
    public bool SendsTo(OvsPortState port) => port.Type == "patch"
        ? PeerOf(port) is { } peer && Trace.Steps.Any(s => s.Bridge == peer.Bridge)
        : Trace.OutputPorts.Contains(port.Name);

    /// <summary>The VLAN that a bridge on a way switches the frame in; 0 for none.</summary>
    public int VlanIn(string bridge) => VlanAfter(IsBehindTunnel(bridge) ? Trace.Tunnel!.Value.Port.Bridge : Bridge.Name, PatchesTo(bridge) ?? [], bridge);

    private int VlanAfter(string start, IReadOnlyList<(OvsPortState Out, OvsPortState In)> patches, string bridge)
    {
        (int? tag, var from) = Trace.Tunnel is var (tunnel, inner) && start != Bridge.Name ? (inner.VlanId, tunnel) : (Frame.VlanId, PortOf(Ingress.Name));
        foreach ((var left, var entered) in patches)
        {
            (var vlan, var isSwitched) = Within(left.Bridge, from, tag);
            tag = vlan == 0 || (isSwitched && (left.IsAccess || (left.IsNativeUntagged && left.Tag == vlan))) ? null : vlan;
            from = entered;
        }

        return Within(bridge, from, tag).Vlan;
    }

    // What the flows of a bridge make of the tag, and what its port makes of that.
    private (int Vlan, bool IsSwitched) Within(string bridge, OvsPortState? from, int? tag)
    {
        var isSwitched = false;
        foreach (var action in Trace.Steps.Where(s => s.Bridge == bridge).SelectMany(s => s.Actions))
        {
            if (action == Normal)
            {
                isSwitched = true;
                break;
            }

            tag = SetVlanPattern().Match(action) is { Success: true } set
                ? int.Parse(set.Groups[1].Value, CultureInfo.InvariantCulture) & 0xfff
                : action is "strip_vlan" or "pop_vlan" ? null : tag;
        }

        return (isSwitched && from is { VlanMode: "dot1q-tunnel", Tag: { } outer } ? outer : tag is > 0 ? tag.Value : isSwitched
            && from is { IsTrunk: false } ? from.Tag ?? 0 : 0, isSwitched);
    }

    private async Task ReadAsync(OvsInstance ovs, Frame frame, CancellationToken ct)
    {
        if (frame.VlanId is null && Ingress.OtherEnd is { Switch.IsInUserSpace: true, Node.Live.Ovs: { } far, Name: var end }
            && PortOf(Ingress.Name) is { IsAccess: false })
        {
            Sender = (await far.DumpPortsAsync(ct).ConfigureAwait(false)).FirstOrDefault(p => p.Name == end);
        }

        if (OvsVerdict.Retagged(this) is not null && Bridge.FindRow(Ingress)?.Tag is { } described)
        {
            foreach (var step in Trace.Deciding.Where(s => s.Actions is [] or ["drop"]))
            {
                KnowsDescribedVlan |= (await ovs.OpenFlowAsync(step.Bridge, "dump-flows", [$"table={step.Table},dl_vlan={described}"], null, ct)
                    .ConfigureAwait(false)).Contains("actions=", StringComparison.Ordinal);
            }
        }

        if (OvsVerdict.IsRefusedAtOnce(this))
        {
            SpanningTree = await ovs.SpanningTreeAsync(Bridge.Name, Ingress.Name, ct).ConfigureAwait(false);
        }

        if (Seen.Count == 0 && Trace.OutputPorts.Count > 0 && Trace.Text.Contains(" - resume conntrack", StringComparison.Ordinal))
        {
            var invalid = await ovs.TraceInvalidAsync(Bridge.Name, Ingress.Name, frame.Bytes, ct).ConfigureAwait(false);
            (Trace, IsInvalid) = invalid.OutputPorts.Count == 0 ? (invalid, true) : (Trace, false);
        }

        if (Trace.Steps.Any(s => s.Remarks.Any(r => r.Contains("learned port", StringComparison.Ordinal))))
        {
            Macs = [.. (await Task.WhenAll(Bridges.Select(b => ovs.DumpMacsAsync(b, ct))).ConfigureAwait(false)).SelectMany(m => m)];
        }

        var bridges = await ovs.DumpBridgesAsync(ct).ConfigureAwait(false);
        _versions = bridges.Where(b => b.Protocols.Count > 0 && !b.Protocols.Contains("OpenFlow10")).ToDictionary(b => b.Name, b => b.Protocols[^1]);
        if (frame.Destination is { IsMulticast: true, IsBroadcast: false })
        {
            Snooping = [.. bridges.Where(b => b.MulticastSnooping).Select(b => b.Name)];
        }

        if (Trace.DatapathActions.Contains("meter(", StringComparison.Ordinal) && Seen.Count == 0)
        {
            Meters = await ovs.OpenFlowAsync(Bridge.Name, "meter-stats", [], null, ct).ConfigureAwait(false);
        }

        if (OvsVerdict.IsRefusedAtOnce(this) || Ports.Any(p => Bridges.Contains(p.Bridge) && OvsVerdict.MayBeLeftOut(this, p)))
        {
            var configs = new Dictionary<(string, string), string>();
            foreach (var bridge in Bridges.Concat(Ports.Where(p => Bridges.Contains(p.Bridge) && !SendsTo(p)).Select(PeerOf).OfType<OvsPortState>()
                .Select(p => p.Bridge)).Distinct())
            {
                var port = "";
                foreach (var line in (await ovs.ShowPortsAsync(bridge, ct).ConfigureAwait(false)).Split('\n'))
                {
                    // " 2(tap-vm2): addr:…", then "     config:     NO_FWD".
                    if (PortPattern().Match(line) is { Success: true } begin)
                    {
                        port = begin.Groups[1].Value;
                    }
                    else if (line.Trim().StartsWith("config:", StringComparison.Ordinal))
                    {
                        configs[(bridge, port)] = line.Trim()["config:".Length..].Trim();
                    }
                }
            }

            Configs = configs;
        }
    }

    [GeneratedRegex(@"^ \S+?\((.+?)\): addr:")]
    private static partial Regex PortPattern();

    [GeneratedRegex(@"^(?:set_field:|mod_vlan_vid:)(\d+)(?:/\S+)?(?:->vlan_vid)?$")]
    private static partial Regex SetVlanPattern();
}
