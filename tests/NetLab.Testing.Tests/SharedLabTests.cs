using NetLab.Xunit;

namespace NetLab.Testing.Tests;

public sealed class SharedLabTests
{
    [LabFact]
    public async Task A_lab_that_cannot_be_built_fails_whoever_asks_for_it_with_the_same_exception()
    {
        await using var shared = new SharedLab(lab =>
        {
            lab.AddNode("h1");
            lab.AddNode("h1");
        });
        await shared.BuildAsync();

        var first = Assert.Throws<TopologyException>(() => shared.Lab);

        Assert.Contains("the lab has a node 'h1' already", first.Message);
        Assert.Same(first, Assert.Throws<TopologyException>(() => shared.Lab));
    }

    [LabFact]
    public async Task It_is_applied_before_it_is_ready()
    {
        SharedLab? shared = null;
        var wasApplied = false;
        shared = new SharedLab(lab => lab.AddNode("host"), () =>
        {
            wasApplied = shared!.Lab.IsApplied;
            return Task.CompletedTask;
        });
        await using (shared)
        {
            await shared.BuildAsync();

            Assert.True(wasApplied);
        }
    }

    [LabFact]
    public async Task It_is_built_once_by_whoever_asks_first()
    {
        var built = 0;
        await using var shared = new SharedLab(lab => lab.AddNode($"host{++built}"));

        Assert.True(shared.Lab.IsApplied);
        await shared.BuildAsync();

        Assert.Equal("host1", Assert.Single(shared.Lab.Nodes).Name);
    }
}
