using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>A question that the stack or a program of a node asked by a packet, and to which no answer came back to it.</summary>
public sealed class UnansweredQuestion
{
    private readonly string? _again;

    internal UnansweredQuestion(AskedQuestion asked, Silence silence, Drop? drop)
    {
        Asked = asked;
        (Reason, _again) = silence;
        Drop = drop;
    }

    /// <summary>What kind of question it is.</summary>
    public QuestionKind Kind => Asked.Question.Kind;

    /// <summary>The node that asked.</summary>
    public Node Node => Asked.Node;

    /// <summary>The device by which it asked.</summary>
    public string Device => Asked.Device;

    /// <summary>When it asked first.</summary>
    public DateTimeOffset At => Asked.First.At;

    /// <summary>How many times it asked.</summary>
    public int Times => Asked.Times;

    /// <summary>The packet by which it asked first.</summary>
    public Frame Frame => Asked.First.Frame;

    /// <summary>Where the question, or its answer, was dropped; null where the kernel dropped neither.</summary>
    public Drop? Drop { get; }

    /// <summary>Whether it was the answer that was dropped.</summary>
    public bool IsAnswerDropped => Drop is { } drop && Asked.Question.IsAnsweredBy(drop.Frame);

    /// <summary>Why no answer came, of the catalogue <see cref="Causes"/>, with evidence and remedy.</summary>
    public Reason Reason { get; }

    internal AskedQuestion Asked { get; }

    /// <summary>
    /// One line: <c>client asked 10.0.2.2 for a connection to TCP port 80, 3 times, and got no answer: the answer was sent, and dropped at router/eth1</c>.
    /// </summary>
    public override string ToString() => PlainText.Line(
        $"{Node.Name} asked {Asked.Question.Words}{(Times == 1 ? "" : $", {Times} times")}, and got no answer"
        + (Drop is null ? _again is null ? "" : $"; {_again}"
            : $": the {(IsAnswerDropped ? "answer was sent, and" : "question was")} dropped at {Drop.Reason.Place}"));
}

/// <summary>A question that a node asked, as often as it did.</summary>
/// <param name="Question">The question, as it was asked last.</param>
/// <param name="First">The packet by which it asked first.</param>
/// <param name="Times">How often.</param>
internal sealed record AskedQuestion(Question Question, SeenPacket First, int Times)
{
    /// <summary>The questions to which no answer came. Pure: needs no kernel.</summary>
    /// <param name="packets">What was recorded of questions and answers, in the order of time.</param>
    /// <param name="drops">The drops: an answer that came to the node that asked, and was dropped there, is none.</param>
    public static IReadOnlyList<AskedQuestion> Unanswered(IReadOnlyList<SeenPacket> packets, IReadOnlyList<SeenPacket> drops)
    {
        var dropped = drops.ToLookup(d => (d.Event.Namespace, d.Event.SkbAddress));
        var open = new Dictionary<(Node, object), AskedQuestion>();
        foreach (var packet in packets)
        {
            if (packet.Event.Kind is TraceEventKind.NetDevQueue)
            {
                // A bridge's own device and the port behind it both send the one packet, and so do a macvlan and the device below, of another node maybe.
                if (Question.Of(packet.Frame) is { } question && !open.Values.Any(q => q.Question.IsSameAs(question) && q.IsSentBy(packet)))
                {
                    open.TryGetValue((packet.Node, question.Group), out var before);
                    open[(packet.Node, question.Group)] = new AskedQuestion(question, before?.First ?? packet, (before?.Times ?? 0) + 1) { Last = packet };
                }
            }
            else if (!dropped[(packet.Event.Namespace, packet.Event.SkbAddress)].Any(d => d.Event.Timestamp >= packet.Event.Timestamp && d.IsSameAs(packet)))
            {
                foreach ((var key, _) in open.Where(o => o.Value.First.Node == packet.Node && o.Value.IsSettledBy(packet.Frame)).ToList())
                {
                    open.Remove(key);
                }
            }
        }

        return [.. open.Values.OrderBy(q => q.First.Event.Timestamp)];
    }

    /// <summary>The node that asked.</summary>
    public Node Node => First.Node;

    /// <summary>The device by which it asked.</summary>
    public string Device => First.Event.DeviceName;

    private SeenPacket? Last { get; init; }

    /// <summary>Whether a dropped frame is this question, or its answer.</summary>
    public bool IsOf(Frame frame) => Question.IsAnsweredBy(frame) || Question.Of(frame) is { } same && same.Group.Equals(Question.Group);

    /// <summary>Whether a drop there may be why: what is asked of everybody comes to many, and only what is on the way to who has the address counts.</summary>
    public bool MayBeLostAt(DropPlace place) =>
        Question.Kind is not (QuestionKind.Arp or QuestionKind.NeighbourDiscovery) || Question.IsAnsweredBy(place.Seen) || place.Node == Node
        || Endpoint.WithAddress(Node.Lab, Question.Target) is not { Count: > 0 } owners || owners.Any(o => o.Start == place.Node && o.Vm is null)
        || (place.LabDevice is { Switch: not null } port
            && owners.Any(o => Node.FindDevice(Device) is not { } from || Ways.Find([from], o.Devices) is not { Count: > 0 } way || way.Contains(port)));

    private bool IsSettledBy(Frame frame) => Question.IsAnsweredBy(frame) || Question.IsRefusedBy(frame);

    private bool IsSentBy(SeenPacket packet) =>
        Last is { } last && last.Event.SkbAddress == packet.Event.SkbAddress
        && (last.Event.DeviceName != packet.Event.DeviceName || last.Node != packet.Node) && last.IsSameAs(packet);
}
