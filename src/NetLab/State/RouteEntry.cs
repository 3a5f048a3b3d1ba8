using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A route of a node, of whatever table: <c>ip route show table all</c>.</summary>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record RouteEntry(RouteInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "route";

    /// <inheritdoc/>
    public override string Key => string.Concat(
        Destination,
        Info.Table == RouteTable.Main ? "" : $" table {Table}",
        Info.Metric is null or 0 || IsUsualMetric ? "" : string.Create(CultureInfo.InvariantCulture, $" metric {Info.Metric}"),
        Info.Tos == 0 ? "" : $" tos 0x{Info.Tos:x2}",
        Info.Source is { } source ? $" from {source}" : "");

    /// <summary>Where it leads: <c>10.0.0.0/24</c>, <c>default</c> for every IPv4 address, <c>::/0</c> for every IPv6 address.</summary>
    public string Destination => Info.Destination is { } network ? $"{network}" : Info.Family is AddressFamily.InterNetworkV6 ? "::/0" : "default";

    /// <summary>What it does with a packet.</summary>
    public RouteType Type => Info.Type;

    /// <summary>The router; null where there is none, or several.</summary>
    public IPAddress? Gateway => Info.Gateway;

    /// <summary>The device it leaves by; null where there is none, or several.</summary>
    public string? Device { get; init; }

    /// <summary>Several ways at once, each <c>via 10.0.0.1 dev eth0 weight 1</c>; empty for one way.</summary>
    public IReadOnlyList<string> Nexthops { get; init; } = [];

    /// <summary>Its table: <c>main</c>, <c>local</c>, <c>default</c> or a number.</summary>
    public string Table => RouteTable.NameOf(Info.Table);

    /// <summary>The lower, the sooner it is taken.</summary>
    public uint Metric => Info.Metric ?? 0;

    /// <summary>The source address of what the node itself sends by it.</summary>
    public IPAddress? PreferredSource => Info.PreferredSource;

    /// <summary>Not the table <c>local</c> as the kernel keeps it for the addresses, and no cached exceptions.</summary>
    public override bool IsShown => !Info.IsCloned && !(Info.Table == RouteTable.Local && Info.Protocol == RouteProtocol.Kernel);

    // IPv6 routes have a metric always: 1024 unless another is asked for, and 256 where the kernel makes them.
    private bool IsUsualMetric => Info.Family is AddressFamily.InterNetworkV6 && Metric == (Info.Protocol == RouteProtocol.Kernel ? 256u : 1024u);

    private static string ProtocolName(byte protocol) => protocol switch
    {
        RouteProtocol.Redirect => "redirect",
        RouteProtocol.Kernel => "kernel",
        RouteProtocol.Boot => "boot",
        RouteProtocol.Static => "static",
        RouteProtocol.RouterAdvertisement => "ra",
        RouteProtocol.Dhcp => "dhcp",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };

    private protected override void Describe(FieldList fields)
    {
        fields.Bare("type", Type, RouteType.Unicast);
        fields.Add("via", Gateway);
        fields.Add("dev", Device, Type is RouteType.Unicast ? null : Info.Family is AddressFamily.InterNetworkV6 ? "lo" : null);
        fields.Add("nexthop", Nexthops, "none");
        fields.Add("nhid", Info.NexthopId);
        fields.Add("proto", ProtocolName(Info.Protocol), "boot");
        fields.Add("scope", Info.Scope, Device is not null && Gateway is null && Info.Family is AddressFamily.InterNetwork ? Scope.Link : Scope.Universe);
        fields.Add("src", PreferredSource);
        fields.Flag("onlink", Info.OnLink);
        fields.Flag("dead", Info.Flags.HasFlag(NexthopFlags.Dead));
        fields.Flag("linkdown", Info.Flags.HasFlag(NexthopFlags.LinkDown));
        fields.Add("pref", Info.Preference, Info.Preference is null ? null : RoutePreference.Medium);
        fields.Flag("limited", Info.Expires is not null);
        if (Info.Metrics is { } metrics)
        {
            fields.Settings(metrics, metrics.GetType());
        }

        fields.Volatile("expires", Info.Expires);
    }
}

/// <summary>A policy rule of a node: <c>ip rule</c>.</summary>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record RuleEntry(RuleInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "rule";

    /// <inheritdoc/>
    public override string Key => $"{(Info.Family is AddressFamily.InterNetworkV6 ? "inet6 " : "")}{Text}";

    /// <summary>The rules that every namespace has from the start.</summary>
    internal static bool AreUsual(IReadOnlyList<string> lines) => lines.All(UsualLines.Contains) && UsualLines.All(lines.Contains);

    private static readonly string[] UsualLines =
    [
        "0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default", "inet6 0: from all lookup local",
            "inet6 32766: from all lookup main",
    ];

    // The record's own line has tables by number.
    private string Text => Info.Action is RuleAction.Table or null && !Info.L3Master
        ? string.Concat(Info.ToString().AsSpan(0, Info.ToString().LastIndexOf("lookup ", StringComparison.Ordinal)), "lookup ",
            RouteTable.NameOf(Info.Table ?? RouteTable.Main))
        : Info.ToString();

    private protected override void Describe(FieldList fields)
    {
        fields.Add("tos", Info.Tos);
        fields.Add("uidrange", Info.Uids is { } uids ? $"{uids.Start}-{uids.End}" : null);
        fields.Add("tun_id", Info.TunnelId);
        fields.Add("suppress_prefixlength", Info.SuppressPrefixLength);
        fields.Add("suppress_ifgroup", Info.SuppressInterfaceGroup);
    }
}

/// <summary>A nexthop object, or a group of them: <c>ip nexthop</c>.</summary>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record NexthopEntry(NexthopInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "nexthop";

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"id {Info.Id}");

    /// <summary>The device it leaves by.</summary>
    public string? Device { get; init; }

    private protected override void Describe(FieldList fields)
    {
        fields.Flag("blackhole", Info.Blackhole);
        fields.Add("via", Info.Gateway);
        fields.Add("dev", Device);
        fields.Add("group", Info.Group.Select(m => m.Weight == 1 ? $"{m.Id}" : $"{m.Id}*{m.Weight}"), "none");
        fields.Flag("onlink", Info.OnLink);
        fields.Flag("fdb", Info.Fdb);
        fields.Add("resilient", Info.Resilient is { } r ? $"{r.Buckets} buckets" : null);
        fields.Flag("dead", Info.Flags.HasFlag(NexthopFlags.Dead));
        fields.Flag("linkdown", Info.Flags.HasFlag(NexthopFlags.LinkDown));
    }
}
