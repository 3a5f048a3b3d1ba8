using NetLab.Xunit;

namespace NetLab.Install.Tests;

/// <summary>docs/nunit-and-mstest.md is true: its projects build, the first test of each passes, the second fails and leaves its bundle.</summary>
[Collection(nameof(LocalFeed))]
public sealed class OtherFrameworksTests(LocalFeed feed)
{
    [LabTheory]
    [InlineData("NUnitLab", 0)]
    [InlineData("MSTestLab", 2)]
    public async Task A_failed_test_of_another_framework_leaves_its_bundle(string name, int block)
    {
        var blocks = Markdown.BlocksOf("docs/nunit-and-mstest.md");
        var folder = feed.NewProject(name, (name + ".csproj", blocks[block].Text), (name + ".cs", blocks[block + 1].Text));

        (var code, var output) = await feed.RunAsync(folder, "dotnet test");

        Assert.True(code == 1, output);
        Assert.Contains("Failed:     1, Passed:     1", output, StringComparison.Ordinal);
        Assert.Contains("Expected VM vm2 not to receive", output, StringComparison.Ordinal);
        var bundle = output.Split('\n').Single(l => l.Contains("Bundle: ", StringComparison.Ordinal)).Split("Bundle: ")[1].Trim();
        Assert.Contains("Expected VM vm2 not to receive", File.ReadAllText(Path.Combine(bundle, "failure.txt")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(bundle, "state", "compute.txt")), "no state");
    }
}
