using System.Buffers;
using System.Text;

namespace NetLab.Packets;

/// <summary>
/// Text of others as a reader may see it: bytes from the wire, names, output of programs. A character that would steer a terminal, forge a line or turn
/// the direction of writing round is shown as an escape (<c>\x1b</c>, <c>\n</c>, <c>\u202e</c>). Everything that renders text goes through here.
/// </summary>
/// <remarks>
/// Escaped are the controls of ASCII and DEL (C0), those of ISO 6429 (C1, U+0080 to U+009F), the line and paragraph separators U+2028 and
/// U+2029, and the bidirectional
/// controls of Unicode (UAX 9): U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069; and what no file of text or XML can hold: U+FFFE, U+FFFF, and
/// surrogates without the other half. What is escaped already stays as it is.
/// </remarks>
public static class PlainText
{
    private const string Controls =
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000b\u000c\r\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f"
        + "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f"
        + "\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f"
        + "\u2028\u2029\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff";

    private static readonly SearchValues<char> InLines = SearchValues.Create(Controls);
    private static readonly SearchValues<char> InLine = SearchValues.Create(Controls + "\t\n");

    /// <summary>Whether there is nothing in a text to be escaped, line ends and tabs included.</summary>
    /// <param name="text">The text.</param>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAny(InLine) && !HasHalf(text);

    /// <summary>One line: line ends and tabs are escaped too.</summary>
    /// <param name="text">The text.</param>
    public static string Line(string text) => Escape(text, InLine, json: false);

    /// <summary>Lines that were put together here: line feeds and tabs stay. CR LF is one line end.</summary>
    /// <param name="text">The text.</param>
    public static string Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(text.Replace("\r\n", "\n", StringComparison.Ordinal), InLines, json: false);
    }

    /// <summary>A JSON document, in whose strings these characters become JSON's own escapes (RFC 8259): what a program reads stays the same.</summary>
    /// <param name="json">The document.</param>
    public static string Json(string json) => Escape(json, InLines, json: true);

    private static string Escape(string text, SearchValues<char> what, bool json)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAny(what) && !HasHalf(text))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (!what.Contains(c) && !IsHalf(text, at))
            {
                escaped.Append(c);
            }
            else if (!json && c is '\t' or '\n' or '\r')
            {
                escaped.Append('\\').Append(c switch { '\t' => 't', '\n' => 'n', _ => 'r' });
            }
            else
            {
                escaped.Append(json || c > '\u00ff' ? $"\\u{(int)c:x4}" : $"\\x{(int)c:x2}");
            }
        }

        return escaped.ToString();
    }

    private static bool HasHalf(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0 && at < text.Length; at++)
        {
            if (IsHalf(text, at))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsHalf(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at])
        ? at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])
        : char.IsLowSurrogate(text[at]) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
}
