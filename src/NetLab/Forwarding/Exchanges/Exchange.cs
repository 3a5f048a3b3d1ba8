using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A frame that should be answered (an ARP request, a ping, a request for a TCP connection, a datagram that asks), and what became of both: of the
/// request, of its answer, and of the ARP and ND requests that nodes sent on their way and got no answer to.
/// </summary>
public sealed class Exchange
{
    internal Exchange(IReadOnlyList<ExchangeLeg> legs, bool isAnswered) => (Legs, IsAnswered) = (legs, isAnswered);

    /// <summary>Whether the answer came to who asked.</summary>
    public bool IsAnswered { get; }

    /// <summary>Whether a refusal came in place of the answer: a RST, or an ICMP error that says that nobody listens at the port.</summary>
    public bool IsRefused { get; internal init; }

    /// <summary>What became of the request.</summary>
    public Fate Request => Legs[0].Fate;

    /// <summary>What became of the answer, the RST or the ICMP error; null where none was sent, or none was looked for since it came.</summary>
    public Fate? Answer => Legs.FirstOrDefault(l => l.Kind is ExchangeLegKind.Answer or ExchangeLegKind.Error)?.Fate;

    /// <summary>Every frame that was followed, in the order in which one depends on the other: the first is the request.</summary>
    public IReadOnlyList<ExchangeLeg> Legs { get; }

    /// <summary>Which half failed; null where none did, a refusal too having come all the way, or that is not known.</summary>
    public ExchangeHalf? Failed => IsAnswered || IsRefused ? null
        : Legs[0] is { Arrived: false, Copy: not { MayHaveReached: not null } } ? ExchangeHalf.Request
        : Legs.Any(l => l.Kind is ExchangeLegKind.Answer) ? ExchangeHalf.Answer
        : null;

    /// <summary>The leg that tells most of why there is no answer.</summary>
    public ExchangeLeg Deepest => Legs.LastOrDefault(l => l is { Why: not null, Kind: not ExchangeLegKind.Error })
        ?? Legs.Last(l => l.Kind is not ExchangeLegKind.Error);

    /// <summary>Why there is no answer; null where one came, or nothing is known.</summary>
    public Reason? Why => IsAnswered ? null : Deepest.Why;

    /// <summary>What failed, in a clause: <c>the answer was dropped at r/e2</c>.</summary>
    public string Problem
    {
        get
        {
            var leg = Deepest;
            var what = leg.Kind switch
            {
                ExchangeLegKind.Answer => leg.Fate.Frame.Tcp is { } tcp && tcp.Flags.HasFlag(TcpFlags.Rst) ? "the RST" : "the answer",
                ExchangeLegKind.Error => "the ICMP error",
                ExchangeLegKind.NeighbourRequest => $"the {Asking(leg)} of {leg.Fate.From}",
                ExchangeLegKind.NeighbourAnswer => $"the answer of {leg.Fate.From} to {leg.To}'s {Asking(leg)}",
                _ => "the request",
            };
            return leg switch
            {
                { Why: { } why, Copy.End: CopyEnd.Pending } => $"{what} waits at {why.Place}",
                { Why: { } why, Copy.End: CopyEnd.NotForwarded } => $"{what} was not sent on at {why.Place}",
                { Why: { } why, Kind: ExchangeLegKind.Answer, Copy: { End: CopyEnd.Dropped, Hops.Count: 0 } }
                    when leg.Fate.Frame.Udp is not null || !Legs[0].Arrived => $"no answer can leave {why.Node.Name}",
                { Why: { } why, Copy: { End: CopyEnd.Dropped, Hops.Count: 0 } } when why.Cause == Causes.NeighbourFailed =>
                    $"{what} waited at {why.Place} for its neighbour, and was dropped there",
                { Why: { } why, Copy: { End: CopyEnd.Dropped, Hops.Count: 0 } } => $"{what} was not sent: {why.Node.Name} refused it",
                { Why: { } why, Copy.End: CopyEnd.Dropped } => $"{what} was dropped at {why.Place}",
                { Why: { } why } => $"{what} came to {why.Place}, and got no answer",
                { Arrived: true } => $"{what} arrived, and no answer was seen",
                { Copy: { MayHaveReached: { } stack, Hops: [.., var at] } } =>
                    $"{what} came to {at.Node.Name}/{at.Device}, and whether the stack of {stack.Name} took it is not known",
                { Copy.Hops: [.., var last] } => $"{what} was last seen {(last.Direction == HopDirection.In ? "coming in at" : "going out of")} " +
                    $"{last.Node.Name}/{last.Device}",
                _ => $"{what} was seen at no device",
            };
        }
    }

    /// <summary>Every frame with the way of its copies, and why there is no answer.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (var leg in Legs)
        {
            text.Append(text.Length > 0 ? Environment.NewLine : "").Append(leg.Fate.Describe());
        }

        if (Why is { } why && !Deepest.Fate.Copies.Any(c => c.Reason == why))
        {
            text.AppendLine().Append(why.Describe("      "));
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => IsAnswered ? "answered" : Problem;

    private static string Asking(ExchangeLeg leg) => leg.Fate.Frame.Arp is not null ? "ARP request" : "neighbour solicitation";
}

/// <summary>The halves of an exchange.</summary>
public enum ExchangeHalf
{
    /// <summary>The way of the request to who should answer.</summary>
    Request,

    /// <summary>The way of the answer back to who asked.</summary>
    Answer,
}

/// <summary>What a frame of an exchange is.</summary>
public enum ExchangeLegKind
{
    /// <summary>The request.</summary>
    Request,

    /// <summary>The answer, or the RST that refuses.</summary>
    Answer,

    /// <summary>An ICMP error because of the request.</summary>
    Error,

    /// <summary>An ARP request or a neighbour solicitation of a node that has to know the next hop first.</summary>
    NeighbourRequest,

    /// <summary>The answer to that.</summary>
    NeighbourAnswer,
}

/// <summary>One frame of an exchange, and what became of it for whom it was for.</summary>
public sealed class ExchangeLeg
{
    private readonly Reason? _why;

    internal ExchangeLeg(ExchangeLegKind kind, Fate fate, Endpoint? to, string name, Reason? why = null)
    {
        (Kind, Fate, Endpoint, To, _why) = (kind, fate, to, name, why);
        Copy = CopyToward.Find(fate, c => to?.Is(c) == true, to is null ? [] : CopyToward.WayTo(fate, to.Devices), to?.Wanted(fate));
        Arrived = Copy is { } copy && to?.Is(copy) == true;
    }

    /// <summary>What the frame is.</summary>
    public ExchangeLegKind Kind { get; }

    /// <summary>What became of it.</summary>
    public Fate Fate { get; }

    /// <summary>Whom it is for: a VM, a node, or an address that nobody has.</summary>
    public string To { get; }

    /// <summary>Whether it arrived there.</summary>
    public bool Arrived { get; }

    /// <summary>The copy that tells what became of it; null where nothing was seen.</summary>
    public FrameCopy? Copy { get; }

    /// <summary>Why it did not arrive, or brought nothing where it did; null where that is not known.</summary>
    public Reason? Why => _why ?? (Arrived ? null : Copy?.Reason);

    /// <summary>Whom it is for, where the lab has it.</summary>
    internal Endpoint? Endpoint { get; }

    /// <summary>The same leg, with what is known of why it brought nothing.</summary>
    internal ExchangeLeg Because(Reason? why) => why is null ? this : new ExchangeLeg(Kind, Fate, Endpoint, To, why);
}
