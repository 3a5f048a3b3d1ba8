using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>
/// <c>docker/netlab</c> with a fake <c>docker</c> and a fake <c>dotnet</c> on the PATH, over a copy of the script in a tree of its own. What the
/// fakes were called with is in a file, an argument a line.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DockerScriptTests : IDisposable
{
    private const string FakeDocker = """
        #!/bin/bash
        case $1 in
          version) echo 28.0 ;;
          images) if [[ -e $FAKES/image ]]; then echo sha256:1234; fi ;;
          image) echo 123456789 ;;
          build) printf '%s\n' "$@" >"$FAKES/build"; printf 'Step 1/2 : FROM sdk\n---> 1\nStep 2/2 : RUN apt-get\n'; touch "$FAKES/image" ;;
          run) printf '%s\n' "$@" >"$FAKES/run"; exit "${FAKE_EXIT:-0}" ;;
        esac

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public DockerScriptTests()
    {
        Directory.CreateDirectory(Tree("docker"));
        Directory.CreateDirectory(Tree("scenarios"));
        foreach (var file in new[] { "netlab", "test-summary.awk" })
        {
            File.Copy(Path.Combine(SourceTree.Root, "docker", file), Tree("docker", file));
        }

        File.WriteAllText(Tree("docker", "packages.txt"), "bash\n");
        Fake("docker", FakeDocker);
        Fake("dotnet", "#!/bin/bash\n");
        File.WriteAllText(Path.Combine(_folder, "image"), "");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/etc/hostname")]
    [InlineData("/usr/share")]
    [InlineData("/run/netns/x")]
    [InlineData("/proc/self/ns/net")]
    [InlineData("/sys/class")]
    [InlineData("/lib/x")]
    [InlineData("/bin/sh")]
    [InlineData("--output=/dev/stdout")]
    [InlineData("/no/such/folder/x")]
    public async Task A_path_of_the_containers_own_is_handed_on_and_not_mounted(string path)
    {
        var result = await ContainerAsync("run", path);

        Assert.True(result.ExitCode == 0, result.ToString());
        var called = Called();
        Assert.Equal(["sha256:1234", "run", path], called[^3..]);
        Assert.Equal(["release", "tree", "scenarios"], Mounts(called));
    }

    [Fact]
    public async Task What_the_container_cannot_see_is_told()
    {
        NetLabResult hidden = await ContainerAsync("run", "/etc/hostname"), device = await ContainerAsync("run", "/dev/null");

        Assert.EndsWith("netlab: /etc/hostname is not seen in the container, which has its own /etc; put the file elsewhere, or run with --native\n",
            hidden.Error);
        Assert.Empty(device.Error);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("with:colon")]
    [InlineData("with,comma")]
    [InlineData("with\"quote")]
    [InlineData("bindings")]
    public async Task A_folder_of_any_name_is_mounted_at_its_own_path(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        var result = await ContainerAsync("run", Path.Combine(folder, "x.yaml"));

        Assert.True(result.ExitCode == 0, result.ToString());
        var quoted = folder.Replace("\"", "\"\"");
        Assert.Contains($"type=bind,\"source={quoted}\",\"target={quoted}\"", Called());
    }

    [Fact]
    public async Task The_exit_code_is_that_of_the_command_in_the_container()
    {
        Assert.Equal(42, (await FinishAsync("FAKE_EXIT=42", "--container", "doctor")).ExitCode);
    }

    [Fact]
    public async Task The_first_run_says_step_by_step_what_it_does()
    {
        File.Delete(Path.Combine(_folder, "image"));
        var result = await ContainerAsync("doctor");

        Assert.Equal("""
            netlab: building src/NetLab.Cli (a minute or two the first time)
            netlab: building the image netlab-run (some minutes the first time)
            netlab: … 1/2 FROM sdk
            netlab: … 2/2 RUN apt-get
            netlab: the image netlab-run has 123 MB

            """, result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("", (await ContainerAsync("doctor")).Error);
    }

    // As the workflow says them, which is where they are pinned.
    [Theory]
    [InlineData("SDK", "mcr.microsoft.com/dotnet/sdk:10.0")]
    [InlineData("DEBIAN", "debian:bookworm-")]
    public async Task The_workflow_builds_the_images_on_others_by_their_digests(string argument, string image)
    {
        File.Delete(Path.Combine(_folder, "image"));
        string workflow = File.ReadAllText(Path.Combine(SourceTree.Root, ".github/workflows/ci.yml")), variable = $"NETLAB_{argument}_IMAGE";
        var pinned = Regex.Match(workflow, $"^ +{variable}: ({Regex.Escape(image)}\\S*@sha256:[0-9a-f]{{64}})$", RegexOptions.Multiline).Groups[1].Value;

        await FinishAsync($"{variable}={pinned}", "--container", "doctor");

        Assert.Contains($"{argument}={pinned}", File.ReadAllLines(Path.Combine(_folder, "build")));
        Assert.Contains($"FROM ${{{argument}}}", File.ReadAllText(Path.Combine(SourceTree.Root, "docker/Dockerfile.run")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_does_not_build_is_told_with_the_end_of_its_log()
    {
        File.Delete(Path.Combine(_folder, "image"));
        Fake("docker", FakeDocker.Replace("touch \"$FAKES/image\"", "echo 'no route to the registry'; exit 7"));
        var result = await ContainerAsync("doctor");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("no route to the registry", result.Error);
        Assert.Contains("the image does not build", result.Error);
    }

    [Fact]
    public async Task The_command_in_the_container_is_built_anew_for_a_change_and_its_image_is_not()
    {
        Directory.CreateDirectory(Tree("src"));
        Assert.Contains("building src/NetLab.Cli", (await ContainerAsync("doctor")).Error);
        Assert.Empty((await ContainerAsync("doctor")).Error);
        File.WriteAllText(Tree("src", "Changed.cs"), "");
        Assert.Equal("netlab: building src/NetLab.Cli (a minute or two the first time)\n", (await ContainerAsync("doctor")).Error);
    }

    [Fact]
    public async Task A_machine_without_an_SDK_that_fits_builds_the_command_in_a_container()
    {
        Fake("dotnet", "#!/bin/bash\nexit 1\n");
        Fake("docker", FakeDocker.Replace(">\"$FAKES/run\"", ">>\"$FAKES/run\""));

        Assert.Equal(0, (await ContainerAsync("doctor")).ExitCode);
        Assert.Contains("--build-cli", Called());
        Assert.Equal("doctor", Called()[^1]);
    }

    [Theory]
    [InlineData("run", "", "SYS_ADMIN")]
    [InlineData("up", "", "SYS_ADMIN")]
    [InlineData("run", "[name=seccomp,profile=builtin name=rootless]", "all")]
    [InlineData("test", "", "all")]
    [InlineData("sandbox", "", "all")]
    [InlineData("draw", "", "none")]
    [InlineData("merge", "", "none")]
    [InlineData("merge", "[name=seccomp,profile=builtin name=rootless]", "its user's")]
    public async Task A_command_has_the_privileges_that_it_needs(string command, string engine, string privileges)
    {
        Fake("docker", FakeDocker.Replace("version)", $"info) echo '{engine}' ;;\n  version)"));
        await ContainerAsync(command, "x");
        Assert.Equal(privileges == "all", Called().Contains("--privileged"));
        Assert.Equal(privileges == "SYS_ADMIN", Called().Contains("SYS_ADMIN"));
        Assert.Equal(privileges == "none", Called().Contains("--user"));
    }

    [Fact]
    public async Task Podman_is_the_engine_where_it_is_named_and_where_Docker_does_not_answer()
    {
        string docker = Path.Combine(_folder, "run"), podman = Path.Combine(_folder, "podman-run");
        Fake("podman", FakeDocker.Replace("$FAKES/run", "$FAKES/podman-run"));
        await FinishAsync("NETLAB_ENGINE=podman", "--container", "doctor");
        Assert.True(File.Exists(podman) && !File.Exists(docker));

        File.Delete(podman);
        Fake("docker", "#!/bin/bash\nexit 1\n");
        await ContainerAsync("doctor");
        Assert.True(File.Exists(podman));
    }

    [LabFact]
    public async Task Tests_of_which_none_runs_are_wrong_usage()
    {
        Fake("dotnet", "#!/bin/bash\nif [[ $1 == test ]]; then echo 'No test matches the given testcase filter'; fi\n");
        var result = await FinishAsync("FAKE_EXIT=0", "--native", "test", "--filter", "Category=Typo");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("netlab: no test ran: none matches '--filter' 'Category=Typo'", result.Error);
        Assert.EndsWith("\n0 passed, 0 failed, 0 skipped\n", result.Output);
    }

    [LabFact]
    public async Task A_build_that_fails_shows_its_log_and_says_that_nothing_was_started()
    {
        Fake("dotnet", "#!/bin/bash\nif [[ $1 == build ]]; then echo 'error CS1002: ; expected'; exit 1; fi\n");
        var result = await FinishAsync("FAKE_EXIT=0", "--native", "doctor");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("error CS1002: ; expected", result.Error);
    }

    [LabFact]
    public async Task The_command_leaves_no_socket_of_the_runtime_where_it_is_killed()
    {
        Fake("dotnet", "#!/bin/bash\nif [[ $1 == *.dll ]]; then echo \"${1##*/} $DOTNET_EnableDiagnostics\"; fi\n");

        Assert.Equal("NetLab.Cli.dll 0\n", (await FinishAsync("FAKE_EXIT=0", "--native", "doctor")).Output);
        Assert.Equal("NetLab.Torture.dll 0\n", (await FinishAsync("FAKE_EXIT=0", "--native", "torture", "--for", "1s")).Output);
    }

    [LabFact]
    public async Task A_shard_runs_the_tests_that_the_command_chose_and_has_a_folder_of_its_own()
    {
        Directory.CreateDirectory(Tree("tests", "A.Tests"));
        Fake("dotnet", "#!/bin/bash\nif [[ $1 == *.dll || $1 == test ]]; then printf '%s ' \"${1##*/}\" \"${@:2}\"; echo; fi\n");

        var result = await FinishAsync("FAKE_EXIT=0", "--native", "test", "--shard=3/8", "--times", "t.json", "--filter", "Category=X", "--blame");

        var folder = Tree("artifacts", "test-results", "shard-3-of-8");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"NetLab.Cli.dll shard {Tree("artifacts/build/bin/A.Tests/release/A.Tests.dll")} --shard 3/8 --times t.json --filter Category=X " +
            $"--results {folder} ", result.Output.Split('\n')[0]);
        Assert.Contains($"--results-directory {folder} --logger trx;LogFilePrefix=netlab --logger console;verbosity=minimal " +
            $"--settings {folder}/shard.runsettings --blame ", result.Output.Split('\n')[1]);
        Assert.EndsWith("\n0 passed, 0 failed, 0 skipped\n", result.Output);
    }

    [LabFact]
    public async Task A_shard_that_the_engine_names_has_its_folder_by_its_number()
    {
        Fake("dotnet", """
            #!/bin/bash
            if [[ $2 == shard ]]; then touch "${@: -1}/shard.runsettings"; echo 'shard 3/8: 1 of 2 tests'; fi
            if [[ $1 == test ]]; then printf '%s ' "$@"; echo; fi

            """);

        var result = await FinishAsync("NETLAB_SHARD=3/8", "--native", "test", "--shard", "auto");

        var folder = Tree("artifacts", "test-results", "shard-3-of-8");
        Assert.StartsWith("shard 3/8: 1 of 2 tests\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"--results-directory {folder} ", result.Output);
        Assert.Contains($"--settings {folder}/shard.runsettings ", result.Output);
        Assert.Equal([folder], Directory.GetDirectories(Tree("artifacts", "test-results")));
        Assert.True(File.Exists(Path.Combine(folder, "shard.runsettings")));
    }

    // dotnet vstest lists the tests: the SDK has it, the runtime has not.
    [Fact]
    public async Task Choosing_a_shard_has_the_image_with_the_sdk()
    {
        Assert.Equal(0, (await FinishAsync("FAKE_EXIT=0", "--container", "shard", "a.dll", "--shard", "3/8", "--results", "r")).ExitCode);
        Assert.DoesNotContain(Called(), argument => argument.Contains("/usr/local/lib/netlab/command", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_engine_says_of_the_shard_is_seen_in_the_container()
    {
        Assert.Equal(0, (await FinishAsync("SLURM_ARRAY_TASK_ID=3", "--container", "run", "x.yaml", "--shard", "auto")).ExitCode);
        Assert.Contains("SLURM_ARRAY_TASK_ID", Called());
    }

    [LabTheory]
    [InlineData(2, 42, 1)]
    [InlineData(3, 42, 2)]
    [InlineData(9, 3, 2)]
    public async Task A_guest_whose_kernel_the_emulator_killed_begins_once_more(int lives, int exitCode, int again)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(SourceTree.Root, "docker/vm")))
        {
            File.Copy(file, Path.Combine(Directory.CreateDirectory(Tree("docker", "vm")).FullName, Path.GetFileName(file)));
        }

        foreach (var file in new[] { "vmlinuz", "initrd" })
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "kernels", "6.12")).FullName, file), "");
        }

        Fake("uname", "#!/bin/bash\necho x86_64\n");
        Fake("qemu-system-x86_64", $$"""
            #!/bin/bash
            for word; do case $word in file:*/console) run=${word#file:}; run=${run%/console} ;; esac; done
            echo boot >>"$FAKES/boots"
            if (($(wc -l <"$FAKES/boots") < {{lives}})); then
              echo '[    3.622827] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI' >"$run/console"
            else
              echo told >"$run/out"
              echo 42 >"$run/share/exit"
            fi

            """);

        var result = await RunAsync(
            "NETLAB_VM_ACCEL=tcg", $"NETLAB_VM_CACHE={_folder}/kernels", Tree("docker", "vm", "boot"), "6.12", "--", "true");

        Assert.Equal((exitCode, exitCode == 42 ? "told\n" : ""), (result.ExitCode, result.Output));
        Assert.Equal(again, result.Error.Split("an int3 of its own, which is QEMU's fault: once more").Length - 1);
    }

    private string Tree(params string[] parts) => Path.Combine([_folder, "tree", .. parts]);

    private void Fake(string program, string script)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "path")).FullName, program);
        File.WriteAllText(path, script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string[] Called() => File.ReadAllLines(Path.Combine(_folder, "run"));

    // The names of the folders that are mounted.
    private static IEnumerable<string> Mounts(string[] called) => called.Where(a => a.StartsWith("type=bind,", StringComparison.Ordinal))
        .Select(a => Path.GetFileName(a.Split(',')[1].Trim('"')));

    [Theory]
    [InlineData("ulimit -n 20", "netlab: this process may open 20 files, and needs 256 at least: raise the limit (ulimit -n)\n")]
    [InlineData("ulimit -v 500000",
        "netlab: this process may have 488 MiB of addresses, and the .NET runtime reserves 8192 MiB: raise the limit (ulimit -v)\n")]
    public async Task What_the_runtime_cannot_even_start_with_is_told(string limit, string told)
    {
        using var script = Process.Start(new ProcessStartInfo("bash", ["-c", $"{limit}; exec \"$@\"", "bash", Tree("docker", "netlab"), "--built", "doctor"])
            { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        var result = await NetLabProcess.FinishAsync(script);

        Assert.Equal((3, "", told), (result.ExitCode, result.Output, result.Error));
    }

    private Task<NetLabResult> ContainerAsync(params string[] arguments) => FinishAsync("FAKE_EXIT=0", ["--container", .. arguments]);

    private Task<NetLabResult> FinishAsync(string variable, params string[] arguments) => RunAsync([variable, Tree("docker", "netlab"), .. arguments]);

    // VARIABLE=VALUE…, then a program and its arguments.
    private Task<NetLabResult> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo("env", [
            "--unset=NETLAB_RESULTS", $"FAKES={_folder}", $"PATH={_folder}/path:{Environment.GetEnvironmentVariable("PATH")}", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Tree(),
        };
        return NetLabProcess.FinishAsync(Process.Start(start)!);
    }
}
