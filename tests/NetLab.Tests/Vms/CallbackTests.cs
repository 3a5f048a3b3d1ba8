using System.Reflection;
using NetLab.Linux.Netlink;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests;

/// <summary>A test's own code that NetLab calls may throw: that fails the call that it was given to, and nothing else.</summary>
public sealed class CallbackTests : IAsyncLifetime
{
    private readonly Lab _lab = new(new LabOptions { Patience = TimeSpan.FromSeconds(10) });
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1, _vm2;

    public CallbackTests()
    {
        _bridge = _lab.AddNode("compute").AddBridge("br0");
        _vm1 = _bridge.Node.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _bridge.Node.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_condition_that_meets_an_ARP_it_did_not_think_of_fails_its_receive_and_names_the_frame()
    {
        var waiting = _vm2.ReceiveAsync(f => f.Udp!.Value.DestinationPort == 53);
        var careful = _vm2.ReceiveAsync(f => f.Udp is { DestinationPort: 53 });
        await _vm1.ResolveAsync(_vm2.Address);

        var failure = await Assert.ThrowsAsync<ForwardingException>(() => waiting);
        Assert.IsType<InvalidOperationException>(failure.InnerException);
        Assert.Contains("VM vm2: the condition of a receive threw InvalidOperationException", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ARP", failure.Message, StringComparison.Ordinal);

        // Who else waits is not disturbed, and the frame is still there for others.
        (await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"))).ShouldReach(_vm2);
        Assert.Equal((ushort)53, (await careful).Udp!.Value.DestinationPort);
        Assert.NotNull((await _vm2.ReceiveAsync(f => f.Arp is not null)).Arp);
    }

    [LabFact]
    public async Task A_condition_that_throws_on_a_frame_that_came_before_fails_its_receive()
    {
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
        var failure = await Assert.ThrowsAsync<ForwardingException>(() => _vm2.ReceiveAsync(_ => throw new OperationCanceledException("mine")));
        Assert.Equal("mine", failure.InnerException!.Message);
        Assert.NotNull(await _vm2.ReceiveAsync());
    }

    [LabFact]
    public async Task A_condition_may_itself_receive_and_end_another_receive()
    {
        using var other = new CancellationTokenSource();
        Task<Frame>? inner = null;
        var first = _vm2.ReceiveAsync(f =>
        {
            inner ??= _vm2.ReceiveAsync(g => g.Udp is not null);
            other.Cancel();
            return f.Udp is not null;
        });
        var ended = _vm2.ReceiveAsync(f => f.Icmp is not null, other.Token);
        await _vm1.SendAsync(Frame.Broadcast(_vm1, "one"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ended);
        await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 1, "two"));
        await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 2, "three"));
        Assert.Equal([1, 2], new[] { (await first).Udp!.Value.DestinationPort, (await inner!).Udp!.Value.DestinationPort }.Order().Select(p => (int)p));
    }

    [LabFact]
    public async Task A_VM_whose_description_throws_is_not_in_the_lab()
    {
        Assert.Throws<TimeZoneNotFoundException>(() => _bridge.Node.AddVm("vm3", _bridge, _ => throw new TimeZoneNotFoundException()));
        Assert.Null(_lab.FindVm("vm3"));
        await _lab.ApplyAsync();
    }

    [LabFact]
    public async Task A_device_whose_description_throws_fails_the_apply_and_the_lab_still_goes_away()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("node");
        var below = node.AddDevice(new DummySpec("below"));
        node.AddDevice(below, link => link == 0 ? new VlanSpec("above", link, 7) : throw new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => lab.ApplyAsync());
    }

    [LabFact]
    public Task Code_in_a_node_throws_where_it_was_given() =>
        Assert.ThrowsAsync<TimeZoneNotFoundException>(() => _bridge.Node.RunAsync((Func<int>)(() => throw new TimeZoneNotFoundException())));

    [Fact]
    public void Every_member_that_takes_code_of_a_test_is_known_here()
    {
        string[] known =
        [
            "FakeVm.ReceiveAsync(wanted)", // above
            "Lab.AddNode(find)", // called by ApplyAsync and ReattachAsync, which fail with what it throws
            "Node.AddDevice(spec)", "Node.AddVm(configure)", "Node.RunAsync(code)", // above
            "NodeFollowing.FollowAsync(isWanted)", // called by StopAsync
            "NamespaceWatch..ctor(isWanted)", // called by whoever enumerates FatesAsync
            "NodeProcess.WaitForLineAsync(match)", // on the thread that reads, which hands what it throws to the one who waits
            "OvsBridge.AttachAsync(row)", "OvsBridge.SetPortAsync(change)", // called before anything is done, in the caller's own flow
        ];
        var found =
            from type in typeof(Lab).Assembly.GetExportedTypes()
            from method in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).OfType<MethodBase>()
            where !typeof(Delegate).IsAssignableFrom(type) && !type.Name.StartsWith('<') // those are what the compiler makes of extension blocks
            from parameter in method.GetParameters()
            where typeof(Delegate).IsAssignableFrom(parameter.ParameterType)
            select $"{type.Name}.{method.Name}({parameter.Name})";
        Assert.Equal(known.Order(StringComparer.Ordinal), found.Distinct().Order(StringComparer.Ordinal));
    }
}
