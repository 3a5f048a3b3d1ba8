using System.Buffers.Binary;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>The guest's habits: it answers ARP requests (RFC 826), neighbour solicitations (RFC 4861) and pings (RFC 792, RFC 4443).</summary>
public sealed partial class FakeVm
{
    // Whether a habit could take the frame, told from a few bytes: ARP, ICMP, and IPv6 that is not plainly UDP or TCP.
    private static bool MayBeHabit(ReadOnlySpan<byte> frame) => frame.Length > 23 && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
    {
        0x0806 => true,
        0x0800 => frame[23] == 1,
        0x86dd => frame[20] is not (6 or 17),
        _ => false,
    };

    // Returns whether the frame was taken by a habit. Called by whoever reads the tap.
    private bool Answer(Frame frame)
    {
        if (frame.VlanTags.Count > 0)
        {
            return false;
        }

        if (frame.Arp is { } arp)
        {
            return AnswerArp(frame, arp);
        }

        var mine = frame.Destination == Mac || frame.Destination.IsMulticast;
        if (!mine)
        {
            return false;
        }

        return frame.Ipv4 is { } ip4 ? AnswerPing(frame, ip4.Destination)
            : frame.Ipv6 is { } ip6 && (AnswerSolicitation(frame, ip6) || AnswerPing(frame, ip6.Destination));
    }

    // A guest hears every question and lets those for others pass; neither is news to a test.
    private bool AnswerArp(Frame frame, ArpPacket arp)
    {
        if (!AnswersArp)
        {
            return false;
        }

        if (arp.Operation == ArpOperation.Reply && frame.Destination == Mac)
        {
            Learn(arp.SenderIp, arp.SenderMac);
        }
        else if (arp.Operation == ArpOperation.Request && Owns(arp.TargetIp))
        {
            Learn(arp.SenderIp, arp.SenderMac);
            TryInject(Frame.ArpReply(Mac, arp.TargetIp, arp.SenderMac, arp.SenderIp));
        }

        return arp.Operation is ArpOperation.Request or ArpOperation.Reply;
    }

    private bool AnswerSolicitation(Frame frame, Ipv6Packet ip)
    {
        if (!AnswersArp)
        {
            return false;
        }

        if (frame.NeighborAdvertisement is { } advertisement)
        {
            Learn(advertisement.Target, advertisement.TargetMac ?? frame.Source);
            return true;
        }

        if (frame.NeighborSolicitation is not { } solicitation)
        {
            return false;
        }

        if (Owns(solicitation.Target))
        {
            Learn(ip.Source, solicitation.SourceMac ?? frame.Source);
            TryInject(Frame.NeighborAdvertisement(Mac, solicitation.Target, frame.Source, ip.Source));
        }

        return true;
    }

    // Where the guest has a way back: to the neighbour by which that goes, whoever the frame came from.
    private bool AnswerPing(Frame frame, System.Net.IPAddress to)
    {
        if (!AnswersPing || !Owns(to) || Echo.AskerOf(frame) is not { } asker || FindNextHop(asker) is not { } next)
        {
            return false;
        }

        var mark = Node.Lab.Live.NextMark();
        return _neighbours.TryGetValue(next, out var mac) ? Echo.AnswerTo(frame, Mac, mac, mark) is { } answer && TryInject(answer)
            : AskFirst(next, to, neighbour => Echo.AnswerTo(frame, Mac, neighbour, mark)!);
    }

    // A guest whose cable is cut cannot answer, and that is no fault of the test: the frame just goes nowhere.
    private bool TryInject(Frame frame)
    {
        try
        {
            Tap.LiveTap.Write(frame.Bytes.Span);
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.EIO)
        {
            return false;
        }
    }
}
