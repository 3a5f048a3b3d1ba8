using System.Globalization;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Tests.Processes;

public sealed class ProcessGroupTests : IDisposable
{
    private readonly ProcessGroup _group = ProcessGroup.Create();

    public void Dispose() => _group.Dispose();

    private static ProcessStart Shell(string script, params string[] arguments) => new("sh", ["-c", script, "sh", .. arguments]);

    private async Task<string> OutputOf(ProcessStart start) => (await _group.RunAsync(start)).EnsureSuccess().Output.TrimEnd('\n');

    [Fact]
    public async Task A_program_runs_to_its_end_and_hands_back_all_it_said()
    {
        var result = await _group.RunAsync(Shell("echo out; echo err >&2; printf unfinished; exit 3"));
        Assert.Equal((3, "out\nunfinished", "err\n"), (result.ExitCode, result.Output, result.Error));
        var failure = Assert.Throws<ProcessFailedException>(result.EnsureSuccess);
        Assert.Contains("exit code 3: err", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(137, "was killed by signal 9")]
    [InlineData(255, "ended with exit code 255")]
    public async Task An_exit_code_above_all_signals_is_the_program_s_own(int code, string told)
    {
        var result = await _group.RunAsync(Shell($"exit {code}"));
        Assert.Contains(told, Assert.Throws<ProcessFailedException>(result.EnsureSuccess).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_program_ends_with_128_and_the_signal()
    {
        using var child = _group.Start(new ProcessStart("sleep", "1000"));
        child.Signal(15);
        Assert.Equal(128 + 15, await child.Exited);
        child.Signal(15);
        child.Kill();
    }

    [Fact]
    public async Task A_program_that_shall_not_sleep_does_all_else_as_ever()
    {
        var result = await _group.RunAsync(Shell("sleep 100000 && sleep 100000 && echo awake") with { SkipsSleeps = true });
        Assert.Equal("awake\n", result.EnsureSuccess().Output);
    }

    [Fact]
    public async Task Much_output_is_read_whole_and_in_order()
    {
        var lines = new List<string>();
        var result = await _group.RunAsync(new ProcessStart("seq", "1", "200000") { OutputLine = lines.Add });
        Assert.Equal(Enumerable.Range(1, 200000).Select(i => i.ToString(CultureInfo.InvariantCulture)), lines);
        Assert.Equal(string.Join('\n', lines) + "\n", result.Output);
    }

    [Fact]
    public async Task What_is_written_to_the_standard_input_is_read_by_the_program()
    {
        var much = new string('x', 1_000_000) + "äöü\n";
        Assert.Equal(much, (await _group.RunAsync(new ProcessStart("cat"), much)).EnsureSuccess().Output);

        // One that does not read all of it is not our failure.
        Assert.Equal(0, (await _group.RunAsync(new ProcessStart("true"), much)).ExitCode);
    }

    [Fact]
    public async Task Without_an_input_a_program_reads_nothing() =>
        Assert.Equal("", await OutputOf(new ProcessStart("cat")));

    [Fact]
    public void A_program_that_does_not_exist_is_named_with_the_path_that_was_searched()
    {
        var missing = Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart("no-such-program")));
        Assert.Equal(Errno.ENOENT, missing.Errno);
        Assert.Contains("no-such-program", missing.Message, StringComparison.Ordinal);
        Assert.Contains("/usr/bin", missing.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart("/no/such/program"))).Errno);
        Assert.Equal(Errno.EACCES, Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart("/etc/passwd"))).Errno);
    }

    [Fact]
    public void What_cannot_be_executed_or_entered_is_told_at_the_start()
    {
        var script = _group.Scratch.Path + "/script";
        File.WriteAllText(script, "no program");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(Errno.ENOEXEC, Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart(script))).Errno);
        var nowhere = Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart("true") { WorkingDirectory = "/no/such/directory" }));
        Assert.Contains("/no/such/directory", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_and_directory_are_as_asked()
    {
        var start = Shell("echo $FROM_THE_LAB; pwd")
            with { Environment = new Dictionary<string, string> { ["FROM_THE_LAB"] = "yes" }, WorkingDirectory = "/usr" };
        Assert.Equal("yes\n/usr", await OutputOf(start));
        Assert.Equal(Environment.CurrentDirectory, await OutputOf(new ProcessStart("pwd")));
    }

    [Fact]
    public async Task A_program_in_a_namespace_sees_its_devices_in_proc_and_in_sys()
    {
        using var ns = NetworkNamespace.Create();
        using var tap = Tap.Create(ns, "tap4711");
        Assert.Equal($"net:[{ns.Inode}]", await OutputOf(new ProcessStart("readlink", "/proc/self/ns/net") { Namespace = ns }));
        Assert.Contains("tap4711", await OutputOf(new ProcessStart("ls", "/sys/class/net") { Namespace = ns }), StringComparison.Ordinal);
        Assert.Contains("tap4711", await OutputOf(new ProcessStart("cat", "/proc/net/dev") { Namespace = ns }), StringComparison.Ordinal);
        Assert.False(Path.Exists("/sys/class/net/tap4711"));
    }

    [Fact]
    public async Task A_program_without_a_namespace_sees_what_this_process_sees()
    {
        using var home = NetworkNamespace.OfThisProcess();
        Assert.Equal(home.ToString(), await OutputOf(new ProcessStart("readlink", "/proc/self/ns/net")));
        const string Sys = " /sys ";
        Assert.Equal(
            File.ReadLines("/proc/self/mountinfo").Last(line => line.Contains(Sys, StringComparison.Ordinal)).Split(' ')[2],
            (await OutputOf(new ProcessStart("grep", Sys, "/proc/self/mountinfo"))).Split('\n')[^1].Split(' ')[2]);
    }

    [Fact]
    public async Task A_program_starts_with_no_signal_blocked_or_ignored()
    {
        // Signals 32 and 33 belong to the C library, whose posix_spawn leaves them ignored.
        var masks = (await OutputOf(Shell("sed -n 's/^Sig\\(Blk\\|Ign\\):\\t//p' /proc/self/status"))).Split('\n').Select(mask => Convert.ToUInt64(mask, 16));
        Assert.Equal([0, 0], masks.Select(mask => mask & ~0x1_8000_0000UL));
        Assert.Equal("y", await OutputOf(Shell("yes | head -n 1")));
    }

    [Fact]
    public async Task A_program_gets_no_descriptor_but_its_streams_the_scratch_directory_and_what_it_is_to_inherit()
    {
        using var file = File.OpenHandle("/etc/passwd");
        // Number 3 is the directory that ls has opened to read it.
        var plain = (await OutputOf(new ProcessStart("ls", "-1", "/proc/self/fd"))).Split('\n');
        Assert.Equal(new[] { "0", "1", "2", "3", Number(_group.Scratch.Handle) }.Order(StringComparer.Ordinal), plain.Order(StringComparer.Ordinal));
        var start = new ProcessStart("cat", "/proc/self/fd/" + Number(file)) { Inherit = [file] };
        Assert.Equal(await File.ReadAllTextAsync("/etc/passwd"), await OutputOf(start) + "\n");

        static string Number(System.Runtime.InteropServices.SafeHandle handle) => handle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_scratch_directory_is_shared_and_is_nowhere_on_the_machine()
    {
        await File.WriteAllTextAsync(_group.Scratch.Path + "/ours", "from the lab");
        Assert.Equal("from the lab", await OutputOf(Shell("cat \"$1/ours\"; mkdir \"$1/dir\"; echo theirs > \"$1/dir/file\"", _group.Scratch.Path)));
        Assert.Equal("theirs\n", await File.ReadAllTextAsync(_group.Scratch.Path + "/dir/file"));
        Assert.DoesNotContain("mode=755,size", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.True(Directory.Exists("/sys/class/net"));
    }

    [Fact]
    public async Task A_file_is_put_in_the_place_of_another_for_one_program_only_and_follows_its_source()
    {
        var hosts = _group.Scratch.Path + "/hosts";
        await File.WriteAllTextAsync(hosts, "10.0.0.1 web.lab\n");
        var before = await File.ReadAllTextAsync("/etc/hosts");
        using var child = _group.Start(Shell("cat /etc/hosts; read -r _; cat /etc/hosts")
            with { BindMounts = [(hosts, "/etc/hosts"), ("/etc/passwd", "/etc/group")], RedirectInput = true });
        Assert.Equal("10.0.0.1 web.lab", await child.WaitForLineAsync(_ => true));
        await File.WriteAllTextAsync(hosts, "10.0.0.2 web.lab\n");
        Assert.Equal(before, await File.ReadAllTextAsync("/etc/hosts"));
        child.StandardInput!.WriteByte((byte)'\n');
        await child.StandardInput.FlushAsync();
        Assert.Equal(0, await child.Exited);
        Assert.Equal("10.0.0.1 web.lab\n10.0.0.2 web.lab\n", child.OutputSoFar);
        var missing = Assert.Throws<LinuxException>(() => _group.Start(new ProcessStart("true") { BindMounts = [(hosts, "/etc/no-such-file")] }));
        Assert.Contains("/etc/no-such-file", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_is_waited_for_whether_it_has_come_or_is_to_come()
    {
        using var child = _group.Start(Shell("echo ready; echo now >&2; read -r _; echo last; exit 7") with { RedirectInput = true });
        Assert.Equal("ready", await child.WaitForLineAsync(line => line.StartsWith('r')));
        Assert.Equal("now", await child.WaitForLineAsync(line => line == "now"));
        Assert.Equal("ready", await child.WaitForLineAsync(line => line == "ready"));
        var never = child.WaitForLineAsync(line => line == "never");
        var last = child.WaitForLineAsync(line => line == "last");
        child.StandardInput!.Dispose();
        Assert.Equal("last", await last);
        Assert.Contains("exit code 7", (await Assert.ThrowsAsync<ProcessFailedException>(() => never)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProcessFailedException>(() => child.WaitForLineAsync(line => line == "never"));
    }

    [Fact]
    public async Task Waiting_for_a_line_can_be_given_up()
    {
        using var child = _group.Start(new ProcessStart("sleep", "1000"));
        using var cancellation = new CancellationTokenSource();
        var waiting = child.WaitForLineAsync(_ => true, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_run_that_is_given_up_is_killed()
    {
        using var cancellation = new CancellationTokenSource();
        var running = _group.RunAsync(Shell("echo started; sleep 1000") with { OutputLine = _ => cancellation.Cancel() }, null, cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task The_end_of_a_program_is_told_though_its_children_keep_the_output_open()
    {
        var result = await _group.RunAsync(Shell("echo before; sleep 1000 & exit 5"));
        Assert.Equal((5, "before\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task An_exception_of_a_line_callback_comes_out_at_Exited()
    {
        using var child = _group.Start(Shell("echo line; sleep 1000") with { OutputLine = _ => throw new InvalidDataException("boo") });
        await Assert.ThrowsAsync<InvalidDataException>(() => child.Exited);
    }

    [Fact]
    public async Task A_program_that_shares_the_terminal_has_our_own_streams_and_process_group()
    {
        var file = _group.Scratch.Path + "/facts";
        using var child = _group.Start(
            Shell("readlink /proc/self/fd/0 /proc/self/fd/1 > \"$1\"; cut -d' ' -f5 /proc/self/stat >> \"$1\"; exit 4", file) with { ShareTerminal = true });
        Assert.Equal(4, await child.Exited);
        Assert.Equal("", child.OutputSoFar);
        var facts = await File.ReadAllLinesAsync(file);
        Assert.Equal(new FileInfo("/proc/self/fd/0").LinkTarget, facts[0]);

        // pid (name) state ppid pgrp: the group as the host numbers it.
        Assert.Equal(Read("/proc/self/stat").Split(") ")[1].Split(' ')[2], facts[^1]);
    }

    [Fact]
    public async Task Disposing_a_group_leaves_no_process_also_none_that_made_itself_independent()
    {
        var marker = Guid.NewGuid().ToString("N");
        var other = ProcessGroup.Create();
        var child = other.Start(Shell("setsid sh -c 'setsid sleep 1000 & exec sleep 1000' & sleep 1000 & echo up; wait")
            with { Environment = new Dictionary<string, string> { ["MARKER"] = marker } });
        await child.WaitForLineAsync(line => line == "up");
        Assert.NotEmpty(Marked(marker));
        other.Dispose();
        Assert.Empty(Marked(marker));
        Assert.Equal(128 + 9, await child.Exited);
        Assert.Throws<ObjectDisposedException>(() => other.Start(new ProcessStart("true")));
    }

    [Fact]
    public async Task Orphans_are_buried_and_do_not_end_the_group()
    {
        for (var i = 0; i < 20; i++)
        {
            await OutputOf(Shell("(sh -c 'exit 0' &) ; (true &) ; (sleep 0.01 &)"));
        }

        // The first process buries them as soon as it gets to run.
        for (var i = 0; i < 1000 && OrphansLeft() > 0; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(0, OrphansLeft());
        Assert.Equal("alive", await OutputOf(new ProcessStart("echo", "alive")));

        // One child of its own it has: the one that reads.
        int OrphansLeft() => Processes().Count(process => process.Parent == _group.FirstPid) - 1;
    }

    [Fact]
    public void Many_programs_start_at_once_from_many_threads()
    {
        using var ns = NetworkNamespace.Create();
        var results = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 40, i =>
        {
            using var child = _group.Start(Shell($"echo {i}") with { Namespace = i % 2 == 0 ? ns : null });
            Assert.Equal(0, child.Exited.GetAwaiter().GetResult());
            results.Add(child.OutputSoFar.Trim());
        });
        Assert.Equal(40, results.Distinct().Count());
    }

    private static List<string> Marked(string marker) =>
        [.. ProcessDirectories().Where(directory => Read(directory + "/environ").Contains(marker, StringComparison.Ordinal))];

    private static List<(int Pid, char State, int Parent)> Processes()
    {
        var all = new List<(int, char, int)>();
        foreach (var directory in ProcessDirectories())
        {
            // pid (name) state parent …
            var text = Read(directory + "/stat");
            if (text.LastIndexOf(')') is >= 0 and var end)
            {
                var rest = text[(end + 2)..].Split(' ');
                all.Add((int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture), rest[0][0], int.Parse(rest[1], CultureInfo.InvariantCulture)));
            }
        }

        return all;
    }

    private static IEnumerable<string> ProcessDirectories() =>
        Directory.GetDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0]));

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
