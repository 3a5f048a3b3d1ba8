using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>The numbers and names of ports: OpenFlow's number is a bridge's own, the datapath's number is shared by all bridges.</summary>
internal sealed partial class OvsNames
{
    private readonly List<(string Bridge, string Name, int Ofport, int? Datapath, string Type)> _ports = [];

    /// <summary>The name of a bridge's port by its OpenFlow number, or null.</summary>
    public string? PortName(string bridge, int ofport) => _ports.Find(p => p.Bridge == bridge && p.Ofport == ofport).Name;

    /// <summary>The OpenFlow number of a bridge's port, or null.</summary>
    public int? Ofport(string bridge, string name) => _ports.Find(p => p.Bridge == bridge && p.Name == name) is { Name: not null } port ? port.Ofport : null;

    /// <summary>The name of the port that the datapath gives this number, or null.</summary>
    public string? DatapathName(int number) => _ports.Find(p => p.Datapath == number).Name;

    /// <summary>The bridge that a port is on, or null.</summary>
    public string? BridgeOf(string name) => _ports.Find(p => p.Name == name).Bridge;

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
                names._ports.Add((bridge, port.Groups[1].Value, int.Parse(port.Groups[2].Value, CultureInfo.InvariantCulture),
                    inDatapath ? number : null, port.Groups[4].Value));
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
