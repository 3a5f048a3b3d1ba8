using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>Teaching labs are verified, validated, begun; and the shell completes the words for it.</summary>
public sealed class LabVerifyTests : IDisposable
{
    private const string Lab = """
        name: a task
        lab:
          nodes:
            sw: { bridges: { br0: {} }, vms: { vm1: { bridge: br0, addresses: 10.0.0.1/24 }, vm2: { bridge: br0, addresses: 10.0.0.2/24 } } }
        steps:
          - task: Silence vm2.
            solution:
              - set: { vm: vm2, answers: [] }
            check:
              - ping: { from: vm1, to: 10.0.0.2, expect: no-reply }

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact(Feature.OvsdbServer, Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl, Feature.NftProgram)]
    public async Task Every_lab_of_the_repository_is_verified()
    {
        var labs = Directory.GetFiles(NetLabProcess.Scenario("labs"), "*.yaml");
        Assert.Equal(6, labs.Length);

        var result = await NetLabProcess.RunAsync(["lab", "verify", .. labs.Order()]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.EndsWith("0 wrong\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_lab_has_a_page_for_the_teacher_with_each_of_its_questions_and_tasks()
    {
        foreach (var lab in Directory.GetFiles(NetLabProcess.Scenario("labs"), "*.yaml"))
        {
            var text = File.ReadAllText(lab);
            var rows = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "labs", Path.ChangeExtension(Path.GetFileName(lab), ".md")))
                .Count(line => line.StartsWith("| ", StringComparison.Ordinal)) - 2;
            int tasks = Count("  - task:"), questions = Count("predict:");
            Assert.True(tasks >= 4 && questions >= 1 && rows >= questions + (tasks / 2), $"{lab}: {tasks} tasks, {questions} questions, {rows} rows");

            int Count(string key) => text.Split(key).Length - 1;
        }
    }

    [LabFact]
    public async Task A_task_that_holds_already_and_one_that_does_not_hold_after_its_solution_are_named()
    {
        var good = await VerifyAsync(Lab);
        Assert.True(good.ExitCode == 0, good.ToString());

        var already = await VerifyAsync(Lab.Replace(", expect: no-reply", "", StringComparison.Ordinal));
        Assert.Equal(1, already.ExitCode);
        Assert.Contains(":6:5: task 1, Silence vm2.: its checks pass before anything is done", already.Output);

        var never = await VerifyAsync(Lab.Replace("vm: vm2", "vm: vm1", StringComparison.Ordinal)
            .Replace("10.0.0.2, expect", "10.0.0.9, expect", StringComparison.Ordinal)
            .Replace("no-reply", "reply", StringComparison.Ordinal));
        Assert.Equal(1, never.ExitCode);
        Assert.Contains("task 1, Silence vm2.: it does not hold after its solution", never.Output);

        var unsolved = await VerifyAsync(Lab.Replace("    solution:\n      - set: { vm: vm2, answers: [] }\n", "", StringComparison.Ordinal));
        Assert.Equal(1, unsolved.ExitCode);
        Assert.Contains("the scenario has no solution", unsolved.Output);
    }

    [LabFact]
    public async Task What_the_machine_lacks_something_for_is_told_and_is_not_wrong()
    {
        var file = Path.Combine(_folder, "guest.yaml");
        await File.WriteAllTextAsync(file, """
            name: a guest
            lab: { nodes: { host: { devices: { tap0: { type: tap, addresses: 10.0.0.1/24 } } } } }
            steps:
              - claim: A guest boots
                check:
                  - boot: { device: 'host:tap0', address: 10.0.0.2/24 }
              - task: Boot a guest.
                solution:
                  - boot: { device: 'host:tap0', address: 10.0.0.3/24, as: other }
                check:
                  - exec: { node: host, run: ping -c 1 -W 1 10.0.0.3 }
              - boot: { device: 'host:tap0', address: 10.0.0.4/24, as: third }
              - exec: { node: host, run: ping -c 1 -W 1 10.0.0.4 }
            """);

        var verified = await NetLabProcess.RunWithoutGuestsAsync("lab", "verify", file);

        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Matches("""
            claim 1, A guest boots: skipped: this machine has no .*
            .*task 2, Boot a guest.: skipped: this machine has no .*
            .*boot 3, .*: skipped: this machine has no .*
            .*exec 4, .*: skipped: not run, because the change in line 12 was skipped
            0 wrong
            """, verified.Output);
    }

    [LabFact]
    public async Task A_step_that_did_not_run_since_a_change_failed_is_wrong_and_nothing_that_the_machine_lacks()
    {
        var verified = await VerifyAsync(Lab.Split("  - task")[0] + "  - exec: { node: sw, run: 'false' }\n  - set: { device: 'sw:tap-vm1', mtu: 65535 }\n"
            + "  - exec: { node: sw, run: 'true' }\n");

        Assert.Equal(1, verified.ExitCode);
        Assert.Matches("exec 3, .*: not run, because the change in line 7 failed\n3 wrong\n", verified.Output);
    }

    [LabFact]
    public async Task What_new_writes_is_valid_and_holds()
    {
        foreach (var kind in new[] { "lab", "scenario" })
        {
            var name = Path.Combine(_folder, kind);
            Assert.Equal(0, (await NetLabProcess.RunAsync("new", kind, name)).ExitCode);
            Assert.Contains("is there already", (await NetLabProcess.RunAsync("new", kind, name)).Error);
            Assert.Equal($"✓ {name}.yaml  {kind}\n", (await NetLabProcess.RunAsync("validate", $"{name}.yaml")).Output);
            var verified = await NetLabProcess.RunAsync("lab", "verify", $"{name}.yaml");
            Assert.True(verified.ExitCode == 0, verified.ToString());
        }
    }

    [Fact]
    public async Task A_file_that_is_no_scenario_does_not_validate()
    {
        var bad = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(bad, "name: x\nlab: { nods: {} }\n");
        var result = await NetLabProcess.RunAsync("validate", bad);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains($"{bad}:2:", result.Error);
    }

    [Theory]
    [InlineData("netlab ex", "exec", "explain")]
    [InlineData("netlab run --de", "--demo")]
    [InlineData("netlab new l", "lab")]
    [InlineData("netlab bugs run LP-171", "LP-1715317")]
    public async Task The_shell_completes_what_can_stand_there(string line, params string[] words)
    {
        var result = await NetLabProcess.RunAsync("complete", "--", line);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(words, result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task The_script_for_bash_is_a_script()
    {
        var script = (await NetLabProcess.RunAsync("completion", "bash")).Output;
        var file = Path.Combine(_folder, "completion");
        await File.WriteAllTextAsync(file, script + "\ncomplete -p netlab\n");

        var bash = await NetLabProcess.FinishAsync(System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", [file])
            { RedirectStandardOutput = true, RedirectStandardError = true })!);

        Assert.Equal(new NetLabResult(0, "complete -o default -F _netlab netlab\n", ""), bash);
    }

    private async Task<NetLabResult> VerifyAsync(string yaml)
    {
        var file = Path.Combine(_folder, "lab.yaml");
        await File.WriteAllTextAsync(file, yaml);
        return await NetLabProcess.RunAsync("lab", "verify", file);
    }
}
