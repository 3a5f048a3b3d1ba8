using DotNet.Testcontainers.Configurations;

namespace NetLab.Tests;

/// <summary>
/// A test that needs a container engine on this machine, and root to enter the containers' namespaces; skipped with the reason where
/// either is missing, unless <c>NETLAB_REQUIRE</c> says <c>all</c> or <c>engine</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute
{
    public EngineFactAttribute() => Skip = Engine.SkipReason;
}

/// <summary>The same with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute
{
    public EngineTheoryAttribute() => Skip = Engine.SkipReason;
}

internal static class Engine
{
    public static string? SkipReason
    {
        get
        {
            var isThere = ContainerEngine.Prepare(out var why);

            // Its image cannot be had everywhere, and these tests remove their containers themselves.
            TestcontainersSettings.ResourceReaperEnabled = false;
            var required = (Environment.GetEnvironmentVariable("NETLAB_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries);
            if (required.Contains("all") || required.Contains("engine"))
            {
                return null;
            }

            return !isThere ? why : Environment.IsPrivilegedProcess ? null : "only root may enter the network namespaces of containers";
        }
    }
}
