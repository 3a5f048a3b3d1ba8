using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;

namespace NetLab;

// What rules and routes say that let nothing through, or lead nowhere.
internal static partial class RouterDrops
{
    // What a route says that is to let nobody through; or a rule, where no table was to blame.
    private static Reason? OfRoute(DropPlace place)
    {
        var version = place.IsIpv6 ? "ipv6" : "ipv4";
        if (place.Reason == "IP_INADDRERRORS" && NotForwarding(place) is { } off)
        {
            return off;
        }

        if (Refusal(place) is { } refusal)
        {
            return refusal;
        }

        if (place.In("dst_discard", "dst_discard_out") && HasRoute(place))
        {
            return XfrmDrops.OfPolicy(place); // there is a route, and something else lets nothing through
        }

        return place.Reason == "IP_INADDRERRORS"
            ? place.Why(Causes.AddressError, $"{place.Node.Name} cannot forward a packet for {place.To}.", null,
                Sysctl(place.Node, $"net.{version}.conf.all.forwarding"))
            : NoRoute(place);
    }

    /// <summary>
    /// A packet of the node itself that a rule at the hook output marked, so that the kernel routed it anew (net/ipv4/netfilter.c, ip_route_me_harder), and
    /// found that it may not go; null where nothing refuses it.
    /// </summary>
    public static Reason? RoutedAnew(DropPlace place) => place is { CameIn: false, Mark: not 0 } && Refusal(place with { Device = "", Lookups = [] }) is { } why
        ? why with { Sentence = $"A rule at the hook output gave the packet the mark 0x{place.Mark:x}, and it was routed anew. {why.Sentence}" } : null;

    // A rule or a route that is there to let nothing through.
    private static Reason? Refusal(DropPlace place)
    {
        if (RoutingRules.Refusing(place) is { Action: { } action } rule)
        {
            var kind = action.ToString().ToLowerInvariant();
            return place.Why(OfAction(action),
                $"In {place.Node.Name} a routing rule of type {kind} matches packets from {place.From} to {place.To}.",
                    RoutingRules.Delete(place, rule), [Evidence.Rule($"{rule}."), .. Lookups(place)]);
        }

        if (RouteOf(place) is { Type: RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit } route)
        {
            var kind = route.Type.ToString().ToLowerInvariant();
            return place.Why(OfType(route.Type),
                $"In {place.Node.Name} the route to {place.To} is of type {kind}" +
                    $"{(route.NexthopId is { } id ? $", by nexthop object {id}" : "")}" +
                    $"{(route.Table == RouteTable.Main ? "" : $", in table {route.Table}")}: it is there to let nothing through.",
                Delete(route, kind), [Evidence.Route($"{route}."), .. Lookups(place)]);
        }

        return null;
    }

    private static bool HasRoute(DropPlace place) => place.To is { } to && place.Node.Live.Route.FindRoute(to).Error == 0;

    /// <summary>Deletes a route. One by a nexthop object has no type of its own: the object has.</summary>
    public static string Delete(RouteInfo route, string kind) =>
        $"ip {(route.Family is AddressFamily.InterNetworkV6 ? "-6 " : "")}route del {(route.NexthopId is null ? $"{kind} " : "")}"
        + $"{route.Destination?.ToString() ?? "default"}{(route.NexthopId is { } id ? $" nhid {id}" : "")}"
        + $"{(route.Table == RouteTable.Main ? "" : $" table {route.Table}")}{(route.Metric is { } metric ? $" metric {metric}" : "")}";

    private static Cause OfAction(RuleAction action) =>
        action switch { RuleAction.Blackhole => Causes.BlackholeRule, RuleAction.Prohibit => Causes.ProhibitRule, _ => Causes.UnreachableRule };

    private static Cause OfType(RouteType type) =>
        type switch { RouteType.Blackhole => Causes.BlackholeRoute, RouteType.Prohibit => Causes.ProhibitRoute, _ => Causes.UnreachableRoute };

    private static Reason NoRoute(DropPlace place)
    {
        var without = place.To is { } to ? OfLostNetwork(place.Node, to) : null;
        if (without is (var device, true, var sentence, var remedy))
        {
            return place.Why(Causes.EgressDown, sentence, remedy, [Evidence.Link($"{device.Name} down."), .. Lookups(place)]);
        }

        if (place.To is { IsIPv6LinkLocal: false } lost && Ipv6Reasons.WithoutNetwork(place.Node, lost) is { } off)
        {
            return off with { Evidence = [.. off.Evidence, .. Lookups(place)] };
        }

        if (without is var (_, _, gone, restored))
        {
            return place.Why(Causes.NoRoute, gone, restored, Lookups(place));
        }

        if (place.To is { } thrown && Throwing(place.Node, thrown, RoutingRules.For(place).Select(r => r.Table ?? RouteTable.Main)) is { } end)
        {
            return place.Why(Causes.NoRoute,
                $"{place.Node.Name} has no route to {thrown}: in table {RouteTable.NameOf(end.Table)} "
                    + $"the route to {end.Destination?.ToString() ?? "default"} is of type throw, which ends the search there, and no table after it has one.",
                $"{Delete(end, "throw")}, in node {place.Node.Name}", [Evidence.Route($"{end}."), .. Lookups(place)]);
        }

        return RoutingRules.LeadingNowhere(place) is { } unled ? unled with { Evidence = [.. unled.Evidence, .. Lookups(place)] }
            : place.Why(Causes.NoRoute, $"{place.Node.Name} has no route to {place.To}.", KnownRemedies.Route(place.Node, place.To), Lookups(place));
    }

    // Routers that send a packet to each other until its TTL is used up: those that it came to since it was last here.
    private static Reason? RoutingLoop(DropPlace place, string limit)
    {
        List<Node> routers = [.. place.Hops.Where(h => h is { Direction: HopDirection.In, Frame: { } frame, LabDevice: { } device }
            && KernelState.MacOf(device) == frame.Destination).Select(h => h.Node)];
        if (place.To is not { } to || routers.Count < 2 || routers.FindLastIndex(routers.Count - 2, n => n == place.Node) is not (>= 0 and var before))
        {
            return null;
        }

        List<Node> round = [.. routers[before..^1].Distinct()];
        List<Evidence> routes = [.. round.Select(r => (Router: r, Way: r.Live.Route.FindRoute(to))).Where(r => r.Way.Error == 0)
            .Select(r => Evidence.Route($"{r.Router.Name} sends {to} {(r.Way.Gateway is { } gateway ? $"via {gateway}" : "without a gateway")} dev "
                + $"{(r.Way.Output is { } output ? r.Router.Live.Route.FindLink(output)?.Name : "")}."))];
        var names = string.Join(", ", round.Select(r => r.Name));
        return place.Why(Causes.TtlExpired,
            $"The {limit} ran out at {place.Node.Name}, to which the packet came {routers.Count(r => r == place.Node)} times: a routing loop. "
                + (round.Count == 1 ? $"{names} sends what is for {to} to itself." : $"{names} send what is for {to} to each other."),
            $"give {string.Join(" or ", round.Select(r => r.Name))} another route to {to}", [.. routes]);
    }

    // A device that is down takes its networks with it, and the routes by gateways there; of IPv6 the addresses too (addrconf_ifdown). So does an address that
    // is taken away.
    private static (Device Device, bool IsDown, string Sentence, string Remedy)? OfLostNetwork(Node node, IPAddress to)
    {
        List<Device> lost = [.. node.Devices.Where(d => d is { IsApplied: true, Guest: null, Addresses.Count: > 0 } && (IsDown(d) || Gone(d).Any()))];
        if (lost.Find(d => LostOf(d).Any(a => a.Contains(to))) is { } near)
        {
            var network = LostOf(near).First(a => a.Contains(to)).Network;
            return (near, IsDown(near), $"{node.Name} has no route to {to}: the network {network} is on {near.Name}, {WhichIs(near)}.",
                $"{Restore(near)}, in node {node.Name}");
        }

        foreach (var route in node.Routes.Where(r => r.Destination.Contains(to)).OrderByDescending(r => r.Destination.PrefixLength))
        {
            if (lost.Find(d => (IsDown(d) && ReferenceEquals(d, route.Device)) || (route.Gateway is { } next && LostOf(d).Any(a => a.Contains(next))))
                is { } device)
            {
                return (device, IsDown(device), $"{node.Name} has no route to {to}: its route {route} went by {device.Name}, {WhichIs(device)}.",
                    $"{Restore(device)}; ip {(route.Destination.IsIPv6 ? "-6 " : "")}route add {route}, in node {node.Name}");
            }
        }

        return null;

        bool IsDown(Device device) => node.Live.Route.FindLink(device.Index) is { IsUp: false };

        IEnumerable<InterfaceAddress> Gone(Device device) =>
            device.Addresses.Where(a => !KernelState.AddressesOf(device).Any(own => own.Address.Equals(a.Address)));

        IEnumerable<InterfaceAddress> LostOf(Device device) => IsDown(device) ? device.Addresses : Gone(device);

        string WhichIs(Device device) => IsDown(device) ? "which is down"
            : $"which does not have its address {Gone(device).First(a => a.IsIPv6 == to.AddressFamily is AddressFamily.InterNetworkV6)} any more";

        string Restore(Device device) => string.Join("; ", (IsDown(device) ? [$"ip link set dev {device.Name} up"] : Array.Empty<string>())
            .Concat(Gone(device).Select(a => $"ip address add {a} dev {device.Name}{(a.IsIPv6 ? " nodad" : "")}")));
    }

    /// <summary>A route that ends the search in its table, where that has another one behind it; null where there is none.</summary>
    public static RouteInfo? Throwing(Node node, IPAddress to, IEnumerable<uint> tables)
    {
        var routes = node.Live.Route.GetRoutes();
        return tables.Select(table => routes.Where(r => r.Family == to.AddressFamily && r.Table == table && r.Destination?.Contains(to) != false)
                .OrderByDescending(r => r.Destination?.PrefixLength ?? 0).ThenBy(r => r.Metric ?? 0).ToList())
            .FirstOrDefault(found => found is [{ Type: RouteType.Throw }, ..] && found.Exists(r => r.Type is RouteType.Unicast))?[0];
    }

    // The table is the one that was asked last; where that is not known, the first that has a route.
    private static RouteInfo? RouteOf(DropPlace place)
    {
        if (place.To is not { } to)
        {
            return null;
        }

        var tables = place.Lookups.LastOrDefault(r => r.Destination.Equals(to)) is { } asked ? [(uint)asked.Table]
            : RoutingRules.For(place).Select(r => r.Table ?? RouteTable.Main);
        var routes = place.Node.Live.Route.GetRoutes();
        return tables
            .Select(table => routes.Where(r => r.Family == to.AddressFamily && r.Table == table
                && (r.Destination is not { } network || network.Contains(to))).MaxBy(r => r.Destination?.PrefixLength ?? 0))
            .FirstOrDefault(r => r is { Type: not RouteType.Throw });
    }
}
