using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Why a question got no answer.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Again">What became of it when it was asked again, in a clause; null where it was not, or that told nothing.</param>
internal sealed record Silence(Reason Reason, string? Again = null);

/// <summary>
/// Why a question got no answer, where the kernel dropped neither it nor the answer: by how far both were seen, by the state of who was asked, and by where a
/// ping ends that asks again.
/// </summary>
internal static class SilenceReasons
{
    /// <summary>The reason, as far as it is known.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="packets">What was recorded of questions and answers, in the order of time.</param>
    /// <param name="again">Who may ask again; null where nobody may.</param>
    public static async Task<Silence> OfAsync(AskedQuestion asked, IReadOnlyList<SeenPacket> packets, AskingAgain? again)
    {
        var seen = Evidence.Seen(
            $"asked {asked.Times} {(asked.Times == 1 ? "time" : "times")} by {asked.Device}; nothing came back, and nothing of it was dropped.");
        return asked.Question.Kind is QuestionKind.Arp or QuestionKind.NeighbourDiscovery
            ? await OfNeighbourAsync(asked, seen, again).ConfigureAwait(false)
            : await OfOthersAsync(asked, packets, seen, again).ConfigureAwait(false);
    }

    private static async Task<Silence> OfNeighbourAsync(AskedQuestion asked, Evidence seen, AskingAgain? again)
    {
        var (node, device, target) = (asked.Node, asked.Device, asked.Question.Target);
        var reason = EntryOf(asked) is { } entry ? NeighbourReasons.Unresolved(node, device, entry, seen)
            : new Reason(Causes.NeighbourUnresolved, node, device, $"Nobody answered {node.Name}, which asked {asked.Question.Words}.", [seen],
                $"see that {target} is there and in the same network as {device}");
        var ping = again is null ? null : await again.PingAsync(node, target).ConfigureAwait(false);
        return ping switch
        {
            null => new Silence(reason),
            { Exchange: { Why: { } why, Deepest.Kind: ExchangeLegKind.NeighbourRequest or ExchangeLegKind.NeighbourAnswer } exchange } =>
                new Silence(why with { Evidence = [seen, .. why.Evidence] },
                    why.Node == node ? "asked again, in vain" : $"asked again, {exchange.Problem}"),
            { Succeeded: true } => new Silence(reason, "asked again, it is answered: what kept it away is gone"),
            _ => new Silence(reason),
        };
    }

    private static async Task<Silence> OfOthersAsync(AskedQuestion asked, IReadOnlyList<SeenPacket> packets, Evidence seen, AskingAgain? again)
    {
        var after = packets.SkipWhile(p => p.Event.Timestamp < asked.First.Event.Timestamp).ToList();
        if (after.FindLast(p => asked.Question.IsAnsweredBy(p.Frame)) is { } answer)
        {
            return new Silence(NoAnswer(asked, answer, $"The answer was sent, and last seen {Where(answer)}; it did not come to {asked.Node.Name}.", seen));
        }

        var came = after.FindLast(p => p.Event.Kind is TraceEventKind.NetifReceiveSkb && asked.Question.IsSameAs(Question.Of(p.Frame)));
        if (came is not null && StackModel.Ends(came.Frame) is var (_, to) && Endpoint.DeviceWith(came.Node, to) is not null)
        {
            return new Silence(OfWhoWasAsked(came, asked) is { } known ? known with { Evidence = [seen, .. known.Evidence] }
                : NoAnswer(asked, came, $"The question came to {came.Node.Name}, which sent no answer.", seen));
        }

        var reason = NoAnswer(asked, came ?? asked.First, came is null ? $"{asked.Question.Target} did not answer, or its answer went elsewhere."
            : $"The question was last seen {Where(came)}; that it came to {asked.Question.Target} was not seen.", seen);

        // A ping is another packet: it tells of the question only where both end at the same node.
        return again is not null && await again.PingAsync(asked.Node, asked.Question.Target).ConfigureAwait(false) is { Exchange: { Why: { } why } exchange }
            && why.Node == (came ?? asked.First).Node
            ? new Silence(why with { Evidence = [seen, Evidence.Seen($"a ping ends there, too: {exchange.Problem}."), .. why.Evidence] },
                $"a ping gets none either, {exchange.Problem}")
            : new Silence(reason);
    }

    // The question came to who was asked.
    private static Reason? OfWhoWasAsked(SeenPacket came, AskedQuestion asked)
    {
        var node = came.Node;
        var hop = new Hop(node, came.Event.DeviceName, HopDirection.In, null, TimeSpan.Zero)
            { Frame = came.Frame, LabDevice = node.FindDevice(came.Event.DeviceName) };
        var taken = new FrameCopy([hop], CopyEnd.Delivered, null, node);
        return ExchangeFollower.AnswerOf(came.Frame) is { } packet && OutputModel.Of(node, packet, null) is { End: CopyEnd.Dropped, Reason: { } noWay }
            ? NeighbourModel.WithWayBack(noWay, taken, new Endpoint(null, asked.Node))
            : came.Frame.Udp is { } udp ? ProgramModel.WhyNoAnswer(node, taken, udp.DestinationPort, DateTimeOffset.UtcNow - came.At)
            : StackModel.OfRequest(node, hop.Device, came.Frame)?.Reason;
    }

    private static Reason NoAnswer(AskedQuestion asked, SeenPacket last, string sentence, Evidence seen) => new(Causes.NoAnswer, last.Node,
        last.Event.DeviceName, sentence, [seen],
        $"see that a program at {asked.Question.Target} answers, and has a route back (ip route get, there); follow one question: netlab explain, "
            + "or node.FollowAsync");

    private static string Where(SeenPacket packet) =>
        $"{(packet.Event.Kind is TraceEventKind.NetDevQueue ? "leaving" : "coming in at")} {packet.Node.Name}/{packet.Event.DeviceName}";

    private static NeighbourInfo? EntryOf(AskedQuestion asked)
    {
        try
        {
            return asked.Node.Live.Route.GetNeighbours(asked.First.Event.InterfaceIndex)
                .FirstOrDefault(n => n.Address.Equals(asked.Question.Target) && n.State is NeighbourState.Incomplete or NeighbourState.Failed);
        }
        catch (LinuxException)
        {
            return null; // the device is gone
        }
    }
}
