namespace NetLab.Xunit.Tests;

public sealed class FixtureTests
{
    [Fact]
    public async Task A_fixture_that_cannot_be_built_fails_each_test_with_the_same_words()
    {
        var fixture = new Broken();
        await fixture.InitializeAsync();

        var first = Assert.Throws<TopologyException>(() => new Tests(fixture, new Lines()));
        var second = Assert.Throws<TopologyException>(() => fixture.Lab);

        Assert.Contains("the lab has a node 'h1' already", first.Message);
        Assert.Same(first, second);
        await fixture.DisposeAsync();
    }

    [LabFact]
    public async Task A_fixture_is_applied_once_and_drawn_in_each_test()
    {
        var fixture = new TwoHosts();
        await fixture.InitializeAsync();
        var lines = new Lines();

        _ = new Tests2(fixture, lines);

        Assert.True(fixture.Lab.IsApplied);
        Assert.True(fixture.WasReady);
        Assert.Contains("─ switch ─", lines.Text);
        await fixture.DisposeAsync();
    }

    [LabFact]
    public async Task A_test_draws_its_lab_and_tells_at_the_end_what_its_programs_wrote()
    {
        var lines = new Lines();
        var test = new OwnLab(lines);
        await test.InitializeAsync();

        await test.RunAsync();
        await test.DisposeAsync();

        Assert.Contains("─ switch ─", lines.Text);
        Assert.Contains("h1$ echo hello", lines.Text);
        Assert.Contains("  hello", lines.Text);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => test.RunAsync());
    }

    private sealed class Broken : LabFixture
    {
        protected override void Describe(Lab lab)
        {
            lab.AddNode("h1");
            lab.AddNode("h1");
        }
    }

    private sealed class TwoHosts : LabFixture
    {
        public bool WasReady { get; private set; }

        protected override void Describe(Lab lab) => DescribeTwoHosts(lab);

        protected override Task ReadyAsync()
        {
            WasReady = Lab.IsApplied;
            return Task.CompletedTask;
        }
    }

    private sealed class Tests(Broken fixture, ITestOutputHelper output) : LabTestBase<Broken>(fixture, output);

    private sealed class Tests2(TwoHosts fixture, ITestOutputHelper output) : LabTestBase<TwoHosts>(fixture, output);

    private sealed class OwnLab(ITestOutputHelper output) : LabTestBase(output)
    {
        public async Task RunAsync()
        {
            if (Lab.Nodes.Count == 0)
            {
                DescribeTwoHosts(Lab);
            }

            await ApplyAsync();
            await Lab.Nodes[1].Start("echo", "hello").Exited;
        }
    }

    private static void DescribeTwoHosts(Lab lab)
    {
        var bridge = lab.AddNode("switch").AddBridge("br0");
        lab.AddHost("h1", bridge, "10.0.0.1/24");
        lab.AddHost("h2", bridge, "10.0.0.2/24");
    }

    private sealed class Lines : LongLivedMarshalByRefObject, ITestOutputHelper
    {
        private readonly List<string> _lines = [];

        public string Text => string.Join('\n', _lines);

        public void WriteLine(string message) => _lines.Add(message);

        public void WriteLine(string format, params object[] args) => _lines.Add(string.Format(format, args));
    }
}
