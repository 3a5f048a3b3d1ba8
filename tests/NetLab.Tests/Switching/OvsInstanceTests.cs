using System.Diagnostics;
using NetLab.Linux;
using NetLab.Linux.Processes;
using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>The two processes of a private Open vSwitch, their database, and how failures are told.</summary>
public class OvsInstanceTests
{
    [Fact]
    public async Task A_port_whose_device_is_not_there_is_named_with_Open_vSwitch_s_own_words()
    {
        await using var bed = await CreateAsync();

        var e = await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetPort("br0", "tap77"), default));

        Assert.Equal("set up bridge br0; set up port tap77 of bridge br0 in node box", e.Doing);
        Assert.Equal("port tap77 of bridge br0 does not work: could not open network device tap77 (No such device). Add the device to the node first",
            e.Answer);
    }

    [Fact]
    public async Task A_port_may_wait_for_its_device()
    {
        await using var bed = await CreateAsync();
        await bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetPort("br0", "late", mayWait: true), default);
        var waiting = (await bed.Ovs.DumpPortsAsync(default)).Single(p => p.Name is "late");
        Assert.Equal((-1, "could not open network device late (No such device)"), (waiting.Ofport, waiting.Error));

        bed.AddTaps("late");
        await bed.Ovs.ApplyAsync(new OvsChange().SetPort("br0", "late", new OvsPortOptions { OfportRequest = 42 }), default);

        var port = (await bed.Ovs.DumpPortsAsync(default)).Single(p => p.Name is "late");
        Assert.Equal((42, null), (port.Ofport, port.Error));
    }

    [Theory]
    [InlineData(5000, null, "5000 is not in the valid range 0 to 4095")]
    [InlineData(null, "sideways", "sideways is not one of the allowed values")]
    public async Task What_the_database_refuses_is_told_and_nothing_is_changed(int? tag, string? mode, string says)
    {
        await using var bed = await CreateAsync();

        var e = await Assert.ThrowsAsync<OvsException>(() =>
            bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetLocalPort("br0", new OvsPortOptions { Tag = tag, VlanMode = mode }), default));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Empty(await bed.Ovs.DumpPortsAsync(default));
    }

    [Fact]
    public async Task The_database_gives_back_what_was_set()
    {
        await using var bed = await CreateAsync();
        bed.AddTaps("tap0");
        var ids = new Dictionary<string, string> { ["iface-id"] = "9c2d", ["odd"] = "a \"b\", {c}=[d] é" };
        await bed.Ovs.ApplyAsync(
            new OvsChange()
                .SetBridge("br-int", new OvsBridgeOptions { HardwareAddress = "fa:16:3e:00:00:01", StpEnable = false, MulticastSnooping = true })
                .SetLocalPort("br-int", OvsPortOptions.Access(3))
                .SetPort("br-int", "tap0", new OvsPortOptions { Tag = 7, Trunks = [7, 8], VlanMode = "native-untagged", ExternalIds = ids, OfportRequest = 9 })
                .SetPort("br-int", "int0", new OvsPortOptions { InterfaceType = "internal", MtuRequest = 1400 })
                .SetPort("br-int", "vx0", new OvsPortOptions
                    { InterfaceType = "vxlan", InterfaceOptions = new Dictionary<string, string> { ["remote_ip"] = "192.0.2.1", ["key"] = "5" } }),
            default);

        var ports = await bed.Ovs.DumpPortsAsync(default);

        Assert.Equal(["br-int", "int0", "tap0", "vx0"], ports.Select(p => p.Name));
        Assert.Equal((65534, 3), (ports[0].Ofport, ports[0].Tag));
        Assert.Equal("internal", ports[1].Type);
        Assert.Equal((9, 7, "native-untagged", ""), (ports[2].Ofport, ports[2].Tag, ports[2].VlanMode, ports[2].Type));
        Assert.Equal([7, 8], ports[2].Trunks);
        Assert.Equal(ids, ports[2].ExternalIds);
        Assert.Equal("192.0.2.1", ports[3].Options["remote_ip"]);
        Assert.Equal("tap0", (await bed.Ovs.NamesAsync(default)).PortName("br-int", 9));
        Assert.Equal("fa:16:3e:00:00:01", string.Join(':', bed.Link("br-int").Mac!.GetAddressBytes().Select(b => b.ToString("x2"))));
        Assert.Equal(1400, bed.Link("int0").Mtu);
    }

    [Fact]
    public async Task A_command_that_ovs_vswitchd_does_not_know_is_refused_in_its_words()
    {
        await using var bed = await CreateAsync();

        var e = await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.ControlAsync("no/such", [], default));

        Assert.StartsWith("ask ovs-vswitchd for no/such in node box: \"no/such\" is not a valid command", e.Message, StringComparison.Ordinal);
        Assert.Contains("no such bridge", (await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.DumpMacsAsync("br9", default))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_ovs_vswitchd_dies_everything_says_so_with_its_last_words()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null));
        using var daemon = Process.GetProcessById(bed.Ovs.Pid);
        daemon.Kill();

        foreach (var attempt in (Func<Task>[])[
            () => bed.Ovs.SettleAsync(default),
            () => bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br1"), default),
            () => bed.Ovs.ControlAsync("version", [], default)])
        {
            var e = await Assert.ThrowsAsync<OvsException>(attempt);
            Assert.Contains("ovs-vswitchd has ended with exit code 137", e.Message, StringComparison.Ordinal);
            Assert.Contains("bridge br0: added interface a on port 1", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_has_no_file_outside_the_lab_s_scratch_directory()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null));
        var scratch = new DirectoryInfo(bed.RunDirectory + "/openvswitch");
        Assert.Contains(scratch.EnumerateFileSystemInfos(), f => f.Name is "br0.mgmt");
        var expected = await bed.FileSystemAsync(scratch.FullName);

        foreach (var link in Directory.EnumerateFileSystemEntries($"/proc/{bed.Ovs.Pid}/fd"))
        {
            var target = new FileInfo(link).LinkTarget ?? "";
            Assert.True(
                target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal)
                    || target.StartsWith("anon_inode:", StringComparison.Ordinal)
                || target is "/dev/null" or "/dev/net/tun" or "/dev/urandom" || await bed.FileSystemAsync(link) == expected,
                $"ovs-vswitchd has {target} open");
        }

        Assert.Equal(expected, await bed.FileSystemAsync($"/proc/{bed.Ovs.Pid}/cwd"));
    }

    [Fact]
    public async Task A_start_that_is_given_up_leaves_no_process()
    {
        using var ns = NetworkNamespace.Create();
        await using var group = ProcessGroup.Create();
        using var giveUp = new CancellationTokenSource();
        var userland = group.CreateUserland(ns, "box");
        var start = OvsInstance.StartAsync(group, userland, "box", giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);

        Assert.False(Directory.Exists(userland.RunDirectory + "/openvswitch"));
    }
}
