using System.Text;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Sees frames in every node of the lab by one packet socket a namespace (packet(7)), and keeps them in one log, in the order
/// of the kernel's time stamps. The kernel holds what was seen until <see cref="Drain"/> takes it; no thread runs for it.
/// </summary>
internal sealed class FrameWatch(string why) : IFrameWatch
{
    private const int LongestLog = 200_000;
    private const int MostAtOnce = 2_000;
    private const int Most = 2_000; // sightings of one frame; only one that goes round in a loop has more

    private readonly Lock _gate = new();
    private readonly Dictionary<Node, PacketSocket> _sockets = [];
    private readonly Dictionary<(Node Node, int Index), string> _names = [];
    private readonly List<Sighting> _log = [];
    private readonly List<Sighting> _fresh = [];
    private long _forgotten; // how much of the log is not looked at for a loop any more
    private readonly byte[] _buffer = new byte[65_536];

    public string Level { get; } = $"packet sockets ({why})";

    public long Count { get; private set; }

    /// <summary>How many frames the kernel could not keep for us.</summary>
    public long Lost => _sockets.Values.Sum(s => s.Drops);

    public void AddNodes(IEnumerable<Node> nodes)
    {
        FrameTimestamps.Ensure();
        lock (_gate)
        {
            foreach (var node in nodes)
            {
                if (!_sockets.ContainsKey(node))
                {
                    _sockets.Add(node, PacketSocket.Open(node.Live.Namespace));
                }
            }
        }
    }

    public void Forget(Node node)
    {
        lock (_gate)
        {
            if (_sockets.Remove(node, out var socket))
            {
                socket.Dispose();
            }
        }
    }

    public void Drain()
    {
        lock (_gate)
        {
            foreach ((var node, var socket) in _sockets)
            {
                // A storm fills the socket faster than it is read; whoever waits for quiet must get to see that there is none.
                for (var n = 0; n < MostAtOnce && socket.TryRead(_buffer, out var record); n++)
                {
                    _fresh.Add(SightingOf(node, record));
                }
            }

            // Each socket's records are in order; between sockets the time stamps decide.
            _fresh.Sort((a, b) => a.Time.CompareTo(b.Time));
            foreach (var sighting in _fresh)
            {
                _log.Add(sighting with { Sequence = Count++ });
            }

            _fresh.Clear();
            if (_log.Count > LongestLog)
            {
                _log.RemoveRange(0, _log.Count - LongestLog / 2);
            }
        }
    }

    public IObservation Observe()
    {
        Drain();
        return new Observation(this, Count, Lost);
    }

    /// <summary>What was seen since a position in the log, which moves on to its end.</summary>
    public IReadOnlyList<Sighting> Since(ref long position)
    {
        Drain();
        lock (_gate)
        {
            var from = (int)Math.Clamp(position - (Count - _log.Count), 0, _log.Count);
            position = Count;
            return _log.GetRange(from, _log.Count - from);
        }
    }

    /// <summary>What was seen of a frame since a position in the log.</summary>
    private List<Sighting> Find(long since, FrameIdentity identity)
    {
        lock (_gate)
        {
            var from = (int)Math.Clamp(since - (Count - _log.Count), 0, _log.Count);
            var found = new List<Sighting>();
            for (var i = from; i < _log.Count && found.Count < Most; i++)
            {
                if (identity.Is(_log[i].Identity))
                {
                    found.Add(_log[i]);
                }
            }

            // A frame may be under way while the sockets are read one after the other.
            found.Sort((a, b) => a.Time.CompareTo(b.Time));
            return found;
        }
    }

    public FrameLoop? FindLoop(IReadOnlyCollection<Device> closed)
    {
        lock (_gate)
        {
            var from = (int)Math.Max(0, Math.Max(_log.Count - FrameLoop.Window, _forgotten - (Count - _log.Count)));
            return FrameLoop.Find(closed, [.. _log.Skip(from).Select(s => (s.Device, s.Direction, s.Time, s.Frame.Bytes))]);
        }
    }

    public void ForgetLast()
    {
        lock (_gate)
        {
            // What a storm has left in the sockets is worth nothing any more, and would take long to make sightings of.
            foreach (var socket in _sockets.Values)
            {
                for (var n = 0; n < 50 * MostAtOnce && socket.TryRead(_buffer, out _); n++)
                {
                }
            }

            _forgotten = Count;
        }
    }

    public string Busiest()
    {
        lock (_gate)
        {
            var text = new StringBuilder("  Seen most often:");
            foreach (var group in _log.GroupBy(s => (s.Node.Name, s.DeviceName)).OrderByDescending(g => g.Count()).Take(10))
            {
                text.AppendLine().Append($"    {group.Key.Name}/{group.Key.DeviceName}: {group.Count()} times, for example {group.Last().Frame}");
            }

            return text.ToString();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets.Values)
            {
                socket.Dispose();
            }

            _sockets.Clear();
        }
    }

    private Sighting SightingOf(Node node, PacketRecord record)
    {
        node.Live.DevicesByIndex.TryGetValue(record.InterfaceIndex, out var device);
        var name = device?.Name ?? NameOf(node, record.InterfaceIndex);
        var direction = record.Direction == PacketDirection.Outgoing ? HopDirection.Out : HopDirection.In;
        VlanTag? tag = record.VlanTci is { } tci ? new VlanTag(record.VlanProtocol, tci) : null;
        return new Sighting(0, record.TimestampNanoseconds, node, name, device, direction, tag,
            Frame.FromBytes(_buffer.AsSpan(0, record.Length), record.HasPendingChecksum));
    }

    // A device that the lab did not describe: the kernel knows its name, for as long as it is there.
    private string NameOf(Node node, int index)
    {
        if (!_names.TryGetValue((node, index), out var name))
        {
            _names[(node, index)] = name = node.Live.Route.FindLink(index)?.Name ?? $"if{index}";
        }

        return name;
    }

    // What is seen is kept all the time, so there is nothing to end.
    private sealed class Observation(FrameWatch watch, long since, long lost) : IObservation
    {
        public Seen Take(SentFrame sent)
        {
            watch.Drain();
            return new SeenBySockets(watch.Find(since, sent.Identity), watch.Lost - lost);
        }

        public IReadOnlyList<Sighting> All()
        {
            var position = since;
            return [.. watch.Since(ref position).OrderBy(s => s.Time)];
        }

        public void Dispose()
        {
        }
    }
}
