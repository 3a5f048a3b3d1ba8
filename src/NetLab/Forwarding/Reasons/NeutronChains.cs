using System.Text.RegularExpressions;
using NetLab.Linux.Netfilter;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the chains of Neutron's iptables drivers are for, where one drops a packet (neutron/agent/linux/iptables_firewall.py).</summary>
internal static partial class NeutronChains
{
    /// <summary>What the chain decides, in words, and the rule that would have let the packet pass; null where the chain is none of these.</summary>
    /// <param name="rule">The rule that dropped it.</param>
    /// <param name="way">The chains that led there, in words.</param>
    /// <param name="frame">What it dropped.</param>
    public static (string Meaning, string Remedy)? Of(NftRule rule, string way, Frame frame)
    {
        var program = rule.Family is NftFamily.Ip6 ? "ip6tables" : "iptables";
        if (OfAddresses().Match(rule.Chain) is { Success: true } addresses && SourceOf(frame) is { } source)
        {
            return ($" Neutron's chain lets port {addresses.Groups["port"]} send from its own addresses alone, not from {source} with {frame.Source}.",
                $"{program} -I {rule.Chain} -s {source} -m mac --mac-source {frame.Source} -j RETURN, or an allowed address pair of the port");
        }

        if (!rule.Chain.EndsWith("-sg-fallback", StringComparison.Ordinal) || OfGroups().Matches(way) is not [.., var group] || MatchOf(frame) is not { } match)
        {
            return null;
        }

        var where = group.Groups["way"].Value == "i" ? "come in to" : "leave";
        return ($" No rule of its security groups lets it {where} port {group.Groups["port"]}.",
            $"{program} -I {group.Groups["chain"]} {match} -j RETURN, or a rule of a security group of the port");
    }

    private static string? SourceOf(Frame frame) => frame.Ipv4?.Source.ToString() ?? frame.Ipv6?.Source.ToString();

    // As the driver writes the match of a rule.
    private static string? MatchOf(Frame frame) =>
        frame.Udp is { } udp ? $"-p udp -m udp --dport {udp.DestinationPort}"
        : frame.Tcp is { } tcp ? $"-p tcp -m tcp --dport {tcp.DestinationPort}"
        : frame.Ipv6 is not null ? frame.Icmpv6 is null ? null : "-p ipv6-icmp"
        : frame.Ipv4 is { } ip ? $"-p {(frame.Icmp is null ? (int)ip.Protocol : "icmp")}" : null;

    [GeneratedRegex("^neutron-[a-z0-9-]{8}-s(?<port>[0-9a-f-]{1,10})$")]
    private static partial Regex OfAddresses();

    [GeneratedRegex("(?<chain>neutron-[a-z0-9-]{8}-(?<way>[io])(?<port>[0-9a-f-]{10})) rule ")]
    private static partial Regex OfGroups();
}
