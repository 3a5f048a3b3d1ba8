using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios.Tests;

/// <summary>
/// scenarios/netlab.schema.json says the same as the reader, since it is made from the same description. With
/// NETLAB_WRITE_EXPECTED=1 in the environment it is written anew.
/// </summary>
public sealed class Schema
{
    public static TheoryData<string, string> SchemaFiles => new()
    {
        { "netlab.schema.json", ScenarioDocument.JsonSchema() },
        { "openstack/bugs/bug.schema.json", ScenarioDocument.BugJsonSchema() },
    };

    [Theory]
    [MemberData(nameof(SchemaFiles))]
    public void The_schema_files_are_what_the_reader_describes(string file, string described)
    {
        var path = Path.Combine(Files.Scenarios, file);
        if (Environment.GetEnvironmentVariable("NETLAB_WRITE_EXPECTED") == "1")
        {
            File.WriteAllText(path, described);
        }
        Assert.Equal(described, File.ReadAllText(path));
    }

    [Theory]
    [MemberData(nameof(Good_scenarios.All), MemberType = typeof(Good_scenarios))]
    public void Every_scenario_of_the_repository_fits_the_schema(string file) =>
        Assert.Empty(Complaints(File.ReadAllText(Path.Combine(Files.Scenarios, file)), Good_scenarios.SchemaOf(file)));

    [Theory]
    [InlineData("unknown-key")]
    [InlineData("unknown-key-of-a-step")]
    [InlineData("wrong-type-list-for-a-mapping")]
    [InlineData("wrong-type-text-for-a-number")]
    [InlineData("wrong-type-number-for-a-switch")]
    [InlineData("missing-key")]
    [InlineData("missing-lab")]
    [InlineData("name-of-16-bytes")]
    [InlineData("bad-mac")]
    [InlineData("bad-vlan")]
    [InlineData("bad-mtu")]
    [InlineData("duration-without-unit")]
    [InlineData("link-without-two-ends")]
    [InlineData("sysctl-of-the-machine")]
    [InlineData("ping-without-arrow")]
    public void What_is_wrong_in_itself_is_wrong_for_editors_too(string file) =>
        Assert.NotEmpty(Complaints(File.ReadAllText(Path.Combine(Files.TestFolder, "bad-scenarios", file + ".yaml"))));

    [Fact]
    public void A_choice_between_variants_is_right_for_editors_where_it_has_their_names_alone()
    {
        const string Yaml = "name: x\nlab:\n  nodes:\n    a: { bridges: { br0: { ageing_time: { broken: 300s, VARIANT: 0 } } } }";

        Assert.Empty(Complaints(Yaml.Replace("VARIANT", "fixed"), "openstack/bugs/bug.schema.json"));
        Assert.NotEmpty(Complaints(Yaml.Replace("VARIANT", "mended"), "openstack/bugs/bug.schema.json"));
        Assert.NotEmpty(Complaints(Yaml.Replace("VARIANT", "fixed")));
    }

    private static List<string> Complaints(string yaml, string schemaFile = "netlab.schema.json")
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Files.Scenarios, schemaFile)))!.AsObject();
        var binding = new Binding("x");
        var complaints = new List<string>();
        Check(ToJson(YamlReader.Read(yaml, binding)!), schema, schema, "", complaints);
        return complaints;
    }

    /// <summary>Plain scalars as YAML 1.2's core schema resolves them, which is what editors do.</summary>
    private static JsonNode? ToJson(YamlValue value) => value switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, ToJson(entry.Value)))),
        YamlSequence list => new JsonArray([.. list.Items.Select(ToJson)]),
        YamlScalar { IsNull: true } => null,
        YamlScalar { Plain: true, Text: "true" } => true,
        YamlScalar { Plain: true, Text: "false" } => false,
        YamlScalar { Plain: true } number when Regex.IsMatch(number.Text, "^[-+]?[0-9]+$") => long.Parse(number.Text),
        YamlScalar text => text.Text,
        _ => null,
    };

    /// <summary>The part of draft 07 that the schema is written in.</summary>
    private static void Check(JsonNode? value, JsonObject schema, JsonObject root, string at, List<string> complaints)
    {
        foreach (var (keyword, written) in schema)
        {
            var rule = written!;
            switch (keyword)
            {
                case "$ref":
                    Check(value, root["definitions"]![rule.GetValue<string>().Split('/')[^1]]!.AsObject(), root, at, complaints);
                    break;
                case "allOf":
                    foreach (var part in rule.AsArray())
                    {
                        Check(value, part!.AsObject(), root, at, complaints);
                    }
                    break;
                case "anyOf":
                    var attempts = rule.AsArray().Select(part =>
                    {
                        var own = new List<string>();
                        Check(value, part!.AsObject(), root, at, own);
                        return own;
                    }).ToList();
                    if (attempts.TrueForAll(own => own.Count > 0))
                    {
                        complaints.Add($"{at}: none of {string.Join(" | ", attempts.SelectMany(own => own))}");
                    }
                    break;
                case "type":
                    var types = rule is JsonArray several ? several.Select(each => each!.GetValue<string>()) : [rule.GetValue<string>()];
                    if (!types.Any(type => Is(value, type)))
                    {
                        complaints.Add($"{at}: {value?.ToJsonString()} is not {rule.ToJsonString()}");
                    }
                    break;
                case "enum" when !rule.AsArray().Any(each => JsonNode.DeepEquals(each, value)):
                case "const" when !JsonNode.DeepEquals(rule, value):
                    complaints.Add($"{at}: {value?.ToJsonString()} is not {rule.ToJsonString()}");
                    break;
                case "pattern" when value is JsonValue text && text.TryGetValue<string>(out var characters)
                    && !Regex.IsMatch(characters, rule.GetValue<string>()):
                    complaints.Add($"{at}: '{characters}' does not match {rule}");
                    break;
                case "minimum" when value is JsonValue number && number.TryGetValue<long>(out var low) && low < rule.GetValue<long>():
                case "maximum" when value is JsonValue number2 && number2.TryGetValue<long>(out var high) && high > rule.GetValue<long>():
                    complaints.Add($"{at}: {value} is out of range");
                    break;
                case "items" when value is JsonArray list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        Check(list[i], rule.AsObject(), root, $"{at}[{i}]", complaints);
                    }
                    break;
                case "required" when value is JsonObject mapping:
                    complaints.AddRange(rule.AsArray().Where(key => !mapping.ContainsKey(key!.GetValue<string>())).Select(key => $"{at}: no {key}"));
                    break;
                case "propertyNames" when value is JsonObject mapping:
                    foreach (var (key, _) in mapping)
                    {
                        Check(key, rule.AsObject(), root, $"{at}.{key}", complaints);
                    }
                    break;
                case "properties" when value is JsonObject mapping:
                    foreach (var (key, property) in mapping)
                    {
                        if (rule[key] is JsonObject known)
                        {
                            Check(property, known, root, $"{at}.{key}", complaints);
                        }
                        else if (schema["additionalProperties"] is JsonValue)
                        {
                            complaints.Add($"{at}: no key {key}");
                        }
                    }
                    break;
                case "additionalProperties" when value is JsonObject mapping && rule is JsonObject each:
                    foreach (var (key, property) in mapping)
                    {
                        Check(property, each, root, $"{at}.{key}", complaints);
                    }
                    break;
            }
        }
    }

    private static bool Is(JsonNode? value, string type) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value is JsonValue text && text.TryGetValue<string>(out _),
        "boolean" => value is JsonValue truth && truth.TryGetValue<bool>(out _),
        "integer" or "number" => value is JsonValue number && number.TryGetValue<long>(out _),
        _ => false,
    };
}
