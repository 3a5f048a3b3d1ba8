namespace NetLab.Linux.Bpf;

/// <summary>How a <see cref="KernelTracer"/> is made.</summary>
internal sealed record TracerOptions
{
    /// <summary>
    /// Bytes of the ring that records wait in until they are read: a power of two, a multiple of the page size. Default 16 MiB:
    /// some 70,000 records, what 50,000 frames a second over two bridges give in 160 ms. What finds no room is lost, and counted.
    /// </summary>
    public int RingSize { get; init; } = 16 << 20;

    /// <summary>Bytes kept of each frame: a multiple of 8 up to 1024. Default 128.</summary>
    public int CaptureLength { get; init; } = 128;

    /// <summary>Most namespaces that can be traced at the same time. Default 4096.</summary>
    public int MaxNamespaces { get; init; } = 4096;

    /// <summary>Whether route lookups are recorded (two or more records for each routed frame). Default true.</summary>
    public bool RouteLookups { get; init; } = true;

    /// <summary>
    /// Whether to record no more than drops, and the packets by which somebody asks or answers (ARP, ICMP, ICMPv6, TCP with SYN or RST, DNS): as they are
    /// sent by who made them (<see cref="TraceEventKind.NetDevQueue"/>), and as they come in anywhere (<see cref="TraceEventKind.NetifReceiveSkb"/>).
    /// So little that it can go on all the time. Default false.
    /// </summary>
    public bool DropsAndQuestions { get; init; }
}
