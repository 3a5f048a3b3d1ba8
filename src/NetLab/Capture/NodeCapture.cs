using NetLab.Linux;

namespace NetLab;

/// <summary>One node's part of a capture: its ring, and the numbers of its devices. Owns the ring.</summary>
internal sealed class NodeCapture : IDisposable
{
    private readonly PacketRing _ring;
    private readonly CaptureOrder _order;
    private readonly CaptureSink _sink;
    private readonly PacketHandler _take;
    private readonly Dictionary<int, int> _ports = [];
    private IReactorRegistration? _registration;
    private long? _end;

    public NodeCapture(Node node, long ringBytes, CaptureOrder order, CaptureSink sink)
    {
        Node = node;
        _order = order;
        _sink = sink;
        _take = Take;
        _ring = PacketRing.Open(node.Live.Namespace, ringBytes);
        foreach (var device in node.Devices.Where(d => d.IsApplied))
        {
            _ports[device.LiveIndex] = sink.AddPort(new CapturePort(node, device.Name, device.Mac));
        }
    }

    public Node Node { get; }

    public CaptureCount Count => new(Node, _ring.Read, _ring.ReadStatistics().Lost);

    /// <summary>Whether everything was taken that had come when <see cref="SetEnd"/> was called.</summary>
    public bool IsAtEnd => _end <= _ring.Read;

    /// <summary>Calls back, on the reactor's thread, when a block is full; once, until <see cref="Drain"/>.</summary>
    public void Start(Action full, Action<Exception> failed) =>
        _registration = Reactor.Shared.OnReadable(
            _ring.Handle,
            () =>
            {
                _registration?.Pause();
                full();
            },
            failed);

    public void Drain()
    {
        _ring.Drain(_take);
        _registration?.Resume();
    }

    /// <summary>What comes from now on need not be waited for. What has come the kernel hands over within milliseconds.</summary>
    public void SetEnd()
    {
        (var seen, var lost) = _ring.ReadStatistics();
        _end = seen - lost;
    }

    public void Dispose()
    {
        _registration?.Dispose();
        _ring.Dispose();
    }

    private void Take(in PacketRecord record, ReadOnlySpan<byte> frame)
    {
        if (!_ports.TryGetValue(record.InterfaceIndex, out var port))
        {
            var name = _ring.NameOf(record.InterfaceIndex) ?? $"if{record.InterfaceIndex}";
            port = _ports[record.InterfaceIndex] = _sink.AddPort(new CapturePort(Node, name, null));
        }

        _order.Add(port, record, frame);
    }
}
