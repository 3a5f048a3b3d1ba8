namespace NetLab;

/// <summary>How frames are captured; every value has a default that suits a test.</summary>
public sealed record CaptureOptions
{
    /// <summary>
    /// The size of the ring by which the kernel hands over a node's frames, in bytes. By default the nodes share 256 MiB, and each gets between 1 and 32 MiB;
    /// 32 MiB hold some 200,000 small frames or 20,000 of 1514 bytes, while nobody takes them.
    /// </summary>
    public long? RingBytes { get; init; }

    /// <summary>How many frames a capture in memory keeps; later ones are counted in <see cref="LabCapture.Omitted"/>. A million unless it is set.</summary>
    public int MostFrames { get; init; } = 1_000_000;

    internal long RingBytesFor(int nodes) => RingBytes ?? Math.Clamp((256L << 20) / Math.Max(nodes, 1), 1 << 20, 32 << 20);
}
