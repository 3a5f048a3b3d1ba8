using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetLab.Scenarios.Yaml;

/// <summary>Text to <see cref="YamlValue"/>. Anything that is not YAML becomes one diagnostic, in words for people who do not know YAML's grammar.</summary>
internal sealed partial class YamlReader
{
    private const int DeepestNesting = 50;

    private readonly Parser _parser;
    private readonly Binding _binding;
    private readonly string[] _lines;

    private YamlReader(string text, Binding binding)
    {
        _parser = new Parser(new StringReader(text));
        _binding = binding;
        _lines = text.Split('\n');
    }

    /// <summary>The document's root, or null after reporting why there is none.</summary>
    public static YamlValue? Read(string text, Binding binding)
    {
        text = text.TrimStart('\uFEFF');
        try
        {
            return new YamlReader(text, binding).ReadDocument();
        }
        catch (Unusable)
        {
            return null;
        }
        catch (YamlException notYaml)
        {
            Explain(text, new Position((int)notYaml.Start.Line, (int)notYaml.Start.Column), (int)notYaml.End.Line, notYaml.Message, binding);
            return null;
        }
        catch (Exception fault) when (fault is ArgumentException or OverflowException && Escape().Match(text) is { Success: true } escape)
        {
            // The parser makes a character of any number.
            var before = text.AsSpan(0, escape.Index);
            var at = new Position(before.Count('\n') + 1, escape.Index - (before.LastIndexOf('\n') + 1) + 1);
            binding.Report(at, $"'{escape.Value}' is the number of no character", "Unicode has characters up to \\U0010FFFF, without \\uD800 to \\uDFFF");
            return null;
        }
        catch (InvalidOperationException)
        {
            // The parser's own end of a flow collection that is never closed.
            var at = LastUnclosed(text);
            binding.Report(at, "this '[' or '{' is never closed", "close it with ']' or '}'");
            return null;
        }
    }

    private YamlValue? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out var end))
        {
            _binding.Report(new Position(1, 1), "the file is empty", "a scenario has at least 'name' and 'lab'");
            return null;
        }
        _parser.Consume<DocumentStart>();
        var root = ReadValue(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _binding.Report(At(second.Start), "a second document begins here", "one file is one scenario; put this one into a file of its own");
        }
        return root;
    }

    private YamlValue ReadValue(int depth)
    {
        if (_parser.Current is { } current && depth > DeepestNesting)
        {
            throw Refuse(At(current.Start), $"nested more than {DeepestNesting} levels deep", "a scenario needs about ten");
        }
        if (_parser.Accept<AnchorAlias>(out var alias))
        {
            throw Refuse(At(alias.Start), $"'*{alias.Value}' refers to an anchor", "scenarios have no anchors and aliases: write the value out");
        }
        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            return ToScalar(scalar);
        }
        if (_parser.TryConsume<SequenceStart>(out var list))
        {
            var items = new List<YamlValue>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadValue(depth + 1));
            }
            return new YamlSequence(At(list.Start), items);
        }

        var mapping = _parser.Consume<MappingStart>();
        var entries = new List<(YamlScalar, YamlValue)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw Refuse(At(_parser.Current!.Start), "a list or mapping stands where a key is wanted", "a key is one word followed by a colon");
            }
            var name = ToScalar(key);
            var value = ReadValue(depth + 1);
            // An absent value has no place of its own: its key stands in.
            entries.Add((name, value is YamlScalar { IsNull: true } none ? none with { At = name.At } : value));
        }
        return new YamlMapping(At(mapping.Start), entries);
    }

    private YamlScalar ToScalar(Scalar scalar) => new(
        At(scalar.Start),
        scalar.Value,
        scalar.Style is ScalarStyle.Plain,
        scalar.Start.Line == scalar.End.Line && scalar.Style is not (ScalarStyle.Folded or ScalarStyle.Literal))
    {
        Indent = scalar.Style is ScalarStyle.Literal
            ? _lines.Skip((int)scalar.Start.Line).FirstOrDefault(line => !string.IsNullOrWhiteSpace(line))?.TakeWhile(c => c == ' ').Count() : null,
    };

    private static Position At(Mark mark) => new((int)mark.Line, (int)mark.Column);

    private Unusable Refuse(Position at, string wrong, string right)
    {
        _binding.Report(at, wrong, right);
        return new Unusable();
    }

    private static void Explain(string text, Position at, int lastLine, string message, Binding binding)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        // The parser tells of some tabs in the line before them, and of others nowhere in particular.
        var aboutTab = message.Contains(" tab ", StringComparison.Ordinal);
        for (var number = aboutTab ? 1 : at.Line; number <= lines.Length && (aboutTab || number <= Math.Max(at.Line + 1, lastLine)); number++)
        {
            var line = lines[number - 1];
            var tab = line.IndexOf('\t');
            if (tab >= 0 && line.AsSpan(0, tab).Trim(' ').IsEmpty)
            {
                binding.Report(new Position(number, tab + 1), "a tab indents this line", "YAML takes spaces only; two for each level");
                return;
            }
        }
        var (wrong, right) = message switch
        {
            _ when message.Contains("end of stream", StringComparison.Ordinal)
                => ("this quote is never closed", "end the text with the same quote that begins it"),
            _ when message.Contains("cannot start any token", StringComparison.Ordinal)
                => ($"'{CharacterAt(lines, at)}' cannot begin a value", "put the value into quotes"),
            _ when message.Contains("escape", StringComparison.Ordinal)
                => ("this text has a backslash that YAML does not know", "use single quotes, in which a backslash is just a backslash"),
            _ when message.Contains("invalid mapping", StringComparison.Ordinal)
                => ("a 'key: value' begins inside another value", "indent it like its neighbours, or put a text that contains ': ' into quotes"),
            _ when message.Contains("'-' indicator", StringComparison.Ordinal)
                => ("a key stands among the items of a list", "begin every item with '- ', or move the key out of the list"),
            _ when message.Contains("',' or", StringComparison.Ordinal)
                => ("the '{' or '[' before this is not closed", "separate its entries with commas and close it"),
            _ => ($"this is not YAML ({message.TrimEnd('.')})", "compare the indentation and colons with the lines around it"),
        };
        binding.Report(at, wrong, right);
    }

    private static string CharacterAt(string[] lines, Position at) =>
        at.Line <= lines.Length && at.Column <= lines[at.Line - 1].Length ? lines[at.Line - 1][at.Column - 1].ToString() : "this";

    private static Position LastUnclosed(string text)
    {
        var open = new Stack<Position>();
        var line = 1;
        var column = 0;
        foreach (var character in text)
        {
            column++;
            switch (character)
            {
                case '\n': line++; column = 0; break;
                case '[' or '{': open.Push(new Position(line, column)); break;
                case ']' or '}' when open.Count > 0: open.Pop(); break;
            }
        }
        return open.TryPeek(out var at) ? at : new Position(1, 1);
    }

    // Beyond U+10FFFF, and the halves of pairs.
    [GeneratedRegex(@"\\U(?!000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})[0-9A-Fa-f]{8}|\\(U0000|u)[Dd][89A-Fa-f][0-9A-Fa-f]{2}")]
    private static partial Regex Escape();

    /// <summary>The rest of the file cannot be read; the reason is already reported.</summary>
    private sealed class Unusable : Exception;
}
