namespace NetLab.Scenarios;

/// <summary><c>defaults: host</c>: whose settings the node starts with.</summary>
internal sealed class DefaultsPart : Part
{
    private const string Host = "host";

    public static readonly PartKind Kind = PartKind.Single("defaults",
        "Whose settings of IPv6 the node starts with. quiet, as if absent: off without an IPv6 address, and nothing is sent or configured by itself. "
        + "host: the kernel's, as on a machine: link-local addresses, duplicate address detection, router advertisements are believed.",
        Scalars.OneOf("whose defaults", "quiet", Host), value => new DefaultsPart { IsHost = value.Value == Host });

    private bool IsHost { get; init; }

    public override void Add(Node node, NodeEntry entry) => node.HostDefaults = IsHost;
}
