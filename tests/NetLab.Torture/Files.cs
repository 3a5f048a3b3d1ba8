namespace NetLab.Torture;

/// <summary>Where things are.</summary>
internal static class Files
{
    /// <summary>The netlab command beside this program.</summary>
    public static string NetLabDll { get; } = Path.Combine(AppContext.BaseDirectory, "NetLab.Cli.dll");
}
