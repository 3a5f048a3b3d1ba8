using System.ComponentModel;
using System.Diagnostics;

namespace NetLab.Install.Tests;

/// <summary>A test that needs a container engine; skipped with the reason where none answers.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute
{
    public EngineTheoryAttribute() => Skip = Engines.WhyNoDocker;
}

/// <summary>A test of Podman without root; skipped with the reason where it is not installed, or no Docker answers, which makes its image.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PodmanFactAttribute : FactAttribute
{
    public PodmanFactAttribute() => Skip = Engines.WhyNoDocker ?? Engines.WhyNoPodman;
}

internal static class Engines
{
    public static readonly string? WhyNoDocker = Ask(), WhyNoPodman = Find("podman", "newuidmap", "catatonit");

    private static string? Find(params string[] programs)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        var missing = programs.Where(p => !folders.Any(f => File.Exists(Path.Combine(f, p)))).ToArray();
        return !Environment.IsPrivilegedProcess ? "only root may make another user of itself, to try Podman as that"
            : missing.Length > 0 ? $"no {string.Join(", ", missing)} for a container engine like docker: apt-get install podman uidmap catatonit" : null;
    }

    private static string? Ask()
    {
        try
        {
            var start = new ProcessStartInfo("docker", ["ps", "--quiet"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                process.Kill();
                return "no container engine answers docker within 10 s";
            }

            Task.WaitAll(output, error);
            return process.ExitCode == 0 ? null : $"no container engine answers docker: {error.Result.Trim()}";
        }
        catch (Win32Exception refused)
        {
            return $"no container engine answers, docker cannot be started: {refused.Message}";
        }
    }
}
