namespace NetLab.Install.Tests;

/// <summary>Reads the blocks of a page.</summary>
internal static class Markdown
{
    /// <summary>The fenced blocks of a file of the repository, in order: their kind and their text.</summary>
    public static IReadOnlyList<(string Kind, string Text)> BlocksOf(string file)
    {
        var parts = File.ReadAllText(Path.Combine(SourceTree.Root, file)).Split("```");
        return [.. parts.Where((_, i) => i % 2 == 1).Select(p => p.Split('\n', 2)).Select(p => (p[0], p[1].Trim()))];
    }
}
