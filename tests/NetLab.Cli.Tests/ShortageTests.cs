using System.Diagnostics;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>
/// Where descriptors, processes, disks or standard streams run short, one clear sentence says so, and the exit code is not that of a failed expectation.
/// </summary>
public sealed class ShortageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-short-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(160)]
    [InlineData(255)]
    public async Task Too_few_descriptors_are_told_before_anything_begins(int limit)
    {
        var result = await ShellAsync($"ulimit -n {limit}; exec \"$@\"", "run", Good());

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Equal($"netlab: this process may open {limit} files, and needs 256 at least: raise the limit (ulimit -n)\n", result.Error);
    }

    [Fact]
    public async Task Too_few_addresses_are_told_before_anything_begins()
    {
        var result = await ShellAsync("ulimit -v 4000000; exec \"$@\"", "run", Good());

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Equal("netlab: this process may have 3906 MiB of addresses, and the .NET runtime reserves 8192 MiB: raise the limit (ulimit -v)\n",
            result.Error);
    }

    [Theory]
    [InlineData("65123", "66", true)]
    [InlineData("65123", "2000", false)]
    [InlineData("65123", "unlimited", false)]
    [InlineData("0", "66", false)]
    public void Too_few_processes_of_a_user_are_told_before_anything_begins(string user, string most, bool told)
    {
        foreach (var (process, of, threads) in new[] { ("self", user, 2), ("17", user, 2), ("18", user, 3), ("19", "70000", 100) })
        {
            Directory.CreateDirectory(Path.Combine(_folder, "proc", process));
            Write($"proc/{process}/status", $"Name:\tx\nUid:\t{of}\t{of}\t{of}\t{of}\nThreads:\t{threads}\n");
        }

        Write("proc/self/limits", $"Max processes             {most,-20} {most,-20} processes\n");
        Directory.CreateDirectory(Path.Combine(_folder, "proc/self/fdinfo"));
        Write("proc/self/fdinfo/1", "pos:\t0\nflags:\t0100002\n");

        Assert.Equal(told ? $"5 of {most} processes and threads of user {user} are running, and 64 more may be needed: raise the limit (ulimit -u)" : null,
            Room.Problem(_folder + "/"));
    }

    [Fact]
    public async Task Where_no_stream_is_open_there_is_nobody_to_tell_and_it_is_no_crash()
    {
        var result = await ShellAsync("\"$@\" <&- >&- 2>&-", "draw", Good());

        Assert.Equal((3, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task An_Open_vSwitch_that_finds_no_room_in_tmp_is_told_so()
    {
        var file = Write("ovs.yaml", "name: a switch\nlab: { nodes: { a: { ovs: { br-int: {} } } } }\nsteps: []\n");
        var seen = Path.Combine("/run", Path.GetFileName(_folder));
        var result = await MountedAsync($"mkdir -p {seen}; mount --bind {_folder} {seen}; mount -t tmpfs -o ro none /tmp", "run",
            file.Replace(_folder, seen, StringComparison.Ordinal));
        Directory.Delete(seen);

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("It writes that to /tmp, which has to be writable and to have some room", result.Error);
    }

    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces)]
    public async Task A_descriptor_that_was_inherited_beyond_the_limit_stops_no_program()
    {
        var file = Write("exec.yaml", Samples.Yaml + "  - exec: { node: host, run: 'ls /proc/self/fd' }\n");
        var result = await ShellAsync("exec bash -c 'exec 900</dev/null; ulimit -n 512; exec \"$@\"' bash \"$@\"", "run", file);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain("900", result.Output);
    }

    [Theory]
    [InlineData(">&-", "standard output is closed")]
    [InlineData(">/dev/full", "standard output takes no more")]
    public async Task An_output_that_takes_nothing_is_no_failed_expectation(string redirection, string told)
    {
        foreach (var arguments in new string[][]
            { ["doctor"], ["draw", Good()], ["draw", Good(), "--json"], ["--help"], ["run", "no-such-file.yaml", "--json"] })
        {
            var result = await ShellAsync($"\"$@\" {redirection}", arguments);

            Assert.True(result.ExitCode == 3 || (result.ExitCode == 2 && arguments[0] == "run"), result.ToString());
            Assert.Contains(arguments[0] == "run" && result.ExitCode == 2 ? "there is no file" : told, result.Error);
            Assert.DoesNotContain("   at ", result.Error);
        }
    }

    [LabFact]
    public async Task A_run_whose_output_takes_nothing_ends_and_says_so()
    {
        var result = await ShellAsync("\"$@\" >/dev/full", "run", Good());

        Assert.Equal(3, result.ExitCode);
        Assert.Equal("netlab: standard output takes no more, so what was seen cannot be told: No space left on device\n", result.Error);
    }

    [LabFact]
    public async Task A_full_disk_makes_no_capture_that_is_called_whole()
    {
        var result = await MountedAsync($"mount -t tmpfs -o size=4k none {_folder}/small; head -c 4096 /dev/zero >{_folder}/small/fill", "capture",
            Good(), "-o", Path.Combine(_folder, "small", "x.pcapng"));

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains($"netlab: {_folder}/small/x.pcapng is not whole: ", result.Error);
    }

    [LabFact]
    public async Task A_full_disk_makes_no_bundle_that_is_called_whole()
    {
        var result = await MountedAsync($"mount -t tmpfs -o size=24k none {_folder}/small; export NETLAB_BUNDLES={_folder}/small/b", "run", Bad());

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains($"Bundle: {_folder}/small/b/bad-", result.Output);
        Assert.Contains(" (not whole: ", result.Output);
    }

    [LabFact]
    public async Task A_folder_for_bundles_that_cannot_be_used_is_told_and_the_expectation_has_failed_all_the_same()
    {
        var file = Write("file", "");
        NetLabResult text = await NetLabProcess.RunWithAsync(FailureBundle.Variable, file, "run", Bad()),
            json = await NetLabProcess.RunWithAsync(FailureBundle.Variable, file, "run", Bad(), "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.Contains($"No bundle: {file}/bad-", text.Output);
        Assert.Contains("NETLAB_BUNDLES names another folder, or says off", text.Output);
        var run = json.Json["scenarios"]![0]!;
        Assert.Null(run["bundle"]);
        Assert.Contains("No bundle", (string)run["bundleProblem"]!);
    }

    [LabFact(Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces)]
    public async Task A_tmp_that_is_read_only_matters_to_nobody()
    {
        string file = Write("exec.yaml", Samples.Yaml + "  - exec: { node: host, run: 'true' }\n"), seen = Path.Combine("/run", Path.GetFileName(_folder));
        var result = await MountedAsync($"mkdir -p {seen}; mount --bind {_folder} {seen}; mount -t tmpfs -o ro none /tmp", "run",
            file.Replace(_folder, seen, StringComparison.Ordinal));
        Directory.Delete(seen);

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [LabTheory]
    [InlineData("true", "ENOENT", "modprobe tun")]
    [InlineData("mknod /dev/net/tun c 10 200; chmod 0 /dev/net/tun", "EACCES", "its mode lets this user not open it")]
    public async Task A_tun_that_is_absent_is_told_otherwise_than_one_that_may_not_be_opened(string make, string errno, string told)
    {
        var result = await MountedAsync(
            $"mount -t tmpfs none /dev/net; {make}; set -- setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"", "run", Good());

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains(errno, result.Error);
        Assert.Contains(told, result.Error);
        Assert.Equal(errno == "ENOENT", result.Error.Contains("CONFIG_TUN", StringComparison.Ordinal));
    }

    [LabFact]
    public async Task A_file_is_not_written_through_a_link_that_another_user_made()
    {
        string target = Write("target", "precious"), link = Path.Combine(_folder, "link.pcapng"), ours = Path.Combine(_folder, "ours.svg");
        File.CreateSymbolicLink(link, target);
        File.CreateSymbolicLink(ours, Path.Combine(_folder, "drawn.svg"));
        using (var chown = Process.Start("chown", ["--no-dereference", "65534", link]))
        {
            await chown.WaitForExitAsync();
        }

        NetLabResult capture = await NetLabProcess.RunAsync("capture", Good(), "-o", link),
            draw = await NetLabProcess.RunAsync("draw", Good(), "-o", link), own = await NetLabProcess.RunAsync("draw", Good(), "-o", ours);

        Assert.Equal((2, 2, 0), (capture.ExitCode, draw.ExitCode, own.ExitCode));
        Assert.Contains("It is a link that user 65534 made: name the file itself", capture.Error);
        Assert.Equal("precious", await File.ReadAllTextAsync(target));
        Assert.True(File.Exists(Path.Combine(_folder, "drawn.svg")));
    }

    [LabFact]
    public async Task Bundles_are_their_owners_alone_and_nobody_elses_folders_are_removed()
    {
        string bundles = Path.Combine(_folder, "bundles"), foreign = Path.Combine(bundles, "foreign-20200101-000000-000-1");
        for (var i = 0; i < 60; i++)
        {
            Directory.CreateDirectory($"{foreign}{i}");
            await File.WriteAllTextAsync(Path.Combine($"{foreign}{i}", "rerun.txt"), "mine");
        }

        var result = await NetLabProcess.RunWithAsync(FailureBundle.Variable, bundles, "run", Bad());

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(61, Directory.GetDirectories(bundles).Length);
        var bundle = Assert.Single(Directory.GetDirectories(bundles, "bad-*"));
        using var find = NetLabProcess.StartShell($"find {bundle} -perm /077 | wc -l");
        Assert.Equal("0\n", (await NetLabProcess.FinishAsync(find)).Output);
        Assert.True(Directory.GetFiles(bundle, "*", SearchOption.AllDirectories).Length > 8);
    }

    [LabFact]
    public async Task The_oldest_of_our_own_bundles_go()
    {
        string bundles = Path.Combine(_folder, "bundles"), file = Bad();
        string[] many = [.. Enumerable.Repeat(file, 53)];
        var result = await NetLabProcess.RunWithAsync(FailureBundle.Variable, bundles, ["run", .. many]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(50, Directory.GetDirectories(bundles).Length);
    }

    [Theory]
    [InlineData("0::/a/b", "/", "a/b", "12", "5", true)]
    [InlineData("0::/a/b", "/", "a", "12", "5", true)]
    [InlineData("0::/a/b", "/", "", "100", "50", true)]
    [InlineData("0::/a/b", "/", "a/b", "max", "5", false)]
    [InlineData("0::/a/b", "/", "a/b", "1000", "5", false)]
    [InlineData("0::/docker/1f/b", "/docker/1f", "b", "12", "5", true)]
    [InlineData("0::/docker/1f", "/docker/1f", "", "12", "5", true)]
    [InlineData("0::/docker/1f2", "/docker/1f", "", "12", "5", false)]
    [InlineData("8:pids:/x", "/", "pids/x", "30", "7", true)]
    [InlineData("8:cpu,pids:/x", "/", "pids", "30", "7", true)]
    [InlineData("8:pids:/docker/1f/x", "/docker/1f", "pids/x", "30", "7", true)]
    [InlineData("8:memory:/x", "/", "x", "30", "7", false)]
    public void Too_few_processes_are_told_before_anything_begins(string group, string seen, string place, string most, string now, bool told)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "proc/self/fdinfo"));
        File.WriteAllText(Path.Combine(_folder, "proc/self/fdinfo/1"), "pos:\t0\nflags:\t0100002\n");
        Write("proc/self/cgroup", group + "\n");
        Write("proc/self/mountinfo", group.StartsWith('0')
            ? $"31 24 0:26 {seen} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
            : $"80 79 0:46 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n88 80 0:36 {seen} /sys/fs/cgroup/pids rw,nosuid shared:9 - cgroup cgroup rw,cpu,pids\n");
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "sys/fs/cgroup", place)).FullName;
        File.WriteAllText(Path.Combine(folder, "pids.max"), most + "\n");
        File.WriteAllText(Path.Combine(folder, "pids.current"), now + "\n");

        Assert.Equal(told ? $"{now} of {most} processes and threads are running, and 64 more may be needed: raise pids.max of the container " +
            $"or of its control group" : null, Room.Problem(_folder + "/"));
    }

    private string Good() => Write("good.yaml", Samples.Yaml);

    private string Bad() => Write("bad.yaml", Samples.Yaml.Replace("vm01 -> vm02", "{ from: vm01, to: vm02, expect: no-reply }", StringComparison.Ordinal));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    // In a mount namespace of its own, where "small" is a folder to mount something at.
    private Task<NetLabResult> MountedAsync(string script, params string[] arguments)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "small"));
        return ShellAsync($"{script}; exec \"$@\"", arguments);
    }

    private static Task<NetLabResult> ShellAsync(string script, params string[] arguments) =>
        NetLabProcess.FinishAsync(NetLabProcess.StartShell(script, arguments));
}
