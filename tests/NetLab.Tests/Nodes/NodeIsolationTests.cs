using NetLab.Linux;
using NetLab.Linux.Probe;
using NetLab.Linux.Processes;
using NetLab.Xunit;

namespace NetLab.Tests.Nodes;

/// <summary>What is typed in a node stays in it: docs/nodes.md, sentence by sentence.</summary>
public sealed class NodeIsolationTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _a, _b;

    public NodeIsolationTests()
    {
        _a = _lab.AddNode("a");
        _b = _lab.AddNode("b");
        _lab.AddLink(_a.End("eth0", "10.0.0.1/24"), _b.End("eth0", "10.0.0.2/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public void Nothing_is_missing_where_the_kernel_allows_all() => Assert.Empty(_a.IsolationGaps);

    [LabFact]
    public async Task The_host_name_is_the_node_s_and_can_be_changed_there()
    {
        var before = HostName();
        Assert.Equal("a", await SayAsync(_a, "hostname"));
        Assert.Equal("elsewhere", await SayAsync(_a, "hostname elsewhere; hostname"));
        Assert.Equal("elsewhere", await SayAsync(_a, "hostname"));
        Assert.Equal("b", await SayAsync(_b, "hostname"));
        Assert.Equal(before, HostName());
    }

    [LabFact]
    public async Task Ip_netns_lists_the_nodes_of_the_lab_and_nothing_else()
    {
        Assert.Equal(["a", "b"], await NamesAsync(_a));
        _lab.AddNode("late");
        await _lab.ApplyAsync();
        Assert.Equal(["a", "b", "late"], await NamesAsync(_a));
        Assert.Equal(["a", "b", "late"], await NamesAsync(_b));
    }

    [LabFact]
    public async Task Ip_netns_exec_reaches_another_node()
    {
        Assert.Equal("10.0.0.2/24", await SayAsync(_a, "ip netns exec b ip -4 -br addr show dev eth0 | awk '{ print $3 }'"));
        Assert.Equal("b", await SayAsync(_a, "ip netns exec b ip netns identify"));
        Assert.Equal("a", await SayAsync(_a, "ip netns identify"));
        Assert.Equal("eth0 lo", await SayAsync(_a, "ip netns exec b ls /sys/class/net | xargs"));
    }

    [LabFact]
    public async Task A_namespace_that_is_added_in_a_node_is_there_for_its_next_program_and_for_nobody_else()
    {
        var existed = Directory.Exists("/run/netns");
        await SayAsync(_a, "ip netns add foo && ip -n foo link set lo up");
        Assert.Contains("UP", await SayAsync(_a, "ip -n foo link show lo"), StringComparison.Ordinal);
        Assert.Equal(["a", "b", "foo"], await NamesAsync(_a));
        Assert.Equal(["a", "b"], await NamesAsync(_b));
        Assert.Equal(existed, Directory.Exists("/run/netns"));
        Assert.False(File.Exists("/run/netns/foo"));
    }

    [LabFact]
    public async Task A_name_that_is_deleted_in_a_node_is_gone_there_only()
    {
        await SayAsync(_a, "ip netns del b");
        Assert.Equal(["a"], await NamesAsync(_a));
        Assert.Equal(["a", "b"], await NamesAsync(_b));
        (await _a.PingAsync(_b)).ShouldSucceed();
    }

    [LabFact]
    public async Task A_device_that_is_sent_to_process_1_does_not_reach_the_machine()
    {
        var name = "vx" + Guid.NewGuid().ToString("N")[..8];
        await SayAsync(_a, $"ip link add {name} type veth peer name peer0 && ip link set {name} netns 1");
        Assert.DoesNotContain(name, await File.ReadAllTextAsync("/proc/self/net/dev"), StringComparison.Ordinal);
        Assert.DoesNotContain(name, await SayAsync(_a, "ip link"), StringComparison.Ordinal);
    }

    [LabFact]
    public async Task The_namespaces_of_process_1_are_not_the_machine_s()
    {
        using var host = NetworkNamespace.OfThisProcess();
        var entered = await SayAsync(_a, "nsenter --net=/proc/1/ns/net readlink /proc/self/ns/net");
        Assert.StartsWith("net:[", entered, StringComparison.Ordinal);
        Assert.NotEqual(host.ToString(), entered);
        foreach (var kind in new[] { "net", "mnt", "uts", "ipc", "pid" })
        {
            Assert.NotEqual(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)!.Name, await SayAsync(_a, $"readlink /proc/1/ns/{kind}"));
            Assert.NotEqual(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)!.Name, await SayAsync(_a, $"readlink /proc/self/ns/{kind}"));
        }
    }

    [LabFact]
    public async Task Proc_shows_the_processes_of_the_lab_and_none_of_the_machine()
    {
        _b.Start("sleep", "4711");
        var seen = await SayAsync(_a, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
        Assert.Contains("sleep 4711", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("dotnet", seen, StringComparison.Ordinal);
        Assert.Equal("sh", await SayAsync(_a, "cat /proc/$$/comm"));
    }

    [LabFact]
    public async Task Run_is_the_node_s_own_with_the_directories_of_the_machine()
    {
        var name = Guid.NewGuid().ToString("N");
        await SayAsync(_a, $"echo mine > /run/{name}; echo mine > /var/run/{name}.pid");
        Assert.Equal("mine mine", await SayAsync(_a, $"cat /run/{name} /run/{name}.pid | xargs"));
        Assert.False(File.Exists($"/run/{name}") || File.Exists($"/var/run/{name}.pid"));
        Assert.Equal("", await SayAsync(_b, $"cat /run/{name} 2>/dev/null || true"));
        var directories = new DirectoryInfo("/run").GetDirectories().Where(d => d.LinkTarget is null && d.Name is not "netns").Select(d => d.Name);
        Assert.Subset((await SayAsync(_a, "ls /run")).Split('\n').ToHashSet(), directories.ToHashSet());
    }

    [LabFact]
    public async Task Shared_memory_and_System_V_objects_are_the_node_s_own()
    {
        var name = Guid.NewGuid().ToString("N");
        await SayAsync(_a, $"echo > /dev/shm/{name}; ipcmk -Q");
        Assert.False(File.Exists($"/dev/shm/{name}"));
        Assert.Equal("1", await SayAsync(_a, "ipcs -q | grep -c 0x"));
        Assert.Equal("0", await SayAsync(_b, "ipcs -q | grep -c 0x || true"));
    }

    [LabFact]
    public async Task What_is_mounted_in_a_node_is_there_for_its_next_program_and_for_nobody_else()
    {
        await SayAsync(_a, "mount -t tmpfs none /mnt && echo here > /mnt/file");
        Assert.Equal("here", await SayAsync(_a, "cat /mnt/file"));
        Assert.Equal("", await SayAsync(_b, "cat /mnt/file 2>/dev/null || true"));
        Assert.DoesNotContain(" /mnt ", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Settings_of_the_network_can_be_written_and_those_of_the_machine_cannot()
    {
        Assert.Equal("1", await SayAsync(_a, "echo 1 > /proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward"));
        Assert.Equal("0", _b.ReadSysctl("net.ipv4.ip_forward"));
        foreach (var file in new[]
            {
                "/proc/sys/kernel/panic", "/proc/sys/vm/swappiness", "/proc/sysrq-trigger", "/proc/mtrr", "/proc/irq/default_smp_affinity",
                "/proc/bus/pci/devices", "/proc/scsi/scsi", "/sys/power/state", "/sys/kernel/mm/transparent_hugepage/enabled",
            })
        {
            Assert.Equal(File.Exists(file) ? "Read-only file system" : "",
                await SayAsync(_a, $"test ! -e {file} || (: >> {file}) 2>&1 | sed 's/.*: //; s/cannot create.*//'"));
        }

        Assert.Equal("1", await SayAsync(_a, "echo 1 > /sys/class/net/eth0/netdev_group; cat /sys/class/net/eth0/netdev_group"));
    }

    [LabFact]
    public async Task Programs_have_what_routers_need_and_more_on_request()
    {
        // A container may have less itself.
        var own = await PrivilegesAsync(_a, Privileges.All);
        Assert.Equal(own & Privileges.OfNodes, await PrivilegesAsync(_a, Privileges.OfNodes));
        Assert.Equal(own & (Privileges.OfNodes | Privileges.SysTime), await PrivilegesAsync(_a, Privileges.OfNodes | Privileges.SysTime));
        Assert.Equal(own & Privileges.Least, await PrivilegesAsync(_a, Privileges.Least));
        Assert.NotEqual(0, (await _a.ExecAsync("ip", ["netns", "exec", "b", "true"])).ExitCode);
        Assert.Equal(0, (await _a.ExecAsync("ip", ["link", "set", "eth0", "mtu", "1400"])).ExitCode);
    }

    // Each does nothing to the machine, even where it is let through: the file is no swap or goes at once, and the clock is set to what it says.
    [LabTheory]
    [InlineData("f=$(mktemp); swapoff $f; r=$?; rm $f; exit $r", "Operation not permitted|Not superuser")]
    [InlineData("f=$(mktemp); head -c 65536 /dev/zero >$f; mkswap $f >$f.log 2>&1; swapon $f; r=$?; swapoff $f 2>/dev/null; rm $f $f.log; exit $r",
        "Operation not permitted")]
    [InlineData("date --set=\"$(date)\"", "Operation not permitted")]
    [InlineData("mknod /run/null c 1 3", "Operation not permitted")]
    [InlineData("dmesg --read-clear", "Operation not permitted")]
    [InlineData("dd if=/dev/mem of=/dev/null bs=1 count=1 2>&1", "Operation not permitted|No such file")]
    public async Task What_changes_the_machine_is_refused(string command, string told)
    {
        var result = await _a.ExecAsync("sh", ["-c", command]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Matches(told, result.Output + result.Error);
    }

    [LabFact]
    public async Task A_program_has_no_descriptor_but_its_three()
    {
        _ = await SayAsync(_b, "true");
        using var unmarked = File.OpenHandle("/dev/null"); // as another library may open one
        Assert.Equal(0, Libc.fcntl((int)unmarked.DangerousGetHandle(), Libc.F_SETFD, 0));
        Assert.Equal("0\n1\n2", await SayAsync(_a, "for i in $(seq 0 1000); do test ! -e /proc/$$/fd/$i || echo $i; done"));
    }

    [LabFact]
    public async Task Neither_the_machine_s_sockets_nor_its_processes_are_reached()
    {
        Assert.Equal("", await SayAsync(_a, "find /run -type s"));
        Assert.NotEqual(0, (await _a.ExecAsync("sh", ["-c", $"kill -0 {Environment.ProcessId}"])).ExitCode);
    }

    [LabFact]
    public async Task Programs_start_where_the_test_runs() => Assert.Equal(Environment.CurrentDirectory, await SayAsync(_a, "pwd"));

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_programs_of_Open_vSwitch_find_that_of_the_node()
    {
        await using var lab = new Lab();
        Node first = lab.AddNode("first"), second = lab.AddNode("second");
        first.AddVm("vm1", first.AddOvsBridge("br0"));
        second.AddVm("vm2", second.AddOvsBridge("br9"));
        await lab.ApplyAsync();
        Assert.Equal("br0", await SayAsync(first, "ovs-vsctl list-br"));
        Assert.Equal("br9", await SayAsync(second, "ovs-vsctl list-br"));
        Assert.Equal("tap-vm1", await SayAsync(first, "ovs-vsctl list-ports br0"));
        Assert.Contains("actions=NORMAL", await SayAsync(first, "ovs-ofctl dump-flows br0"), StringComparison.Ordinal);
        Assert.Contains("br0", await SayAsync(first, "ovs-appctl dpif/show"), StringComparison.Ordinal);
        Assert.Contains("Open_vSwitch", await SayAsync(first, "ovs-appctl -t ovsdb-server ovsdb-server/list-dbs"), StringComparison.Ordinal);
        Assert.Contains("Open_vSwitch", await SayAsync(first, "ovsdb-client list-dbs unix:/var/run/openvswitch/db.sock"), StringComparison.Ordinal);
        Assert.Equal("br9", await SayAsync(first, "ip netns exec second ip -br link show br9 | awk '{ print $1 }'"));
    }

    private static string HostName() => File.ReadAllText("/proc/sys/kernel/hostname");

    private static async Task<string> SayAsync(Node node, string script) => (await node.ExecAsync("sh", ["-c", script])).EnsureSuccess().Output.Trim();

    private static async Task<string[]> NamesAsync(Node node) =>
        [.. (await SayAsync(node, "ip netns list")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])
            .Order(StringComparer.Ordinal)];

    private static async Task<Privileges> PrivilegesAsync(Node node, Privileges asked)
    {
        node.Privileges = asked;
        return (Privileges)Convert.ToUInt64((await SayAsync(node, "grep CapEff /proc/self/status")).Split('\t')[1], 16);
    }
}
