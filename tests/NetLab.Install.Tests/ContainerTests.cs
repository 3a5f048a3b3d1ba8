using System.Diagnostics;
using System.Xml.Linq;

namespace NetLab.Install.Tests;

/// <summary>Tests of a process that may not build labs run in a container, and are told as if they had run here.</summary>
[Collection(nameof(LocalFeed))]
public sealed class ContainerTests(LocalFeed feed)
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    // Root without capabilities may no more than any user; any image with .NET will do here.
    private const string User = "setpriv --inh-caps=-all --bounding-set=-all env NETLAB_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0";

    // The tests run one after the other, and each project is built once.
    private static readonly Dictionary<string, Task<string>> Built = [];

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

    [EngineTheory]
    [InlineData("v2", "vstest")]
    [InlineData("v3", "vstest")]
    [InlineData("v3", "mtp")]
    public async Task Each_test_is_told_with_its_outcome_its_words_and_its_output(string xunit, string runner)
    {
        var folder = await BuildAsync(xunit, runner);
        var trx = runner == "mtp" ? "--report-xunit-trx --report-xunit-trx-filename r.trx" : "--logger 'trx;LogFileName=r.trx'";

        (var code, var output) = await feed.RunAsync(folder, $"{User} dotnet test --no-build {trx} --results-directory results");

        Assert.True(code is 1 or 2, output);
        var results = XDocument.Load(Path.Combine(folder, "results/r.trx")).Descendants(Trx + "UnitTestResult")
            .ToDictionary(r => (string)r.Attribute("testName")!);
        var outcomes = results.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {(string)r.Value.Attribute("outcome")!}");
        Assert.Equal("""
            Labs.Crashes Passed, Labs.Fails Failed, Labs.Inside Passed, Labs.Outside Passed, Labs.Row(address: "10.0.0.2") Passed,
            Labs.Row(address: "10.0.0.3") Passed, Labs.Skipped NotExecuted, Labs.Waits Passed
            """.ReplaceLineEndings(" "), string.Join(", ", outcomes));
        Assert.Contains("ran in docker", results["Labs.Inside"].Value, StringComparison.Ordinal);
        Assert.Contains("ran here", results["Labs.Outside"].Value, StringComparison.Ordinal);
        Assert.Contains("not now", results["Labs.Skipped"].Value, StringComparison.Ordinal);
        Assert.True(TimeSpan.Parse(results["Labs.Fails"].Attribute("duration")!.Value) > TimeSpan.Zero, "no time");
        var error = results["Labs.Fails"].Descendants(Trx + "ErrorInfo").Single();
        var failed = error.Element(Trx + "Message")!.Value;
        Assert.Contains("Expected VM vm2 not to receive", failed, StringComparison.Ordinal);
        Assert.Contains("Tests.cs:line", error.Element(Trx + "StackTrace")!.Value, StringComparison.Ordinal);
        var bundle = failed.Split("Bundle: ")[1].Split('\n')[0].Trim();
        Assert.Equal(feed.Bundles, Path.GetDirectoryName(bundle));
        Assert.Contains("Expected VM vm2 not to receive", File.ReadAllText(Path.Combine(bundle, "failure.txt")), StringComparison.Ordinal);
    }

    [EngineTheory]
    [InlineData("v2")]
    [InlineData("v3")]
    public async Task A_filter_holds_a_crash_is_told_and_an_interrupt_leaves_no_container(string xunit)
    {
        var folder = await BuildAsync(xunit, "vstest");
        var scratch = Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName;

        (_, var filtered) = await feed.RunAsync(folder, $"{User} dotnet test --no-build --filter DisplayName~10.0.0.3");
        (_, var crashed) = await feed.RunAsync(folder, $"{User} NETLAB_MAY_CRASH=1 dotnet test --no-build --filter DisplayName~Crashes");
        (_, var imageless) = await feed.RunAsync(folder, $"{User} NETLAB_IMAGE=localhost:1/none dotnet test --no-build --filter DisplayName~Inside");
        (_, var interrupted) = await feed.RunAsync(folder, $$"""
            containers() { docker ps --all --quiet --filter volume={{folder}}/bin/Debug/net10.0 "$@"; }
            set -m
            {{User}} NETLAB_MAY_WAIT=1 TMPDIR={{scratch}} env --default-signal=INT dotnet test --no-build --filter DisplayName~Waits & run=$!
            trap 'kill -KILL -- -$run 2>/dev/null' EXIT INT TERM
            for i in $(seq 300); do [ -z "$(containers --filter status=running)" ] || break; sleep 0.1; done
            [ -n "$(containers --filter status=running)" ] && echo 'it runs'
            kill -INT -- -$run
            for i in $(seq 100); do [ -n "$(containers)" ] || break; sleep 0.1; done
            [ -z "$(containers)" ] && echo 'it is gone'
            """);

        Assert.Contains("Passed:     1, Skipped:     0, Total:     1", filtered, StringComparison.Ordinal);
        Assert.Contains("The container ended while this test ran. The container ended with exit code 134.", crashed, StringComparison.Ordinal);
        Assert.Contains("the end of it", crashed, StringComparison.Ordinal);
        Assert.Contains("'docker build --tag netlab-run --file docker/Dockerfile.run docker' makes netlab-run; NETLAB_IMAGE names another", imageless,
            StringComparison.Ordinal);
        Assert.Contains("it runs", interrupted, StringComparison.Ordinal);
        Assert.Contains("it is gone", interrupted, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(scratch, "netlab*"));
    }

    [Fact]
    public async Task Without_an_engine_the_reason_of_the_skip_says_so()
    {
        var folder = await BuildAsync("v3", "vstest");
        (var code, var output) = await feed.RunAsync(folder, $"{User} NETLAB_ENGINE=no-such-engine dotnet test --no-build --logger 'console;verbosity=normal'");
        Assert.True(code == 0, output);
        Assert.Contains("no container engine answers (no-such-engine: ", output, StringComparison.Ordinal);
        Assert.Contains("Passed Labs.Outside", output, StringComparison.Ordinal);
    }

    private Task<string> BuildAsync(string xunit, string runner) =>
        Built.TryGetValue(xunit + runner, out var built) ? built : Built[xunit + runner] = BuildOnceAsync(xunit, runner);

    private async Task<string> BuildOnceAsync(string xunit, string runner)
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

/// <summary>A test that needs a container engine; skipped with the reason where none answers.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute
{
    private static readonly string? WhyNot = Ask();

    public EngineTheoryAttribute() => Skip = WhyNot;

    private static string? Ask()
    {
        try
        {
            var start = new ProcessStartInfo("docker", ["ps", "--quiet"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                process.Kill();
                return "no container engine answers docker within a minute";
            }

            Task.WaitAll(output, error);
            return process.ExitCode == 0 ? null : $"no container engine answers docker: {error.Result.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            return $"no container engine answers, docker cannot be started: {refused.Message}";
        }
    }
}
