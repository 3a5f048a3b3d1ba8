using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that ports of switches have received again and again, though nobody sends it again.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Ports">The ports that can be closed, with how often it passed each.</param>
/// <param name="Within">In what time.</param>
internal sealed record FrameLoop(Frame Frame, IReadOnlyDictionary<Device, int> Ports, TimeSpan Within)
{
    /// <summary>How many of the last sightings are worth a look.</summary>
    public const int Window = 4096;

    private const int Times = 16; // arrivals at one port, for each time that somebody has sent it

    /// <summary>Finds the frame that most ports received most often; null where none goes round.</summary>
    /// <param name="closed">Ports that were closed already: what still comes to them goes no further.</param>
    /// <param name="seen">Sightings, in order: at which device of the lab, which way, when in nanoseconds, and the bytes.</param>
    public static FrameLoop? Find(IReadOnlyCollection<Device> closed,
        IReadOnlyList<(Device? Device, HopDirection Direction, long Time, ReadOnlyMemory<byte> Bytes)> seen)
    {
        foreach (var same in seen.GroupBy(s => s.Bytes, ByBytes.Instance).OrderByDescending(g => g.Count()))
        {
            var sent = same.Count(s => s is { Direction: HopDirection.In, Device.Guest: not null }
                or { Direction: HopDirection.Out, Device: { Passes: null } });
            var ports = same.Where(s => s.Direction == HopDirection.In && CanBeClosed(s.Device) && !closed.Contains(s.Device!)).GroupBy(s => s.Device!)
                .Where(g => g.Count() >= Times * (1 + sent)).ToDictionary(g => g.Key, g => g.Count());
            if (ports.Count > 0)
            {
                // What one end of a cable received the other has sent. A frame that has gone round one way alone has come in at half of the loop's ports.
                foreach (var end in ports.Keys.Where(e => CanBeClosed(e.OtherEnd) && !closed.Contains(e.OtherEnd!)).ToList())
                {
                    ports.TryAdd(end.OtherEnd!, ports[end]);
                }

                return new FrameLoop(Frame.FromBytes(same.Key.Span), ports, TimeSpan.FromTicks((same.Max(s => s.Time) - same.Min(s => s.Time)) / 100));
            }
        }

        return null;
    }

    /// <summary>Closes one port of the loop.</summary>
    public Storm Stop()
    {
        // Any port on the loop would do; the last described is what a person would call the redundant one.
        List<Node> nodes = [.. Ports.Keys.First().Node.Lab.Nodes];
        var port = Ports.Keys.OrderBy(d => nodes.IndexOf(d.Node)).ThenBy(d => d.Index).Last();
        var batch = new NetlinkBatch();
        port.Switch!.Close(port, batch);
        port.Node.Live.Route.Execute(batch);
        return new Storm(port, Frame, Ports[port], Within, Ports);
    }

    // A fake VM sends what it wants; an internal port is the node's own.
    private static bool CanBeClosed(Device? device) => device is { Switch: not null, Guest: null, IsMadeByOvs: false };

    private sealed class ByBytes : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly ByBytes Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes.Span);
            return hash.ToHashCode();
        }
    }
}
