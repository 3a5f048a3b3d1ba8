namespace NetLab.Linux.Netlink;

/// <summary>The waits.</summary>
public sealed partial class RouteEvents
{
    private readonly HashSet<Wait> _waits = [];
    private Exception? _failure;

    /// <summary>Waits until a device is as wanted; it may be so already.</summary>
    /// <param name="condition">What is wanted. Called on the reactor's thread and on the caller's: it only looks.</param>
    /// <param name="ct">Ends the wait; the exception says what was last seen.</param>
    /// <returns>The device as it was when the condition held.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The subscription is without <see cref="RouteGroups.Links"/>.</exception>
    public Task<LinkInfo> WaitForLinkAsync(Func<LinkInfo, bool> condition, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Require(RouteGroups.Links);
        return WaitAsync(
            happened => happened is LinkEvent { Deleted: false } e && condition(e.Link) ? e.Link : null,
            () => _reader.GetLinks().FirstOrDefault(condition),
            () => string.Join("; ", _links.Values),
            "an interface",
            ct);
    }

    /// <summary>Waits until no device of this namespace has this index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The subscription is without <see cref="RouteGroups.Links"/>.</exception>
    public Task WaitForLinkDeletedAsync(int index, CancellationToken ct = default)
    {
        Require(RouteGroups.Links);
        return WaitAsync(
            happened => happened is LinkEvent { Deleted: true } e && e.Link.Index == index ? e.Link : null,
            () => _reader.FindLink(index) is null ? new LinkInfo { Index = index } : null,
            () => string.Join("; ", _links.Values),
            $"the end of interface {index}",
            ct);
    }

    /// <summary>Waits until an address is as wanted: there, or no longer tentative. It may be so already.</summary>
    /// <param name="condition">What is wanted. Called on the reactor's thread and on the caller's: it only looks.</param>
    /// <param name="ct">Ends the wait; the exception says what was last seen.</param>
    /// <returns>The address as it was when the condition held.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The subscription is without <see cref="RouteGroups.Addresses"/>.</exception>
    public Task<AddressInfo> WaitForAddressAsync(Func<AddressInfo, bool> condition, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Require(RouteGroups.Addresses);
        AddressInfo? last = null;
        return WaitAsync(
            happened =>
            {
                last = happened is AddressEvent e ? e.Address : last;
                return happened is AddressEvent { Deleted: false } a && condition(a.Address) ? a.Address : null;
            },
            () => _reader.GetAddresses().FirstOrDefault(condition),
            () => last?.ToString() ?? "no change of an address",
            "an address",
            ct);
    }

    /// <summary>Waits until none of these numbers stands for a namespace: the kernel has begun to remove each of them.</summary>
    /// <param name="ids">The numbers that the namespaces have in this one.</param>
    /// <param name="ct">Ends the wait; the exception says which are left.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The subscription is without <see cref="RouteGroups.NamespaceIds"/>.</exception>
    public Task WaitForNamespaceIdsDeletedAsync(IEnumerable<int> ids, CancellationToken ct = default)
    {
        Require(RouteGroups.NamespaceIds);
        var left = new HashSet<int>(ids);
        return WaitAsync(
            happened => happened is NamespaceIdEvent { Deleted: true } e ? WithoutThat(rest => rest.Remove(e.Id)) : null,
            () => WithoutThat(rest => rest.IntersectWith(_reader.GetNamespaceIds())),
            () =>
            {
                lock (left)
                {
                    return $"still there are {string.Join(", ", left.Order())}";
                }
            },
            "the end of namespaces",
            ct);

        // Events and state are looked at by different threads.
        HashSet<int>? WithoutThat(Action<HashSet<int>> take)
        {
            lock (left)
            {
                take(left);
                return left.Count == 0 ? left : null;
            }
        }
    }

    /// <summary>Waits for an event as wanted that happens after the call; there is no looking back.</summary>
    /// <param name="condition">What is wanted. Called on the reactor's thread: it only looks.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<NetlinkEvent> WaitForEventAsync(Func<NetlinkEvent, bool> condition, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return WaitAsync(happened => condition(happened) ? happened : null, () => null, () => "nothing that fits", "an event", ct);
    }

    private void Require(RouteGroups group)
    {
        if (!_groups.HasFlag(group))
        {
            throw new InvalidOperationException($"This subscription is without RouteGroups.{group}: name it in RouteEvents.Open.");
        }
    }

    private async Task<T> WaitAsync<T>(Func<NetlinkEvent, T?> match, Func<T?> stateNow, Func<string> lastSeen, string waitingFor, CancellationToken ct)
        where T : class
    {
        var wait = new Wait<T>(match, stateNow);
        lock (_gate)
        {
            // What is in the queue happened before this call: out of the way with it.
            ReadAll();
            _waits.Add(wait);
            if (_failure is not null)
            {
                wait.Fail(_failure);
            }
        }

        try
        {
            wait.LookAtState();
            using var cancel = ct.Register(() =>
            {
                string seen;
                lock (_gate)
                {
                    seen = lastSeen();
                }

                wait.Fail(new OperationCanceledException($"Waiting for {waitingFor} was cancelled. Last seen: {seen}", ct));
            });
            return await wait.Task.ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _waits.Remove(wait);
            }
        }
    }

    // Under the gate.
    private void TellWaits(NetlinkEvent happened)
    {
        // A copy: a condition may itself begin a wait.
        foreach (var wait in _waits.Count == 0 ? [] : _waits.ToArray())
        {
            wait.Tell(happened);
        }
    }

    private void EndAllWaits() => FailWaits(new ObjectDisposedException(nameof(RouteEvents), "The subscription was closed while somebody waited on it."));

    private void FailWaits(Exception exception)
    {
        lock (_gate)
        {
            _failure ??= exception;
            foreach (var wait in _waits)
            {
                wait.Fail(exception);
            }
        }
    }

    private abstract class Wait
    {
        public abstract void Tell(NetlinkEvent happened);

        public abstract void Fail(Exception exception);
    }

    private sealed class Wait<T>(Func<NetlinkEvent, T?> match, Func<T?> stateNow) : Wait
        where T : class
    {
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _source.Task;

        public override void Tell(NetlinkEvent happened)
        {
            if (happened is EventsLost)
            {
                LookAtState();
            }
            else
            {
                Guarded(() => match(happened));
            }
        }

        public void LookAtState() => Guarded(stateNow);

        public override void Fail(Exception exception) => _source.TrySetException(exception);

        // A condition that throws ends the wait with what it threw, not the reactor.
        private void Guarded(Func<T?> look)
        {
            try
            {
                if (!_source.Task.IsCompleted && look() is { } found)
                {
                    _source.TrySetResult(found);
                }
            }
            catch (Exception e)
            {
                _source.TrySetException(e);
            }
        }
    }
}
