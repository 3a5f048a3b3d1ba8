namespace NetLab.Torture;

/// <summary>Where things are.</summary>
internal static class Files
{
    /// <summary>The folder that holds the sources.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The netlab command beside this program.</summary>
    public static string NetLabDll { get; } = Path.Combine(AppContext.BaseDirectory, "NetLab.Cli.dll");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "NetLab.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds NetLab.sln.");
    }
}
