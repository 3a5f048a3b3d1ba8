using System.Diagnostics;

namespace NetLab.Packets.Tests.Tshark;

/// <summary>A fact that needs tshark: skipped with that reason where it is not installed, unless NETLAB_REQUIRE says that it may not be.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TsharkFactAttribute : FactAttribute
{
    private static readonly bool IsInstalled = Environment.GetEnvironmentVariable("PATH") is { } path
        && path.Split(':').Any(directory => File.Exists(Path.Combine(directory, "tshark")));

    public TsharkFactAttribute()
    {
        var required = Environment.GetEnvironmentVariable("NETLAB_REQUIRE")?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (!IsInstalled && !required.Contains("all", StringComparer.OrdinalIgnoreCase)
            && !required.Contains("TsharkProgram", StringComparer.OrdinalIgnoreCase))
        {
            Skip = "tshark is not installed (package tshark); NETLAB_REQUIRE=all or =TsharkProgram makes this a failure";
        }
    }

    /// <summary>Runs tshark and gives the lines that it prints.</summary>
    internal static IReadOnlyList<string> Run(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"tshark ended with {process.ExitCode}: {error.Result}");
        return output.TrimEnd('\n').Split('\n');
    }
}
