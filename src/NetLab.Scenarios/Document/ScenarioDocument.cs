using System.Text.Json;
using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>A scenario as its file says it: a lab, and the steps that are taken in it. Plain data, checked without touching the kernel.</summary>
public sealed class ScenarioDocument
{
    private static readonly ObjectShape<Root> Shape = new ObjectShape<Root>("scenario", "a scenario")
        .With("name", "What the scenario is called.", Scalars.Text, (root, value) => root.Name = value.Value, required: true)
        .With("description", "What it shows, in a sentence or a few.", Scalars.Text, (root, value) => root.Description = value.Value)
        .With("bug", "The ticket that this scenario reproduces; its variants are then 'broken' and 'fixed'.", BugEntry.Shape, (root, value) =>
            root.Bug = value.Value)
        .With("variants", "Names for what may stand in place of any value below: { broken: 300s, fixed: 0 }. The first is run unless another is asked for.",
            new ListShape<string>("variant", Scalars.Name), (root, value) => root.Variants = value.Value)
        .With("lab", "The network: nodes, their devices and VMs, and the links between them.", LabEntry.Shape, (root, value) => root.Lab = value.Value,
            required: true)
        .With("steps", "What happens in it, one after the other.", StepEntry.List, (root, value) => root.Steps = value.Value);

    private ScenarioDocument(string file, Root root, string? variant)
    {
        File = file;
        Name = root.Name;
        Description = root.Description;
        Lab = root.Lab;
        Steps = root.Steps;
        Bug = root.Bug?.ToBug();
        Variant = variant;
        Variants = [.. root.Variants.Select(name => name.Value)];
    }

    /// <summary>The file, as the caller named it.</summary>
    public string File { get; }

    /// <summary>What the scenario is called.</summary>
    public string Name { get; }

    /// <summary>What it shows, or null.</summary>
    public string? Description { get; }

    /// <summary>The ticket that it reproduces, or null.</summary>
    public Bug? Bug { get; }

    /// <summary>The variant that was read, or null where the scenario has none.</summary>
    public string? Variant { get; }

    /// <summary>Its variants, in the order of the file.</summary>
    public IReadOnlyList<string> Variants { get; }

    /// <summary>How many steps it has; those inside claims and tasks are not counted.</summary>
    public int StepCount => Steps.Count;

    internal LabEntry Lab { get; }

    internal IReadOnlyList<Located<StepEntry>> Steps { get; }

    /// <summary>Reads a scenario file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variant">Which of its variants; null for the first.</param>
    /// <returns>The scenario; nothing in it is wrong as far as that can be told without a kernel.</returns>
    /// <exception cref="ScenarioException">Something is wrong with it: every such thing, with its line and column.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ScenarioDocument Load(string path, string? variant = null) => Parse(System.IO.File.ReadAllText(path), path, variant);

    /// <summary>Reads a scenario from text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <param name="variant">Which of its variants; null for the first. What is wrong with the others is told as well.</param>
    /// <returns>The scenario.</returns>
    /// <exception cref="ScenarioException">Something is wrong with it: every such thing, with its line and column.</exception>
    public static ScenarioDocument Parse(string yaml, string file = "scenario.yaml", string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentNullException.ThrowIfNull(file);
        var binding = new Binding(file);
        if (YamlReader.Read(yaml, binding) is not { } value)
        {
            throw new ScenarioException(binding.Diagnostics);
        }
        var variants = Yaml.Variants.Declared(value);
        var chosen = variant ?? (variants is [var first, ..] ? first : null);
        if (variant is not null && !variants.Contains(variant))
        {
            binding.Report(value.At, $"the scenario has no variant '{variant}'", Spelling.Suggest(variant, [.. variants], "variant"));
            throw new ScenarioException(binding.Diagnostics);
        }
        var root = Bind(value, chosen, binding);
        foreach (var other in variants.Where(other => other != chosen))
        {
            Bind(value, other, binding);
        }
        return binding.Count == 0 ? new ScenarioDocument(file, root, chosen) : throw new ScenarioException(binding.Diagnostics);
    }

    private static Root Bind(YamlValue value, string? variant, Binding binding)
    {
        Shape.TryBind(variant is null ? value : Yaml.Variants.Pick(value, variant), "the scenario", binding, out var root);
        LabCheck.Run(root, binding);
        root.Bug?.Check(root.Variants, variant, root.Steps, binding);
        return root;
    }

    /// <summary>The JSON schema (draft 07) of scenario files, for editors.</summary>
    public static string JsonSchema() => SchemaText("A NetLab scenario", Definitions());

    /// <summary>
    /// The same for the scenarios of bugs, in which <c>{ broken: …, fixed: … }</c> may stand in place of any value. It is whole again and refers to none of
    /// the other's definitions: what may stand at a leaf cannot be widened from outside in draft 07, which is what editors know; $dynamicRef
    /// came with 2020-12.
    /// </summary>
    public static string BugJsonSchema()
    {
        const string ByVariant = "by-variant";
        var definitions = Definitions();
        foreach (var definition in definitions.Where(definition => definition.Key is not ("scenario" or "bug")).Select(definition => definition.Value))
        {
            Allow(definition!);
        }
        definitions[ByVariant] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { [Bug.Broken] = new JsonObject(), [Bug.Fixed] = new JsonObject() },
            ["additionalProperties"] = false,
        };
        return SchemaText("A NetLab scenario of a bug", definitions);

        static void Allow(JsonNode schema)
        {
            IEnumerable<JsonNode?> inside = schema switch
            {
                JsonArray several => [.. several],
                JsonObject mapping => [.. mapping.Select(each => each.Value)],
                _ => [],
            };
            foreach (var inner in inside.OfType<JsonNode>())
            {
                Allow(inner);
            }
            if (schema is JsonObject rules)
            {
                Wrap(rules, "items");
                Wrap(rules, "additionalProperties");
                if (rules["properties"] is JsonObject properties)
                {
                    properties.Select(property => property.Key).ToList().ForEach(key => Wrap(properties, key));
                }
            }
        }

        static void Wrap(JsonObject rules, string key)
        {
            if (rules[key] is JsonObject value)
            {
                rules[key] = null;
                var choice = new JsonObject { ["$ref"] = $"#/definitions/{ByVariant}" };
                rules[key] = value["description"] is { } text
                    ? new JsonObject { ["description"] = text.DeepClone(), ["anyOf"] = new JsonArray(value, choice) }
                    : new JsonObject { ["anyOf"] = new JsonArray(value, choice) };
            }
        }
    }

    private static JsonObject Definitions()
    {
        var definitions = new SchemaDefinitions();
        Shape.Schema(definitions);
        return definitions.ToJson();
    }

    private static string SchemaText(string title, JsonObject definitions) => new JsonObject
    {
        ["$schema"] = "http://json-schema.org/draft-07/schema#",
        ["title"] = title,
        ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = "#/definitions/scenario" }),
        ["definitions"] = definitions,
    }.ToJsonString(SchemaOptions).ReplaceLineEndings("\n") + "\n";

    private static readonly JsonSerializerOptions SchemaOptions = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal sealed class Root : Entry
    {
        public string Name { get; set; } = "";

        public string? Description { get; set; }

        public BugEntry? Bug { get; set; }

        public IReadOnlyList<Located<string>> Variants { get; set; } = [];

        public LabEntry Lab { get; set; } = new();

        public IReadOnlyList<Located<StepEntry>> Steps { get; set; } = [];
    }
}
