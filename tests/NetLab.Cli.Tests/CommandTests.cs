using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>The command as a process: exit codes, and who writes what where.</summary>
public sealed partial class CommandTests : IDisposable
{
    private const int Interrupt = 2, Continue = 18, Stop = 19; // SIGINT, SIGCONT, SIGSTOP

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--help", "run <file>")]
    [InlineData("run --help", "--json")]
    [InlineData("draw --help", "--format")]
    [InlineData("doctor --help", "--json")]
    public async Task Help_is_given_and_is_fine(string arguments, string holds)
    {
        var result = await NetLabProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(holds, result.Output);
        Assert.Contains("netlab", result.Output);
        Assert.DoesNotContain("NetLab.Cli", result.Output);
    }

    [Theory]
    [InlineData("bogus", "there is no command 'bogus'; there are run, capture, explain, draw, ")]
    [InlineData("run", "Required argument 'file' missing")]
    [InlineData("run --jsn x.yaml", "no option '--jsn'")]
    [InlineData("draw x.yaml --format png", "'png' not recognized")]
    [InlineData("doctor now", "'now'")]
    [InlineData("run no-such-file.yaml", "there is no file no-such-file.yaml")]
    [InlineData("draw no-such-folder/x.yaml", "there is no file no-such-folder/x.yaml")]
    [InlineData("run src", "src is a directory without a scenario")]
    [InlineData("draw scenarios", "scenarios is a directory")]
    [InlineData("run scenarios --shard 9/8", "--shard says shard 9 of 8, which there is not")]
    [InlineData("run scenarios --shard three", "--shard is 'three', and a shard is written 3/8")]
    [InlineData("run scenarios --shard auto", "NETLAB_SHARD (3/8), CI_NODE_INDEX with CI_NODE_TOTAL (GitLab)")]
    [InlineData("run scenarios --times x.json", "--times is for --shard")]
    [InlineData("shard no-such.dll --shard 1/2 --results x", "there is no file no-such.dll: build the tests first")]
    [InlineData("merge no-such-folder", "no-such-folder holds no results")]
    [InlineData("merge docker", "docker holds no results")]
    public async Task Wrong_usage_is_told_on_standard_error_with_exit_code_2(string arguments, string message)
    {
        var result = await NetLabProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error);
        Assert.Empty(result.Output);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Fact]
    public async Task Every_mistake_of_every_file_is_told_by_its_place_and_nothing_is_run()
    {
        string good = Write("good.yaml", Samples.Yaml), bad = Write("bad.yaml", Samples.Yaml.Replace("br0: {}", "a-name-that-is-too-long: {}"));

        var result = await NetLabProcess.RunAsync("run", good, bad);

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains($"{bad}:7:", result.Error);
        Assert.DoesNotContain("good.yaml", result.Error);
    }

    [Fact]
    public async Task A_mistake_is_a_json_document_where_one_was_asked_for()
    {
        var bad = Write("bad.yaml", "name: x\nlab:\n  nods: {}\n");

        var result = await NetLabProcess.RunAsync("run", bad, "--json");

        Assert.Equal(2, result.ExitCode);
        var diagnostic = result.Json["error"]!["diagnostics"]![0]!;
        Assert.Equal((bad, 3), ((string)diagnostic["file"]!, (int)diagnostic["line"]!));
        Assert.Contains("nods", (string)diagnostic["wrong"]!);
        Assert.Contains($"{bad}:3:", result.Error);
    }

    [Theory]
    [InlineData("run no-such-file.yaml --json")]
    [InlineData("bogus --json")]
    public async Task Standard_output_is_one_json_document_whatever_goes_wrong(string arguments)
    {
        var result = await NetLabProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(2, (int)result.Json["exitCode"]!);
    }

    [Fact]
    public async Task A_scenario_is_drawn_in_each_format()
    {
        string file = Write("two.yaml", Samples.Yaml), svg = Path.Combine(_folder, "two.svg"), mermaid = Path.Combine(_folder, "two.mmd");

        var text = await NetLabProcess.RunAsync("draw", file);
        var direct = await NetLabProcess.RunAsync("draw", file, "--format", "svg");
        var saved = await NetLabProcess.RunAsync("draw", file, "-o", svg);
        await NetLabProcess.RunAsync("draw", file, "--output", mermaid);

        Assert.Contains("│ ├─ tap-vm01 ┄┄┄ eth0  vm01", text.Output);
        Assert.Equal("svg", XDocument.Parse(direct.Output).Root!.Name.LocalName);
        Assert.Equal(direct.Output, await File.ReadAllTextAsync(svg));
        Assert.Empty(saved.Output);
        Assert.StartsWith("---\ntitle:", await File.ReadAllTextAsync(mermaid), StringComparison.Ordinal);
        Assert.Equal([0, 0, 0], [text.ExitCode, direct.ExitCode, saved.ExitCode]);
    }

    [Fact]
    public async Task A_drawing_is_a_json_document_where_one_was_asked_for()
    {
        var result = await NetLabProcess.RunAsync("draw", Write("two.yaml", Samples.Yaml), "--format", "mermaid", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("flowchart", (string)result.Json["drawing"]!);
        Assert.Equal("mermaid", (string)result.Json["format"]!);
    }

    [Fact]
    public async Task A_drawing_that_cannot_be_written_is_told()
    {
        var result = await NetLabProcess.RunAsync("draw", Write("two.yaml", Samples.Yaml), "-o", Path.Combine(_folder, "no", "such", "folder.svg"));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("cannot be written", result.Error);
    }

    [Fact]
    public async Task Drawing_needs_no_privilege()
    {
        var result = await NetLabProcess.RunWithoutPrivilegesAsync("draw", Write("two.yaml", Samples.Yaml));

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task The_doctor_says_what_the_probe_says()
    {
        NetLabResult text = await NetLabProcess.RunAsync("doctor"), json = await NetLabProcess.RunAsync("doctor", "--json");

        var canRun = LabFeatures.Basic.All(f => Capabilities.Of(f).Available);
        Assert.Equal(canRun ? 0 : 3, text.ExitCode);
        Assert.Equal(text.ExitCode, json.ExitCode);
        Assert.Equal(canRun, (bool)json.Json["canRun"]!["basic"]!);
        Assert.Equal(
            Capabilities.All.Select(f => (f.Feature.ToString(), f.Available)),
            json.Json["features"]!.AsArray().Select(f => ((string)f!["feature"]!, (bool)f["available"]!)));
        Assert.All(Capabilities.All, f => Assert.Contains(f.Name, text.Output));

        var kernelLacks = Capabilities.All.Any(f => !f.Available && f.KernelOption is not null);
        Assert.Equal(kernelLacks, text.Output.Contains("docker/netlab --vm 6.12 doctor", StringComparison.Ordinal));
        Assert.Equal(kernelLacks ? "docker/netlab --vm 6.12" : null, (string?)json.Json["onAnotherKernel"]);
    }

    [Fact]
    public async Task The_doctor_and_the_reason_of_a_skipped_test_say_the_same_of_what_is_missing()
    {
        NetLabResult text = await NetLabProcess.RunAsync("doctor"), json = await NetLabProcess.RunAsync("doctor", "--json");
        var page = string.Join(' ', text.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

        foreach (var told in json.Json["features"]!.AsArray().OfType<JsonNode>().Where(f => !(bool)f["available"]!))
        {
            // Without a reason the test is not skipped but fails: NETLAB_REQUIRE asks for the feature.
            if (new LabFactAttribute(Enum.Parse<Feature>((string)told["feature"]!)).Skip is { } reason)
            {
                Assert.Contains($"{told["name"]} is not available here", reason);
                Assert.Contains(told["kernelOption"] is { } option ? $"The kernel option is {option}. {told["remedy"]}." : $"{told["remedy"]}.", reason);
                Assert.Contains(told["kernelOption"] is { } shown ? $"Kernel option {shown}. {told["remedy"]}" : $"{told["remedy"]}", page);
            }
        }
    }

    [Fact]
    public async Task Without_privileges_the_doctor_names_them_and_a_run_says_what_to_do()
    {
        NetLabResult doctor = await NetLabProcess.RunWithoutPrivilegesAsync("doctor"),
            run = await NetLabProcess.RunWithoutPrivilegesAsync("run", Write("two.yaml", Samples.Yaml));

        Assert.True(doctor.ExitCode == 3, doctor.ToString());
        Assert.Contains("✗ capability CAP_NET_ADMIN", doctor.Output);
        Assert.True(run.ExitCode == 3, run.ToString());
        Assert.Contains("CAP_NET_ADMIN", run.Error);
        Assert.Contains("Run as root", run.Error);
        Assert.DoesNotContain("veth", run.Error);
    }

    [LabFact]
    public async Task A_scenario_that_holds_is_fine_and_shows_the_way_of_its_frames()
    {
        var result = await NetLabProcess.RunAsync("run", Write("two.yaml", Samples.Yaml));

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("vm01 > tap-vm01 > br0 > tap-vm02 > vm02", result.Output);
        Assert.Contains("1 passed, 0 failed, 0 skipped", result.Output);
        Assert.Empty(result.Error);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [LabFact]
    public async Task A_capture_holds_every_frame_of_a_run_with_an_interface_for_each_device()
    {
        string scenario = Write("two.yaml", Samples.Yaml), file = scenario + ".pcapng";
        var result = await NetLabProcess.RunAsync("capture", scenario, "-o", file);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("1 passed, 0 failed, 0 skipped", result.Output);
        var capture = CaptureFile.Read(file);
        Assert.Equal($"{file}: {capture.Packets.Count} frames of 1 node\n", result.Error);
        Assert.Equal(
            ["host/tap-vm01 Inbound", "host/tap-vm02 Outbound"],
            capture.Packets.Where(p => p.Frame!.Icmp?.Type == IcmpType.EchoRequest).Select(p => $"{p.Interface.Name} {p.Direction}"));
    }

    [LabFact]
    public async Task A_capture_that_cannot_be_written_is_bad_input()
    {
        var result = await NetLabProcess.RunAsync("capture", Write("two.yaml", Samples.Yaml), "-o", "/nowhere/at/all.pcapng");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("/nowhere/at/all.pcapng cannot be written", result.Error);
    }

    [LabFact]
    public async Task A_scenario_that_does_not_hold_has_exit_code_1_and_says_why()
    {
        var file = Write("wrong.yaml", Samples.Yaml + "  - { name: wrong, send: { from: vm01, to: vm02, udp: 53 }, expect-none: vm02 }\n");

        NetLabResult text = await NetLabProcess.RunAsync("run", file), json = await NetLabProcess.RunAsync("run", file, "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.Contains("✗ 2  wrong", text.Output);
        Assert.Contains("Expected VM vm02 not to receive the frame", text.Output);
        var scenario = json.Json["scenarios"]![0]!;
        Assert.Equal((1, 1), ((int)scenario["passed"]!, (int)scenario["failed"]!));
        var step = scenario["steps"]![1]!;
        Assert.Equal("failed", (string)step["outcome"]!);
        Assert.Equal(["vm01", "tap-vm01", "br0", "tap-vm02", "vm02"], step["frame"]!["copies"]![0]!["path"]!.AsArray().Select(p => (string)p!));
        Assert.Equal(1, (int)json.Json["exitCode"]!);
    }

    [LabFact]
    public async Task Several_scenarios_are_summed_up_and_one_failure_counts()
    {
        string good = Write("good.yaml", Samples.Yaml),
            wrong = Write("wrong.yaml", Samples.Yaml.Replace("vm01 -> vm02", "{ from: vm01, to: vm02, expect: no-reply }"));

        NetLabResult result = await NetLabProcess.RunAsync("run", wrong, good), json = await NetLabProcess.RunAsync("run", good, wrong, "--json");

        Assert.Equal((1, 1), (result.ExitCode, json.ExitCode));
        Assert.Contains($"failed  {wrong}", result.Output);
        Assert.Contains($"passed  {good}", result.Output);
        Assert.Equal([true, false], json.Json["scenarios"]!.AsArray().Select(s => (bool)s!["succeeded"]!));
    }

    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces)]
    public Task An_interrupted_run_ends_at_once_and_says_so() => InterruptAsync(process => Assert.Equal(0, kill(process, Interrupt)));

    // As on a machine that is busy with other things.
    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces)]
    public Task An_interrupted_run_that_gets_no_processor_for_a_while_says_so_too() => InterruptAsync(process =>
    {
        Assert.Equal(0, kill(process, Interrupt));
        // Until it has ended: of a process that has, the first call may still be told well, and the second no more.
        for (var i = 0; i < 40 && kill(process, Stop) == 0; i++)
        {
            Thread.Sleep(80);
            if (kill(process, Continue) != 0) break;
            Thread.Sleep(1);
        }
    });

    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces, Feature.OvsVswitchd, Feature.OvsdbServer, Feature.OvsVsctl,
        Feature.OvsOfctl)]
    public async Task The_hybrid_plug_shows_the_way_through_real_Open_vSwitch()
    {
        var result = await NetLabProcess.RunAsync("run", NetLabProcess.Scenario("openstack/hybrid-plug.yaml"), "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        var paths = result.Json["scenarios"]![0]!["steps"]!.AsArray().Where(s => s!["frame"] is not null)
            .SelectMany(s => s!["frame"]!["copies"]!.AsArray()).Select(c => string.Join(" > ", c!["path"]!.AsArray().Select(p => (string)p!)));
        Assert.Contains(paths, p => p.StartsWith("vm01 > tap", StringComparison.Ordinal) && p.Contains(" > br-int > ", StringComparison.Ordinal)
            && p.EndsWith(" > vm02", StringComparison.Ordinal));
        Assert.DoesNotContain(paths, p => p.StartsWith("vm01", StringComparison.Ordinal) && p.EndsWith(" > vm03", StringComparison.Ordinal));
    }

    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces, Feature.OvsVswitchd, Feature.OvsdbServer, Feature.OvsVsctl,
        Feature.OvsOfctl)]
    public async Task The_first_teaching_lab_decides_each_of_its_claims()
    {
        var result = await NetLabProcess.RunAsync("run", NetLabProcess.Scenario("labs/01-tap-or-veth.yaml"));

        Assert.True(result.ExitCode == 0, result.ToString());
        var claims = result.Output.Split("  Claim: ").Length - 1;
        Assert.True(claims >= 5, result.Output);
        var skipped = result.Output.Split("⇒ Skipped.").Length - 1;
        Assert.Equal(claims - skipped, result.Output.Split("⇒ It ").Length - 1);
        Assert.True(skipped == result.Output.Split("this machine has no ").Length - 1, result.Output); // QEMU
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private async Task InterruptAsync(Action<int> interrupt)
    {
        var file = Write("long.yaml", Samples.Yaml + "  - exec: { node: host, run: sleep 1000 }\n");
        using var process = NetLabProcess.Start("run", file);
        string line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("It ended before it began.");
        }
        while (!line.Contains("✓ 1", StringComparison.Ordinal));

        interrupt(process.Id);
        var result = await NetLabProcess.FinishAsync(process);

        Assert.Equal(130, result.ExitCode);
        Assert.Contains("interrupted", result.Error);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
