namespace NetLab;

/// <summary>The folder that the sources are in: a test holds the pages to what the code prints, and runs the scenarios that are there.</summary>
internal static class SourceTree
{
    /// <summary>The folder that holds NetLab.sln, above the running program.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "NetLab.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds NetLab.sln.");
    }
}
