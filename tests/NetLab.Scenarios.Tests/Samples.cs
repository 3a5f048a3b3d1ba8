namespace NetLab.Scenarios.Tests;

/// <summary>Small scenarios, described and not built.</summary>
internal static class Samples
{
    /// <summary>A node h1 with these devices, whose eth0 is linked to a node h2.</summary>
    public static Node NodeWith(string devices) => ScenarioRun.Describe(ScenarioDocument.Parse($$"""
        name: devices
        lab:
          nodes:
            h1:
              devices:
                {{devices}}
            h2: {}
          links: ['h1:eth0 -- h2:eth0']
        """)).Lab.FindNode("h1")!;
}
