using System.Text.Json.Nodes;

namespace NetLab.Scenarios;

/// <summary>The named parts of a JSON schema; a part that refers to itself is written once.</summary>
internal sealed class SchemaDefinitions
{
    private readonly SortedDictionary<string, JsonObject?> _definitions = new(StringComparer.Ordinal);

    /// <summary>A reference to the part of this name, which is written at the first call.</summary>
    public JsonObject Refer(string name, Func<JsonObject> write)
    {
        if (!_definitions.ContainsKey(name))
        {
            _definitions[name] = null;
            _definitions[name] = write();
        }
        return new JsonObject { ["$ref"] = "#/definitions/" + name };
    }

    /// <summary>All parts.</summary>
    public JsonObject ToJson() => new(_definitions.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value)));
}
