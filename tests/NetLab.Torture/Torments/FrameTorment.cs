using NetLab.Packets;
using NetLab.Packets.Tests;

namespace NetLab.Torture;

/// <summary>Frames that are almost right: reading them throws nothing, and no text of them steers a terminal.</summary>
internal sealed class FrameTorment : ITorment
{
    private const int FramesOfTurn = 500;

    public string Name => "frames";

    public string Unit => "frames";

    public Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var generator = new FrameGenerator(random.Next());
        for (var i = 0; i < FramesOfTurn; i++)
        {
            Frame a = Any(random, generator), b = Any(random, generator);
            var frame = Frame.FromBytes(Mutation.Of(random, a.Bytes.ToArray(), b.Bytes.ToArray()));
            try
            {
                Read(frame, a);
            }
            catch (Exception wrong) when (wrong is not TortureException)
            {
                throw new TortureException($"{Convert.ToHexStringLower(frame.Bytes.Span)}: {wrong}");
            }
        }

        return Task.FromResult((long)FramesOfTurn);
    }

    private static Frame Any(Random random, FrameGenerator generator) => generator.Next(FrameGenerator.Kinds[random.Next(FrameGenerator.Kinds.Count)]);

    private static void Read(Frame frame, Frame other)
    {
        _ = (frame.Arp, frame.Ipv4, frame.Ipv6, frame.Udp, frame.Tcp, frame.Icmp, frame.Icmpv6, frame.Dns, frame.Dhcp, frame.Dhcpv6);
        _ = (frame.Lldp, frame.Lacp, frame.Bpdu, frame.Inner, frame.Mpls, frame.Vrrp, frame.Igmp, frame.Mld, frame.HasRightChecksums);
        _ = (frame.RouterAdvertisement, frame.RouterSolicitation, frame.NeighborSolicitation, frame.NeighborAdvertisement, frame.Redirect);
        foreach (var line in (string[])[frame.ToString(), .. frame.ToTree().Split('\n'), .. FrameDiff.Of(other, frame).ToString().Split('\n')])
        {
            if (!PlainText.IsPlain(line))
            {
                throw new TortureException($"{Convert.ToHexStringLower(frame.Bytes.Span)}: a line steers: {PlainText.Line(line)}");
            }
        }
    }
}
