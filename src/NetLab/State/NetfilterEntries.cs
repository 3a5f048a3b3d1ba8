using System.Text.RegularExpressions;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A table, chain, rule, set, map or other object of nftables: <c>nft list ruleset</c>.</summary>
/// <param name="Family">The table's family.</param>
/// <param name="Table">The table.</param>
/// <param name="What"><c>table</c>, <c>chain</c>, <c>rule</c>, <c>set</c>, <c>map</c>, <c>counter</c>…</param>
/// <param name="Name">The object's name; a rule's is its chain's.</param>
/// <param name="Text">The rule as nft prints it, or what the object says of itself, in one line, with counters.</param>
public sealed partial record NftEntry(NftFamily Family, string Table, string What, string Name, string Text) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "nft";

    /// <inheritdoc/>
    public override string Key => What switch
    {
        "table" => $"table {Family.Word()} {Table}",
        "rule" => $"rule {Family.Word()} {Table} {Name}: {Stateless}",
        _ => $"{What} {Family.Word()} {Table} {Name}",
    };

    /// <summary>The handle, by which nft deletes it.</summary>
    public ulong Handle { get; init; }

    /// <summary>The table is kept by iptables, ip6tables, ebtables or arptables, whose words say more: see <see cref="NodeState.Iptables"/>.</summary>
    public bool IsIptables { get; init; }

    /// <summary>The text without counters, used quotas and expiry times.</summary>
    public string Stateless => StatePattern().Replace(Text, "").Trim();

    /// <summary>Not what the words of iptables say already.</summary>
    public override bool IsShown => !IsIptables;

    internal override string? OrderedIn => What is "rule" ? $"{Family} {Table} {Name}" : null;

    private protected override void Describe(FieldList fields)
    {
        if (What is not "rule")
        {
            fields.Bare("text", Stateless, "");
        }

        fields.Volatile("as_listed", Text);
        fields.Volatile("handle", Handle);
    }

    // "counter packets 5 bytes 300", "quota over 10 mbytes used 1 mbytes", "10.0.0.1 timeout 1h expires 59m58s", "limit … "; a named counter is all state.
    [GeneratedRegex(@"(?<=\bcounter) packets \d+ bytes \d+|^packets \d+ bytes \d+;?| used \d+ \w+| expires \w+| last used \w+")]
    private static partial Regex StatePattern();
}

/// <summary>
/// A rule, or the policy of a chain, in the words of iptables-save and its kin: of the legacy tables, and of those that iptables-nft keeps in nftables.
/// </summary>
/// <param name="Program">The program whose words they are: <c>iptables-nft</c>, <c>ip6tables-legacy</c>, <c>ebtables-nft</c>…</param>
/// <param name="Table">The table: <c>filter</c>, <c>nat</c>…</param>
/// <param name="Text"><c>-A FORWARD -j DROP</c>, or <c>:FORWARD DROP</c>.</param>
public sealed record IptablesEntry(string Program, string Table, string Text) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "iptables";

    /// <inheritdoc/>
    public override string Key => $"{Program} -t {Table} {(IsPolicy ? Text.Split(' ')[0] : Text)}";

    private bool IsPolicy => Text.StartsWith(':');

    internal override string? OrderedIn => IsPolicy ? null : $"{Program} {Table} {string.Join(' ', Text.Split(' ').Take(2))}";

    // A chain without a policy has a dash.
    internal override bool IsUsual => IsPolicy && Text.EndsWith(" ACCEPT", StringComparison.Ordinal);

    private protected override void Describe(FieldList fields)
    {
        if (IsPolicy)
        {
            fields.Add("policy", Text.Split(' ')[^1], "-");
        }
    }
}

/// <summary>A connection that the kernel tracks: <c>conntrack -L</c>.</summary>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record ConnectionEntry(ConntrackEntry Info) : StateEntry
{
    private const ushort FirstEphemeralPort = 32768;

    /// <inheritdoc/>
    public override string Section => "conntrack";

    /// <inheritdoc/>
    public override string Key => $"{ProtocolName} {Info.Original}{(Info.Zone == 0 ? "" : $" zone {Info.Zone}")}";

    /// <summary>The protocol: <c>tcp</c>, <c>udp</c>, <c>icmp</c>…</summary>
    public string ProtocolName => Info.Original.Protocol switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        58 => "icmpv6",
        132 => "sctp",
        var number => $"proto {number}",
    };

    /// <summary>Answers do not mirror the question: addresses or ports are translated.</summary>
    public bool IsTranslated => !Info.Reply.Source.Equals(Info.Original.Destination) || !Info.Reply.Destination.Equals(Info.Original.Source)
        || (!IsIcmp && (Info.Reply.SourcePort != Info.Original.DestinationPort || Info.Reply.DestinationPort != Info.Original.SourcePort));

    // A client's port is drawn from the ephemeral range, and an echo's identifier by its sender.
    internal override string SnapshotKey =>
        Key.Replace(Info.Original.ToString(), Snapshot(Info.Original, Info.Original.SourcePort, client: true), StringComparison.Ordinal);

    private bool IsIcmp => Info.Original.Protocol is 1 or 58;

    private protected override void Describe(FieldList fields)
    {
        fields.Bare("tcp", Info.TcpState);
        fields.Flag("unreplied", !Info.Status.HasFlag(ConntrackStatus.SeenReply));
        fields.Flag("assured", Info.Status.HasFlag(ConntrackStatus.Assured));
        fields.Add("reply", IsTranslated ? Info.Reply : null, null, Snapshot(Info.Reply, Info.Reply.DestinationPort, client: false));
        fields.Add("mark", Info.Mark, 0);
        fields.Add("helper", Info.Helper);
        fields.Volatile("timeout", Info.Timeout);
        fields.Volatile("id", Info.Id);
        fields.Volatile("packets", Info.OriginalCounters.Packets);
        fields.Volatile("bytes", Info.OriginalCounters.Bytes);
        fields.Volatile("reply_packets", Info.ReplyCounters.Packets);
        fields.Volatile("reply_bytes", Info.ReplyCounters.Bytes);
    }

    private string Snapshot(ConntrackTuple way, ushort port, bool client) =>
        IsIcmp ? $"{way.Source} > {way.Destination} type {way.DestinationPort >> 8}"
        : port < FirstEphemeralPort ? way.ToString()
        : client ? $"{way.Source}:* > {way.ToString().Split(" > ")[1]}"
        : $"{way.ToString().Split(" > ")[0]} > {way.Destination}:*";
}
