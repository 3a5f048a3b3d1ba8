using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What one node has, read at one moment: <see cref="StateReading"/>. Immutable; two readings are compared by <see cref="DiffTo"/>, and a text of it
/// may be kept as a snapshot.
/// </summary>
/// <remarks>
/// <para>Texts and comparisons leave out what changes by itself or is drawn anew each time:
/// indexes, counters, timers, ages, handles of nft and numbers of qdiscs
/// that the kernel chose, port numbers of OpenFlow, statistics. A neighbour that is reachable, stale or being probed is <c>resolved</c>,
/// one that is incomplete or
/// failed is <c>unresolved</c>. They leave out what follows from something else: the routes of the table <c>local</c>, a port's own address in the forwarding
/// database, groups that a device listens to, the qdisc that the kernel gives a device, a device's sysctls that are as the whole node's.
/// The records have all of it.</para>
/// <para>The text (not the comparison) further leaves out values that are as the kernel has them unless somebody asks for something else, writes
/// <c>generated</c> for a MAC address that nobody chose, and <c>*</c> for a client's port of the ephemeral range.</para>
/// </remarks>
public sealed record NodeState
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Devices, lo first, then by name.</summary>
    public IReadOnlyList<LinkEntry> Links { get; init; } = [];

    /// <summary>Addresses.</summary>
    public IReadOnlyList<AddressEntry> Addresses { get; init; } = [];

    /// <summary>Routes of all tables and of both families.</summary>
    public IReadOnlyList<RouteEntry> Routes { get; init; } = [];

    /// <summary>Policy rules, in the order in which they are asked.</summary>
    public IReadOnlyList<RuleEntry> Rules { get; init; } = [];

    /// <summary>Nexthop objects and groups.</summary>
    public IReadOnlyList<NexthopEntry> Nexthops { get; init; } = [];

    /// <summary>The ARP and ND tables, and addresses that are answered for.</summary>
    public IReadOnlyList<NeighbourEntry> Neighbours { get; init; } = [];

    /// <summary>Forwarding databases of Linux bridges and of devices such as VXLAN.</summary>
    public IReadOnlyList<FdbEntry> Fdb { get; init; } = [];

    /// <summary>Multicast databases of Linux bridges.</summary>
    public IReadOnlyList<MdbEntry> Mdb { get; init; } = [];

    /// <summary>VLANs of Linux bridges that filter by VLAN.</summary>
    public IReadOnlyList<BridgeVlanEntry> BridgeVlans { get; init; } = [];

    /// <summary>Queueing disciplines and their classes.</summary>
    public IReadOnlyList<QdiscEntry> Qdiscs { get; init; } = [];

    /// <summary>Filters at them.</summary>
    public IReadOnlyList<FilterEntry> Filters { get; init; } = [];

    /// <summary>Kernel settings that bear upon forwarding.</summary>
    public IReadOnlyList<SysctlEntry> Sysctls { get; init; } = [];

    /// <summary>nftables, also what iptables-nft and ebtables-nft made, in the order in which nft lists it.</summary>
    public IReadOnlyList<NftEntry> Nft { get; init; } = [];

    /// <summary>The whole of <c>nft -a list ruleset</c>; null where there are no tables.</summary>
    public string? NftRuleset { get; init; }

    /// <summary>Rules in the words of iptables and its kin: of the legacy tables, and of those that iptables-nft keeps in nftables.</summary>
    public IReadOnlyList<IptablesEntry> Iptables { get; init; } = [];

    /// <summary>Connections that the kernel tracks.</summary>
    public IReadOnlyList<ConnectionEntry> Connections { get; init; } = [];

    /// <summary>Bridges of the node's Open vSwitch.</summary>
    public IReadOnlyList<OvsBridgeEntry> OvsBridges { get; init; } = [];

    /// <summary>Ports of the node's Open vSwitch.</summary>
    public IReadOnlyList<OvsPortEntry> OvsPorts { get; init; } = [];

    /// <summary>Flows of the node's Open vSwitch.</summary>
    public IReadOnlyList<OvsFlowEntry> OvsFlows { get; init; } = [];

    /// <summary>Addresses that the node's Open vSwitch has learned.</summary>
    public IReadOnlyList<OvsFdbEntry> OvsFdb { get; init; } = [];

    /// <summary>What could not be read, and why. What is not among these was read, and empty means that there is none.</summary>
    public IReadOnlyList<UnreadEntry> NotRead { get; init; } = [];

    /// <summary>All entries, section by section.</summary>
    public IEnumerable<StateEntry> Entries => Sections.SelectMany(s => s.Entries);

    internal IEnumerable<(string Heading, IEnumerable<StateEntry> Entries)> Sections =>
    [
        ("links", Links), ("addresses", Addresses), ("routes", Routes), ("rules", Rules), ("nexthops", Nexthops), ("neighbours", Neighbours),
            ("fdb", Fdb), ("mdb", Mdb),
        ("vlans", BridgeVlans), ("qdiscs", Qdiscs), ("filters", Filters), ("sysctls", Sysctls), ("nft", Nft), ("iptables", Iptables),
            ("conntrack", Connections),
        ("ovs bridges", OvsBridges), ("ovs ports", OvsPorts), ("ovs flows", OvsFlows), ("ovs fdb", OvsFdb), ("not read", NotRead),
    ];

    /// <summary>The changes that lead from this reading to a later one, or to that of another node.</summary>
    public StateDiff DiffTo(NodeState later)
    {
        ArgumentNullException.ThrowIfNull(later);
        return StateDiff.Between(this, later);
    }

    /// <summary>Whether a comparison finds nothing.</summary>
    public bool Equals(NodeState? other) => other is not null && (ReferenceEquals(this, other) || (Node == other.Node && DiffTo(other).IsEmpty));

    /// <inheritdoc/>
    public override int GetHashCode() => Node.GetHashCode(StringComparison.Ordinal);

    /// <summary>
    /// All of it as JSON, with what texts leave out: an object with an array for each section, whose objects have the entry's key and its fields by name.
    /// </summary>
    public string ToJson() => StateJson.Write(this);

    /// <summary>A listing in the field's words, the same for the same state: a line an entry, grouped, in a fixed order.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().Append("node ").Append(Node).Append('\n');
        foreach (var (heading, entries) in Sections)
        {
            var lines = entries.Where(e => e is { IsShown: true, IsUsual: false }).Select(e => PlainText.Line(e.ToString())).ToList();
            if (lines.Count == 0 || (heading is "rules" && RuleEntry.AreUsual(lines)))
            {
                continue;
            }

            text.Append("  ").Append(heading).Append('\n');
            lines.ForEach(line => text.Append("    ").Append(line).Append('\n'));
        }

        return text.ToString();
    }
}
