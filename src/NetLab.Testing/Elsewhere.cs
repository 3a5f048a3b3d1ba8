using System.ComponentModel;
using System.Diagnostics;

namespace NetLab.Testing;

/// <summary>
/// Whether the lab tests of this process run in a container: where an assembly asks for it, this process may not build labs, and a container engine answers.
/// Tests are then found as if nothing were missing here.
/// </summary>
internal static class Elsewhere
{
    /// <summary>The environment variable that names the engine's program: <c>docker</c>, <c>podman</c>.</summary>
    public const string Variable = "NETLAB_ENGINE";

    /// <summary>Set in a container that tests were started in.</summary>
    public const string InsideVariable = "NETLAB_INSIDE";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly Lazy<(string? Engine, string? Why)> Decision = new(Decide);
    private static bool _isAsked;

    /// <summary>The program of the engine; null where tests run in this process.</summary>
    public static string? Engine => _isAsked ? Decision.Value.Engine : null;

    /// <summary>Why there is no container, where one was asked for and is needed; null otherwise.</summary>
    public static string? WhyNot => _isAsked ? Decision.Value.Why : null;

    /// <summary>Whether this process is one that was started in a container to run tests.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(InsideVariable) is { Length: > 0 };

    /// <summary>The assembly wants its lab tests in a container where they cannot run here. Called before any of them is found.</summary>
    public static void Ask() => _isAsked = true;

    private static (string?, string?) Decide()
    {
        if (IsInside || !Requirement.Of([]).LacksPrivileges)
        {
            return (null, null);
        }

        string[] engines = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named] : ["docker", "podman"];
        var refusals = new List<string>();
        foreach (var engine in engines)
        {
            if (Try(engine) is not { } refusal)
            {
                return (engine, null);
            }

            refusals.Add($"{engine}: {refusal}");
        }

        return (null, $"no container engine answers ({string.Join("; ", refusals)})");
    }

    // Null where it answers.
    private static string? Try(string engine)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(engine, ["ps", "--quiet"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Longest))
            {
                process.Kill();
                return $"no answer within {Longest.TotalSeconds} s";
            }

            Task.WaitAll(output, error);
            return process.ExitCode == 0 ? null : error.Result.Trim().Split('\n')[0];
        }
        catch (Win32Exception refused)
        {
            return refused.Message;
        }
    }
}
