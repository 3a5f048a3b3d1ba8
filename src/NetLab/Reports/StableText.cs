using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>
/// Replaces what is different from run to run in texts of a lab by words that are not, for snapshots:
/// <c>StableText.Of(fate.ToString())</c>. The same thing gets the same word everywhere in a text, so that
/// one can still see that two lines speak of the same. It knows no test framework:
/// a snapshot library takes <see cref="Of"/> or <see cref="Scrub"/> as its scrubber.
/// </summary>
public static partial class StableText
{
    private static readonly (Regex Pattern, string Word)[] Numbered =
    [
        (MacAddresses(), "mac"), (Namespaces(), "netns"), (InterfaceIndexes(), "ifindex"), (PortIds(), "port"), (TraceIds(), "trace"),
    ];

    /// <summary>The text with its MAC addresses, namespace numbers, interface indexes, durations and port ids replaced.</summary>
    /// <param name="text">Any text: a fate, a node's state, a log.</param>
    /// <returns>
    /// The text with <c>{mac_1}</c>, <c>{netns_1}</c>, <c>{ifindex_1}</c>, <c>{port_1}</c> (in names such as <c>tap0c1383d0-c8</c>),
    /// <c>{trace_1}</c> (of nftables) and <c>{time}</c>. Broadcast and multicast
    /// addresses stay: they are the same every time.
    /// </returns>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach ((var pattern, var word) in Numbered)
        {
            var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            text = pattern.Replace(text, match =>
            {
                if (!seen.TryGetValue(match.Value, out var name))
                {
                    seen.Add(match.Value, name = string.Create(CultureInfo.InvariantCulture, $"{{{word}_{seen.Count + 1}}}"));
                }

                return name;
            });
        }

        return Durations().Replace(text, "{time}");
    }

    /// <summary>The same in place.</summary>
    /// <param name="text">The text; afterwards it is what <see cref="Of"/> returns.</param>
    public static void Scrub(StringBuilder text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var stable = Of(text.ToString());
        text.Clear().Append(stable);
    }

    // The lowest bit of the first byte is that of multicast, which is also that of broadcast.
    [GeneratedRegex(@"(?<![0-9a-f:])[0-9a-f][02468ace](?::[0-9a-f]{2}){5}(?![0-9a-f:])", RegexOptions.IgnoreCase)]
    private static partial Regex MacAddresses();

    [GeneratedRegex(@"(?<=net:\[)\d+(?=\])")]
    private static partial Regex Namespaces();

    [GeneratedRegex(@"(?<=\b(?:ifindex|index)\b""?\s*[=:]?\s*)\d+", RegexOptions.IgnoreCase)]
    private static partial Regex InterfaceIndexes();

    // Neutron cuts a port's UUID to what fits into a device's name: eleven characters behind tap, qbr, qr-, qg- and others.
    [GeneratedRegex(@"(?<=\b[a-z]{2,4}-?)[0-9a-f]{8}-[0-9a-f]{2}(?![0-9a-f-])")]
    private static partial Regex PortIds();

    [GeneratedRegex(@"(?<=trace id )[0-9a-f]+")]
    private static partial Regex TraceIds();

    [GeneratedRegex(@"(?<![\w.])\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s)\b")]
    private static partial Regex Durations();
}
