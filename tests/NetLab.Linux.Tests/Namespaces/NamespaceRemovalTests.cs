using NetLab.Linux.Netlink;
using NetLab.Linux.Tests.Netlink;

namespace NetLab.Linux.Tests.Namespaces;

public sealed class NamespaceRemovalTests
{
    [Fact]
    public async Task After_the_wait_nothing_of_the_namespace_is_left()
    {
        // The end of a veth pair that is in another namespace shows it: the kernel deletes it with the namespace of its peer.
        using var bench = new NetlinkBench();
        for (var turn = 0; turn < 5; turn++)
        {
            using var going = NetworkNamespace.Create();
            bench.Do(batch => batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Namespace = going })));
            using var removal = new NamespaceRemoval([going]);
            going.Dispose();
            await removal.WaitAsync();
            Assert.Null(bench.Socket.FindLink("v0"));
        }
    }

    [Fact]
    public async Task A_namespace_that_a_socket_holds_is_waited_for_and_named()
    {
        using var gone = NetworkNamespace.Create();
        using var held = NetworkNamespace.Create();
        using var removal = new NamespaceRemoval([gone, held]);
        using var socket = held.OpenSocket(Libc.AF_INET, Libc.SOCK_DGRAM, 0);
        gone.Dispose();
        held.Dispose();
        using var cancel = new CancellationTokenSource();
        var waiting = removal.WaitAsync(cancel.Token);
        using (var first = new NamespaceRemoval([]))
        {
            await first.WaitAsync(); // whatever was let go of before is removed now
        }

        Assert.Equal([1], removal.GetRemaining());
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        Assert.Contains("still there are 1", (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting)).Message, StringComparison.Ordinal);

        socket.Dispose();
        await removal.WaitAsync();
        Assert.Empty(removal.GetRemaining());
    }
}
