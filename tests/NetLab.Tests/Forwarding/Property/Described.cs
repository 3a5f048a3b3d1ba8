namespace NetLab.Tests.Forwarding.Property;

/// <summary>A lab that is described, and may run.</summary>
internal sealed class Described : IDisposable
{
    private Described(Lab lab) => Lab = lab;

    public Lab Lab { get; }

    /// <exception cref="TopologyException">The pieces do not fit together.</exception>
    public static Described Of(IEnumerable<Piece> pieces, FrameTracing tracing = FrameTracing.Auto)
    {
        var lab = new Lab(new LabOptions { Tracing = tracing });
        foreach (var piece in pieces)
        {
            piece.Describe(lab);
        }

        return new Described(lab);
    }

    public void Dispose() => Lab.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
