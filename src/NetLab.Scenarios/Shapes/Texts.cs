using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Packets;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>The short forms: one line of text that stands for several values, in the words of `ip` where it has any.</summary>
internal static class Texts
{
    public const string DevicePattern = "[^\\s:]+:[^\\s/:]{1,15}";

    /// <summary>A route as `ip route` takes it.</summary>
    public static readonly ScalarShape<RouteText> Route = new("a route", "'default via 10.0.0.1'",
        scalar => ParseRoute(scalar.Text),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^\\S+( (via|dev) \\S+)+$" });

    /// <summary>A route of a VM, which names no devices.</summary>
    public static readonly ScalarShape<RouteText> GuestRoute = new("a route of a VM", "'10.2.0.0/16 via 10.0.0.254'",
        scalar => ParseRoute(scalar.Text) is var (route, problem) && problem is null && (route.Via is null || route.Dev is not null)
            ? (route, new Problem($"'{scalar.Text}' names a device, and a VM has one alone", "a route by a gateway, like '10.2.0.0/16 via 10.0.0.254'",
                route.DevOffset))
            : (route, problem),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^\\S+ via \\S+$" });

    /// <summary>A VM or node by name, or an address.</summary>
    public static readonly ScalarShape<Target> Target = new("a VM, a node, or an address", "vm02, or 10.0.0.12",
        scalar => ReadTarget(scalar.Text),
        () => new JsonObject { ["type"] = "string" });

    /// <summary>The two sides of an arrow, or null where a side or the arrow is missing.</summary>
    public static (string Left, string Right, int RightOffset)? Split(string text, string arrow)
    {
        var at = text.IndexOf(arrow, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }
        var right = text[(at + arrow.Length)..];
        var left = text[..at].Trim();
        return left.Length == 0 || right.Trim().Length == 0 ? null : (left, right.Trim(), at + arrow.Length + (right.Length - right.TrimStart().Length));
    }

    /// <summary>Two places with an arrow between them: "h1:eth0 -- sw:p1".</summary>
    public static (Located<DevicePlace> A, Located<DevicePlace> B)? Pair(YamlScalar scalar, string what, string sample, Binding binding)
    {
        if (Split(scalar.Text, "--") is not { } ends)
        {
            binding.Report(scalar.At, $"{what} {scalar.Noun} does not name two ends", $"two ends with ' -- ' between them, like '{sample}'");
            return null;
        }
        var a = One(ends.Left, 0);
        var b = One(ends.Right, ends.RightOffset);
        return a is null || b is null ? null : (a.Value, b.Value);

        Located<DevicePlace>? One(string text, int offset)
        {
            var (place, problem) = Scalars.ParseDevice(text);
            if (problem is null)
            {
                return new Located<DevicePlace>(place, scalar.Inside(offset));
            }
            binding.Report(scalar.Inside(offset + problem.Offset), $"{what} {problem.Wrong}", problem.Right);
            return null;
        }
    }

    /// <summary>A command line without a shell: words, and quotes that keep words together.</summary>
    public static (IReadOnlyList<string> Words, Problem? Problem) Words(string text)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var quote = '\0';
        var quoteAt = 0;
        var inWord = false;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (quote != '\0')
            {
                if (character == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word.Append(character);
                }
            }
            else if (character is '"' or '\'')
            {
                (quote, quoteAt, inWord) = (character, i, true);
            }
            else if (char.IsWhiteSpace(character))
            {
                End();
            }
            else if (character is '|' or '<' or ';' or '&' or '`' or '$' || (character is '>' && !IsArrow(text, i)))
            {
                return (words, new Problem($"has '{character}', which only a shell understands",
                    "one program and its arguments; for a pipe: [sh, -c, 'a | b']", i));
            }
            else
            {
                word.Append(character);
                inWord = true;
            }
        }
        if (quote != '\0')
        {
            return (words, new Problem("has a quote that is never closed", "close it", quoteAt));
        }
        End();
        return (words, words.Count == 0 ? new Problem("names no program", "a program and its arguments, like 'ip -br link'") : null);

        // OpenFlow's way to say where a value goes: set_field:100->tun_id.
        static bool IsArrow(string text, int i) => i > 1 && text[i - 1] == '-' && !char.IsWhiteSpace(text[i - 2]) && i + 1 < text.Length
            && char.IsAsciiLetter(text[i + 1]);

        void End()
        {
            if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
    }

    public static (Target Target, Problem? Problem) ReadTarget(string text)
    {
        if (AddressWords.TryParseIp(text, out var address))
        {
            return (new Target(null, address, null), null);
        }
        if (text.Split(':').Length == 6 && MacAddress.TryParse(text, out var mac))
        {
            return (new Target(null, null, mac), null);
        }
        return text.Contains(':', StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal) || text.Contains(' ', StringComparison.Ordinal)
            ? (new Target(text, null, null), new Problem($"'{text}' names no receiver", "a VM or node by its name, an IP address, or a MAC address"))
            : (new Target(text, null, null), null);
    }

    private static (RouteText, Problem?) ParseRoute(string text)
    {
        var words = new List<(string Word, int Offset)>();
        for (var i = 0; i < text.Length;)
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            var begin = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            if (i > begin)
            {
                words.Add((text[begin..i], begin));
            }
        }

        var route = new RouteText(null, null, null);
        const string sample = "a route in the words of `ip route`, like 'default via 10.0.0.1' or '10.1.0.0/16 via 10.0.0.2 dev eth0'";
        var next = 0;
        if (next >= words.Count)
        {
            return (route, new Problem($"'{text}' has no destination", sample));
        }
        var (to, toOffset) = words[next++];
        if (to != "default")
        {
            var slash = to.IndexOf('/', StringComparison.Ordinal);
            if (!AddressWords.TryParseIp(slash < 0 ? to : to[..slash], out var address))
            {
                return (route, new Problem($"'{to}' is not a destination", "'default', or a network like 10.1.0.0/16", toOffset));
            }
            var longest = address.GetAddressBytes().Length * 8;
            var length = longest;
            if (slash >= 0 && (!int.TryParse(to.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > longest))
            {
                return (route, new Problem($"'{to}' has no good prefix length", $"0 to {longest} after the '/'", toOffset + slash + 1));
            }
            var network = new InterfaceAddress(address, length);
            if (!network.IsNetworkItself())
            {
                return (route, new Problem($"'{to}' has bits beyond its prefix, which the kernel refuses", $"the network is {network.Network}", toOffset));
            }
            route = route with { To = network };
        }
        while (next < words.Count)
        {
            var (key, keyOffset) = words[next++];
            if (key is not ("via" or "dev"))
            {
                return (route, new Problem($"'{text}' has '{key}'", Spelling.Suggest(key, ["via", "dev"], "word"), keyOffset));
            }
            if (next >= words.Count)
            {
                return (route, new Problem($"'{text}' ends after '{key}'", sample, keyOffset));
            }
            var (value, valueOffset) = words[next++];
            switch (key)
            {
                case "dev":
                    route = route with { Dev = value, DevOffset = valueOffset };
                    break;
                case "via" when AddressWords.TryParseIp(value, out var via):
                    route = route with { Via = via, ViaOffset = valueOffset };
                    break;
                default:
                    return (route, new Problem($"'{value}' is not what follows '{key}'", "an IP address, like 10.0.0.1", valueOffset));
            }
        }
        return route is { Via: null, Dev: null } ? (route, new Problem($"'{text}' leads nowhere", sample))
            : route is { To: { } destination, Via: { } gateway } && destination.Address.AddressFamily != gateway.AddressFamily
                ? (route, new Problem($"'{text}' has a gateway of another version of IP", "a gateway of the destination's version", route.ViaOffset))
            : (route, null);
    }
}
