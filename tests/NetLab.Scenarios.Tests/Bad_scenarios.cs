namespace NetLab.Scenarios.Tests;

/// <summary>
/// bad-scenarios/*.yaml, each with the complaint that a person should get for it beside it in *.expected. With
/// NETLAB_WRITE_EXPECTED=1 in the environment the complaints are written anew, to be read before they are committed.
/// </summary>
public sealed class Bad_scenarios
{
    private static readonly string Folder = Path.Combine(Files.TestFolder, "bad-scenarios");

    public static TheoryData<string> All => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Order()];

    [Fact]
    public void There_are_at_least_twenty() => Assert.True(All.Count >= 20);

    [Theory]
    [MemberData(nameof(All))]
    public void Each_is_refused_with_the_expected_lines(string file)
    {
        var expected = Path.Combine(Folder, Path.ChangeExtension(file, "expected"));

        var refusal = Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(File.ReadAllText(Path.Combine(Folder, file)), file));

        if (Environment.GetEnvironmentVariable("NETLAB_WRITE_EXPECTED") == "1")
        {
            File.WriteAllText(expected, refusal.Message + "\n");
        }
        Assert.Equal(File.ReadAllText(expected), refusal.Message + "\n");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Each_complaint_is_one_line_with_a_place_in_the_file_and_a_remedy(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var lines = text.Split('\n');

        var refusal = Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(text, file));

        Assert.All(refusal.Diagnostics, diagnostic =>
        {
            Assert.Matches(@"^[a-z0-9-]+\.yaml:\d+:\d+: \S.*; \S.*$", diagnostic.ToString());
            Assert.InRange(diagnostic.At.Line, 1, lines.Length);
            Assert.InRange(diagnostic.At.Column, 1, lines[diagnostic.At.Line - 1].Length + 1);
        });
        Assert.Equal(refusal.Diagnostics.OrderBy(diagnostic => (diagnostic.At.Line, diagnostic.At.Column)), refusal.Diagnostics);
    }
}
