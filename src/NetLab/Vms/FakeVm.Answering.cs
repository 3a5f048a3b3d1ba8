using System.Buffers.Binary;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// The guest's habits: it answers ARP requests (RFC 826), neighbour solicitations (RFC 4861) and pings (RFC 792, RFC 4443), and TCP where it has that.
/// </summary>
public sealed partial class FakeVm
{
    // Whether a habit could take the frame, told from a few bytes: ARP, ICMP, TCP where the guest has it, and IPv6 that is not plainly UDP or TCP.
    private bool MayBeHabit(ReadOnlySpan<byte> frame) => frame.Length > 23 && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
    {
        0x0806 => true,
        0x0800 => frame[23] == 1 || (frame[23] == 6 && MayHaveTcp),
        0x86dd => frame[20] is not (6 or 17) || (frame[20] == 6 && MayHaveTcp),
        0x8100 => VlanAddresses.Count > 0,
        _ => false,
    };

    // Returns whether the frame was taken by a habit. Called by whoever reads the tap.
    private bool Answer(Frame frame)
    {
        int? vlan = null;
        if (frame.VlanTags.Count > 0)
        {
            if (frame.VlanTags is not [var tag] || !VlanAddresses.ContainsKey(tag.Id))
            {
                return false;
            }

            (vlan, frame) = (tag.Id, frame.WithoutVlan());
        }

        if (frame.Arp is { } arp)
        {
            return AnswerArp(frame, arp, vlan);
        }

        var mine = frame.Destination == Mac || frame.Destination.IsMulticast;
        if (!mine)
        {
            return false;
        }

        return frame.Ipv4 is { } ip4 ? AnswerPing(frame, ip4.Destination, vlan) || AnswerTcp(frame, ip4.Source, ip4.Destination, vlan)
            : frame.Ipv6 is { } ip6 && (AnswerSolicitation(frame, ip6, vlan) || AnswerPing(frame, ip6.Destination, vlan)
                || AnswerTcp(frame, ip6.Source, ip6.Destination, vlan));
    }

    // A guest hears every question and lets those for others pass; neither is news to a test.
    private bool AnswerArp(Frame frame, ArpPacket arp, int? vlan)
    {
        if (!AnswersArp)
        {
            return false;
        }

        // What somebody announces is news of a neighbour that is known, as for Linux without arp_accept.
        if ((arp.Operation == ArpOperation.Reply && frame.Destination == Mac) || (arp.IsGratuitous && _neighbours.ContainsKey(arp.SenderIp)))
        {
            Learn(arp.SenderIp, arp.SenderMac);
        }
        else if (arp.Operation == ArpOperation.Request && Owns(arp.TargetIp, vlan))
        {
            Learn(arp.SenderIp, arp.SenderMac);
            TryInject(InVlan(Frame.ArpReply(Mac, arp.TargetIp, arp.SenderMac, arp.SenderIp), vlan));
        }

        return arp.Operation is ArpOperation.Request or ArpOperation.Reply;
    }

    private bool AnswerSolicitation(Frame frame, Ipv6Packet ip, int? vlan)
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

        if (Owns(solicitation.Target, vlan))
        {
            Learn(ip.Source, solicitation.SourceMac ?? frame.Source);
            TryInject(InVlan(Frame.NeighborAdvertisement(Mac, solicitation.Target, frame.Source, ip.Source), vlan));
        }

        return true;
    }

    // Where the guest has a way back: to the neighbour by which that goes, whoever the frame came from.
    private bool AnswerPing(Frame frame, System.Net.IPAddress to, int? vlan)
    {
        if (!AnswersPing || !Owns(to, vlan) || Echo.AskerOf(frame) is not { } asker || FindNextHop(asker) is not { } next)
        {
            return false;
        }

        var mark = Node.Lab.Live.NextMark();
        return _neighbours.TryGetValue(next, out var mac) ? Echo.AnswerTo(frame, Mac, mac, mark) is { } answer && TryInject(Outgoing(answer, next))
            : AskFirst(next, to, neighbour => Echo.AnswerTo(frame, Mac, neighbour, mark)!);
    }

    private static Frame InVlan(Frame frame, int? vlan) => vlan is { } id ? frame.WithVlan((ushort)id) : frame;

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
