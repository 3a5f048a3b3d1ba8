using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>A device that frames were captured at.</summary>
internal sealed record CapturePort(Node Node, string DeviceName, MacAddress? Mac)
{
    public long Captured { get; set; }
}

/// <summary>Where captured frames go, in order. Used by the capture's thread alone, but for what says otherwise.</summary>
internal abstract class CaptureSink : IDisposable
{
    protected List<CapturePort> Ports { get; } = [];

    /// <summary>Adds a device and gives its number.</summary>
    public virtual int AddPort(CapturePort port)
    {
        Ports.Add(port);
        return Ports.Count - 1;
    }

    public void Write(in WaitingFrame frame)
    {
        Ports[frame.Port].Captured++;
        Write(Ports[frame.Port], frame);
    }

    /// <summary>All frames were written; this is how many there were.</summary>
    public virtual void Finish(long time, IReadOnlyList<CaptureCount> counts)
    {
    }

    public virtual void Dispose()
    {
    }

    protected abstract void Write(CapturePort port, in WaitingFrame frame);
}

/// <summary>Frames in memory; may be read from any thread.</summary>
internal sealed class MemorySink(int most) : CaptureSink
{
    private readonly Lock _gate = new();
    private readonly List<CapturedFrame> _frames = [];

    public long Omitted { get; private set; }

    public IReadOnlyList<CapturedFrame> Frames
    {
        get
        {
            lock (_gate)
            {
                return [.. _frames];
            }
        }
    }

    protected override void Write(CapturePort port, in WaitingFrame frame)
    {
        lock (_gate)
        {
            if (_frames.Count == most)
            {
                Omitted++;
                return;
            }

            _frames.Add(new CapturedFrame(port.Node, port.DeviceName, frame.Direction, frame.Time, Frame.FromBytes(frame.Bytes, frame.HasPendingChecksum)));
        }
    }
}

/// <summary>Frames in a pcapng file, with one interface a device, called <c>node/device</c>. Owns the file.</summary>
internal sealed class FileSink(string path) : CaptureSink
{
    // The writer writes a block at a time.
    private readonly PcapngWriter _writer = new(NewFile.Create(path, bufferBytes: 1 << 20));

    public override int AddPort(CapturePort port)
    {
        _writer.AddInterface($"{port.Node.Name}/{port.DeviceName}", mac: port.Mac);
        return base.AddPort(port);
    }

    public override void Finish(long time, IReadOnlyList<CaptureCount> counts)
    {
        for (var i = 0; i < Ports.Count; i++)
        {
            // The kernel counts what is lost for the whole node: it stands at the node's first interface.
            var port = Ports[i];
            var lost = counts.First(c => c.Node == port.Node).Lost;
            var first = Ports.FindIndex(p => p.Node == port.Node) == i;
            _writer.WriteStatistics(
                i, time, port.Captured + (first ? lost : 0), first ? lost : 0,
                lost > 0 ? $"{lost} frames of node {port.Node.Name} are lost; at which of its devices they passed is not known" : null);
        }
    }

    public override void Dispose()
    {
        _writer.Dispose();
        base.Dispose();
    }

    protected override void Write(CapturePort port, in WaitingFrame frame) =>
        _writer.WritePacket(
            frame.Port, frame.Time, frame.Bytes, frame.Direction == HopDirection.In ? CaptureDirection.Inbound
                : CaptureDirection.Outbound, originalLength: frame.OriginalLength);
}
