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
        .With("lab", "The network: nodes, their devices and VMs, and the links between them.", LabEntry.Shape, (root, value) => root.Lab = value.Value,
            required: true)
        .With("steps", "What happens in it, one after the other.", StepEntry.List, (root, value) => root.Steps = value.Value);

    private ScenarioDocument(string file, Root root)
    {
        File = file;
        Name = root.Name;
        Description = root.Description;
        Lab = root.Lab;
        Steps = root.Steps;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string File { get; }

    /// <summary>What the scenario is called.</summary>
    public string Name { get; }

    /// <summary>What it shows, or null.</summary>
    public string? Description { get; }

    /// <summary>How many steps it has; those inside claims and tasks are not counted.</summary>
    public int StepCount => Steps.Count;

    internal LabEntry Lab { get; }

    internal IReadOnlyList<Located<StepEntry>> Steps { get; }

    /// <summary>Reads a scenario file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The scenario; nothing in it is wrong as far as that can be told without a kernel.</returns>
    /// <exception cref="ScenarioException">Something is wrong with it: every such thing, with its line and column.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ScenarioDocument Load(string path) => Parse(System.IO.File.ReadAllText(path), path);

    /// <summary>Reads a scenario from text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <returns>The scenario.</returns>
    /// <exception cref="ScenarioException">Something is wrong with it: every such thing, with its line and column.</exception>
    public static ScenarioDocument Parse(string yaml, string file = "scenario.yaml")
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentNullException.ThrowIfNull(file);
        var binding = new Binding(file);
        Root? root = null;
        if (YamlReader.Read(yaml, binding) is { } value)
        {
            Shape.TryBind(value, "the scenario", binding, out root);
            LabCheck.Run(root, binding);
        }
        return binding.Count == 0 ? new ScenarioDocument(file, root!) : throw new ScenarioException(binding.Diagnostics);
    }

    /// <summary>The JSON schema (draft 07) of scenario files, for editors.</summary>
    public static string JsonSchema()
    {
        var definitions = new SchemaDefinitions();
        var root = Shape.Schema(definitions);
        return new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "A NetLab scenario",
            ["allOf"] = new JsonArray(root),
            ["definitions"] = definitions.ToJson(),
        }.ToJsonString(SchemaText).ReplaceLineEndings("\n") + "\n";
    }

    private static readonly JsonSerializerOptions SchemaText = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal sealed class Root : Entry
    {
        public string Name { get; set; } = "";

        public string? Description { get; set; }

        public LabEntry Lab { get; set; } = new();

        public IReadOnlyList<Located<StepEntry>> Steps { get; set; } = [];
    }
}
