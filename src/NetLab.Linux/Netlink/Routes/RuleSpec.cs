using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>What a policy rule does with a packet (<c>FR_ACT_*</c>, <c>include/uapi/linux/fib_rules.h</c>).</summary>
public enum RuleAction : byte
{
    /// <summary>FR_ACT_UNSPEC: for deleting, whatever the action.</summary>
    Unspecified = 0,
    /// <summary>FR_ACT_TO_TBL: looks it up in a table.</summary>
    Table = 1,
    /// <summary>FR_ACT_GOTO: goes on with a later rule.</summary>
    Goto = 2,
    /// <summary>FR_ACT_NOP: nothing.</summary>
    Nop = 3,
    /// <summary>FR_ACT_BLACKHOLE: drops it silently.</summary>
    Blackhole = 6,
    /// <summary>FR_ACT_UNREACHABLE: drops it, network unreachable.</summary>
    Unreachable = 7,
    /// <summary>FR_ACT_PROHIBIT: drops it, administratively prohibited.</summary>
    Prohibit = 8,
}

/// <summary>A range of user numbers.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The last.</param>
public readonly record struct UidRange(uint Start, uint End);

/// <summary>
/// A policy rule (ip-rule(8)): which packets are routed by which table. What is null does not matter to the rule; when deleting, what is null is not compared.
/// </summary>
public record RuleSpec : IDescribed
{
    private readonly AddressFamily? _family;

    /// <summary>InterNetwork or InterNetworkV6; needed only where no network says it.</summary>
    public AddressFamily Family
    {
        get => _family ?? (From ?? To)?.BaseAddress.AddressFamily ?? AddressFamily.InterNetwork;
        init => _family = value;
    }

    /// <summary>The lower, the sooner; the kernel takes one below the lowest when null (FRA_PRIORITY).</summary>
    public uint? Priority { get; init; }

    /// <summary>Packets from this network.</summary>
    public IPNetwork? From { get; init; }

    /// <summary>Packets to this network.</summary>
    public IPNetwork? To { get; init; }

    /// <summary>Packets that came in by this device.</summary>
    public string? InputInterface { get; init; }

    /// <summary>Packets of sockets bound to this device.</summary>
    public string? OutputInterface { get; init; }

    /// <summary>Packets with this firewall mark.</summary>
    public uint? FirewallMark { get; init; }

    /// <summary>Bits of the mark that are compared.</summary>
    public uint? FirewallMask { get; init; }

    /// <summary>Packets with this TOS byte.</summary>
    public byte? Tos { get; init; }

    /// <summary>Packets of this IP protocol: 6 TCP, 17 UDP.</summary>
    public byte? IpProtocol { get; init; }

    /// <summary>Packets from these ports.</summary>
    public PortRange? SourcePorts { get; init; }

    /// <summary>Packets to these ports.</summary>
    public PortRange? DestinationPorts { get; init; }

    /// <summary>Packets of programs of these users.</summary>
    public UidRange? Uids { get; init; }

    /// <summary>Packets out of a tunnel with this number.</summary>
    public ulong? TunnelId { get; init; }

    /// <summary>Packets of a VRF, routed by that VRF's table.</summary>
    public bool L3Master { get; init; }

    /// <summary>All packets but those described.</summary>
    public bool Invert { get; init; }

    /// <summary>What it does; looks in a table unless said otherwise.</summary>
    public RuleAction? Action { get; init; }

    /// <summary>The table to look in; <see cref="RouteTable.Main"/> when null.</summary>
    public uint? Table { get; init; }

    /// <summary>The rule to go on with (<see cref="RuleAction.Goto"/>).</summary>
    public uint? Goto { get; init; }

    /// <summary>Takes no route with a prefix of this length or shorter: 0 leaves out default routes.</summary>
    public uint? SuppressPrefixLength { get; init; }

    /// <summary>Takes no route over a device of this group.</summary>
    public uint? SuppressInterfaceGroup { get; init; }

    /// <summary>Who put it there; see <see cref="RouteProtocol"/>.</summary>
    public byte? Protocol { get; init; }

    string IDescribed.Describe() => "rule " + Text;

    private protected string Text => string.Concat(
        Priority is { } p ? $"{p}: " : "",
        Invert ? "not " : "",
        From is { } f ? $"from {f} " : "from all ",
        To is { } t ? $"to {t} " : "",
        FirewallMark is { } m ? $"fwmark 0x{m:x}{(FirewallMask is { } mask and not uint.MaxValue ? $"/0x{mask:x}" : "")} " : "",
        InputInterface is { } i ? $"iif {i} " : "",
        OutputInterface is { } o ? $"oif {o} " : "",
        IpProtocol is { } n ? $"ipproto {n} " : "",
        SourcePorts is { } s ? $"sport {s} " : "",
        DestinationPorts is { } d ? $"dport {d} " : "",
        Action is RuleAction.Table or null ? (L3Master ? "lookup [l3mdev-table]" : $"lookup {Table ?? RouteTable.Main}") : Action is RuleAction.Goto
            ? $"goto {Goto?.ToString() ?? "?"}" : $"{Action}".ToLowerInvariant());
}

/// <summary>A policy rule as the kernel describes it; can be handed back to the batch.</summary>
public sealed record RuleInfo : RuleSpec
{
    /// <summary>One line, as <c>ip rule</c> would print it.</summary>
    public override string ToString() => Text;
}
