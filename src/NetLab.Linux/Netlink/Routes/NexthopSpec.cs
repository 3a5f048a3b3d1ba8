using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>A member of a nexthop group.</summary>
/// <param name="Id">The nexthop.</param>
/// <param name="Weight">Its share, 1 to 256.</param>
public readonly record struct NexthopGroupMember(uint Id, int Weight = 1);

/// <summary>How a resilient nexthop group moves flows when its members change.</summary>
/// <param name="Buckets">Number of buckets that flows are hashed into.</param>
/// <param name="IdleTimer">Time without traffic after which a bucket may move; the kernel's 120 s when null.</param>
/// <param name="UnbalancedTimer">Time after which buckets are moved although busy; never when null.</param>
public sealed record ResilientGroup(ushort Buckets, TimeSpan? IdleTimer = null, TimeSpan? UnbalancedTimer = null);

/// <summary>A nexthop object (ip-nexthop(8)): a way, or a group of ways, that routes and FDB entries refer to by number.</summary>
/// <param name="Id">Its number.</param>
public record NexthopSpec(uint Id) : IDescribed
{
    private readonly AddressFamily? _family;

    /// <summary>InterNetwork or InterNetworkV6; needed only where no gateway says it.</summary>
    public AddressFamily Family
    {
        get => _family ?? Gateway?.AddressFamily ?? AddressFamily.InterNetwork;
        init => _family = value;
    }

    /// <summary>The router.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Index of the device it leaves by.</summary>
    public int? OutputIndex { get; init; }

    /// <summary>The gateway is on the link, whatever the addresses say.</summary>
    public bool OnLink { get; init; }

    /// <summary>Drops the packet.</summary>
    public bool Blackhole { get; init; }

    /// <summary>For FDB entries of a VXLAN: <see cref="Gateway"/> is the remote end.</summary>
    public bool Fdb { get; init; }

    /// <summary>The members; this is then a group.</summary>
    public IReadOnlyList<NexthopGroupMember> Group { get; init; } = [];

    /// <summary>Makes the group a resilient one.</summary>
    public ResilientGroup? Resilient { get; init; }

    /// <summary>Who put it there; see <see cref="RouteProtocol"/>.</summary>
    public byte Protocol { get; init; }

    string IDescribed.Describe() => "nexthop " + Text;

    private protected string Text => string.Concat(
        $"{Id}",
        Blackhole ? " blackhole" : "",
        Gateway is { } g ? $" via {g}" : "",
        OutputIndex is { } o ? $" dev {o}" : "",
        Group.Count == 0 ? "" : $" group {string.Join('/', Group.Select(m => m.Weight == 1 ? $"{m.Id}" : $"{m.Id},{m.Weight}"))}",
        Fdb ? " fdb" : "");
}

/// <summary>A nexthop object as the kernel describes it; can be handed back to the batch.</summary>
public sealed record NexthopInfo(uint Id) : NexthopSpec(Id)
{
    /// <summary>Flags: dead, no carrier.</summary>
    public NexthopFlags Flags { get; init; }

    /// <summary>One line, as <c>ip nexthop</c> would print it.</summary>
    public override string ToString() => Text + (Flags is NexthopFlags.None ? "" : $" {Flags}");
}
