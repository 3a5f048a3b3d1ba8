using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>
/// The frame of a `send` step on one line, for the command line: the kind of frame, then key=value words as the step's mapping has them
/// (<c>udp port=53 payload=hello ttl=1</c>, <c>icmp</c>, <c>arp</c>, <c>tcp 80 flags=syn</c>, <c>ethernet type=0x88b5</c>), or bytes in hex.
/// It only turns words into that mapping: what they mean, and what is wrong with them, is the step's business.
/// </summary>
internal static class FrameLine
{
    private const string Sample = "like 'udp port=53', 'tcp 80', 'icmp', 'arp', 'ethernet type=0x88b5', or the frame's bytes in hex";

    // Keys that stand beside the frame's kind in a step, and not in its mapping. A port and an address may have the same name: the value tells.
    private static readonly HashSet<string> Beside = ["src_mac", "dst_mac", "vlan", "ttl"];

    /// <summary>The entry, or null after reporting why the line is none.</summary>
    /// <param name="line">The line.</param>
    /// <param name="from">The VM that sends.</param>
    /// <param name="to">Whom it is for.</param>
    /// <param name="binding">Takes what is wrong.</param>
    public static SendStep? Parse(string line, string from, Target to, Binding binding)
    {
        var start = new Position(1, 1);
        var send = new List<(YamlScalar, YamlValue)> { (Word("from", start), Word(from, start)), (Word("to", start), Word(to.ToString(), start)) };
        var words = Words(line);
        if (words.Count == 0)
        {
            binding.Report(start, "there is no frame", Sample);
            return null;
        }
        (var kind, var at) = words[0];
        if (kind.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && SendStep.Contents.Contains(kind[..colon]))
        {
            // udp:53 is udp 53
            words.Insert(1, (kind[(colon + 1)..], at.Shift(colon + 1)));
            kind = kind[..colon];
        }
        if (IsHex(line))
        {
            send.Add((Word("raw", start), Word(line, start)));
        }
        else if (!SendStep.Contents.Contains(kind))
        {
            binding.Report(at, $"'{kind}' is no kind of frame", Spelling.Nearest(kind, SendStep.Contents) is { } near ? $"did you mean '{near}'?" : Sample);
            return null;
        }
        else
        {
            send.AddRange(Content(kind, at, words.Skip(1), binding));
        }
        return SendStep.Shape.TryBind(new YamlMapping(start, send), "the frame", binding, out var entry) ? entry : null;
    }

    private static IEnumerable<(YamlScalar, YamlValue)> Content(string kind, Position at, IEnumerable<(string Text, Position At)> words, Binding binding)
    {
        var inside = new List<(YamlScalar, YamlValue)>();
        var beside = new List<(YamlScalar, YamlValue)>();
        foreach ((var text, var place) in words)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var key = equals > 0 ? text[..equals] : Bare(kind, inside.Count);
            if (key is null)
            {
                binding.Report(place, $"'{text}' is no key=value", Sample);
                continue;
            }
            var value = text[(equals + 1)..];
            var isAddress = key is "src" or "dst" && AddressWords.TryParseIp(value, out _);
            var isPort = kind is "udp" or "tcp";
            (Beside.Contains(key) || isAddress || (key is "src" or "dst" && !isPort) ? beside : inside)
                .Add((Word(key == "port" && isPort ? "dst" : key, place), key == "flags" ? List(value, place.Shift(equals + 1))
                    : Word(value, place.Shift(equals + 1))));
        }
        // An arp or icmp alone is what its step has without a word more.
        var alone = inside.Count > 0 ? null : kind switch { "arp" => "request", "icmp" => "echo-request", "rarp" => "on", _ => null };
        return beside.Prepend((Word(kind, at), alone is null ? new YamlMapping(at, inside) : Word(alone, at)));
    }

    // The one word that says most about a frame of this kind needs no key.
    private static string? Bare(string kind, int before) => before > 0 ? null : kind switch
    {
        "udp" or "tcp" => "dst",
        "icmp" or "ethernet" => "type",
        "arp" => "op",
        "na" => "address",
        "ra" => "prefix",
        _ => null,
    };

    private static bool IsHex(string line)
    {
        var digits = line.Count(char.IsAsciiHexDigit);
        return digits >= 28 && line.All(c => char.IsAsciiHexDigit(c) || char.IsWhiteSpace(c) || c is ':' or '-');
    }

    /// <summary>The words of a line, each with its place; quotes hold blanks together.</summary>
    public static List<(string Text, Position At)> Words(string line)
    {
        var words = new List<(string, Position)>();
        var word = new System.Text.StringBuilder();
        var begin = 0;
        var quote = '\0';
        for (var i = 0; i <= line.Length; i++)
        {
            var c = i < line.Length ? line[i] : ' ';
            if (quote != '\0' && i < line.Length)
            {
                quote = c == quote ? '\0' : quote;
                word.Append(quote == '\0' ? "" : c);
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (!char.IsWhiteSpace(c))
            {
                begin = word.Length == 0 ? i : begin;
                word.Append(c);
            }
            else if (word.Length > 0)
            {
                words.Add((word.ToString(), new Position(1, begin + 1)));
                word.Clear();
            }
        }
        return words;
    }

    // flags=syn,ack
    private static YamlSequence List(string text, Position at)
    {
        var items = new List<YamlValue>();
        for (var offset = 0; offset <= text.Length;)
        {
            var end = text.IndexOf(',', offset) is >= 0 and var comma ? comma : text.Length;
            items.Add(Word(text[offset..end], at.Shift(offset)));
            offset = end + 1;
        }
        return new YamlSequence(at, items);
    }

    private static YamlScalar Word(string text, Position at) => new(at, text, true, true);
}
