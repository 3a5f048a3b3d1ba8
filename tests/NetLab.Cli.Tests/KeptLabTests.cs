using System.Diagnostics;
using System.Runtime.Versioning;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>Labs that stay: they are built by one command and used by others.</summary>
public sealed class KeptLabTests : IAsyncLifetime
{
    private const string TwoNodes = """
        name: two nodes
        lab:
          nodes:
            a: { devices: { eth0: { addresses: 10.0.0.1/24 } } }
            b: { devices: { eth0: { addresses: 10.0.0.2/24 } } }
          links: ['a:eth0 -- b:eth0']
        steps:
          - ping: a -> b
        """;

    private const string Teaching = $$"""
        name: give b an address
        lab:
          nodes:
            a: { devices: { eth0: { addresses: 10.0.0.1/24 } } }
            b: { devices: { eth0: {} } }
          links: ['a:eth0 -- b:eth0']
        steps:
        {{Samples.GiveAnAddress}}
        - say: That is all.
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    private string Sockets => Path.Combine(_folder, "labs");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await NetLabAsync("down", "--all");
        Directory.Delete(_folder, recursive: true);
    }

    [LabFact]
    public async Task A_lab_stays_until_it_is_taken_down_and_others_beside_it()
    {
        var file = Write("two.yaml", TwoNodes);

        var up = await NetLabAsync("up", file);
        Assert.True(up.ExitCode == 0, up.ToString());
        Assert.Contains("up  two   two nodes", up.Output);
        Assert.Equal(0, (await NetLabAsync("up", file, "--name", "other")).ExitCode);
        Assert.Contains("a lab 'two' is up already", (await NetLabAsync("up", file)).Error);

        var list = await NetLabAsync("ps", "--json");
        Assert.Equal(["other", "two"], list.Json["labs"]!.AsArray().Select(lab => (string)lab!["name"]!));
        Assert.Contains("several labs are up; say which: --lab other, --lab two", (await NetLabAsync("exec", "a", "--", "ip", "link")).Error);

        await NetLabAsync("exec", "--lab", "two", "a", "--", "ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1");
        Assert.Contains("d0", (await NetLabAsync("exec", "--lab", "two", "a", "--", "ip", "-br", "link")).Output);
        Assert.DoesNotContain("d0", (await NetLabAsync("exec", "--lab", "other", "a", "--", "ip", "-br", "link")).Output);

        var keeper = (int)list.Json["labs"]![1]!["pid"]!;
        Assert.Equal(0, (await NetLabAsync("down", "two")).ExitCode);
        Assert.Equal(["other.sock"], Directory.GetFiles(Sockets).Select(Path.GetFileName));
        Assert.Equal(0, (await NetLabAsync("down")).ExitCode);
        Assert.Equal("no lab is up\n", (await NetLabAsync("ps")).Output);
        await GoneAsync(keeper);
    }

    [LabFact]
    public async Task A_program_has_the_streams_and_the_exit_code_of_the_command()
    {
        await NetLabAsync("up", Write("two.yaml", TwoNodes));

        using var process = Start("exec", "b", "--", "sh", "-c", "read word; echo $word; hostname >&2; pwd; exit 7");
        await process.StandardInput.WriteLineAsync("hello");
        var result = await NetLabProcess.FinishAsync(process);

        Assert.Equal(new NetLabResult(7, $"hello\n{SourceTree.Root}\n", "b\n"), result);
        Assert.Contains("there is no node 'c' in lab 'two'; its nodes are a, b", (await NetLabAsync("exec", "c", "--", "true")).Error);
        Assert.Contains("no-such-program", (await NetLabAsync("exec", "a", "--", "no-such-program")).Error);
        Assert.Equal(2, (await NetLabAsync("exec", "--lab", "third", "a", "--", "true")).ExitCode);
        Assert.Contains("a shell needs a terminal", (await NetLabAsync("shell", "a")).Error);
    }

    [LabFact]
    public async Task A_frame_is_explained_and_captured_in_the_lab_as_it_is_now()
    {
        await NetLabAsync("up", Write("two.yaml", TwoNodes));

        var good = await NetLabAsync("explain", "--from", "a", "--to", "b");
        Assert.True(good.ExitCode == 0, good.ToString());
        await NetLabAsync("exec", "b", "--", "ip", "address", "flush", "dev", "eth0");
        var bad = await NetLabAsync("explain", "--from", "a", "--to", "b", "--json");
        Assert.Equal((1, 1), (bad.ExitCode, (int)bad.Json["exitCode"]!));

        var file = Path.Combine(_folder, "frames.pcapng");
        var capture = await NetLabAsync("capture", "--output", file, "--for", "100ms");
        Assert.True(capture.ExitCode == 0, capture.ToString());
        Assert.Contains("frames of 2 nodes", capture.Error);
        Assert.True(new FileInfo(file).Length > 0);
    }

    [LabFact]
    public async Task The_steps_of_a_scenario_are_its_check()
    {
        await NetLabAsync("up", Write("two.yaml", TwoNodes));

        Assert.Equal(0, (await NetLabAsync("check")).ExitCode);
        await NetLabAsync("exec", "b", "--", "ip", "link", "set", "eth0", "down");
        var broken = await NetLabAsync("check");
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("✗ 1  a pings b", broken.Output);
    }

    [LabFact]
    public async Task A_teaching_lab_tells_its_tasks_gives_hints_and_checks()
    {
        var up = await NetLabAsync("up", Write("teaching.yaml", Teaching));
        Assert.Contains("Two nodes and a cable.", up.Output);
        Assert.Contains("Task 1 of 1", up.Output);

        var early = await NetLabAsync("check");
        Assert.Equal(1, early.ExitCode);
        Assert.Contains("✗ a reaches it", early.Output);
        Assert.Contains("⇒ Not done yet.", early.Output);
        Assert.Contains("Hint 1 of 2: It is done with ip address.", (await NetLabAsync("hint")).Output);
        Assert.Contains("Hint 2 of 2", (await NetLabAsync("hint")).Output);
        Assert.Contains("'netlab check --solve' does the task and shows how", (await NetLabAsync("hint")).Output);

        await NetLabAsync("exec", "b", "--", "ip", "address", "add", "10.0.0.2/24", "dev", "eth0");
        var done = await NetLabAsync("check");
        Assert.True(done.ExitCode == 0, done.ToString());
        Assert.Contains("⇒ Done, and the checks agree.", done.Output);
        Assert.Contains("That is all.", done.Output);
        Assert.Contains("Every task is done.", (await NetLabAsync("check")).Output);
    }

    [LabFact]
    public async Task A_keeper_that_is_killed_leaves_nothing()
    {
        await NetLabAsync("up", Write("two.yaml", TwoNodes));
        using var watcher = new FileSystemWatcher(Sockets) { EnableRaisingEvents = true };
        var gone = new TaskCompletionSource();
        watcher.Deleted += (_, _) => gone.TrySetResult();
        var keeper = (int)(await NetLabAsync("ps", "--json")).Json["labs"]![0]!["pid"]!;
        using var sleeper = Start("exec", "a", "--", "sh", "-c", "echo here; sleep 1000; echo not any more");
        Assert.Equal("here", await sleeper.StandardOutput.ReadLineAsync());
        var nodes = Processes("sh -c echo here; sleep 1000; echo not any more");
        Assert.NotEmpty(nodes);

        Process.GetProcessById(keeper).Kill();

        await gone.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("the lab 'two' is gone", (await NetLabProcess.FinishAsync(sleeper)).Error);
        Assert.Empty(Directory.GetFileSystemEntries(Sockets));
        await GoneAsync([.. nodes]);
        Assert.Equal("no lab is up\n", (await NetLabAsync("ps")).Output);
    }

    [LabFact]
    [SupportedOSPlatform("linux")]
    public async Task Another_user_gets_nothing_from_the_socket()
    {
        await NetLabAsync("up", Write("two.yaml", TwoNodes));
        var socket = Path.Combine(Sockets, "two.sock");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Sockets));
        const string Ask = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect(sys.argv[1])
            try:
                s.send(b'{"Do":"down","Words":[]}')
            except BrokenPipeError:
                pass
            try:
                print(s.recv(1000))
            except ConnectionResetError:
                print(b'')
            """;

        // By the file's permissions first; then as somebody whom they would let through.
        Assert.Contains("Permission denied", (await AsNobodyAsync(Ask, socket)).Error);
        File.SetUnixFileMode(Sockets, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);
        Assert.Equal("b''\n", (await AsNobodyAsync(Ask, socket)).Output);

        Assert.Contains("two", (await NetLabAsync("ps")).Output);
        Assert.Contains("is not for its owner alone", (await NetLabAsync("up", Write("two.yaml", TwoNodes), "--name", "second")).Error);
        File.SetUnixFileMode(Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [LabFact]
    public async Task What_is_wrong_with_a_lab_is_told_by_up()
    {
        var bad = await NetLabAsync("up", Write("bad.yaml", "name: x\nlab: { nods: {} }\n"));
        Assert.Equal(2, bad.ExitCode);
        Assert.Contains("nods", bad.Error);
        var refused = await NetLabAsync("up", Write("mtu.yaml", "name: x\nlab: { nodes: { h1: { devices: { tap0: { type: tap, mtu: 65535 } } } } }\n"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("EINVAL", refused.Error);
        Assert.Contains("cannot be a lab's name", (await NetLabAsync("up", Write("two.yaml", TwoNodes), "--name", "../x")).Error);
        Assert.Equal("no lab is up\n", (await NetLabAsync("ps")).Output);
    }

    private static Task<NetLabResult> AsNobodyAsync(string script, string argument) =>
        NetLabProcess.FinishAsync(Process.Start(new ProcessStartInfo("setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script, argument])
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!);

    private static async Task GoneAsync(params int[] processes)
    {
        foreach (var pid in processes)
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            }
            catch (ArgumentException)
            {
                // It is gone already.
            }
        }
    }

    private static List<int> Processes(string commandLine) => [.. Directory.GetDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), out _) && CommandLine(folder) == commandLine)
        .Select(folder => int.Parse(Path.GetFileName(folder)))];

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ').TrimEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private Process Start(params string[] arguments) => NetLabProcess.StartWith("NETLAB_LABS", Sockets, arguments);

    private Task<NetLabResult> NetLabAsync(params string[] arguments) => NetLabProcess.FinishAsync(Start(arguments));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
