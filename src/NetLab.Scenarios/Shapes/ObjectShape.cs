using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>Something that the file describes, and where it begins.</summary>
internal abstract class Entry
{
    public Position At { get; set; }

    /// <summary>The keys that the file gives here, and where.</summary>
    public Dictionary<string, Position> Given { get; } = [];

    /// <summary>Where the file gives a key; where the entry begins when it does not.</summary>
    public Position Of(string key) => Given.TryGetValue(key, out var at) ? at : At;
}

/// <summary>
/// A mapping with known keys. Unknown and repeated keys, missing and mistyped values are reported, and everything else is bound all the same.
/// </summary>
/// <param name="name">Its name among the schema's definitions.</param>
/// <param name="noun">"a link".</param>
internal sealed class ObjectShape<T>(string name, string noun) : Shape<T>
    where T : Entry, new()
{
    private readonly List<FieldOf> _fields = [];
    private Short? _short;
    private Action<T, string, Binding>? _check;

    private abstract record FieldOf(string Name, string Document, bool Required)
    {
        public abstract bool Bind(T target, YamlValue value, Binding binding);

        public abstract JsonObject Schema(SchemaDefinitions definitions);
    }

    private sealed record Field<TValue>(string Name, string Document, bool Required, Shape<TValue> Shape, Action<T, Located<TValue>> Set)
        : FieldOf(Name, Document, Required)
    {
        public override bool Bind(T target, YamlValue value, Binding binding)
        {
            var good = Shape.TryBind(value, Name, binding, out var bound);
            // What is half right is kept as well: its names may be referred to elsewhere.
            if (good || (bound is not null && bound is not ValueType))
            {
                Set(target, new Located<TValue>(bound, value.At));
            }
            return good;
        }

        public override JsonObject Schema(SchemaDefinitions definitions) => Shape.Schema(definitions);
    }

    private sealed record Short(string Example, string Pattern, Func<YamlScalar, string, Binding, T?> Parse);

    /// <summary>Adds a key.</summary>
    public ObjectShape<T> With<TValue>(string key, string document, Shape<TValue> shape, Action<T, Located<TValue>> set, bool required = false)
    {
        _fields.Add(new Field<TValue>(key, document, required, shape, set));
        return this;
    }

    /// <summary>Allows one word or line in place of the mapping.</summary>
    public ObjectShape<T> OrShort(string example, string pattern, Func<YamlScalar, string, Binding, T?> parse)
    {
        _short = new Short(example, pattern, parse);
        return this;
    }

    /// <summary>Adds what no single field can tell.</summary>
    public ObjectShape<T> Checked(Action<T, string, Binding> check)
    {
        _check = check;
        return this;
    }

    /// <summary>Its keys.</summary>
    public IEnumerable<string> Keys => _fields.ConvertAll(known => known.Name);

    public override bool TryBind(YamlValue value, string what, Binding binding, out T result)
    {
        if (_short is not null && value is YamlScalar { IsNull: false } scalar)
        {
            var parsed = _short.Parse(scalar, what, binding);
            result = parsed!;
            if (parsed is not null)
            {
                parsed.At = value.At;
            }
            return parsed is not null;
        }
        result = new T { At = value.At };
        IReadOnlyList<(YamlScalar Key, YamlValue Value)> entries;
        switch (value)
        {
            case YamlMapping mapping: entries = mapping.Entries; break;
            case YamlScalar { IsNull: true }: entries = []; break;
            default:
                binding.Report(value.At, $"{what} is {value.Noun}", _short is null
                    ? $"{noun}: a mapping with {Sample()}"
                    : $"{noun}, like '{_short.Example}', or a mapping with {Sample()}");
                return false;
        }

        var before = binding.Count;
        var seen = new Dictionary<string, Position>();
        foreach (var (key, entry) in entries)
        {
            var field = _fields.Find(candidate => candidate.Name == key.Text);
            if (!seen.TryAdd(key.Text, key.At))
            {
                binding.Report(key.At, $"{what} has the key '{key.Shortened}' twice (the other is in line {seen[key.Text].Line})", "keep one of them");
            }
            else if (field is null)
            {
                binding.Report(key.At, $"{what} has no key '{key.Shortened}'", Spelling.Suggest(key.Text, [.. Keys], "key"));
            }
            else
            {
                result.Given[key.Text] = key.At;
                field.Bind(result, entry, binding);
            }
        }
        foreach (var missing in _fields.Where(field => field.Required && !seen.ContainsKey(field.Name)))
        {
            binding.Report(value.At, $"{what} has no '{missing.Name}'",
                $"add '{missing.Name}': {char.ToLowerInvariant(missing.Document[0])}{missing.Document[1..].TrimEnd('.')}");
        }
        if (before == binding.Count)
        {
            _check?.Invoke(result, what, binding);
        }
        return before == binding.Count;
    }

    public override JsonObject Schema(SchemaDefinitions definitions) => definitions.Refer(name, () =>
    {
        var properties = new JsonObject();
        foreach (var field in _fields)
        {
            var schema = field.Schema(definitions);
            // Draft 07 ignores what stands beside a $ref.
            properties[field.Name] = schema.ContainsKey("$ref")
                ? new JsonObject { ["description"] = field.Document, ["allOf"] = new JsonArray(schema) }
                : Described(schema, field.Document);
        }
        var required = new JsonArray([.. _fields.Where(field => field.Required).Select(field => (JsonNode)field.Name)]);
        var mapping = new JsonObject { ["type"] = required.Count > 0 ? "object" : new JsonArray("object", "null"), ["properties"] = properties,
            ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            mapping["required"] = required;
        }
        return _short is null ? mapping : new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = _short.Pattern, ["examples"] = new JsonArray(_short.Example) },
                mapping),
        };
    });

    private static JsonObject Described(JsonObject schema, string document)
    {
        var described = new JsonObject { ["description"] = document };
        foreach (var (key, node) in schema)
        {
            described[key] = node?.DeepClone();
        }
        return described;
    }

    private string Sample()
    {
        var shown = _fields.Where(field => field.Required).Select(field => field.Name).ToList();
        return string.Join(", ", (shown.Count > 0 ? shown : _fields.Take(4).Select(field => field.Name)).Select(key => $"'{key}'"));
    }
}

/// <summary>A shape that refers to itself further down: asked for only when it is used.</summary>
internal sealed class LateShape<T>(Func<Shape<T>> shape) : Shape<T>
{
    public override bool TryBind(YamlValue value, string what, Binding binding, out T result) => shape().TryBind(value, what, binding, out result);

    public override JsonObject Schema(SchemaDefinitions definitions) => shape().Schema(definitions);
}
