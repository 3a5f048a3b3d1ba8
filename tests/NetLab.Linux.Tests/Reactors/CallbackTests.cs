using System.Reflection;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Tests.Reactors;

/// <summary>Code of others that is called on the reactor's thread may throw: that fails the call that it was given to; the reactor goes on.</summary>
public sealed class CallbackTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_condition_on_a_line_that_throws_fails_its_wait_and_the_program_lives_on()
    {
        await using var group = ProcessGroup.Create();
        using var child = group.Start(new ProcessStart("sh", ["-c", "read a; echo first; read b; echo second"]) { RedirectInput = true });
        var waiting = child.WaitForLineAsync(_ => throw new TimeZoneNotFoundException());
        var other = child.WaitForLineAsync(line => line == "second");
        child.StandardInput!.Write("x\n"u8);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => waiting.WaitAsync(Long));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => child.WaitForLineAsync(_ => throw new TimeZoneNotFoundException()).WaitAsync(Long));
        child.StandardInput.Write("x\n"u8);
        Assert.Equal("second", await other.WaitAsync(Long));
        Assert.Equal(0, await child.Exited.WaitAsync(Long));
    }

    [Fact]
    public async Task A_handler_of_events_that_throws_is_told_by_the_waits_and_by_nobody_else()
    {
        using var ns = NetworkNamespace.Create();
        using var events = RouteEvents.Open(ns, RouteGroups.Links);
        using var others = RouteEvents.Open(ns, RouteGroups.Links);
        events.Received += _ => throw new TimeZoneNotFoundException();
        Task open = events.WaitForLinkAsync(link => link.Name == "never");
        var careful = others.WaitForLinkAsync(link => link.Name == "v0");
        Devices.Veth(ns, "v0", "v1");
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => open.WaitAsync(Long));
        Assert.Equal("v0", (await careful.WaitAsync(Long)).Name);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => events.WaitForLinkAsync(_ => true).WaitAsync(Long));
    }

    [Fact]
    public void Every_member_that_takes_code_of_others_is_known_here()
    {
        string[] onTheReactor =
        [
            "ChildProcess.WaitForLineAsync(match)", "RouteEvents.add_Received(value)", // above
            "ProcessStart.set_ErrorLine(value)", "ProcessStart.set_OutputLine(value)", // ProcessGroupTests
            "Reactor.OnReadable(callback)", "Reactor.OnReadable(failed)", // ReactorTests; whoever calls it has to say who is told
            // RouteEventsTests
            "RouteEvents.WaitForAddressAsync(condition)", "RouteEvents.WaitForEventAsync(condition)", "RouteEvents.WaitForLinkAsync(condition)",
        ];
        string[] elsewhere =
        [
            "NamespaceThread.RunAsync(code)", // a thread of its own, which hands on what it throws
            // the caller's thread
            "KernelTracer.Drain(sink)", "NamespaceSockets.ConnectAsync(resolve)", "PacketRing.Drain(handler)", "SkbTree.Build(isPassedOn)",
            "TraceLogSlice.ForEach(sink)",
            // this library's own code
            "ChildOutput..ctor(onLine)", "ChildOutput.Start(failed)", "FeatureDescription..ctor(Try)", "FeatureDescription.set_Try(value)",
            "Finding.Try(action)", "NamespacePlan.Run(explain)", "NetfilterSocket.Drain(read)", "NetfilterSocket.Exchange(read)",
            "NetlinkSocket.Query(handler)", "NetlinkSocket.Query(restart)", "ProcessorWait..ctor(others)", "Registration..ctor(callback)",
            "Registration..ctor(failed)", "RingBuffer.Drain(read)", "Wait`1..ctor(match)", "Wait`1..ctor(stateNow)",
        ];
        var found =
            from type in typeof(Reactor).Assembly.GetTypes()
            where !typeof(Delegate).IsAssignableFrom(type) && !type.Name.Contains('<', StringComparison.Ordinal)
            from method in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).OfType<MethodBase>()
            where !method.Name.StartsWith("remove_", StringComparison.Ordinal)
            from parameter in method.GetParameters()
            where typeof(Delegate).IsAssignableFrom(parameter.ParameterType)
            select $"{type.Name}.{method.Name}({parameter.Name})";
        Assert.Equal(onTheReactor.Concat(elsewhere).Order(StringComparer.Ordinal), found.Distinct().Order(StringComparer.Ordinal));
    }
}
