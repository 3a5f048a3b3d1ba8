using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetLab.Packets;

namespace NetLab;

/// <summary>A node's state as JSON: numbers and flags as such, everything else in words, absent values as null, times in seconds.</summary>
internal static class StateJson
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(NodeState state) => Write(json => Write(json, state));

    public static string Write(LabState state) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var node in state.Nodes)
        {
            Write(json, node);
        }

        json.WriteEndArray();
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            write(json);
        }

        return PlainText.Json(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static void Write(Utf8JsonWriter json, NodeState state)
    {
        json.WriteStartObject();
        json.WriteString("node", state.Node);
        foreach (var (heading, entries) in state.Sections)
        {
            json.WriteStartArray(heading.Replace(' ', '_'));
            foreach (var entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("key", entry.Key);
                foreach (var field in entry.Fields)
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Value);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteString("nft_ruleset", state.NftRuleset);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case TimeSpan time:
                json.WriteNumberValue(time.TotalSeconds);
                break;
            case byte or ushort or uint or ulong or short or int or long or double:
                json.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case IReadOnlyDictionary<string, string> map:
                json.WriteStartObject();
                foreach (var (key, text) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, text);
                }

                json.WriteEndObject();
                break;
            case IEnumerable list and not string:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(StateField.TextOf(value));
                break;
        }
    }
}
