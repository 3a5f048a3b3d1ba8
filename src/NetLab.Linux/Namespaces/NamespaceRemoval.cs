using NetLab.Linux.Netlink;

namespace NetLab.Linux;

/// <summary>
/// Tells when the kernel has removed namespaces, with every device and socket in them; it does so at some time after the last descriptor,
/// process and socket is gone. Owns a namespace of its own in which the others have numbers.
/// </summary>
/// <remarks>
/// One worker of the kernel removes namespaces, <c>cleanup_net</c> in net/core/net_namespace.c. Each of its passes takes all that were let go of until
/// then, says at the start that their numbers are void (RTM_DELNSID), and does the rest; no two passes run at once. So, once a number
/// is void, another namespace is made and let go of: it belongs to a later pass, and when its own number is void the earlier pass is over.
/// </remarks>
internal sealed class NamespaceRemoval : IDisposable
{
    private readonly NetworkNamespace _observer;
    private readonly RouteSocket _route;
    private readonly RouteEvents _events;
    private readonly int _count;

    /// <summary>Begins to watch namespaces, before they are let go of. It does not keep them alive.</summary>
    /// <param name="namespaces">The namespaces.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public NamespaceRemoval(IReadOnlyList<NetworkNamespace> namespaces)
    {
        ArgumentNullException.ThrowIfNull(namespaces);
        _observer = NetworkNamespace.Create();
        try
        {
            _route = RouteSocket.Open(_observer);
            _events = RouteEvents.Open(_observer, RouteGroups.NamespaceIds);
            _count = namespaces.Count;
            var batch = new NetlinkBatch();
            for (var id = 0; id < _count; id++)
            {
                batch.SetNamespaceId(namespaces[id], id);
            }

            _route.Execute(batch);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Waits until the kernel has removed all of them.</summary>
    /// <param name="ct">Ends the wait; the exception names, by their place in the list, those that something still holds.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task WaitAsync(CancellationToken ct = default)
    {
        await _events.WaitForNamespaceIdsDeletedAsync(Enumerable.Range(0, _count), ct).ConfigureAwait(false);
        using (var later = NetworkNamespace.Create())
        {
            var batch = new NetlinkBatch();
            batch.SetNamespaceId(later, _count);
            _route.Execute(batch);
        }

        await _events.WaitForNamespaceIdsDeletedAsync([_count], ct).ConfigureAwait(false);
    }

    /// <summary>The namespaces that something still holds, by their place in the list.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<int> GetRemaining() => [.. _route.GetNamespaceIds().Where(id => id < _count).Order()];

    /// <summary>Ends the watching.</summary>
    public void Dispose()
    {
        _events?.Dispose();
        _route?.Dispose();
        _observer.Dispose();
    }
}
