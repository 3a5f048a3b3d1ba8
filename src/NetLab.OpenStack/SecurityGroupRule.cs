namespace NetLab.OpenStack;

/// <summary>A rule of a security group for what comes in.</summary>
/// <param name="Match">What it matches, in iptables' words: <c>-p tcp -m tcp --dport 22</c>; empty for everything.</param>
/// <param name="IPv6">Whether it is about IPv6 (<c>ethertype</c>).</param>
/// <param name="RemoteGroup">The security group whose ports it lets in (<c>remote_group_id</c>); null: whoever sends it.</param>
public sealed record SecurityGroupRule(string Match, bool IPv6 = false, string? RemoteGroup = null)
{
    /// <summary>A rule of IPv4 for whoever sends it.</summary>
    /// <param name="match">What it matches, in iptables' words.</param>
    public static implicit operator SecurityGroupRule(string match) => FromString(match);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static SecurityGroupRule FromString(string match) => new(match);
}

/// <summary>What a port's security groups are.</summary>
public sealed record SecurityGroupOptions
{
    /// <summary>The groups that the port is a member of, by name or id: rules of others may name them.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>What they let in. Answers come in as well.</summary>
    public IReadOnlyList<SecurityGroupRule> Ingress { get; init; } = [];
}
