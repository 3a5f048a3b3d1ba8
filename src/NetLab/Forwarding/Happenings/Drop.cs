using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>Frames of one flow that the kernel dropped at one place in one way, whoever sent them.</summary>
public sealed class Drop
{
    internal Drop(SeenPacket first, DropPlace place, int count, DateTimeOffset last, Reason reason)
    {
        First = first;
        Place = place;
        Count = count;
        LastAt = last;
        Reason = reason;
    }

    /// <summary>When the first was dropped.</summary>
    public DateTimeOffset At => First.At;

    /// <summary>When the last was.</summary>
    public DateTimeOffset LastAt { get; }

    /// <summary>How many there were.</summary>
    public int Count { get; }

    /// <summary>The node.</summary>
    public Node Node => Place.Node;

    /// <summary>The device that the frame was on; empty where it was on none.</summary>
    public string Device => Place.Device;

    /// <summary>The first frame, as it was there. What the kernel did not show of it is zero.</summary>
    public Frame Frame => First.Frame;

    /// <summary>The kernel's own word for it: <c>NETFILTER_DROP</c>.</summary>
    public string KernelReason => Place.Reason;

    /// <summary>The function of the kernel that dropped it.</summary>
    public string Function => Place.Function;

    /// <summary>Why, of the catalogue <see cref="Causes"/>, with evidence and remedy: from the state of the node when it was asked.</summary>
    public Reason Reason { get; }

    /// <summary>How many bytes of <see cref="Frame"/> the kernel showed.</summary>
    internal int Known => First.Known;

    internal SeenPacket First { get; }

    internal DropPlace Place { get; }

    /// <summary>This and another, as one.</summary>
    internal Drop With(Drop other) => new(First, Place, Count + other.Count, LastAt > other.LastAt ? LastAt : other.LastAt, Reason);

    /// <summary>Whether it waited until the kernel gave up that the question is answered.</summary>
    internal bool WaitedFor(UnansweredQuestion question) =>
        Reason.Awaits is { } awaited && awaited.Node == question.Node && awaited.Address.Equals(question.Asked.Question.Target);

    internal static DropPlace PlaceOf(SeenPacket packet)
    {
        var copy = SkbTree.Build([packet.Event]).Copies[0];
        return DropPlace.ByKernel(packet.Node, packet.Event, copy) with { CameIn = packet.Event.IngressInterfaceIndex != 0 };
    }

    /// <summary>One line: <c>router/eth1 dropped 10.0.2.2:80 &gt; 10.0.1.2:40000 …, 3 times: nft-rule</c>.</summary>
    public override string ToString() => $"{Place.Where} dropped {Frame}{(Count == 1 ? "" : $", {Count} times")}: {Reason.Cause}";
}
