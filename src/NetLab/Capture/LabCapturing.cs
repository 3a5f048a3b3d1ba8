namespace NetLab;

/// <summary>Capturing the frames of a lab, or of one node.</summary>
public static class LabCapturing
{
    extension(Lab lab)
    {
        /// <summary>
        /// Captures the frames of every node from the moment that this returns, also of nodes that are applied later, until the capture is stopped or disposed.
        /// </summary>
        /// <param name="path">The pcapng file to write; null keeps the frames in memory.</param>
        /// <param name="options">How; null for the defaults.</param>
        /// <exception cref="Linux.LinuxException">The kernel refused a ring: ENOMEM where it has not so much memory.</exception>
        /// <exception cref="IOException">The file cannot be written.</exception>
        public LabCapture Capture(string? path = null, CaptureOptions? options = null) =>
            lab.AllCaptures().Start(lab, [.. lab.Nodes.Where(n => n.IsApplied)], followsLab: true, path, options);

        /// <summary>The captures that were started, also those that have ended.</summary>
        internal IReadOnlyList<LabCapture> Captures => lab.AllCaptures().All;

        private LabCaptures AllCaptures() => lab.Live.Part(_ => new LabCaptures());
    }

    extension(Node node)
    {
        /// <summary>Captures the frames of this node from the moment that this returns, until the capture is stopped or disposed.</summary>
        /// <param name="path">The pcapng file to write; null keeps the frames in memory.</param>
        /// <param name="options">How; null for the defaults.</param>
        /// <exception cref="Linux.LinuxException">The kernel refused a ring: ENOMEM where it has not so much memory.</exception>
        /// <exception cref="IOException">The file cannot be written.</exception>
        public LabCapture Capture(string? path = null, CaptureOptions? options = null) =>
            node.Lab.AllCaptures().Start(node.Lab, [node], followsLab: false, path, options);
    }
}

/// <summary>The captures of a lab.</summary>
internal sealed class LabCaptures : ILivePart
{
    private readonly List<LabCapture> _captures = [];

    public IReadOnlyList<LabCapture> All => _captures;

    public LabCapture Start(Lab lab, IReadOnlyList<Node> nodes, bool followsLab, string? path, CaptureOptions? options)
    {
        lab.RequireApplied();
        var capture = new LabCapture(lab, nodes, followsLab, path, options);
        _captures.Add(capture);
        return capture;
    }

    public void AddNewNodes(Lab lab) => _captures.ForEach(capture => capture.AddNewNodes());

    public async ValueTask EndAsync()
    {
        foreach (var capture in _captures)
        {
            await capture.EndAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
