namespace NetLab.Tests.Readme;

/// <summary>What the README shows is what runs: its C# is the text of tests in this folder.</summary>
public class ReadmeTests
{
    private static readonly string RootFolder = Root();

    [Theory]
    [InlineData("web server", "WebServerTest.cs")]
    [InlineData("frames", "FatesTest.cs")]
    [InlineData("packets", "../../NetLab.PacketDotNet.Tests/ReadmePacketTest.cs")]
    [InlineData("streams", "StreamTest.cs")]
    [InlineData("state", "StateTest.cs")]
    public void A_snippet_of_the_README_is_the_text_of_a_test(string name, string file)
    {
        string[] source = File.ReadAllLines(Path.Combine(RootFolder, "tests/NetLab.Tests/Readme", file));
        int start = Array.FindIndex(source, l => l.Trim() == $"// README: {name}"), end = Array.FindIndex(source, start, l => l.Trim() == "// README: end");
        string snippet = string.Join('\n', source[(start + 1)..end].Select(l => l.Length >= 4 ? l[4..] : l)).Trim();
        Assert.True(snippet.Split('\n').Length < 25, "A README snippet has less than 25 lines.");
        Assert.Contains(snippet, File.ReadAllText(Path.Combine(RootFolder, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_CSharp_block_of_the_README_is_one_of_these_snippets() =>
        Assert.Equal(5, File.ReadAllText(Path.Combine(RootFolder, "README.md")).Split("```csharp").Length - 1);

    [Fact]
    public void Every_path_that_the_README_names_exists()
    {
        string readme = File.ReadAllText(Path.Combine(RootFolder, "README.md"));
        foreach (System.Text.RegularExpressions.Match path in System.Text.RegularExpressions.Regex.Matches(readme, @"(?<![\w/.-])((?:src|tests|scenarios|docker)/[\w./-]*[\w])"))
        {
            string full = Path.Combine(RootFolder, path.Value);
            Assert.True(File.Exists(full) || Directory.Exists(full), $"The README names {path.Value}, which does not exist.");
        }
    }

    internal static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "NetLab.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("NetLab.sln is in no folder above the tests.");
    }
}
