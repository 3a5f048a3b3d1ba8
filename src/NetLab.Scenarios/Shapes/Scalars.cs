using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NetLab.Packets;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>The kinds of word that a scenario is written with.</summary>
internal static class Scalars
{
    private const string MacPattern = "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$";

    public static readonly ScalarShape<string> Text = new("a text", "'some words'",
        scalar => (scalar.Text.Trim(), null),
        () => new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") });

    public static readonly ScalarShape<bool> Switch = new("on or off", "on",
        scalar => scalar.Text.ToLowerInvariant() switch
        {
            "on" or "yes" or "true" or "1" => (true, null),
            "off" or "no" or "false" or "0" => (false, null),
            _ => (false, new Problem($"{scalar.Noun} is neither on nor off", "on or off (yes/no, true/false and 1/0 mean the same)")),
        },
        () => new JsonObject { ["enum"] = new JsonArray("on", "off", "yes", "no", true, false, 0, 1) });

    /// <summary>1 to 15 bytes, as the kernel has it (dev_valid_name in net/core/dev.c), and no ':' , which separates node and device here.</summary>
    public static readonly ScalarShape<string> DeviceName = new("a device name", "eth0",
        scalar => (scalar.Text, DeviceNameProblem(scalar.Text)),
        () => Pattern("^[^\\s/:]{1,15}$"));

    public static readonly ScalarShape<string> Name = new("a name", "vm01",
        scalar => (scalar.Text, NameProblem(scalar.Text)),
        () => Pattern("^[A-Za-z0-9][A-Za-z0-9._-]*$"));

    public static readonly ScalarShape<MacAddress> Mac = new("a MAC address", "fa:16:3e:00:00:01",
        ParseMac,
        () => Pattern(MacPattern));

    /// <summary>A destination may be a group: broadcast and multicast are fine here.</summary>
    public static readonly ScalarShape<MacAddress> DestinationMac = new("a MAC address", "ff:ff:ff:ff:ff:ff", ParseAnyMac, () => Pattern(MacPattern));

    public static readonly ScalarShape<InterfaceAddress> HostAddress = new("an address with its prefix length", "10.0.0.11/24",
        scalar => ParseHostAddress(scalar.Text),
        () => Pattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$"));

    public static readonly ScalarShape<IPAddress> Address = new("an IP address", "10.0.0.11",
        scalar => AddressWords.TryParseIp(scalar.Text, out var ip) ? (ip, null)
            : (IPAddress.None, NoAddress(scalar.Text, "an IPv4 or IPv6 address, like 10.0.0.11 or fd00::11")),
        () => Pattern("^[0-9A-Fa-f.:]+$"));

    public static readonly ScalarShape<int> Mtu = Number("an MTU", 68, 65535, "1450", "bytes");

    public static readonly ScalarShape<int> Port = Number("a port", 0, 65535, "53", null);

    public static readonly ListShape<string> Texts = new("text", Text, single: true);

    public static readonly ScalarShape<int> VlanId = Number("a VLAN", 1, 4094, "7", null);

    /// <summary>
    /// Seconds and their parts. A bare number has no unit here, since `ip` and `brctl` read the same one differently (hundredths and seconds).
    /// </summary>
    public static readonly ScalarShape<TimeSpan> Duration = new("a duration", "300s",
        ParseDuration,
        () => new JsonObject { ["anyOf"] = new JsonArray(Pattern("^[0-9.]+(ms|s|m)$"), new JsonObject { ["const"] = 0 }) });

    public static ScalarShape<int> Number(string noun, int least, int most, string example, string? unit)
    {
        var range = unit is null ? $"a whole number from {least} to {most}" : $"a whole number of {unit} from {least} to {most}";
        return new(noun, example,
            scalar => int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number < least || number > most
                    ? (number, new Problem($"{number} is out of range", $"{noun} is {range}"))
                    : (number, null)
                : (0, new Problem($"{scalar.Noun} is not a whole number", $"{noun} is {range}")),
            () => new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });
    }

    /// <summary>A whole number that may be larger than an int's; <paramref name="noun"/> names the key.</summary>
    public static ScalarShape<long> LongNumber(string noun, long least, long most) => new(noun, least.ToString(CultureInfo.InvariantCulture),
        scalar => long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? (number, null)
            : (0, new Problem($"{scalar.Noun} is not what {noun} takes", $"a whole number from {least} to {most}")),
        () => new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });

    public static ScalarShape<string> OneOf(string noun, params string[] words) => new(noun, words[0],
        scalar => words.Contains(scalar.Text) ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not known", Spelling.Nearest(scalar.Text, words) is { } near
                ? $"did you mean '{near}'?"
                : $"{noun} is one of {string.Join(", ", words)}")),
        () => new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) });

    /// <summary>"node:device".</summary>
    public static readonly ScalarShape<DevicePlace> Device = new("a device of a node", "h1:eth0",
        scalar => ParseDevice(scalar.Text),
        () => Pattern("^[^\\s:]+:[^\\s/:]{1,15}$"));

    /// <summary>A VM, a node, or "node:device".</summary>
    public static readonly ScalarShape<Place> Place = new("a VM, or a device of a node", "vm01, or h1:eth0",
        scalar => ParsePlace(scalar.Text),
        () => Pattern("^[^\\s:]+(:[^\\s/:]{1,15})?$"));

    public static (DevicePlace, Problem?) ParseDevice(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == text.Length - 1)
        {
            return (default, new Problem($"'{text}' does not name a device", "node:device, like h1:eth0"));
        }
        var (node, device) = (text[..colon], text[(colon + 1)..]);
        return DeviceNameProblem(device) is { } problem
            ? (default, problem with { Offset = colon + 1 })
            : (new DevicePlace(node, device), null);
    }

    private static (Place, Problem?) ParsePlace(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            return NameProblem(text) is { } wrong ? (default, wrong) : (new Place(text, null), null);
        }
        var (place, problem) = ParseDevice(text);
        return (new Place(place.Node, place.Device), problem);
    }

    public static Problem? DeviceNameProblem(string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > 15)
        {
            return new Problem($"'{name}' is {bytes} bytes long", $"the kernel takes device names of at most 15 bytes, like '{Cut(name)}'");
        }
        if (name.Contains('%', StringComparison.Ordinal))
        {
            return new Problem($"'{name}' has a '%', by which the kernel numbers devices (eth%d becomes eth0)", "write the name out, like eth0");
        }
        if (name is "all" or "default")
        {
            return new Problem($"'{name}' is where settings for all devices stand (net.ipv4.conf.{name}), and no device can be called so",
                "another name, like eth0");
        }
        if (name is "." or ".." || name.AsSpan().IndexOfAny('/', ':') >= 0 || name.Any(char.IsWhiteSpace))
        {
            return new Problem($"'{name}' is not a device name", "1 to 15 bytes without space, '/' and ':', like eth0");
        }
        return null;

        static string Cut(string name)
        {
            var cut = name;
            while (Encoding.UTF8.GetByteCount(cut) > 15)
            {
                cut = cut[..^1];
            }
            return cut;
        }
    }

    private static Problem? NameProblem(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-')
            ? null
            : new Problem($"'{name}' is not a name", "letters, digits, '.', '_' and '-', like vm01");

    private static (MacAddress, Problem?) ParseMac(YamlScalar scalar)
    {
        var (mac, problem) = ParseAnyMac(scalar);
        return problem is null && mac.IsMulticast
            ? (mac, new Problem($"'{scalar.Text}' is a group address", "a device's own address has an even first byte, like fa:16:3e:00:00:01"))
            : problem is null && mac.IsZero
                ? (mac, new Problem($"'{scalar.Text}' is no device's address", "an address like fa:16:3e:00:00:01, or leave the key out"))
                : (mac, problem);
    }

    private static (MacAddress, Problem?) ParseAnyMac(YamlScalar scalar) =>
        scalar.Text.Contains(':', StringComparison.Ordinal) && MacAddress.TryParse(scalar.Text, out var mac)
            ? (mac, null)
            : (default, new Problem($"{scalar.Noun} is not a MAC address", "six bytes in hex with colons, like fa:16:3e:00:00:01"));

    private static (InterfaceAddress, Problem?) ParseHostAddress(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var right = "an address with its prefix length, like 10.0.0.11/24 or fd00::11/64";
        if (!AddressWords.TryParseIp(slash < 0 ? text : text[..slash], out var ip))
        {
            return (default, NoAddress(slash < 0 ? text : text[..slash], right) is { Wrong: var wrong, Right: var better } && better != right
                ? new Problem(wrong, better) : new Problem($"'{text}' is not an IP address", right));
        }
        var longest = ip.AddressFamily is AddressFamily.InterNetwork ? 32 : 128;
        if (slash < 0)
        {
            return (default, new Problem($"'{text}' has no prefix length", $"say which network it is in: {text}/{(longest == 32 ? 24 : 64)}"));
        }
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > longest)
        {
            return (default, new Problem($"'{text}' has no good prefix length", $"0 to {longest} after the '/'", slash + 1));
        }
        var address = new InterfaceAddress(ip, length);
        if (longest == 32 && length <= 30 && (address.IsNetworkItself() || address.IsBroadcast()))
        {
            return (address, new Problem(
                address.IsNetworkItself() ? $"'{text}' is the network, not an address in it" : $"'{text}' is the broadcast address of its network",
                $"a host's address, like {address.FirstHost()}/{length}"));
        }
        return (address, null);
    }

    // A leading zero is no slip of the pen: what it means differs from program to program.
    private static Problem NoAddress(string text, string right) =>
        InterfaceAddress.ProblemOfHost(text) is { } problem && problem.Contains("octal", StringComparison.Ordinal)
        ? new Problem(problem[..problem.LastIndexOf(';')], problem[(problem.LastIndexOf(';') + 2)..])
        : new Problem($"'{text}' is not an IP address", right);

    private static (TimeSpan, Problem?) ParseDuration(YamlScalar scalar)
    {
        var text = scalar.Text;
        var (digits, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1.0),
            _ when text.EndsWith('m') => (text[..^1], 60.0),
            _ => (text, 0.0),
        };
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1e6)
        {
            return (default, new Problem($"{scalar.Noun} is not a duration", "a number with its unit: 200ms, 15s or 5m"));
        }
        return unit == 0 && number != 0
            ? (default, new Problem($"{scalar.Noun} has no unit", $"200ms, 15s or 5m; here perhaps {digits}s"))
            : (TimeSpan.FromSeconds(number * unit), null);
    }

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };
}
