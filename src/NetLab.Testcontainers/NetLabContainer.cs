using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Containers;

namespace NetLab;

/// <summary>
/// A container for labs, made by <see cref="NetLabContainerBuilder"/>.
/// Its first process reads a standard input that this process alone holds: where this process ends, by whatever way, the
/// container ends too, and the engine removes it. Nothing is left to a reaper.
/// </summary>
public sealed class NetLabContainer : DockerContainer
{
    private DockerClient? _engine;
    private MultiplexedStream? _input;

    internal NetLabContainer(NetLabContainerConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>
    /// Creates and starts the container. A container that an earlier run left, since it was given a command of its own that outlived its
    /// process, is removed first.
    /// </summary>
    /// <param name="ct">Ends the starting; the container is removed when it is disposed.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public override async Task StartAsync(CancellationToken ct = default)
    {
        try
        {
            _engine ??= ContainerEngine.Connect();
            await ContainerOwner.RemoveOrphansAsync(_engine, ct).ConfigureAwait(false);
            await base.StartAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (ct.IsCancellationRequested && e is not OperationCanceledException)
        {
            // Testcontainers tells a cancelled start as a timeout.
            throw new OperationCanceledException("Starting the container was cancelled.", e, ct);
        }
    }

    /// <inheritdoc/>
    protected override async Task UnsafeStartAsync(CancellationToken ct = default)
    {
        _input = await _engine!.Containers.AttachContainerAsync(Id, new ContainerAttachParameters { Stream = true, Stdin = true }, ct).ConfigureAwait(false);
        await base.UnsafeStartAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore().ConfigureAwait(false);
        _input?.Dispose();
        _engine?.Dispose();
    }
}
