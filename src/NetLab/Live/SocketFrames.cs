using NetLab.Packets;

namespace NetLab;

/// <summary>Frames by packet sockets: what is seen of one is known by its content.</summary>
internal sealed class SocketFrames(FrameWatch watch, Func<Frame, bool> isWanted) : ILiveSource
{
    private const int Most = 1000; // frames that are under way
    private const int MostSightings = 1000; // of one frame
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly List<(SentFrame Sent, List<Sighting> Seen)> underWay = [];
    private readonly long lostBefore = watch.Lost;
    private long position = watch.Count;
    private long refused;

    public long Lost => watch.Lost - lostBefore + refused;

    public IReadOnlyList<LiveFrame> Collect(bool all)
    {
        foreach (Sighting sighting in watch.Since(ref position).OrderBy(s => s.Time))
        {
            Take(sighting);
        }

        long quietSince = (DateTimeOffset.UtcNow - Quiet - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        List<(SentFrame Sent, List<Sighting> Seen)> atRest = underWay.FindAll(f => all || f.Seen[^1].Time < quietSince || f.Seen.Count >= MostSightings);
        underWay.RemoveAll(atRest.Contains);
        return atRest.ConvertAll(f => new LiveFrame(f.Sent, DateTimeOffset.UnixEpoch.AddTicks(f.Seen[0].Time / TimeSpan.NanosecondsPerTick), FateBuilder.Build(f.Sent, f.Seen)));
    }

    private void Take(Sighting sighting)
    {
        if (sighting.DeviceName == "lo")
        {
            return;
        }

        if (underWay.Find(f => f.Sent.Identity.Is(sighting.Identity)) is { Seen: { } seen })
        {
            seen.Add(sighting);
        }
        else if (isWanted(sighting.Vlan is { } tag ? sighting.Frame.WithVlan(tag) : sighting.Frame))
        {
            if (underWay.Count == Most)
            {
                refused++;
                return;
            }

            string from = LiveFrame.SenderOf(sighting.Frame, sighting.Node, isOwn: sighting.Direction == HopDirection.Out);
            underWay.Add((new SentFrame(from, null, sighting.Node, sighting.Frame, sighting.Identity), [sighting]));
        }
    }
}
