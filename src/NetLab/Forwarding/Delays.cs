using System.Buffers.Binary;
using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the kernel lets wait and sends on by a timer of its own, by what was seen so far: no barrier knows of it.</summary>
internal sealed class Delays(Lab lab, Company seen)
{
    private readonly Lazy<bool> _answers = new(() => HoldAnswer(lab, seen));
    private readonly Lazy<IReadOnlyList<Frame>> _queued = new(() => QueuedIn(seen));
    private readonly Lazy<bool> _queues = new(() => seen.ByKernel is null && lab.Nodes.Any(n => n.IsApplied && HeldBack.QueuesOf(n).Count > 0));

    /// <summary>
    /// Whether something is held that a frame waits for: an answer that it needs to go on; of a question also what it, its answer or a question for a
    /// neighbour is in, the queue of a device whose queueing discipline delays it (netem, tbf). Packet sockets do not see what is there, and whatever it is
    /// counts.
    /// </summary>
    public bool Hold(FollowedFrame frame) => !frame.IsOver
        && ((frame.IsQuestion && (_queues.Value || _queued.Value.Any(queued => MayConcern(frame.Sent.Frame, queued))))
            || (_answers.Value && (frame.IsQuestion || TargetOf(frame.Sent.Frame) is not null || seen.ByKernel is null
                || seen.CopiesOf(frame.Sent).Any(FollowedFrame.IsKept))));

    // Who answers ARP or ND for another (proxy_arp, ip neighbour add proxy) does so after a random part of proxy_delay, 0.8 s, so that the owner's own answer
    // comes first (net/core/neighbour.c, pneigh_enqueue).
    private static bool HoldAnswer(Lab lab, Company seen)
    {
        if (seen.ByKernel is { } kernel)
        {
            return kernel.Events.Any(AsksForNeighbour)
                && kernel.Copies.Any(copy => copy.Way is [.., { Direction: SkbDirection.In } last] && AsksForNeighbour(last.First)
                    && IsInQueue(lab, kernel, copy, last));
        }

        var around = seen.Around();
        return around.Any(asked => asked is { Direction: HopDirection.In } && IsOfStack(asked.Device) && TargetOf(asked.Frame) is { } target
            && StackModel.Proxied(asked.Node, asked.DeviceName, asked.Frame) is not null
            && !around.Any(other => other.Direction is HopDirection.Out && other.Sequence > asked.Sequence && ReferenceEquals(other.Node, asked.Node)
                && AnsweredBy(other.Frame) is { } answered && answered.Equals(target)));
    }

    // An ARP request itself is kept (arp_process); of a solicitation a clone is, of which nothing is seen until it is answered (ndisc_recv_ns).
    private static bool IsInQueue(Lab lab, SeenFrames seen, SkbCopy copy, SkbHop last)
    {
        if (lab.Nodes.FirstOrDefault(n => n.IsApplied && n.NamespaceInode == last.Namespace) is not { } node
            || !IsOfStack(node.FindDevice(last.DeviceName)))
        {
            return false;
        }

        return last.First.Protocol == EtherTypes.Arp ? copy.End is SkbEnd.Open
            : Frame.FromBytes(last.First.Bytes.Span) is { NeighborSolicitation: { } asked } frame
                && StackModel.Proxied(node, last.DeviceName, frame) is not null
                && !seen.Beginnings.Any(b => b.Events[0].Namespace == last.Namespace && b.Events[0].Timestamp > last.Timestamp
                    && AnsweredBy(TraceFateBuilder.FirstFrame(b)) is { } answered && answered.Equals(asked.Target));
    }

    private static List<Frame> QueuedIn(Company seen) => seen.ByKernel is not { } kernel ? []
        : [.. kernel.Copies.Select(c => c is { End: SkbEnd.Open, Hops: [.., { Direction: SkbDirection.Out, IsComplete: false } last] } ? last.First : null)
            .OfType<TraceEvent>().Select(e => Frame.FromBytes(e.Bytes.Span))];

    // By its protocol alone: who translates addresses and ports changes the rest.
    private static bool MayConcern(Frame question, Frame queued) => queued.Arp is not null || queued.Icmp is not null || queued.Icmpv6 is not null
        || ((queued.Tcp is null) == (question.Tcp is null) && (queued.Udp is null) == (question.Udp is null));

    private static IPAddress? TargetOf(Frame asked) =>
        asked.Arp is { Operation: ArpOperation.Request } arp ? arp.TargetIp : asked.NeighborSolicitation?.Target;

    private static IPAddress? AnsweredBy(Frame answer) =>
        answer.Arp is { Operation: ArpOperation.Reply } arp ? arp.SenderIp : answer.NeighborAdvertisement?.Target;

    // What comes into a port of a switch that switch has.
    private static bool IsOfStack(Device? device) => device is not { Switch: not null, LeadsToStack: false };

    // An ARP request (RFC 826) or a neighbour solicitation (RFC 4861), by the first bytes that a tracepoint shows.
    private static bool AsksForNeighbour(TraceEvent told)
    {
        var packet = told.Bytes.Span[Math.Clamp(told.NetworkOffset, 0, told.Bytes.Length)..];
        return told.Protocol switch
        {
            EtherTypes.Arp => packet.Length >= 8 && BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) == (ushort)ArpOperation.Request,
            EtherTypes.Ipv6 => packet is { Length: > 40 } && packet[6] == (byte)IpProtocol.Icmpv6 && packet[40] == (byte)Icmpv6Type.NeighborSolicitation,
            _ => false,
        };
    }
}
