using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>-p tcp -m tcp --dport 22</c>, or <c>{ match: …, ethertype: IPv6, remote_group_id: web }</c>: a rule of a security group.</summary>
internal sealed class SecurityGroupRuleEntry : Entry
{
    private const string IPv6 = "IPv6";

    public static readonly ObjectShape<SecurityGroupRuleEntry> Shape =
        new ObjectShape<SecurityGroupRuleEntry>("security-group-rule", "a rule of a security group")
        .With("match", "What it lets in, in iptables' words; everything when absent.", Scalars.Text, (rule, value) => rule.Match = value.Value)
        .With("ethertype", "Of which family it is; IPv4 when absent.", Scalars.OneOf("an ethertype", "IPv4", IPv6), (rule, value) =>
            rule.IsIPv6 = value.Value == IPv6)
        .With("remote_group_id", "The security group whose ports it lets in, by an ipset; whoever sends it when absent.", Scalars.Name, (rule, value) =>
            rule.RemoteGroup = value.Value)
        .OrShort("-p icmp", "^-", (scalar, _, _) => new SecurityGroupRuleEntry { Match = scalar.Text });

    private string Match { get; set; } = "";

    private bool IsIPv6 { get; set; }

    private string? RemoteGroup { get; set; }

    public SecurityGroupRule ToRule() => new(Match, IsIPv6, RemoteGroup);
}
