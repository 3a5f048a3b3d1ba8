using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab;

// Bridges and ports: ovs-vsctl(8) for changes, and the database protocol (RFC 7047) for reading.
internal sealed partial class OvsInstance
{
    /// <summary>
    /// Does all of a change in one transaction and returns when ovs-vswitchd works by it. Then looks whether every bridge and port that
    /// the change asked for really works.
    /// </summary>
    /// <exception cref="OvsException">Open vSwitch refuses the change (then nothing is changed), or cannot do it:
    /// the message names the bridge or port, and quotes it.</exception>
    public async Task ApplyAsync(OvsChange change, CancellationToken ct)
    {
        if (change.IsEmpty)
        {
            return;
        }

        var doing = change.Summary;
        await _oneChange.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            List<string> words = [$"--db=unix:{Inside}/db.sock", "-vsyslog:off", "-vconsole:err", "--", .. change.Arguments];
            var done = await RunAsync(doing, "ovs-vsctl", words, null, ct).ConfigureAwait(false);
            if (done.ExitCode is not 0)
            {
                throw Failure(doing, done.Error.Replace("ovs-vsctl: ", "", StringComparison.Ordinal).TrimEnd('\n'));
            }

            await CheckAsync(change, doing, ct).ConfigureAwait(false);
            EnlargeQueues();

            // ovs-vswitchd has read the new settings, but takes them over for forwarding at the end of its next pass.
            await SettleAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <summary>Returns all bridges, in the order of their names, as they are in the database.</summary>
    public async Task<IReadOnlyList<OvsBridgeState>> DumpBridgesAsync(CancellationToken ct)
    {
        var tables = await SelectAsync("read the bridges of Open vSwitch", ct,
            ("Bridge", ["name", "datapath_type", "fail_mode", "protocols", "stp_enable", "rstp_enable", "mcast_snooping_enable", "controller",
                "other_config", "external_ids"])).ConfigureAwait(false);
        return
        [
            .. from bridge in tables[0]
               orderby OvsRow.Text(bridge, "name")
               select new OvsBridgeState
               {
                   Name = OvsRow.Text(bridge, "name")!,
                   DatapathType = OvsRow.Text(bridge, "datapath_type") ?? "",
                   FailMode = OvsRow.Text(bridge, "fail_mode"),
                   Protocols = [.. OvsRow.Set(bridge, "protocols").Select(v => v.GetString()!).Order(StringComparer.Ordinal)],
                   StpEnable = bridge.GetProperty("stp_enable").GetBoolean(),
                   RstpEnable = bridge.GetProperty("rstp_enable").GetBoolean(),
                   MulticastSnooping = bridge.GetProperty("mcast_snooping_enable").GetBoolean(),
                   Controllers = OvsRow.References(bridge, "controller").Count(),
                   OtherConfig = OvsRow.Map(bridge, "other_config"),
                   ExternalIds = OvsRow.Map(bridge, "external_ids"),
               },
        ];
    }

    /// <summary>Returns all ports of all bridges, in the order of their names, as they are in the database.</summary>
    public async Task<IReadOnlyList<OvsPortState>> DumpPortsAsync(CancellationToken ct)
    {
        var tables = await SelectAsync("read the ports of Open vSwitch", ct,
            ("Bridge", ["name", "ports"]),
            ("Port", ["_uuid", "name", "interfaces", "tag", "trunks", "vlan_mode"]),
            ("Interface", ["_uuid", "name", "type", "ofport", "error", "link_state", "external_ids", "options"])).ConfigureAwait(false);
        var ports = tables[1].ToDictionary(p => p.GetProperty("_uuid")[1].GetString()!);
        var interfaces = tables[2].ToDictionary(i => i.GetProperty("_uuid")[1].GetString()!);
        return
        [
            .. from bridge in tables[0]
               from portId in OvsRow.References(bridge, "ports")
               let port = ports[portId]
               from interfaceId in OvsRow.References(port, "interfaces")
               let device = interfaces[interfaceId]
               orderby OvsRow.Text(bridge, "name"), OvsRow.Text(device, "name")
               select new OvsPortState
               {
                   Bridge = OvsRow.Text(bridge, "name")!,
                   Name = OvsRow.Text(device, "name")!,
                   Ofport = OvsRow.Number(device, "ofport"),
                   Type = OvsRow.Text(device, "type")!,
                   Error = OvsRow.Text(device, "error"),
                   Tag = OvsRow.Number(port, "tag"),
                   Trunks = [.. OvsRow.Set(port, "trunks").Select(v => v.GetInt32())],
                   VlanMode = OvsRow.Text(port, "vlan_mode"),
                   LinkUp = OvsRow.Text(device, "link_state") is { } state ? state is "up" : null,
                   ExternalIds = OvsRow.Map(device, "external_ids"),
                   Options = OvsRow.Map(device, "options"),
               },
        ];
    }

    // ovs-vsctl waits until ovs-vswitchd has tried, but succeeds even if that failed: the Interface rows tell.
    private async Task CheckAsync(OvsChange change, string doing, CancellationToken ct)
    {
        var ports = await DumpPortsAsync(ct).ConfigureAwait(false);
        foreach (var (bridge, name) in change.Wanted)
        {
            var port = ports.FirstOrDefault(p => p.Bridge == bridge && p.Name == (name ?? bridge));
            if (port is { Error: null, Ofport: > 0 })
            {
                continue;
            }

            var what = name is null ? $"bridge {bridge}" : $"port {name} of bridge {bridge}";
            var why = port?.Error ?? (port is null ? "Open vSwitch does not know it"
                : $"it has no OpenFlow port number. ovs-vswitchd's log ends:\n{LastLines(Log)}");
            var tryThis = why.Contains("No such device", StringComparison.Ordinal) ? ". Add the device to the node first"
                : why.Contains("No usable peer", StringComparison.Ordinal)
                    ? " The peer is a patch port that names this one in return; two that are not to be joined yet both name nonexistent-peer" : "";
            throw Failure(doing, $"{what} does not work: {why}{tryThis}");
        }
    }

    // All in one transaction, so the tables fit each other.
    private async Task<JsonElement[][]> SelectAsync(string doing, CancellationToken ct, params IReadOnlyList<(string Table, string[] Columns)> queries)
    {
        JsonArray parameters = ["Open_vSwitch"];
        foreach (var (table, columns) in queries)
        {
            parameters.Add((JsonNode)new JsonObject
            {
                ["op"] = "select",
                ["table"] = table,
                ["where"] = new JsonArray(),
                ["columns"] = new JsonArray([.. columns.Select(c => (JsonNode)c)]),
            });
        }

        var answer = (await AskAsync("db.sock", doing, ct, ("transact", parameters)).ConfigureAwait(false))[0];
        return answer.Result is { ValueKind: JsonValueKind.Array } results && results.EnumerateArray().All(r => r.TryGetProperty("rows", out _))
            ? [.. results.EnumerateArray().Select(r => r.GetProperty("rows").EnumerateArray().ToArray())]
            : throw Failure(doing, answer.Text);
    }
}
