using System.Net;
using System.Net.Sockets;
using NetLab.Linux;

namespace NetLab.Scenarios;

/// <summary><c>routes: [default via 10.0.0.1]</c>: routes in the words of `ip route`.</summary>
internal sealed class RoutesPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("routes", "Routes in the words of `ip route`.",
        new ListShape<RouteText>("route", Texts.Route, single: true),
        value => new RoutesPart { Routes = value.Value });

    public IReadOnlyList<Located<RouteText>> Routes { get; private init; } = [];

    public override (Position At, string Wrong)? Explain(Exception refusal, string node) =>
        refusal is LinuxException kernel
            && Routes.FirstOrDefault(route =>
            kernel.Doing.Contains($"adding route '{route.Value}' to node {node}", StringComparison.Ordinal)) is { At.Line: > 0 } route
            ? (route.At, $"the kernel refused this while {kernel.Message}")
            : null;

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

    /// <summary>The destination with its prefix length.</summary>
    public string Network => To?.ToString() ?? (Via is { AddressFamily: AddressFamily.InterNetworkV6 } ? "::/0" : "0.0.0.0/0");

    /// <summary>As <see cref="NodeRoute"/> writes it.</summary>
    public override string ToString() =>
        (To is { PrefixLength: > 0 } to ? to.ToString() : "default") + (Via is null ? "" : $" via {Via}") + (Dev is null ? "" : $" dev {Dev}");
}
