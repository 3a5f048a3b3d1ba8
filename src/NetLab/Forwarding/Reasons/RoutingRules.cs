using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>The rules of policy routing: which of them take hold of a packet, and whether one leads to the table that has its route.</summary>
internal static class RoutingRules
{
    /// <summary>The rules whose conditions the packet meets, in their order; what a <c>goto</c> leaves out is not among them.</summary>
    public static IReadOnlyList<RuleInfo> For(DropPlace place)
    {
        var met = new List<RuleInfo>();
        var from = 0u;
        var family = place.IsIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        List<RuleInfo> all = [.. place.Node.Live.Route.GetRules().Where(r => r.Family == family).OrderBy(r => r.Priority ?? 0)];
        foreach (var rule in all)
        {
            if ((rule.Priority ?? 0) >= from && Matches(rule, place))
            {
                met.Add(rule);
                from = rule is { Action: RuleAction.Goto, Goto: { } target } && all.Exists(r => r.Priority == target) ? target : from;
            }
        }

        return met;
    }

    /// <summary>The rule that lets the packet not through; null where a table has decided before, or none does.</summary>
    public static RuleInfo? Refusing(DropPlace place) =>
        !place.IsIpv6 && place.Lookups is [.., { Error: not (0 or -Errno.EAGAIN) }] ? null
            : For(place).FirstOrDefault(r => r.Action is RuleAction.Blackhole or RuleAction.Unreachable or RuleAction.Prohibit);

    /// <summary>Why a route of the table main is not found: no rule leads there for such a packet. Null where one does, or there is no such route.</summary>
    public static Reason? LeadingNowhere(DropPlace place)
    {
        if (place.To is not { } to || place.Node.Live.Route.GetRoutes().Where(r => r.Family == to.AddressFamily && r.Table == RouteTable.Main
            && r.Type is RouteType.Unicast && r.Destination?.Contains(to) != false).MaxBy(r => r.Destination?.PrefixLength ?? 0) is not { } route)
        {
            return null;
        }

        var rules = For(place);
        var toMain = rules.Where(r => r.Action is RuleAction.Table && (r.Table ?? RouteTable.Main) == RouteTable.Main).ToList();
        if (toMain.Exists(r => !(r.SuppressPrefixLength >= (route.Destination?.PrefixLength ?? 0)) && r.SuppressInterfaceGroup is null))
        {
            return null;
        }

        var ip = place.IsIpv6 ? "ip -6" : "ip";
        var jump = rules.FirstOrDefault(r => r.Action is RuleAction.Goto && !rules.Any(other => other.Priority > r.Priority && other.Priority < r.Goto));
        var told = toMain is [var strict, ..] ? $"the rule \"{strict}\" leaves out prefixes as short as that of the route"
            : jump is not null ? $"the rule \"{jump}\" leaves out the one that does" : "none of the rules does";
        return place.Why(Causes.NoRule,
            $"{place.Node.Name} has a route to {to} in the table main, and no rule of policy routing leads there for packets from {place.From}: {told}.",
            jump is not null && toMain.Count == 0 ? $"{ip} rule del pref {jump.Priority ?? 0}, in node {place.Node.Name}"
                : $"{ip} rule add pref 32766 lookup main, in node {place.Node.Name}",
            [Evidence.Route($"{route}."), .. rules.Select(r => Evidence.Rule($"{r}."))]);
    }

    // net/core/fib_rules.c, fib_rule_match, and net/ipv4/fib_rules.c, fib4_rule_match. A packet that goes through has no socket, which would be bound to a
    // device or belong to another user than 0.
    private static bool Matches(RuleInfo rule, DropPlace place) => !rule.L3Master && rule.TunnelId is null && rule.Invert !=
        ((rule.From is not { } from || from.Contains(place.From!)) && (rule.To is not { } to || to.Contains(place.To!))
        && (rule.InputInterface is null || rule.InputInterface == (place.Device.Length == 0 ? "lo" : place.Device))
        && rule.OutputInterface is null && rule.Uids is not { Start: > 0 }
        && (rule.FirewallMark is null || (place.Mark & (rule.FirewallMask ?? uint.MaxValue)) == rule.FirewallMark)
        && (rule.Tos is not { } tos || tos == TosOf(place))
        && (rule.IpProtocol is not { } protocol || protocol == (byte?)(place.Seen.Ipv4?.Protocol ?? place.Seen.Ipv6?.Protocol))
        && Has(rule.SourcePorts, HopChanges.PortsOf(place.Seen)?.Source) && Has(rule.DestinationPorts, HopChanges.PortsOf(place.Seen)?.Destination));

    private static bool Has(PortRange? range, int? port) => range is not { } ports || (port >= ports.Low && port <= ports.High);

    private static int TosOf(DropPlace place) =>
        place.Packet.Span is not [var first, var second, ..] ? 0 : place.IsIpv6 ? ((first & 0xf) << 4) | (second >> 4) : second;
}
