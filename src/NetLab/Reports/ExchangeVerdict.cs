using System.Text;
using System.Text.Json.Nodes;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What an exchange means: whether the answer came from who was meant, and else which half failed, where and why. <see cref="Describe"/> puts it into
/// words, <see cref="ToJson"/> into JSON.
/// </summary>
public sealed class ExchangeVerdict : IVerdict
{
    private readonly FateVerdict _meant;
    private readonly IReadOnlyList<(ExchangeLeg Leg, FateVerdict Verdict)> _legs;

    /// <summary>What an exchange means.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="meant">What the fate of the request means for whom it was meant.</param>
    public ExchangeVerdict(Exchange exchange, FateVerdict meant)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(meant);
        (Exchange, _meant) = (exchange, meant);
        _legs = [.. exchange.Legs.Select(leg => (leg, leg is { Kind: ExchangeLegKind.Request } ? meant
            : leg.Endpoint is { Vm: { } vm } ? FateVerdict.Of(leg.Fate, vm)
            : leg.Endpoint is { Node: { } node } ? FateVerdict.Of(leg.Fate, node) : FateVerdict.Of(leg.Fate, leg.To)))];
        Other = exchange.IsAnswered && !meant.Reached ? exchange.Request.Copies.Select(c => c.Vm?.Name ?? c.Node?.Name).FirstOrDefault(n => n is not null)
            : null;
        Why = Other is not null ? Twice() : exchange.Why;
    }

    /// <summary>The exchange.</summary>
    public Exchange Exchange { get; }

    /// <inheritdoc/>
    public bool IsGood => Exchange.IsAnswered && Other is null;

    /// <summary>Who answered in place of the one who was meant; null where nobody did.</summary>
    public string? Other { get; }

    /// <summary>Why the answer did not come, or not from the one who was meant; null where it did, or that is not known.</summary>
    public Reason? Why { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Fate> Fates => [.. Exchange.Legs.Select(l => l.Fate)];

    private string Headline
    {
        get
        {
            string asker = Exchange.Request.From, receiver = _meant.Receiver + _meant.Place;
            return Other is not null ? $"{asker} gets an answer, but from {Other}, not from {receiver}."
                : Exchange.IsAnswered
                    ? $"{receiver} answers {asker}: the request took {_meant.Hops.Count} hops, {_meant.Copy!.Latency.TotalMicroseconds:0} µs."
                : Exchange.IsRefused ? $"{asker} is refused by {receiver}, and is told so: {Exchange.Problem}."
                : $"{asker} gets no answer from {receiver}: {Exchange.Problem}.";
        }
    }

    /// <inheritdoc/>
    public string Describe()
    {
        var text = new StringBuilder(Headline).AppendLine();
        var shown = Exchange.IsAnswered ? _legs.Take(1) : _legs;
        foreach (var (_, verdict) in shown)
        {
            text.AppendLine();
            FateText.Leg(verdict, text);
        }

        FateText.Reason(Why, text);
        FateText.Rest(shown.Select(l => l.Verdict), text);
        return PlainText.Lines(text.Append($"Followed by: {Exchange.Request.Level}").ToString());
    }

    /// <inheritdoc/>
    public JsonObject ToJson()
    {
        var json = _meant.ToJson();
        json["answered"] = Exchange.IsAnswered;
        json["refused"] = Exchange.IsRefused;
        json["failed"] = Exchange.Failed?.ToString().ToLowerInvariant();
        json["headline"] = Headline;
        json["why"] = Why is null ? null : FateJson.Of(Why);
        json["legs"] = new JsonArray([.. _legs.Select(l => new JsonObject
        {
            ["kind"] = FateJson.Word(l.Leg.Kind),
            ["arrived"] = l.Leg.Arrived,
            ["fate"] = FateJson.Of(l.Leg.Fate),
        })]);
        return json;
    }

    /// <inheritdoc/>
    public override string ToString() => Headline;

    // Two have the address; the one who answered first is asked.
    private Reason? Twice() =>
        Exchange.Request.Copies.FirstOrDefault(c => c.Vm is not null || c.Node is not null) is { } taken
            && StackModel.Ends(Exchange.Request.Frame) is var (_, address)
            && Endpoint.WithAddress(Exchange.Request.Start.Lab, address) is { Count: > 1 } owners
            ? new Reason(Causes.AddressTwice, Endpoint.OfTaker(taken)!.Start, taken.Hops is [.., var last] ? last.Device : "",
                $"{address} is the address of {string.Join(" and of ", owners.Select(o => o.Name))}; {Exchange.Request.From} sent to {Other}.",
                [Evidence.Seen($"{Other} took the request, sent to {Exchange.Request.Frame.Destination}.")], "give one of them another address")
            : null;
}
