using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Removing all of it.</summary>
public sealed partial class Lab
{
    // The kernel takes some 2 ms for a node; nothing of a lab is that large.
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Removes the lab: processes are killed and gone, descriptors are closed, and the kernel removes the namespaces with everything in
    /// them behind the call.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Live.IsDisposed)
        {
            return;
        }

        if (Observer is { } observer)
        {
            await observer.BeforeDisposalAsync(this).ConfigureAwait(false);
        }

        await Live.EndPartsAsync().ConfigureAwait(false);
        _nodes.ForEach(n => n.CloseSockets());
        foreach (var device in _nodes.SelectMany(n => n.Devices))
        {
            device.Release();
        }

        var notGivenBack = await GiveBackAsync().ConfigureAwait(false);
        // Open vSwitch's are among them: all end at once, and are waited for once.
        await Live.EndProcessesAsync().ConfigureAwait(false);
        foreach (var node in _nodes.Where(n => n.IsApplied))
        {
            node.Live.Dispose();
        }

        if (notGivenBack is not null)
        {
            throw notGivenBack;
        }
    }

    /// <summary>Removes the lab, and returns when the kernel has really removed every namespace of it, for whoever counts what is left.</summary>
    /// <param name="waitForKernel">False: the same as <see cref="DisposeAsync()"/>, which most want.</param>
    /// <param name="ct">Ends the waiting; the lab is disposed all the same.</param>
    /// <exception cref="TimeoutException">Something that is not the lab's holds a namespace:
    /// a socket that was not disposed, a process that entered it. The message names the nodes.</exception>
    public async ValueTask DisposeAsync(bool waitForKernel, CancellationToken ct = default)
    {
        var nodes = Live.IsDisposed || IsAdopted ? [] : _nodes.FindAll(n => n.IsApplied && !n.IsGiven);
        if (!waitForKernel || nodes.Count == 0)
        {
            await DisposeAsync().ConfigureAwait(false);
            return;
        }

        using var removal = new NamespaceRemoval(nodes.ConvertAll(n => n.Live.Namespace));
        await DisposeAsync().ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var gone = removal.WaitAsync(limit.Token);
        for (var left = nodes.Count; !gone.IsCompleted;)
        {
            // The kernel removes them one after the other, behind those of others.
            var patience = new Patience(this, LongestRemoval);
            try
            {
                await patience.WaitAsync(over => gone.WaitAsync(over), ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                var held = removal.GetRemaining();
                if (held.Count == left)
                {
                    await limit.CancelAsync().ConfigureAwait(false);
                    throw new TimeoutException(
                        $"The kernel has not removed the lab's namespaces in {patience.Words}"
                        + (held.Count == 0 ? "."
                            : $": something holds those of {string.Join(", ", held.Select(i => nodes[i].Name))}. Dispose sockets that were opened in these " +
                                $"nodes, and end processes that entered them from outside."));
                }

                left = held.Count;
            }
        }

        await gone.ConfigureAwait(false);
    }

    // What the lab has put into namespaces that are not its own. What could not be taken out again is told when everything else is gone.
    private async Task<Exception?> GiveBackAsync()
    {
        var failures = new List<Exception>();
        foreach (var node in _nodes.Where(n => n.IsApplied && n.Live.Given is not null))
        {
            try
            {
                await node.Live.Given!.GiveBackAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is LinuxException or ProcessFailedException)
            {
                failures.Add(new InvalidOperationException(
                    $"The namespace of node {node.Name}, which is not the lab's, could not be left as it was: {e.Message}", e));
            }
        }

        return failures.Count > 1 ? new AggregateException(failures) : failures.FirstOrDefault();
    }
}
