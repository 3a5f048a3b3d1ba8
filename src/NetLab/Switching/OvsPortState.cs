using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>A port of a bridge, as it is in the database of Open vSwitch (ovs-vswitchd.conf.db(5)).</summary>
public sealed record OvsPortState
{
    /// <summary>The bridge.</summary>
    public required string Bridge { get; init; }

    /// <summary>The port, which has the name of its device.</summary>
    public required string Name { get; init; }

    /// <summary>The OpenFlow port number: 65534 for the bridge's internal port, -1 where the device could not be opened, null where it has not been tried yet.</summary>
    public required int? Ofport { get; init; }

    /// <summary>The type of the interface: empty for a device of the kernel, else <c>internal</c>, <c>patch</c>, <c>vxlan</c>…</summary>
    public required string Type { get; init; }

    /// <summary>What is wrong with the interface, in Open vSwitch's words, or null.</summary>
    public required string? Error { get; init; }

    /// <summary>The VLAN of an access port, or the native VLAN of a trunk; null if none is set.</summary>
    public required int? Tag { get; init; }

    /// <summary>The VLANs of a trunk; empty means all.</summary>
    public required IReadOnlyList<int> Trunks { get; init; }

    /// <summary>vlan_mode as it is set; null if it is not, and follows from tag and trunks.</summary>
    public required string? VlanMode { get; init; }

    /// <summary>True if the device's link is up, as far as Open vSwitch has seen; null if it has not seen it.</summary>
    public required bool? LinkUp { get; init; }

    /// <summary>external_ids of the interface.</summary>
    public required IReadOnlyDictionary<string, string> ExternalIds { get; init; }

    /// <summary>options of the interface: peer of a patch port, remote_ip of a tunnel.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>
    /// What the port's VLAN settings are and mean, for explanations: <c>Port v0 has trunks=[20]: it carries frames tagged 20 and drops all others.</c>
    /// </summary>
    public string VlanSentence => $"Port {Name} has {Settings}: {Meaning}.";

    private string Settings
    {
        get
        {
            List<string> set = [];
            if (Tag is { } tag)
            {
                set.Add($"tag={tag}");
            }

            if (Trunks.Count > 0)
            {
                set.Add($"trunks=[{string.Join(',', Trunks)}]");
            }

            if (VlanMode is not null)
            {
                set.Add($"vlan_mode={VlanMode}");
            }

            return set.Count > 0 ? string.Join(' ', set) : "no tag and no trunks";
        }
    }

    private string Meaning
    {
        get
        {
            // ofproto/ofproto-dpif.c, bundle_set(): the mode that follows from tag and trunks where none is set.
            var mode = VlanMode ?? (Tag is not null && Trunks.Count is 0 ? "access" : Tag is not null ? "native-untagged" : "trunk");
            var native = Tag ?? 0;
            var carried = Trunks.Count is 0 ? "every VLAN"
                : Trunks.Order().Distinct().ToArray() is var trunks && trunks is [0] ? "untagged frames"
                : trunks[0] is 0 ? $"untagged frames and those tagged {string.Join(", ", trunks[1..])}"
                : $"frames tagged {string.Join(", ", trunks)}";
            var others = Trunks.Count is 0 ? "" : " and drops all others";
            return mode switch
            {
                "access" => $"it puts untagged frames in VLAN {native} and drops tagged ones",
                "native-tagged" => $"it carries {carried}, and puts untagged frames in VLAN {native}, which it sends tagged",
                "native-untagged" => $"it carries {carried}, and puts untagged frames in VLAN {native}, which it sends untagged",
                "dot1q-tunnel" => $"it puts every frame in VLAN {native} by a second tag",
                _ => $"it carries {carried}{others}",
            };
        }
    }
}

/// <summary>An entry of a bridge's table of learned MAC addresses (<c>ovs-appctl fdb/show</c>).</summary>
/// <param name="Port">The port where the address is.</param>
/// <param name="Vlan">The VLAN it was learned in; 0 for none.</param>
/// <param name="Mac">The address, <c>fa:16:3e:00:00:01</c>.</param>
/// <param name="Age">How long ago it was last seen, in whole seconds; null for a static entry.</param>
public sealed partial record OvsMacEntry(string Port, int Vlan, string Mac, TimeSpan? Age)
{
    /// <summary>Reads fdb/show: lines of port number, VLAN, address and age under a headline.</summary>
    internal static IReadOnlyList<OvsMacEntry> ParseAll(string text, string bridge, OvsNames names) =>
    [
        .. from line in text.Split('\n')
           let entry = LinePattern().Match(line)
           where entry.Success
           select new OvsMacEntry(
               entry.Groups[1].Value is "LOCAL" ? bridge
                   : int.TryParse(entry.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var ofport) ? names.PortName(bridge, ofport) ?? entry.Groups[1].Value
                   : entry.Groups[1].Value,
               int.Parse(entry.Groups[2].Value, CultureInfo.InvariantCulture),
               entry.Groups[3].Value,
               entry.Groups[4].Value is "static" ? null : TimeSpan.FromSeconds(int.Parse(entry.Groups[4].Value, CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex(@"^\s*(\S+)\s+(\d+)\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+(\d+|static)\s*$")]
    private static partial Regex LinePattern();
}

/// <summary>The numbers and names of ports: OpenFlow's number is a bridge's own, the datapath's number is shared by all bridges.</summary>
internal sealed partial class OvsNames
{
    private readonly List<(string Bridge, string Name, int Ofport, int? Datapath, string Type)> ports = [];

    /// <summary>The name of a bridge's port by its OpenFlow number, or null.</summary>
    public string? PortName(string bridge, int ofport) => ports.Find(p => p.Bridge == bridge && p.Ofport == ofport).Name;

    /// <summary>The OpenFlow number of a bridge's port, or null.</summary>
    public int? Ofport(string bridge, string name) => ports.Find(p => p.Bridge == bridge && p.Name == name) is { Name: not null } port ? port.Ofport : null;

    /// <summary>The name of the port that the datapath gives this number, or null.</summary>
    public string? DatapathName(int number) => ports.Find(p => p.Datapath == number).Name;

    /// <summary>The bridge that a port is on, or null.</summary>
    public string? BridgeOf(string name) => ports.Find(p => p.Name == name).Bridge;

    /// <summary>Reads dpif/show: a line of a bridge's name, then its ports, <c>v0 1/1: (system)</c>.</summary>
    public static OvsNames Parse(string text)
    {
        var names = new OvsNames();
        var bridge = "";
        foreach (var line in text.Split('\n'))
        {
            if (PortPattern().Match(line) is { Success: true } port)
            {
                var inDatapath = int.TryParse(port.Groups[3].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
                names.ports.Add((bridge, port.Groups[1].Value, int.Parse(port.Groups[2].Value, CultureInfo.InvariantCulture), inDatapath ? number : null, port.Groups[4].Value));
            }
            else if (BridgePattern().Match(line) is { Success: true } heading)
            {
                bridge = heading.Groups[1].Value;
            }
        }

        return names;
    }

    [GeneratedRegex(@"^  (\S+):\s*$")]
    private static partial Regex BridgePattern();

    [GeneratedRegex(@"^    (\S+) (\d+)/(\d+|none): \((\w+)")]
    private static partial Regex PortPattern();
}

/// <summary>Reads rows of the database as RFC 7047 writes them: a set of one is its member, others are <c>["set",[…]]</c>; maps are <c>["map",[[k,v],…]]</c>.</summary>
internal static class OvsRow
{
    public static IEnumerable<JsonElement> Set(JsonElement row, string column)
    {
        var value = row.GetProperty(column);
        return value.ValueKind is JsonValueKind.Array && value[0].ValueEquals("set") ? value[1].EnumerateArray() : [value];
    }

    public static string? Text(JsonElement row, string column) => Set(row, column).Select(v => v.GetString()).FirstOrDefault();

    public static int? Number(JsonElement row, string column) => Set(row, column).Select(v => (int?)v.GetInt32()).FirstOrDefault();

    public static IReadOnlyDictionary<string, string> Map(JsonElement row, string column) =>
        row.GetProperty(column)[1].EnumerateArray().ToDictionary(e => e[0].GetString()!, e => e[1].GetString()!);

    /// <summary>The identities in a set of references: <c>["uuid","…"]</c>, one or many.</summary>
    public static IEnumerable<string> References(JsonElement row, string column)
    {
        var value = row.GetProperty(column);
        return value[0].ValueEquals("uuid") ? [value[1].GetString()!] : value[1].EnumerateArray().Select(v => v[1].GetString()!);
    }
}
