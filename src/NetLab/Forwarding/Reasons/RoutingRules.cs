using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>The rules of policy routing: which of them take hold of a packet, and whether one leads to the table that has its route.</summary>
internal static class RoutingRules
{
    private const uint MainPriority = 32766; // of the rule for the table main, as the kernel makes it
    private const int Dscp = 0xfc; // the other two bits are ECN's, which no rule looks at

    /// <summary>The rules whose conditions the packet meets, in their order; what a <c>goto</c> leaves out is not among them.</summary>
    public static IReadOnlyList<RuleInfo> For(DropPlace place)
    {
        var met = new List<RuleInfo>();
        var from = 0u;
        var all = Of(place);
        foreach (var rule in all)
        {
            if ((rule.Priority ?? 0) >= from && Matches(rule, place))
            {
                met.Add(rule);
                from = TargetOf(rule, all) ?? from;
            }
        }

        return met;
    }

    /// <summary>
    /// Deletes a rule: by its priority where no other has that, else by all that it asks for. Of several that fit the kernel takes the first
    /// (net/core/fib_rules.c, rule_find): where that is another, the advice is words.
    /// </summary>
    public static string Delete(DropPlace place, RuleInfo rule)
    {
        List<RuleInfo> same = [.. Of(place).Where(r => (r.Priority ?? 0) == (rule.Priority ?? 0))];
        var selector = same.Count == 1 ? "" : $" {rule.ToString().Split(": ", 2)[^1]}{(rule.Tos is { } tos ? $" tos 0x{tos:x}" : "")}";
        return same.Count == 1 || same.Find(r => Fits(rule, r)) == rule
            ? $"ip {(place.IsIpv6 ? "-6 " : "")}rule del pref {rule.Priority ?? 0}{selector}, in node {place.Node.Name}"
            : $"take the rule \"{rule}\" away in node {place.Node.Name}; another of that priority, which asks for more, has to go first and come back";
    }

    // What is not asked for is not compared; nor is it compared whether a rule is inverted.
    private static bool Fits(RuleInfo asked, RuleInfo rule) => (asked.Action, asked.Table, asked.Goto) == (rule.Action, rule.Table, rule.Goto)
        && IsOrAny(asked.From, rule.From) && IsOrAny(asked.To, rule.To) && IsOrAny(asked.FirewallMark, rule.FirewallMark)
        && IsOrAny(asked.FirewallMask, rule.FirewallMask) && IsOrAny(asked.InputInterface, rule.InputInterface)
        && IsOrAny(asked.OutputInterface, rule.OutputInterface) && IsOrAny(asked.Tos, rule.Tos) && IsOrAny(asked.IpProtocol, rule.IpProtocol)
        && IsOrAny(asked.SourcePorts, rule.SourcePorts) && IsOrAny(asked.DestinationPorts, rule.DestinationPorts);

    private static bool IsOrAny<T>(T? asked, T? own) => asked is null || asked.Equals(own);

    private static List<RuleInfo> Of(DropPlace place)
    {
        var family = place.IsIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return [.. place.Node.Live.Route.GetRules().Where(r => r.Family == family).OrderBy(r => r.Priority ?? 0)];
    }

    // One to a rule that is not there goes nowhere.
    private static uint? TargetOf(RuleInfo rule, List<RuleInfo> all) =>
        rule is { Action: RuleAction.Goto, Goto: { } target } && all.Exists(r => r.Priority == target) ? target : null;

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
        var toMain = rules.Where(LeadsToMain).ToList();
        if (toMain.Exists(r => !Suppresses(r, route, place)))
        {
            return null;
        }

        var (ip, all) = (place.IsIpv6 ? "ip -6" : "ip", Of(place));
        var jump = rules.FirstOrDefault(r => TargetOf(r, all) is { } target
            && all.Exists(left => left.Priority > r.Priority && left.Priority < target && LeadsToMain(left) && Matches(left, place)));
        var told = toMain is [var strict, ..] ? $"the rule \"{strict}\" leaves out " + (SuppressesPrefix(strict, route)
                ? "prefixes as short as that of the route" : $"routes by a device of the group {strict.SuppressInterfaceGroup}")
            : jump is not null ? $"the rule \"{jump}\" leaves out the one that does" : "none of the rules does";
        var over = rules.FirstOrDefault(r => r.Priority < MainPriority && TargetOf(r, all) > MainPriority);
        return place.Why(Causes.NoRule,
            $"{place.Node.Name} has a route to {to} in the table main, and no rule of policy routing leads there for packets from {place.From}: {told}.",
            jump is not null && toMain.Count == 0 ? Delete(place, jump)
                : $"{ip} rule add pref {over?.Priority - 1 ?? MainPriority} lookup main, in node {place.Node.Name}",
            [Evidence.Route($"{route}."), .. rules.Select(r => Evidence.Rule($"{r}."))]);
    }

    private static bool LeadsToMain(RuleInfo rule) => rule.Action is RuleAction.Table && (rule.Table ?? RouteTable.Main) == RouteTable.Main;

    // net/ipv4/fib_rules.c, fib4_rule_suppress.
    private static bool Suppresses(RuleInfo rule, RouteInfo route, DropPlace place) => SuppressesPrefix(rule, route)
        || (rule.SuppressInterfaceGroup is { } group && place.Node.Live.Route.FindLink(route.OutputIndex ?? 0)?.Group == group);

    private static bool SuppressesPrefix(RuleInfo rule, RouteInfo route) => rule.SuppressPrefixLength >= (route.Destination?.PrefixLength ?? 0);

    // net/core/fib_rules.c, fib_rule_match, and net/ipv4/fib_rules.c, fib4_rule_match. A packet that goes through has no socket, which would be bound to a
    // device or belong to another user than 0.
    private static bool Matches(RuleInfo rule, DropPlace place) => !rule.L3Master && rule.TunnelId is null && rule.Invert !=
        ((rule.From is not { } from || from.Contains(place.From!)) && (rule.To is not { } to || to.Contains(place.To!))
        && (rule.InputInterface is null || rule.InputInterface == (place.Device.Length == 0 ? "lo" : place.Device))
        && rule.OutputInterface is null && rule.Uids is not { Start: > 0 }
        && (rule.FirewallMark is null || (place.Mark & (rule.FirewallMask ?? uint.MaxValue)) == rule.FirewallMark)
        && (rule.Tos is not { } tos || tos == (TosOf(place) & Dscp))
        && (rule.IpProtocol is not { } protocol || protocol == (byte?)(place.Seen.Ipv4?.Protocol ?? place.Seen.Ipv6?.Protocol))
        && Has(rule.SourcePorts, HopChanges.PortsOf(place.Seen)?.Source) && Has(rule.DestinationPorts, HopChanges.PortsOf(place.Seen)?.Destination));

    private static bool Has(PortRange? range, int? port) => range is not { } ports || (port >= ports.Low && port <= ports.High);

    private static int TosOf(DropPlace place) =>
        place.Packet.Span is not [var first, var second, ..] ? 0 : place.IsIpv6 ? ((first & 0xf) << 4) | (second >> 4) : second;
}
