namespace NetLab.Tests.Readme;

/// <summary>What the README and docs/tests.md show is what runs: their C# is the text of tests in this folder.</summary>
public class ReadmeTests
{
    [Theory]
    [InlineData("README.md", "frames", "FatesTest.cs")]
    [InlineData("docs/tests.md", "web server", "WebServerTest.cs")]
    [InlineData("docs/tests.md", "frames", "FatesTest.cs")]
    [InlineData("docs/tests.md", "packets", "../../NetLab.PacketDotNet.Tests/ReadmePacketTest.cs")]
    [InlineData("docs/tests.md", "streams", "StreamTest.cs")]
    [InlineData("docs/tests.md", "state", "StateTest.cs")]
    public void A_snippet_of_a_page_is_the_text_of_a_test(string page, string name, string file)
    {
        var source = File.ReadAllLines(Path.Combine(SourceTree.Root, "tests/NetLab.Tests/Readme", file));
        int start = Array.FindIndex(source, l => l.Trim() == $"// README: {name}"), end = Array.FindIndex(source, start, l => l.Trim() == "// README: end");
        var snippet = string.Join('\n', source[(start + 1)..end].Select(l => l.Length >= 4 ? l[4..] : l)).Trim();
        Assert.True(snippet.Split('\n').Length < 25, "A snippet has less than 25 lines.");
        Assert.Contains(snippet, File.ReadAllText(Path.Combine(SourceTree.Root, page)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/tests.md", 5)]
    public void Every_CSharp_block_of_a_page_is_one_of_these_snippets(string page, int snippets) =>
        Assert.Equal(snippets, File.ReadAllText(Path.Combine(SourceTree.Root, page)).Split("```csharp").Length - 1);
}
