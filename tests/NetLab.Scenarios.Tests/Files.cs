using System.Runtime.CompilerServices;

namespace NetLab.Scenarios.Tests;

/// <summary>Where the scenario files of the repository and of these tests are.</summary>
internal static class Files
{
    public static string TestFolder { get; } = Path.GetDirectoryName(Here())!;

    public static string Root { get; } = Path.GetFullPath(Path.Combine(TestFolder, "../.."));

    public static string Scenarios { get; } = Path.Combine(Root, "scenarios");

    private static string Here([CallerFilePath] string path = "") => path;
}
