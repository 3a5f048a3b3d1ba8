namespace NetLab;

/// <summary>Capturing the frames of all nodes.</summary>
public sealed partial class Lab
{
    private readonly List<LabCapture> _captures = [];

    /// <summary>
    /// Captures the frames of every node from the moment that this returns, also of nodes that are applied later, until the capture is stopped or disposed.
    /// </summary>
    /// <param name="path">The pcapng file to write; null keeps the frames in memory.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="Linux.LinuxException">The kernel refused a ring: ENOMEM where it has not so much memory.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public LabCapture Capture(string? path = null, CaptureOptions? options = null) => StartCapture(_nodes.FindAll(n => n.IsApplied), followsLab: true, path, options);

    internal LabCapture StartCapture(IReadOnlyList<Node> nodes, bool followsLab, string? path, CaptureOptions? options)
    {
        RequireApplied();
        var capture = new LabCapture(this, nodes, followsLab, path, options);
        _captures.Add(capture);
        return capture;
    }

    /// <summary>The captures that were started, also those that have ended.</summary>
    internal IReadOnlyList<LabCapture> Captures => _captures;

    private async Task EndCapturesAsync()
    {
        foreach (LabCapture capture in _captures)
        {
            await capture.EndAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>Capturing the frames of one node.</summary>
public sealed partial class Node
{
    /// <summary>Captures the frames of this node.</summary>
    /// <inheritdoc cref="Lab.Capture"/>
    public LabCapture Capture(string? path = null, CaptureOptions? options = null) => Lab.StartCapture([this], followsLab: false, path, options);
}
