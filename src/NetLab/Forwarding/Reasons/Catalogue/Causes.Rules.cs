namespace NetLab;

// Which rule of a firewall drops a frame.
public static partial class Causes
{
    /// <summary>A rule of nftables dropped or rejected it.</summary>
    public static Cause NftRule { get; } = OfRules("nft-rule",
        "A rule of nftables dropped or rejected it.",
        "the kernel's trace of the rules, with the rule's handle",
        "delete the rule, or add one before it that accepts the frame");

    /// <summary>The policy of a chain of nftables dropped it: no rule accepted it.</summary>
    public static Cause NftPolicy { get; } = OfRules("nft-policy",
        "The policy of a chain of nftables dropped it: no rule accepted it.",
        "the kernel's trace of the rules",
        "add a rule that accepts it");

    /// <summary>A rule of iptables dropped or rejected it.</summary>
    public static Cause IptablesRule { get; } = OfRules("iptables-rule",
        "A rule of iptables dropped or rejected it.",
        "the kernel's trace, or the rule's counter has moved",
        "delete the rule, or add one before it that accepts the frame");

    /// <summary>The policy of a chain of iptables dropped it.</summary>
    public static Cause IptablesPolicy { get; } = OfRules("iptables-policy",
        "The policy of a chain of iptables dropped it.",
        "the kernel's trace, or the policy's counter has moved",
        "let the policy accept, or add a rule that does");

    /// <summary>A rule of ebtables dropped it.</summary>
    public static Cause EbtablesRule { get; } = OfRules("ebtables-rule",
        "A rule of ebtables dropped it.",
        "the kernel's trace of the rules",
        "delete the rule, or add one before it that accepts the frame");

    /// <summary>The policy of a chain of ebtables dropped it.</summary>
    public static Cause EbtablesPolicy { get; } = OfRules("ebtables-policy",
        "The policy of a chain of ebtables dropped it.",
        "the kernel's trace of the rules",
        "let the policy accept, or add a rule that does");

    /// <summary>A rule of arptables dropped it.</summary>
    public static Cause ArptablesRule { get; } = OfRules("arptables-rule",
        "A rule of arptables dropped it.",
        "the kernel's trace of the rules",
        "delete the rule, or add one before it that accepts the frame");

    /// <summary>The policy of a chain of arptables dropped it.</summary>
    public static Cause ArptablesPolicy { get; } = OfRules("arptables-policy",
        "The policy of a chain of arptables dropped it.",
        "the kernel's trace of the rules",
        "let the policy accept, or add a rule that does");

    /// <summary>The translation of addresses has no port left for a new connection.</summary>
    public static Cause NatPortsUsed { get; } = OfRules("nat-ports-used",
        "The translation of addresses has no port left for a new connection.",
        "the kernel drops with NETFILTER_DROP by no rule, and another connection has the translated addresses and ports",
        "more ports or addresses in the rule, or forget the other connection: `conntrack -D`");

    /// <summary>Netfilter dropped it, and which rule it was is not known: none, or one of several.</summary>
    public static Cause Netfilter { get; } = OfRules("netfilter",
        "Netfilter dropped it, and which rule it was is not known: none, or one of several.",
        "the kernel drops with NETFILTER_DROP, or counters have moved",
        "look at the rules: `nft -a list ruleset`, `iptables-legacy -S`");

    private static Cause OfRules(string word, string meaning, string confirmedBy, string advice) => new(word, "Rules", meaning, confirmedBy, advice);
}
