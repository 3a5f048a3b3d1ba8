using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>
/// What the command leaves on a machine, and what programs in its nodes can do to one. The machine is a private one: no test risks the real one's names.
/// </summary>
public sealed class HostSafetyTests : IDisposable
{
    // Each would change the machine, if a node were an open door to it.
    private const string Commands = """
        ! ip netns list | grep -w real || exit 1
        ip netns del real
        ip netns add foo
        hostname x
        ip link add vx type veth peer name vy
        ip link set vx netns 1
        ip link add vu type veth peer name vt
        ip link set vu netns /proc/1/ns/net
        ip netns attach h 1
        mount --make-rshared /
        mount -t tmpfs none /mnt
        echo x > /proc/sys/kernel/domainname
        sysctl -w kernel.domainname=x kernel.core_pattern=x
        swapoff -a
        nsenter --all --target=1 hostname w
        unshare --mount --net --uts --ipc hostname z
        echo x > /sys/kernel/uevent_helper
        mkdir /sys/fs/cgroup/x
        nsenter --net=/proc/1/ns/net ip link add vz type veth peer name vw
        nsenter --uts=/proc/1/ns/uts hostname y
        nsenter --mount=/proc/1/ns/mnt umount /run
        echo > /run/file
        kill -9 -1
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact]
    public async Task Commands_typed_in_a_node_leave_the_machine_as_it_was()
    {
        string commands = Path.Combine(_folder, "commands"), scenario = Path.Combine(_folder, "scenario.yaml"), machine = Path.Combine(_folder, "machine");
        await File.WriteAllTextAsync(commands, Commands + "\n");
        await File.WriteAllTextAsync(scenario, $$"""
            name: commands that would change the machine
            lab: { nodes: { a: {} } }
            steps:
              - exec: { node: a, run: [sh, {{commands}}] }
              - exec: { node: a, run: ip netns list, contains: foo }
              - exec: { node: a, run: hostname, contains: x }
            """);
        await File.WriteAllTextAsync(machine, """
            hostname machine
            ip netns add real
            state() {
              ip netns list; hostname; domainname; ip -br link; cut -d' ' -f5 /proc/self/mountinfo; ls /run /run/netns
              cat /proc/sys/kernel/core_pattern /proc/swaps; ls -d /sys/fs/cgroup/x 2>&1 || true
            }
            before=$(state)
            "$@"
            after=$(state)
            test "$before" = "$after" || { echo "$before"; echo "became"; echo "$after"; exit 9; }
            """);
        var result = await NetLabProcess.FinishAsync(
            NetLabProcess.StartShell($"mount -t tmpfs none /run; exec unshare --uts --net sh -e {machine} \"$@\"", "run", scenario));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    [LabFact]
    public async Task A_command_that_is_killed_leaves_none_of_the_runtime_s_sockets()
    {
        string scenario = Path.Combine(_folder, "scenario.yaml"), mark = Path.Combine(_folder, "running"),
            temporary = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName;
        await File.WriteAllTextAsync(scenario, $$"""
            name: a program that does not end
            lab: { nodes: { a: {} } }
            steps:
              - exec: { node: a, run: [sh, -c, "echo > {{mark}}; sleep 1000"] }
            """);
        using var watcher = new FileSystemWatcher(_folder) { EnableRaisingEvents = true };
        var made = new TaskCompletionSource();
        watcher.Created += (_, e) =>
        {
            if (e.FullPath == mark)
            {
                made.TrySetResult();
            }
        };
        using var process = NetLabProcess.StartShell($"export TMPDIR={temporary}; exec \"$@\"", "run", scenario);
        await made.Task.WaitAsync(TimeSpan.FromMinutes(2));
        process.Kill();
        await process.WaitForExitAsync();
        Assert.Empty(Directory.GetFileSystemEntries(temporary, "*diagnostic*").Concat(Directory.GetFileSystemEntries(temporary, "clr-debug-pipe*")));
    }
}
