using System.Net;
using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Why an answer that came to who asked is none for it, or was dropped by who knows of no question.</summary>
internal static partial class AnswerModel
{
    /// <summary>
    /// Somebody on the way gave the request another destination, and the answer did not come back by it, so that nobody gave it back the address that was
    /// asked. Null where that is not so.
    /// </summary>
    /// <param name="asked">The request, as it was sent.</param>
    /// <param name="taken">The request, as it was taken.</param>
    /// <param name="answer">The copy of the answer that tells what became of it; null where none was seen.</param>
    /// <param name="answerer">Who answered.</param>
    /// <param name="asker">Who asked.</param>
    public static Reason? WhyFromAnother(Packets.Frame asked, FrameCopy taken, FrameCopy? answer, Endpoint answerer, Endpoint asker)
    {
        if (answer is not { Hops: [.., { Frame: { } came, Direction: var direction } last] } || !ReferenceEquals(last.Node, asker.Start)
            || direction is not HopDirection.In || StackModel.Ends(asked) is not var (_, to) || StackModel.Ends(came) is not var (from, _) || from.Equals(to)
            || Translator(taken, to) is not { } translator || answer.Hops.Any(h => ReferenceEquals(h.Node, translator)))
        {
            return null;
        }

        string Told(IPAddress address, int? port) => port is { } number ? new IPEndPoint(address, number).ToString() : address.ToString();
        return new Reason(Causes.AnswerPast, asker.Start, last.Device,
            $"{asker.Name} asked {Told(to, HopChanges.PortsOf(asked)?.Destination)}, and the answer comes from {Told(from, HopChanges.PortsOf(came)?.Source)}: "
                + $"{translator.Name} gave the request that destination, and {answerer.Name} answers past {translator.Name}, which alone could translate it "
                + "back.",
            [Evidence.Seen($"the request crossed {translator.Name}, and the answer did not: {string.Join(" > ", answer.Path(answerer.Name))}.")],
            $"let {translator.Name} translate the source of such requests too (masquerade), or let {answerer.Name} answer by {translator.Name}");
    }

    /// <summary>
    /// Somebody on the way gave the request an address of its own as source, and took the answer for itself: its tracking of connections did not know that it
    /// is one. Null where that is not so.
    /// </summary>
    /// <inheritdoc cref="WhyFromAnother"/>
    public static Reason? WhyKept(Packets.Frame asked, FrameCopy taken, FrameCopy? answer, Endpoint answerer)
    {
        // Linux tells of an echo reply that no socket waits for, or not, by its version.
        if (answer is not { Skb: not null, Hops: [.., { Frame: { } came, Direction: HopDirection.In } last] }
            || (answer.Reason is { } told && told.Cause != Causes.NoSocket)
            || StackModel.Ends(asked) is not var (own, _) || StackModel.Ends(came) is not var (_, to) || to.Equals(own) || !FrameCopy.IsFor(last.Node, came)
            || !taken.Hops.Any(h => ReferenceEquals(h.Node, last.Node) && h.Frame is { } frame && StackModel.Ends(frame)?.From.Equals(to) == true))
        {
            return null;
        }

        return new Reason(Causes.AnswerKept, last.Node, last.Device,
            $"{answerer.Name} answers {to}, which {last.Node.Name} gave the request as its source, and {last.Node.Name} took the answer for itself: it does "
                + "not know the connection that this belongs to, and gave it back to nobody.",
            [Evidence.Seen($"the request left {last.Node.Name} from {to}; the answer came to {last.Node.Name}/{last.Device}, and left by no device.")],
            $"see which rule keeps {last.Node.Name} from tracking the answer: notrack, or another ct zone than the request has");
    }

    /// <summary>
    /// A node that tracks connections dropped the answer, and the request did not cross it: it cannot know what is answered there. Null where that is not so.
    /// </summary>
    /// <param name="taken">The request, as it was taken.</param>
    /// <param name="answer">The copy of the answer that was dropped; null where none was seen.</param>
    /// <param name="answerer">Who answered.</param>
    /// <param name="asker">Who asked.</param>
    /// <param name="rules">What the rules did meanwhile.</param>
    /// <param name="ct">Ends the reading of the rules' texts.</param>
    public static async Task<Reason?> WhyUntrackedAsync(FrameCopy taken, FrameCopy? answer, Endpoint answerer, Endpoint asker, RuleAccount rules,
        CancellationToken ct)
    {
        if (answer is not { Reason: { Node: { } tracker } told, Hops: [.., { Frame: { } there }] } || StackModel.Ends(there) is not var (_, back)
            || ReferenceEquals(tracker, answerer.Start) || ReferenceEquals(tracker, asker.Start) || taken.Hops.Any(h => ReferenceEquals(h.Node, tracker))
            || !await AsksForStateAsync(told, rules.Of(tracker), ct).ConfigureAwait(false))
        {
            return null;
        }

        var crossed = taken.Hops.Select(h => h.Node).Where(n => !ReferenceEquals(n, answerer.Start) && !ReferenceEquals(n, asker.Start)).Distinct().Reverse();
        var (router, gateway) = crossed.Select(n => (Node: n, Address: KnownRemedies.AddressOf(n, answerer.Devices, back.AddressFamily)))
            .FirstOrDefault(r => r.Address is not null);
        var way = gateway is null ? $"let {answerer.Name} answer by the way that the request took"
            : answerer.Vm is not null ? $"let {answerer.Name} have {gateway} as its gateway, so that its answers go by {router.Name} too"
            : $"ip route replace {back} via {gateway}, in node {answerer.Name}, so that the answers go by {router.Name} too";
        return told with
        {
            Sentence = $"{told.Sentence} {tracker.Name} has not seen the request, which took another way: of the connection that is answered there it knows "
                + "nothing.",
            Evidence = [.. told.Evidence, Evidence.Seen($"the request did not cross {tracker.Name}: {string.Join(" > ", taken.Path(asker.Name))}.")],
            Remedy = told.Remedy is null ? way : $"{way}, or in node {tracker.Name}: {told.Remedy}",
        };
    }

    // Whether it is the state of its connection that a packet was dropped for: the rule asks for it, or one that would have saved it from the policy.
    private static async Task<bool> AsksForStateAsync(Reason told, NodeAccount? account, CancellationToken ct)
    {
        if (told.Cause == Causes.NftRule || told.Cause == Causes.IptablesRule)
        {
            return StatePattern().IsMatch(told.Sentence);
        }

        if (account is null || (told.Cause != Causes.NftPolicy && told.Cause != Causes.IptablesPolicy))
        {
            return false;
        }

        try
        {
            return (await account.Rules.ChainsAsync(ct).ConfigureAwait(false)).Any(c => c.Rules.Any(r => StatePattern().IsMatch(r.Text)));
        }
        catch (Exception e) when (e is LinuxException or ProcessFailedException)
        {
            return false; // the reason says that the rules could not be read
        }
    }

    // ct state, and iptables' -m state and -m conntrack, which nft may not be able to put in its own words.
    [GeneratedRegex(@"\bct state\b|--(?:ct)?state\b|\bxt[_ ](?:match )?""?(?:conn)?(?:track|state)\b")]
    private static partial Regex StatePattern();

    // The node where the request had another destination as it left than as it came.
    private static Node? Translator(FrameCopy taken, IPAddress to) =>
        taken.Hops.FirstOrDefault(h => h.Frame is { } frame && StackModel.Ends(frame) is var (_, there) && !there.Equals(to))?.Node;
}
