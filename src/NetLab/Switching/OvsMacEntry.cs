using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

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
                   : int.TryParse(entry.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var ofport)
                   ? names.PortName(bridge, ofport) ?? entry.Groups[1].Value
                   : entry.Groups[1].Value,
               int.Parse(entry.Groups[2].Value, CultureInfo.InvariantCulture),
               entry.Groups[3].Value,
               entry.Groups[4].Value is "static" ? null : TimeSpan.FromSeconds(int.Parse(entry.Groups[4].Value, CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex(@"^\s*(\S+)\s+(\d+)\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+(\d+|static)\s*$")]
    private static partial Regex LinePattern();
}
