namespace NetLab.Linux.Netlink;

/// <summary>Requests about policy rules and nexthop objects.</summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Adds a policy rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void AddRule(RuleSpec rule, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Write(rule, RuleMessages.Add, doing, "adding", rule);
    }

    /// <summary>Deletes the first policy rule that matches all that is given.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteRule(RuleSpec rule, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Write(rule, RuleMessages.Delete, doing, "deleting", rule);
    }

    /// <summary>Adds a nexthop object or a group of them.</summary>
    /// <param name="nexthop">The object.</param>
    /// <param name="replace">Overwrites the one with that number, instead of answering EEXIST.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">A weight is out of its range.</exception>
    public void AddNexthop(NexthopSpec nexthop, bool replace = false, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(nexthop);
        Write((nexthop, replace), static (writer, a) => NexthopMessages.Add(writer, a.nexthop, a.replace), doing, "adding", nexthop);
    }

    /// <summary>Deletes a nexthop object, and the routes that use it.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteNexthop(uint id, string? doing = null) => Write(id, NexthopMessages.Delete, doing, "deleting nexthop", id);
}
