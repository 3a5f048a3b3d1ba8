namespace NetLab;

/// <summary>Removing all of it.</summary>
public sealed partial class Lab
{
    /// <summary>
    /// Removes the lab: processes are killed and gone, descriptors are closed, and the kernel removes the namespaces with everything in
    /// them behind the call.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        IsApplied = false;
        foreach (TapDevice tap in _nodes.SelectMany(n => n.Devices).OfType<TapDevice>())
        {
            tap.Close();
        }

        _watch?.Dispose();
        _kernel?.Dispose();
        foreach (Node node in _nodes.Where(n => n.IsApplied))
        {
            if (node.State.Ovs is { } ovs)
            {
                await ovs.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (_processes is not null)
        {
            await _processes.DisposeAsync().ConfigureAwait(false);
        }

        foreach (Node node in _nodes.Where(n => n.IsApplied))
        {
            node.State.Dispose();
        }
    }
}
