using System.Text.Json;

namespace NetLab;

/// <summary>
/// Reads rows of the database as RFC 7047 writes them: a set of one is its member, others are <c>["set",[…]]</c>; maps are <c>["map",[[k,v],…]]</c>.
/// </summary>
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
