using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Follows what depends on a frame that got no answer: its answer, and the ARP and ND requests that nodes sent to be able to send it on, each to its end.
/// All of them are among what was seen while the frame was under way.
/// </summary>
internal sealed class ExchangeFollower
{
    private const int MostLegs = 8;

    private readonly Lab _lab;
    private readonly Company _company;
    private readonly string _level;
    private readonly TimeSpan _patience;
    private readonly bool _isRefused;
    private readonly CancellationToken _ct;
    private readonly List<ExchangeLeg> _legs = [];

    private ExchangeFollower(Lab lab, Company company, string level, bool isRefused, TimeSpan patience, CancellationToken ct) =>
        (_lab, _company, _level, _isRefused, _patience, _ct) = (lab, company, level, isRefused, patience, ct);

    /// <summary>What became of a request and of what depends on it.</summary>
    /// <param name="sent">The request.</param>
    /// <param name="fate">Its fate.</param>
    /// <param name="company">All that was seen meanwhile.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="isRefused">Whether who asked was told that nobody listens.</param>
    /// <param name="patience">How long a program had for its answer.</param>
    public static async Task<Exchange> FollowAsync(SentFrame sent, Fate fate, Company company, CancellationToken ct, bool isRefused = false,
        TimeSpan patience = default)
    {
        var follower = new ExchangeFollower(sent.Start.Lab, company, fate.Level, isRefused, patience, ct);
        var asker = Endpoint.Of(sent.Sender, sent.Start);
        await follower.FollowAsync(ExchangeLegKind.Request, fate, follower.ReceiverOf(fate), asker, answerIsExpected: true).ConfigureAwait(false);
        await follower.FollowErrorAsync(fate, asker).ConfigureAwait(false);
        if (isRefused && follower._legs[0] is { Why: null, Copy: { MayHaveReached: { } node } copy })
        {
            follower._legs[0] = follower._legs[0].Because(follower.WhyRefused(node, copy, fate.Frame));
        }

        return new Exchange(follower._legs, isAnswered: false) { IsRefused = isRefused };
    }

    /// <summary>Tells of copies that wait for a neighbour what became of the question for it, where a node was seen to ask.</summary>
    public static async Task ExplainWaitingAsync(Fate fate, Company company, CancellationToken ct)
    {
        foreach (var copy in fate.Copies.Where(c => c is { End: CopyEnd.Pending, Reason.Awaits: not null }))
        {
            var follower = new ExchangeFollower(fate.Start.Lab, company, fate.Level, isRefused: false, TimeSpan.Zero, ct);
            if (await follower.FollowQuestionAsync(copy.Reason!.Awaits!, copy.Reason).ConfigureAwait(false)
                && new Exchange(follower._legs, isAnswered: false) is { Deepest.Why: { } why } asked)
            {
                copy.EndBecauseOf(copy.End, NeighbourReasons.Unanswered(copy.Reason, asked.Problem, why));
            }
        }
    }

    /// <summary>
    /// Whether a program has a question and may still answer it: a datagram is in a socket of a node, or a guest has the frame, and no answer was seen yet.
    /// To who asks for a TCP connection the kernel of a node answers itself, at once; but an ICMP error that comes while connect(2) has the socket in hand
    /// it tells only when the SYN was repeated, and brought one again (net/ipv4/tcp_ipv4.c, tcp_v4_err).
    /// </summary>
    public static bool AwaitsProgram(SentFrame sent, Company company) =>
        company.CopiesOf(sent).Any(c => (c.Vm is not null || sent.Frame.Udp is not null) && (Endpoint.OfTaker(c) ?? Endpoint.OfPossibleTaker(c)) is { } taker
            && Beginning.Find(company, taker, frame => Answers.Is(frame, FrameAtEnd(c) ?? sent.Frame)) is null)
        || (sent.Frame.Tcp is not null && company.ByKernel is { } seen && seen.Beginnings.Any(c => c.Origin is SkbOrigin.IcmpError
            && Question.Of(sent.Frame)?.IsRefusedBy(TraceFateBuilder.FirstFrame(c)) == true));

    /// <summary>Whether a frame waits for a neighbour for which nobody asked among what was seen.</summary>
    public static bool WaitsUnasked(Fate fate, Company company) =>
        company.ByKernel is not null && fate.Copies.Select(c => c.Reason?.Awaits).FirstOrDefault(a => a is not null) is { } awaited
        && awaited.Node.Live.Route.GetNeighbours().Any(n => n.Address.Equals(awaited.Address) && n.State is NeighbourState.Incomplete)
        && Beginning.Find(company, new Endpoint(null, awaited.Node), frame => AsksFor(frame, awaited.Address)) is null;

    // One frame, and what it waits for, or what answers it.
    private async Task FollowAsync(ExchangeLegKind kind, Fate fate, (Endpoint? To, string Name) receiver, Endpoint sender, bool answerIsExpected)
    {
        var at = _legs.Count;
        _legs.Add(new ExchangeLeg(kind, fate, receiver.To, receiver.Name));
        if (at + 1 >= MostLegs)
        {
            return;
        }

        if (_legs[at] is { Arrived: true, Copy: { } taken })
        {
            if (answerIsExpected && fate.Frame is var frame)
            {
                await FollowAnswerAsync(at, taken, FrameAtEnd(taken) ?? frame, sender).ConfigureAwait(false);
            }
        }
        else if (_legs[at] is { Copy: { } came } leg && Endpoint.OfPossibleTaker(came) is { } possible && (leg.Endpoint is null || leg.Endpoint == possible))
        {
            if (answerIsExpected && !_isRefused)
            {
                await FollowPossibleAnswerAsync(at, came, possible, sender).ConfigureAwait(false);
            }
        }
        else if (_legs[at].Copy?.Reason?.Awaits is { } awaited)
        {
            await FollowNeighbourAsync(awaited).ConfigureAwait(false);
        }
        else if (answerIsExpected && fate.Frame.Tcp is not null && _legs[at].Copy is { Reason: { } end } refused)
        {
            await FollowRefusalAsync(end.Node, FrameAtEnd(refused) ?? fate.Frame, sender).ConfigureAwait(false);
        }
    }

    // The RST of a stack where nobody listens, or of a rule that rejects.
    private async Task FollowRefusalAsync(Node refuser, Frame asked, Endpoint asker)
    {
        var from = new Endpoint(null, refuser);
        if (Find(from, frame => frame.Tcp is { } tcp && tcp.Flags.HasFlag(TcpFlags.Rst) && Answers.Is(frame, asked)) is { } rst)
        {
            var fate = await FateOfAsync(from, rst).ConfigureAwait(false);
            // A RST ends the connection that it would be known by: whether it was taken, the socket of who asked knows.
            await FollowAsync(ExchangeLegKind.Answer, _isRefused ? fate.Answered() : fate, (asker, asker.Name), from, answerIsExpected: false)
                .ConfigureAwait(false);
        }
    }

    private async Task FollowAnswerAsync(int request, FrameCopy taken, Frame asked, Endpoint asker)
    {
        var kind = _legs[request].Kind is ExchangeLegKind.NeighbourRequest ? ExchangeLegKind.NeighbourAnswer : ExchangeLegKind.Answer;
        var answerer = Endpoint.OfTaker(taken)!;
        if (Find(answerer, frame => Answers.Is(frame, asked)) is { } answer)
        {
            var fate = await FateOfAsync(answerer, answer).ConfigureAwait(false);
            await FollowAsync(kind, fate, (asker, asker.Name), answerer, answerIsExpected: false).ConfigureAwait(false);
            var at = _legs.FindIndex(l => ReferenceEquals(l.Fate, fate));
            if (kind is ExchangeLegKind.Answer)
            {
                _legs[at] = _legs[at].Because(AnswerModel.WhyFromAnother(_legs[0].Fate.Frame, taken, _legs[at].Copy, answerer, asker)
                    ?? AnswerModel.WhyKept(_legs[0].Fate.Frame, taken, _legs[at].Copy, answerer)
                    ?? await AnswerModel.WhyUntrackedAsync(taken, _legs[at].Copy, answerer, asker, _company.Rules, _ct).ConfigureAwait(false));
            }
            else if (_legs[at] is { Arrived: true })
            {
                _legs[at] = _legs[at].Because(NeighbourModel.WhyNotLearned(asker, asked, _legs[at].Copy!));
            }
        }
        else if (answerer.Vm is { } vm)
        {
            _legs[request] = _legs[request].Because(GuestModel.WhyNoAnswer(vm, asked));
        }
        else if (AnswerOf(asked) is { } packet && OutputModel.Of(answerer.Node!, packet, null) is { } why
            && (why.End is CopyEnd.Dropped || packet.Udp is null)) // whether a program has answered is not known: what waits, it may never have sent
        {
            await FollowUnsentAsync(kind, answerer, packet, (why.End, NeighbourModel.WithWayBack(why.Reason, taken, asker)), asker).ConfigureAwait(false);
        }
        else if (asked.Udp is { } datagram)
        {
            _legs[request] = _legs[request].Because(ProgramModel.WhyNoAnswer(answerer.Node!, taken, datagram.DestinationPort, _patience));
        }
    }

    // It came to a stack, and whether that took it packet sockets do not see; an answer shows it, and a RST that it did not. Where none was seen, an answer
    // that could not leave is none, whatever became of the request.
    private async Task FollowPossibleAnswerAsync(int request, FrameCopy came, Endpoint answerer, Endpoint asker)
    {
        var (leg, node) = (_legs[request], answerer.Node!);
        var asked = FrameAtEnd(came) ?? leg.Fate.Frame;
        if (Find(answerer, frame => Answers.Is(frame, asked)) is { } answer)
        {
            if (answer.Frame.Tcp is { } segment && segment.Flags.HasFlag(TcpFlags.Rst))
            {
                _legs[request] = leg.Because(WhyRefused(node, came, asked));
                await FollowRefusalAsync(node, asked, asker).ConfigureAwait(false);
                return;
            }

            came.EndIn(node, isGivenToSocket: false);
            _legs[request] = new ExchangeLeg(leg.Kind, leg.Fate, answerer, leg.To);
            await FollowAnswerAsync(request, came, asked, asker).ConfigureAwait(false);
        }
        else if (leg.Kind is ExchangeLegKind.Request && AnswerOf(asked) is { } packet)
        {
            // Of an answer of UDP or TCP too little is known to tell its traces from those of others.
            var rules = packet.Icmp is null && packet.Icmpv6 is null ? []
                : await NftVerdict.DropsInAsync(node, packet, isOwn: true, _company.Rules, _ct).ConfigureAwait(false);
            (CopyEnd, Reason)? why = rules is [var rule] ? (CopyEnd.Dropped, rule)
                : OutputModel.Of(node, packet, null) is var (end, unsent) && (end is CopyEnd.Dropped || IsAskedFor(unsent.Awaits))
                    ? (end, NeighbourModel.WithWayBack(unsent, came, asker))
                : null;
            if (why is { } known)
            {
                await FollowUnsentAsync(ExchangeLegKind.Answer, answerer, packet, known, asker).ConfigureAwait(false);
            }
        }
    }

    // A node that asks for the next hop has something to send there.
    private bool IsAskedFor(AwaitedNeighbour? awaited) =>
        awaited is not null && Find(new Endpoint(null, awaited.Node), frame => AsksFor(frame, awaited.Address)) is not null;

    // Where a rule may have sent it to another port, or to the node though it is for another, nobody knows who refused.
    private Reason? WhyRefused(Node node, FrameCopy came, Frame asked) => FrameAtEnd(came) is { } there
        && (!FrameCopy.IsFor(node, there) || TranslatingRule.MayHave(node, there, _company.Rules)) ? null : ProgramModel.WhyRefused(node, came, asked);

    // An answer that no device has seen.
    private Task FollowUnsentAsync(ExchangeLegKind kind, Endpoint answerer, Frame packet, (CopyEnd End, Reason Reason) why, Endpoint asker)
    {
        var copy = new FrameCopy([], why.End, null, null);
        copy.EndBecauseOf(why.End, why.Reason);
        var fate = new Fate(new SentFrame(answerer.Name, null, answerer.Node!, packet, default), DateTimeOffset.UtcNow, _level, null, [copy], [], 0);
        return FollowAsync(kind, fate, (asker, asker.Name), answerer, answerIsExpected: false);
    }

    private async Task FollowNeighbourAsync(AwaitedNeighbour awaited)
    {
        var upper = _legs.Count - 1;
        var reason = _legs[upper].Copy!.Reason!;
        if (await FollowQuestionAsync(awaited, reason).ConfigureAwait(false))
        {
            return;
        }

        _legs[upper] = _legs[upper].Because(NeighbourModel.WhyUnreachable(awaited, reason, []) ?? (_company.ByKernel is null ? null : reason with
        {
            Evidence = [.. reason.Evidence, Evidence.Seen($"{awaited.Node.Name} asked nobody while this was followed: it had asked before.")],
        }));
    }

    // Whether a node was seen to ask for a neighbour; the question and what depends on it are legs then.
    private async Task<bool> FollowQuestionAsync(AwaitedNeighbour awaited, Reason unresolved)
    {
        var node = new Endpoint(null, awaited.Node);
        if (Find(node, frame => AsksFor(frame, awaited.Address)) is not { } question)
        {
            return false;
        }

        var fate = await FateOfAsync(node, question).ConfigureAwait(false);
        var owners = Endpoint.WithAddress(_lab, awaited.Address);
        var owner = owners.FirstOrDefault(o => fate.Copies.Any(o.Is)) ?? (owners is [var first, ..] ? first : null);
        var at = _legs.Count;
        await FollowAsync(ExchangeLegKind.NeighbourRequest, fate, (owner, owner?.Name ?? awaited.Address.ToString()), node, answerIsExpected: true)
            .ConfigureAwait(false);
        if (!_legs[at].Arrived)
        {
            _legs[at] = _legs[at].Because((owner is null ? null : NeighbourModel.WhyPastParent(fate, awaited.Device, awaited.Address, owner))
                ?? NeighbourModel.WhyUnreachable(awaited, unresolved, owners));
            _legs[at] = _legs[at].Because(NeighbourModel.WhyNobodysSource(awaited, _legs[at].Why, _legs[0].Copy));
        }

        return true;
    }

    // An ICMP error that somebody on the way sent because of the request.
    private async Task FollowErrorAsync(Fate request, Endpoint asker)
    {
        var family = request.Copies.Select(c => c.Skb?.Root).OfType<SkbCopy>().ToHashSet();
        if (_company.ByKernel?.Beginnings.FirstOrDefault(c => c.Origin is SkbOrigin.IcmpError && family.Contains(c.Root)) is { } error
            && _lab.Nodes.FirstOrDefault(n => n.IsApplied && n.NamespaceInode == error.Events[0].Namespace) is { } node)
        {
            var fate = await FateOfAsync(new Endpoint(null, node), Beginning.Of(error)).ConfigureAwait(false);
            var leg = new ExchangeLeg(ExchangeLegKind.Error, fate, asker, asker.Name);
            _legs.Add(leg);
            if (leg.Why is { } lost && _legs[0].Why is { } why)
            {
                _legs[0] = _legs[0].Because(why with
                {
                    Evidence = [.. why.Evidence, Evidence.Seen($"the ICMP error that would have told {asker.Name} ended at {lost.Place}: {lost.Sentence}")],
                    Remedy = lost.Remedy is null ? why.Remedy
                        : $"{(why.Remedy is null ? "" : $"{why.Remedy}, or, ")}so that {asker.Name} learns it, in node {lost.Node.Name}: {lost.Remedy}",
                });
            }
        }
    }

    private static Frame? FrameAtEnd(FrameCopy copy) => copy.Hops is [.., { Frame: { } there }] ? there : null;

    private Beginning? Find(Endpoint sender, Predicate<Frame> isWanted) => Beginning.Find(_company, sender, isWanted);

    private async Task<Fate> FateOfAsync(Endpoint sender, Beginning first)
    {
        var sent = new SentFrame(sender.Name, sender.Vm, sender.Start, first.Frame, FrameIdentity.Of(first.Frame))
            { Known = first.Skb is null ? null : first.Frame.Length };
        var copies = first.CopiesOf(sent, _company);
        (copies, var inOvs) = await FateExplainer.ExplainAsync(sent, copies, _company.Rules, _ct).ConfigureAwait(false);
        return new Fate(sent, DateTimeOffset.UtcNow - first.Age, _level, null, copies, [], _company.ByKernel?.Lost ?? 0) { InOvs = inOvs };
    }

    private (Endpoint? To, string Name) ReceiverOf(Fate fate)
    {
        if (DestinationOf(fate.Frame) is not { } address)
        {
            return (null, fate.Frame.Destination.ToString());
        }

        var owners = IPAddress.IsLoopback(address) ? [new Endpoint(null, fate.Start)] : Endpoint.WithAddress(_lab, address);
        var to = owners.FirstOrDefault(o => fate.Copies.Any(o.Is)) ?? Translated(fate, address) ?? (owners is [var first, ..] ? first : null)
            ?? fate.Copies.Select(Endpoint.OfTaker).FirstOrDefault(t => t is not null);
        return (to, to?.Name ?? address.ToString());
    }

    // Who has the address that somebody on the way gave it, and got it.
    private static Endpoint? Translated(Fate fate, IPAddress address)
    {
        foreach (var copy in fate.Copies)
        {
            if ((Endpoint.OfTaker(copy) ?? Endpoint.OfPossibleTaker(copy)) is { } taker && FrameAtEnd(copy) is { } there && DestinationOf(there) is { } given
                && !given.Equals(address) && (taker.Vm?.Has(given) ?? FrameCopy.IsFor(taker.Node!, there)))
            {
                return taker;
            }
        }

        return null;
    }

    private static bool AsksFor(Frame frame, IPAddress address) =>
        frame.Arp is { Operation: ArpOperation.Request } arp ? address.Equals((IPAddress)arp.TargetIp)
        : frame.NeighborSolicitation is { } solicitation && solicitation.Target.Equals(address);

    private static IPAddress? DestinationOf(Frame frame) =>
        frame.Arp is { } arp ? arp.TargetIp : frame.NeighborSolicitation is { } solicitation ? solicitation.Target : StackModel.Ends(frame)?.To;

    /// <summary>The packet that a node would answer with, as far as its way depends on it.</summary>
    public static Frame? AnswerOf(Frame asked)
    {
        return StackModel.Ends(asked) is not var (from, to) ? null : asked switch
        {
            { Icmp: { } echo } => Frame.IcmpEcho(default, default, to, from, IcmpType.EchoReply, echo.Identifier, echo.SequenceNumber, echo.Payload.Span),
            { NeighborSolicitation: { } solicitation } => Frame.Icmpv6Echo(default, default, solicitation.Target, from, Icmpv6Type.EchoReply, 0, 0, default),
            { Icmpv6: { } echo } => Frame.Icmpv6Echo(default, default, to, from, Icmpv6Type.EchoReply, echo.Identifier, echo.SequenceNumber,
                echo.Payload.Span),
            { Tcp: { } tcp } => Frame.Tcp(default, default, to, from, tcp.DestinationPort, tcp.SourcePort, TcpFlags.Syn | TcpFlags.Ack),
            { Udp: { } udp } => Frame.Udp(default, default, to, from, udp.DestinationPort, udp.SourcePort, []),
            _ => null,
        };
    }
}
