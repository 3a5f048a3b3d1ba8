using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>
/// docs/scenarios.md: its tables are made from the schema, which is made from the reader's own description, and its examples are scenarios. With
/// NETLAB_WRITE_EXPECTED=1 in the environment the tables are written anew.
/// </summary>
public sealed partial class Reference_page
{
    private static readonly string Page = Path.Combine(Files.Root, "docs", "scenarios.md");

    private static readonly JsonObject Definitions = JsonNode.Parse(ScenarioDocument.JsonSchema())!["definitions"]!.AsObject();

    public static TheoryData<int, string> Examples
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var (yaml, i) in Fences().Select((yaml, i) => (yaml, i)))
            {
                data.Add(i, yaml.Split('\n')[0]);
            }
            return data;
        }
    }

    [Fact]
    public void The_tables_are_what_the_reader_describes()
    {
        var text = File.ReadAllText(Page);
        var now = Region().Replace(text, region => $"{region.Groups["begin"].Value}\n{Table(region.Groups["name"].Value)}<!-- end of keys -->");
        if (Environment.GetEnvironmentVariable("NETLAB_WRITE_EXPECTED") == "1")
        {
            File.WriteAllText(Page, now);
            text = now;
        }
        Assert.Equal(now, text);
    }

    [Fact]
    public void Everything_that_the_reader_takes_has_its_table()
    {
        var shown = Region().Matches(File.ReadAllText(Page)).Select(region => region.Groups["name"].Value);

        Assert.Equal(Definitions.Select(part => part.Key).Where(name => Properties(name) is not null && !IsKind(name)).Order(),
            shown.Where(name => name != "").Order());
    }

    [Fact]
    public void Every_key_stands_in_an_example()
    {
        var examples = string.Join('\n', Fences());
        var keys = Definitions.Select(part => part.Key).Where(name => !IsKind(name))
            .SelectMany(name => Properties(name)?.Select(property => (name, property.Key)) ?? []);

        Assert.Equal([], keys.Where(key => !Regex.IsMatch(examples, $@"(?<![\w-]){Regex.Escape(key.Key)}: ?")).Select(key => $"{key.name}.{key.Key}"));
    }

    [LabTheory(Feature.OvsdbServer, Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl, Feature.NftProgram, Feature.DnsmasqProgram)]
    [MemberData(nameof(Examples))]
    public async Task Every_example_runs_as_it_says(int number, string name)
    {
        var document = ScenarioDocument.Parse(Fences()[number]);
        Assert.Equal(name, $"name: {document.Name}");
        if (document.Name == "A running container as a node")
        {
            // It runs where an engine and that container are: in the tests of containers.
            ScenarioRun.Describe(document).Lab.Validate();
            return;
        }
        var missing = MissingFor(document);
        if (missing.Count > 0)
        {
            // What the kernel has not is told before anything is built; that is all that can be seen of it here.
            Assert.All(missing, feature => Assert.StartsWith("CONFIG_", feature.KernelOption));
            return;
        }
        var play = await Play.OfAsync(document);
        Assert.True(play.Succeeded, play.ToString());
    }

    private static IReadOnlyList<FeatureState> MissingFor(ScenarioDocument document)
    {
        try
        {
            Capabilities.Require([.. LabFeatures.Of(ScenarioRun.Describe(document).Lab)]);
            return [];
        }
        catch (MissingFeatureException lacks)
        {
            return lacks.Missing;
        }
    }

    private static List<string> Fences() => [.. Fence().Matches(File.ReadAllText(Page)).Select(fence => fence.Groups["yaml"].Value)];

    private static bool IsKind(string definition) => definition.StartsWith("device-", StringComparison.Ordinal) && definition != "device-settings";

    private static JsonObject? Properties(string definition) =>
        (Definitions[definition]!["properties"]
            ?? Definitions[definition]!["anyOf"]?.AsArray().Select(part => part!["properties"])
            .FirstOrDefault(properties => properties is not null))?.AsObject();

    private static string Table(string name)
    {
        if (name == "")
        {
            return string.Concat(Definitions.Where(part => IsKind(part.Key)).Select(part => Table(part.Key)));
        }
        var settings = IsKind(name) ? Properties("device-settings")!.Select(property => property.Key).Where(key => key != "type").ToHashSet() : [];
        var text = new StringBuilder();
        if (IsKind(name))
        {
            text.Append($"\n`type: {name["device-".Length..]}`\n");
        }
        text.Append($"\n| key of `{name}` | value | |\n|---|---|---|\n");
        foreach (var (key, property) in Properties(name)!.Where(property => !settings.Contains(property.Key)))
        {
            var required = Required(name).Contains(key) ? "**, always**" : "";
            text.Append($"| `{key}`{required} | {Value(property!.AsObject())} | {property["description"]} |\n".Replace("**, always**", ", always",
                StringComparison.Ordinal));
        }
        return text.Append('\n').ToString();
    }

    private static HashSet<string> Required(string name) =>
        [.. (Definitions[name]!["required"]
            ?? Definitions[name]!["anyOf"]?.AsArray().Select(part => part!["required"]).FirstOrDefault(required => required is not null))?.AsArray()
            .Select(key => (string)key!) ?? []];

    private static string Value(JsonObject schema) => schema switch
    {
        _ when schema["allOf"] is JsonArray { Count: 1 } of => Value(of[0]!.AsObject()),
        _ when schema["$ref"] is { } reference => $"`{((string)reference!).Split('/')[^1]}`",
        _ when schema["enum"] is JsonArray words =>
            words.Any(word => word!.ToString() == "on") ? "on, off" : string.Join(", ", words.Select(word => $"`{word}`")),
        _ when schema["const"] is { } one => $"`{one}`",
        _ when schema["anyOf"] is JsonArray several => string.Join(", or ", several.Select(each => Value(each!.AsObject())).Distinct()),
        _ when schema["items"] is JsonObject item => $"list of {Value(item)}",
        _ when schema["additionalProperties"] is JsonObject value => $"mapping of names to {Value(value)}",
        _ when schema["minimum"] is { } least => $"{least} to {schema["maximum"]}",
        _ => "text",
    };

    [GeneratedRegex("(?<begin><!-- (keys: (?<name>[a-z0-9-]+)|kinds of device) -->)\n.*?<!-- end of keys -->", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex("```yaml\n(?<yaml>name: .*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
