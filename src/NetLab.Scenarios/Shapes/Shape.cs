using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>What a value of a scenario may look like: binds YAML to it, and describes itself to editors. One description serves both.</summary>
internal abstract class Shape<T>
{
    /// <summary>Turns YAML into a value, or reports why it cannot.</summary>
    /// <param name="value">The YAML.</param>
    /// <param name="what">What it is called in messages: a field's name, "node h1"…</param>
    /// <param name="binding">Takes what is wrong.</param>
    /// <param name="result">The value; complete only when true is returned.</param>
    public abstract bool TryBind(YamlValue value, string what, Binding binding, out T result);

    /// <summary>The same in JSON schema (draft 07).</summary>
    public abstract JsonObject Schema(SchemaDefinitions definitions);
}

/// <summary>What is wrong with a text, and where in it.</summary>
internal sealed record Problem(string Wrong, string Right, int Offset = 0);

/// <summary>A value written as one word or text.</summary>
/// <param name="noun">"a MAC address".</param>
/// <param name="example">How one looks.</param>
/// <param name="parse">The value, or what is wrong with the text.</param>
/// <param name="schema">The JSON schema of it.</param>
internal sealed class ScalarShape<T>(string noun, string example, Func<YamlScalar, (T Value, Problem? Problem)> parse, Func<JsonObject> schema) : Shape<T>
{
    public override bool TryBind(YamlValue value, string what, Binding binding, out T result)
    {
        result = default!;
        if (value is not YamlScalar scalar)
        {
            binding.Report(value.At, $"{what} is {value.Noun}", $"{noun}, like {example}");
            return false;
        }
        if (scalar.IsNull)
        {
            binding.Report(value.At, $"{what} has no value", $"{noun}, like {example}");
            return false;
        }
        (result, var problem) = parse(scalar);
        if (problem is not null)
        {
            binding.Report(scalar.Inside(problem.Offset), $"{what} {problem.Wrong}", problem.Right);
        }
        return problem is null;
    }

    public override JsonObject Schema(SchemaDefinitions definitions) => schema();

    /// <summary>The same, with something more that can be wrong with a value.</summary>
    public ScalarShape<T> But(Func<T, Problem?> refuse) =>
        new(noun, example, scalar => parse(scalar) is { Problem: null, Value: var value } ? (value, refuse(value)) : parse(scalar), schema);
}

/// <summary>A list; where <paramref name="single"/>, one item may stand alone. <paramref name="each"/> is what an item is called.</summary>
internal sealed class ListShape<T>(string each, Shape<T> item, bool single = false) : Shape<IReadOnlyList<Located<T>>>
{
    public override bool TryBind(YamlValue value, string what, Binding binding, out IReadOnlyList<Located<T>> result)
    {
        var bound = new List<Located<T>>();
        result = bound;
        switch (value)
        {
            case YamlSequence list:
                var good = true;
                foreach (var written in list.Items)
                {
                    if (item.TryBind(written, each, binding, out var one))
                    {
                        bound.Add(new Located<T>(one, written.At));
                    }
                    else
                    {
                        good = false;
                    }
                }
                return good;
            case YamlScalar { IsNull: true }:
                return true;
            case YamlMapping or YamlScalar when single:
                if (!item.TryBind(value, each, binding, out var alone))
                {
                    return false;
                }
                bound.Add(new Located<T>(alone, value.At));
                return true;
            default:
                binding.Report(value.At, $"{what} is {value.Noun}", "a list: one '- ' for each item, or [a, b]");
                return false;
        }
    }

    public override JsonObject Schema(SchemaDefinitions definitions)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = item.Schema(definitions) };
        return single ? new JsonObject { ["anyOf"] = new JsonArray(list, item.Schema(definitions)) } : list;
    }
}

/// <summary>A mapping of names to things of one kind.</summary>
internal sealed class MapShape<T>(ScalarShape<string> names, Shape<T> item, string noun) : Shape<IReadOnlyList<Named<T>>>
{
    public override bool TryBind(YamlValue value, string what, Binding binding, out IReadOnlyList<Named<T>> result)
    {
        var bound = new List<Named<T>>();
        result = bound;
        if (value is YamlScalar { IsNull: true })
        {
            return true;
        }
        if (value is not YamlMapping mapping)
        {
            binding.Report(value.At, $"{what} is {value.Noun}", $"a mapping with a line 'name:' for each {noun}");
            return false;
        }
        var good = true;
        var seen = new Dictionary<string, Position>();
        foreach (var (key, entry) in mapping.Entries)
        {
            if (!seen.TryAdd(key.Text, key.At))
            {
                binding.Report(key.At, $"{what} has '{key.Shortened}' twice (the other is in line {seen[key.Text].Line})",
                    "give this one another name, or join the two");
                good = false;
                continue;
            }
            good &= names.TryBind(key, noun, binding, out _);
            good &= item.TryBind(entry, $"{noun} {key.Text}", binding, out var one);
            if (one is not null)
            {
                bound.Add(new Named<T>(new Located<string>(key.Text, key.At), one));
            }
        }
        return good;
    }

    public override JsonObject Schema(SchemaDefinitions definitions) => new()
    {
        ["type"] = new JsonArray("object", "null"),
        ["propertyNames"] = names.Schema(definitions),
        ["additionalProperties"] = item.Schema(definitions),
    };
}

/// <summary>One entry of a mapping: its key, where that stands, and its value.</summary>
internal sealed record Named<T>(Located<string> Name, T Value);
