using System.Net;

namespace NetLab.Scenarios;

/// <summary><c>routes: [default via 10.0.0.1]</c>: routes in the words of `ip route`.</summary>
internal sealed class RoutesPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("routes", "Routes in the words of `ip route`.", new ListShape<RouteText>("route", Texts.Route, single: true),
        value => new RoutesPart { Routes = value.Value });

    public IReadOnlyList<Located<RouteText>> Routes { get; private init; } = [];

    public override void Configure(Node node)
    {
        foreach (var (route, _) in Routes)
        {
            node.AddRoute(route.To?.ToString() ?? "default", route.Via?.ToString(), route.Dev is { } device ? node.Device(device) : null);
        }
    }
}

/// <summary>A route in the words of `ip route`.</summary>
internal sealed record RouteText(InterfaceAddress? To, IPAddress? Via, string? Dev)
{
    /// <summary>Where the text names the gateway and the device, from its own beginning.</summary>
    public int ViaOffset { get; init; }

    public int DevOffset { get; init; }
}
