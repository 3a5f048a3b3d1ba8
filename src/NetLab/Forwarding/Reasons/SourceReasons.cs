using System.Globalization;
using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>What a node holds against where a packet says that it comes from (net/ipv4/fib_frontend.c, fib_validate_source).</summary>
internal static class SourceReasons
{
    public static Reason? Find(DropPlace place) => place.Reason switch
    {
        "IP_RPFILTER" => OfReversePath(place),
        "IP_LOCALNET" when place.To is { } to && IPAddress.IsLoopback(to) => place.Why(Causes.Martian,
            $"{to} is in 127.0.0.0/8, which must not come in from a network.",
            $"sysctl -w net.ipv4.conf.{KernelState.InSysctl(place.Device)}.route_localnet=1, in node {place.Node.Name}, if it must",
            Sysctl(place, "route_localnet")),
        "IP_LOCALNET" => place.Why(Causes.Martian, $"The source {place.From} is in 127.0.0.0/8, which must not come in from a network.",
            "let the sender use an address of its own", Sysctl(place, "route_localnet")),
        "IP_LOCAL_SOURCE" => place.Why(Causes.OwnSource,
            $"The source {place.From} is an address of {place.Node.Name} itself: two have the same address, or the frame came back.",
            "give one of them another address", Sysctl(place, "accept_local")),
        _ => null,
    };

    private static Reason OfReversePath(DropPlace place)
    {
        var (node, device) = (place.Node, KernelState.InSysctl(place.Device));
        int all = Number(node, "net.ipv4.conf.all.rp_filter"), own = Number(node, $"net.ipv4.conf.{device}.rp_filter");
        var isLoose = Math.Max(all, own) == 2;
        var back = place.From is { } from ? node.Live.Route.FindRoute(from, place.To is { } to && IsOwn(node, to) ? to : null) : null;
        var way = back is { Error: 0, Output: { } output } ? node.Live.Route.FindLink(output)?.Name : null;
        string relax = $"sysctl -w net.ipv4.conf.{device}.rp_filter=2", add = $"ip route add {place.From} dev {place.Device}";
        var rule = way is null ? RuleAgainst(place) : null;
        var told = rule is not null ? $": a routing rule of type {rule.Action.ToString()!.ToLowerInvariant()} matches what goes there"
            : way is not null && way != place.Device ? $": its route to {place.From} is by {way}"
            : way is null && Refusing(node, place.From) is { } type ? $": its route to {place.From} is of type {type.ToString().ToLowerInvariant()}" : "";
        var remedy = rule is not null ? RoutingRules.Delete(place, rule)
            : isLoose ? KnownRemedies.Route(node, place.From)
            : way is not null && HasOwnRules(node) ? $"{relax}, in node {node.Name}" : $"{add}, or {relax}, in node {node.Name}";
        return place.Why(Causes.RpFilter,
            $"{place.Where} checks where packets come from (rp_filter, {(isLoose ? "loose" : "strict")}), " +
                $"and {node.Name} would not answer {place.From} by {(isLoose ? "any device" : place.Device)}{told}.",
            remedy, [Evidence.Sysctl($"rp_filter of all = {all}, of {place.Device} = {own}; the larger one counts."),
                .. rule is null ? (IEnumerable<Evidence>)[] : [Evidence.Rule($"{rule}.")]]);
    }

    // The rule that lets nothing back to the source: the kernel looks as if the node itself sent there.
    private static RuleInfo? RuleAgainst(DropPlace place)
    {
        if (place.From is not { } from || place.To is not { } to)
        {
            return null;
        }

        var back = Frame.Udp(default, default, to, from, 0, 0, []);
        return RoutingRules.Refusing(place with { Seen = back, Came = back, Device = "lo", InterfaceIndex = 1, Lookups = [] });
    }

    // The route of the table main that lets nothing through to an address; null where another is more specific, or none is there.
    private static RouteType? Refusing(Node node, IPAddress? to) => to is null ? null
        : node.Live.Route.GetRoutes().Where(r => r.Family == to.AddressFamily && r.Table == RouteTable.Main && r.Destination?.Contains(to) != false)
            .MaxBy(r => r.Destination?.PrefixLength ?? 0) is { Type: RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit } route
                ? route.Type : null;

    private static bool IsOwn(Node node, IPAddress address) => node.Live.Route.GetAddresses().Any(a => a.Address.Equals(address));

    // Beside those that every node has: of the tables local, main and default. A route of the table main need not be the one that counts.
    private static bool HasOwnRules(Node node) =>
        node.Live.Route.GetRules().Any(r => r.Family is System.Net.Sockets.AddressFamily.InterNetwork && (r.Priority ?? 0) is not (0 or 32766 or 32767));

    private static Evidence Sysctl(DropPlace place, string name)
    {
        var (value, setting) = StackModel.Larger(place.Node, place.Device, name);
        return Evidence.Sysctl($"{setting} = {value}.");
    }

    private static int Number(Node node, string sysctl) => int.Parse(node.ReadSysctl(sysctl).Trim(), CultureInfo.InvariantCulture);
}
