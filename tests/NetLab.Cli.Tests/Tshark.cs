using System.Diagnostics;

namespace NetLab.Cli.Tests;

/// <summary>What tshark reads in a capture file.</summary>
internal static class Tshark
{
    /// <summary>A line for each packet, its fields with tabs between them.</summary>
    public static async Task<string[]> FieldsAsync(string file, params string[] fields)
    {
        var start = new ProcessStartInfo("tshark", ["-r", file, "-T", "fields", .. fields.SelectMany(f => new[] { "-e", f })])
            { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
