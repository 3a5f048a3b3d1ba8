namespace NetLab.Install.Tests;

/// <summary>A project of lab tests of every outcome, which run in a container where its process may not build labs.</summary>
internal static class ContainedTests
{
    private const string Tests = """
        using NetLab;
        using NetLab.Packets;
        using NetLab.Xunit;
        #if V2
        using Xunit.Abstractions;
        #endif

        [assembly: LabTestsInContainer]

        public sealed class Labs(ITestOutputHelper output) : LabTestBase(output)
        {
            private static string Where => Environment.GetEnvironmentVariable("NETLAB_INSIDE") ?? "here";

            [LabTheory]
            [InlineData("10.0.0.2")]
            [InlineData("10.0.0.3")]
            public async Task Row(string address)
            {
                var (vm1, vm2) = await VmsAsync(address);
                (await vm1.PingAsync(vm2)).ShouldSucceed();
            }

            [LabFact]
            public async Task Fails()
            {
                var (vm1, vm2) = await VmsAsync("10.0.0.2");
                (await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "x"))).ShouldNotReach(vm2);
            }

            [LabFact(Skip = "not now")]
            public void Skipped() { }

            // What a test leaves of a line is not taken for a message, nor the message behind it lost.
            [LabFact]
            public void Inside()
            {
                Console.Write("unfinished");
                Output.WriteLine($"ran in {Where}");
            }

            [Fact]
            public void Outside() => Output.WriteLine($"ran {Where}");

            [LabFact]
            public void Crashes()
            {
                if (Environment.GetEnvironmentVariable("NETLAB_MAY_CRASH") is not null) Environment.FailFast("the end of it");
            }

            [LabFact]
            public async Task Waits() => await Task.Delay(TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("NETLAB_MAY_WAIT") is null ? 0 : 300));

            private async Task<(FakeVm, FakeVm)> VmsAsync(string address)
            {
                var bridge = Lab.AddNode("compute").AddBridge("br0");
                var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
                var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address(address + "/24"));
                await ApplyAsync();
                return (vm1, vm2);
            }
        }
        """;

    // Those who use it run one after the other, and each project is built once.
    private static readonly Dictionary<string, Task<string>> Built = [];

    /// <summary>The folder of the built project.</summary>
    /// <param name="feed">Where its packages are.</param>
    /// <param name="xunit"><c>v2</c> or <c>v3</c>.</param>
    /// <param name="runner"><c>vstest</c> or <c>mtp</c>.</param>
    public static Task<string> BuildAsync(LocalFeed feed, string xunit, string runner) =>
        Built.TryGetValue(xunit + runner, out var built) ? built : Built[xunit + runner] = BuildOnceAsync(feed, xunit, runner);

    private static async Task<string> BuildOnceAsync(LocalFeed feed, string xunit, string runner)
    {
        var name = $"Contained-{xunit}-{runner}";
        var folder = Path.Combine(feed.Folder, name);
        (var code, var output) = await feed.RunAsync(feed.Folder, $"""
            dotnet new install NetLab.Templates --force
            dotnet new netlab-tests --output {name} --xunit {xunit} {(runner == "mtp" ? "--runner mtp" : "")}
            rm {name}/FirstLab.cs
            """);
        Assert.True(code == 0, output);
        await File.WriteAllTextAsync(Path.Combine(folder, "Tests.cs"), Tests);
        (code, output) = await feed.RunAsync(folder, $"dotnet build {(xunit == "v2" ? "-p:DefineConstants=V2" : "")}");
        Assert.True(code == 0, output);
        return folder;
    }
}
