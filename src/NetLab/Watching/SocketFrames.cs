using NetLab.Packets;

namespace NetLab;

/// <summary>Frames by packet sockets: what is seen of one is known by its content.</summary>
internal sealed class SocketFrames(FrameWatch watch, Func<Frame, bool> isWanted) : IWatchSource
{
    private const int Most = 1000; // frames that are under way
    private const int MostSightings = 1000; // of one frame
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly List<(SentFrame Sent, List<Sighting> Seen)> _underWay = [];
    private readonly long _lostBefore = watch.Lost;
    private long _position = watch.Count;
    private long _refused;

    public long Lost => watch.Lost - _lostBefore + _refused;

    public IReadOnlyList<WatchedFrame> Collect(bool all)
    {
        foreach (var sighting in watch.Since(ref _position).OrderBy(s => s.Time))
        {
            Take(sighting);
        }

        var quietSince = (DateTimeOffset.UtcNow - Quiet - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        var atRest = _underWay.FindAll(f => all || f.Seen[^1].Time < quietSince || f.Seen.Count >= MostSightings);
        _underWay.RemoveAll(atRest.Contains);
        return atRest.ConvertAll(f =>
            new WatchedFrame(f.Sent, DateTimeOffset.UnixEpoch.AddTicks(f.Seen[0].Time / TimeSpan.NanosecondsPerTick), FateBuilder.Build(f.Sent, f.Seen)));
    }

    private void Take(Sighting sighting)
    {
        if (sighting.DeviceName == "lo")
        {
            return;
        }

        if (_underWay.Find(f => f.Sent.Identity.Is(sighting.Identity)) is { Seen: { } seen })
        {
            seen.Add(sighting);
        }
        else if (isWanted(sighting.Tag is { } tag ? sighting.Frame.WithVlan(tag) : sighting.Frame))
        {
            if (_underWay.Count == Most)
            {
                _refused++;
                return;
            }

            var from = WatchedFrame.SenderOf(sighting.Frame, sighting.Node, isOwn: sighting.Direction == HopDirection.Out);
            _underWay.Add((new SentFrame(from, null, sighting.Node, sighting.Frame, sighting.Identity), [sighting]));
        }
    }
}
