using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>One node's part of a capture: its ring, and the numbers of its devices. Owns the ring.</summary>
internal sealed class NodeCapture : IDisposable
{
    private readonly PacketRing ring;
    private readonly CaptureOrder order;
    private readonly CaptureSink sink;
    private readonly PacketHandler take;
    private readonly Dictionary<int, int> ports = [];
    private IReactorRegistration? registration;
    private long? end;

    public NodeCapture(Node node, long ringBytes, CaptureOrder order, CaptureSink sink)
    {
        Node = node;
        this.order = order;
        this.sink = sink;
        take = Take;
        ring = PacketRing.Open(node.State.Namespace, ringBytes);
        foreach (Device device in node.Devices.Where(d => d.IsApplied))
        {
            ports[device.LiveIndex] = sink.AddPort(new CapturePort(node, device.Name, device.Mac));
        }
    }

    public Node Node { get; }

    public CaptureCount Count => new(Node, ring.Read, ring.ReadStatistics().Lost);

    /// <summary>Whether everything was taken that had come when <see cref="SetEnd"/> was called.</summary>
    public bool IsAtEnd => end <= ring.Read;

    /// <summary>Calls back, on the reactor's thread, when a block is full; once, until <see cref="Drain"/>.</summary>
    public void Start(Action full, Action<Exception> failed) =>
        registration = Reactor.Shared.OnReadable(
            ring.Handle,
            () =>
            {
                registration?.Pause();
                full();
            },
            failed);

    public void Drain()
    {
        ring.Drain(take);
        registration?.Resume();
    }

    /// <summary>What comes from now on need not be waited for. What has come the kernel hands over within milliseconds.</summary>
    public void SetEnd()
    {
        (long seen, long lost) = ring.ReadStatistics();
        end = seen - lost;
    }

    public void Dispose()
    {
        registration?.Dispose();
        ring.Dispose();
    }

    private void Take(in PacketRecord record, ReadOnlySpan<byte> frame)
    {
        if (!ports.TryGetValue(record.InterfaceIndex, out int port))
        {
            string name = ring.NameOf(record.InterfaceIndex) ?? $"if{record.InterfaceIndex}";
            port = ports[record.InterfaceIndex] = sink.AddPort(new CapturePort(Node, name, null));
        }

        order.Add(port, record, frame);
    }
}
