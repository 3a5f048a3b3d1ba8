namespace NetLab.Testing;

/// <summary>How a test is run again.</summary>
internal static class Rerun
{
    /// <summary>The folder of the project that the running tests were built from; the assembly's name where they do not run from a build's output.</summary>
    public static string ProjectOf(string assembly)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, assembly + ".csproj")))
            {
                return folder;
            }
        }

        return assembly;
    }
}
