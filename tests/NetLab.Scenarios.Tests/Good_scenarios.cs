namespace NetLab.Scenarios.Tests;

public sealed class Good_scenarios
{
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Files.Scenarios, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Files.Scenarios, file)).Order();

    /// <summary>The schema for a file: bugs have one of their own, since their values may differ between variants.</summary>
    public static string SchemaOf(string file) => file.StartsWith("openstack/bugs/", StringComparison.Ordinal) ? "openstack/bugs/bug.schema.json"
        : "netlab.schema.json";

    public static TheoryData<string> All => [.. Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_scenario_of_the_repository_is_read_without_complaint(string file)
    {
        var document = ScenarioDocument.Load(Path.Combine(Files.Scenarios, file));

        Assert.NotEmpty(document.Name);
        Assert.NotEqual(0, document.StepCount);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_scenario_of_the_repository_names_the_schema_for_editors(string file)
    {
        var path = Path.Combine(Files.Scenarios, file);
        var schema = Path.GetRelativePath(Path.GetDirectoryName(path)!, Path.Combine(Files.Scenarios, SchemaOf(file)));

        Assert.Equal($"# yaml-language-server: $schema={schema}", File.ReadLines(path).First());
    }
}
