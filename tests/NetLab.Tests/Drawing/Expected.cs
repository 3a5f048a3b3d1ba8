using System.Runtime.CompilerServices;

namespace NetLab.Tests.Drawing;

/// <summary>
/// Compares a drawing with a file of <c>Drawing/Expected</c>. To take a new drawing over after looking at it, run the tests with
/// <c>NETLAB_ACCEPT_DRAWINGS=1</c> in the environment and look at the difference in git.
/// </summary>
internal static class Expected
{
    public static void Matches(string name, string actual, [CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("NETLAB_ACCEPT_DRAWINGS") == "1")
        {
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "Expected", name), actual);
        }

        using var stream = typeof(Expected).Assembly.GetManifestResourceStream($"Expected/{name}");
        Assert.True(stream is not null, $"There is no Drawing/Expected/{name}; NETLAB_ACCEPT_DRAWINGS=1 makes it from the drawing.");
        using var reader = new StreamReader(stream);
        Assert.Equal(reader.ReadToEnd(), actual, ignoreLineEndingDifferences: true);
    }
}
