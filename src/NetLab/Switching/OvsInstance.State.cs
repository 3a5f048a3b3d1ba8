using NetLab.Packets;

namespace NetLab;

// Looking: none of this changes what Open vSwitch does with the next frame.
internal sealed partial class OvsInstance
{
    private const int MostTrackings = 6;

    /// <summary>
    /// Asks what a bridge would do with a frame now. A rehearsal: nothing is learned, committed, sent or counted (but for one thing: if a tunnel does not
    /// know its neighbour yet, Open vSwitch asks for it). Where flows track connections, the frame's connection is as the tracker knows it.
    /// </summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="inPort">The port that the frame comes in at.</param>
    /// <param name="frame">The frame, from the destination address on, with its tags.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="OvsException">There is no such bridge or port.</exception>
    public async Task<OvsTrace> TraceAsync(string bridge, string inPort, ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        var trace = await RehearseAsync(bridge, OvsFlowText.Describe(inPort, frame.Span), frame.Length, ct).ConfigureAwait(false);
        return trace.OpensTunnel ? await BehindTunnelAsync(trace, Frame.FromBytes(frame.Span), ct).ConfigureAwait(false) : trace;
    }

    // Open vSwitch ends a trace where it takes a packet out of a tunnel, and begins anew with what was in it, at the tunnel's port.
    private async Task<OvsTrace> BehindTunnelAsync(OvsTrace trace, Frame outer, CancellationToken ct)
    {
        if (outer.Inner is not { } inner || OvsTunnelPacket.Of(outer) is not { } packet)
        {
            return trace;
        }

        var entered = (await DumpPortsAsync(ct).ConfigureAwait(false)).FirstOrDefault(port => port.Type == packet.Type && !packet.Misfits(port).Any());
        return entered is null ? trace : trace.GoingOnWith(await RehearseAsync(entered.Bridge,
            $"{OvsFlowText.Describe(entered.Name, inner.Bytes.Span)},tun_id={packet.Key ?? 0},tun_src={packet.Source},tun_dst={packet.Destination}",
            inner.Length, ct).ConfigureAwait(false), entered, inner);
    }

    private async Task<OvsTrace> RehearseAsync(string bridge, string flow, int length, CancellationToken ct)
    {
        var doing = $"trace a frame through bridge {bridge}";
        IReadOnlyList<string> states = [];
        for (var attempt = 0; ; attempt++)
        {
            var text = (await ControlAsync(doing, ct,
                ("ofproto/trace", ["--names", bridge, flow, .. states.SelectMany(s => (string[])["--ct-next", s])])).ConfigureAwait(false))[0];
            if (attempt == MostTrackings || !text.Contains(" - resume conntrack", StringComparison.Ordinal))
            {
                return OvsTrace.Parse(text, length);
            }

            // With another state the frame takes another way, which may be tracked again: until nothing changes.
            var known = OvsConnections.StatesOf(text, (await ControlAsync(doing, ct, ("dpctl/dump-conntrack", ["-m", "-s"])).ConfigureAwait(false))[0]);
            if (known.SequenceEqual(states))
            {
                return OvsTrace.Parse(text, length);
            }

            states = known;
        }
    }

    /// <summary>The same, for a frame that connection tracking takes for invalid, wherever flows track it.</summary>
    /// <inheritdoc cref="TraceAsync"/>
    public async Task<OvsTrace> TraceInvalidAsync(string bridge, string inPort, ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        var states = Enumerable.Repeat(OvsConnections.Invalid, MostTrackings).SelectMany(s => (string[])["--ct-next", s]);
        return OvsTrace.Parse((await ControlAsync($"trace a frame through bridge {bridge}", ct,
            ("ofproto/trace", ["--names", bridge, OvsFlowText.Describe(inPort, frame.Span), .. states])).ConfigureAwait(false))[0], frame.Length);
    }

    /// <summary>Returns the MAC addresses that a bridge has learned.</summary>
    /// <exception cref="OvsException">There is no such bridge.</exception>
    public async Task<IReadOnlyList<OvsMacEntry>> DumpMacsAsync(string bridge, CancellationToken ct)
    {
        var doing = $"read the learned addresses of bridge {bridge}";
        var answers = await ControlAsync(doing, ct, ("fdb/show", [bridge]), ("dpif/show", [])).ConfigureAwait(false);
        return OvsMacEntry.ParseAll(answers[0], bridge, OvsNames.Parse(answers[1]));
    }

    /// <summary>The state that STP or RSTP has a port in, where it does not forward; null where it does, or neither is on.</summary>
    public async Task<(string Protocol, string State)?> SpanningTreeAsync(string bridge, string port, CancellationToken ct)
    {
        foreach (var protocol in new[] { "STP", "RSTP" })
        {
            try
            {
                var shown = (await ControlAsync($"read the states of the ports of bridge {bridge}", ct, ($"{protocol.ToLowerInvariant()}/show", [bridge]))
                    .ConfigureAwait(false))[0];
                var row = shown.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(w => w.Length > 2
                    && w[0] == port);
                if (row?[2].ToLowerInvariant() is { } state && state != "forwarding")
                {
                    return (protocol, state);
                }
            }
            catch (OvsException)
            {
                continue; // the bridge does not run it
            }
        }

        return null;
    }

    /// <summary>Returns the numbers and names of all ports that are in use.</summary>
    public async Task<OvsNames> NamesAsync(CancellationToken ct) =>
        OvsNames.Parse((await ControlAsync("read the port numbers of Open vSwitch", ct, ("dpif/show", [])).ConfigureAwait(false))[0]);
}
