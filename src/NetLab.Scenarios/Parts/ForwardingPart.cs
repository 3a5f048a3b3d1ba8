namespace NetLab.Scenarios;

/// <summary><c>forwarding: on</c>: the node routes.</summary>
internal sealed class ForwardingPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("forwarding",
        "Whether the node routes between its devices (net.ipv4.ip_forward and its IPv6 twin); off when absent.",
        Scalars.Switch, on => new ForwardingPart { IsOn = on.Value });

    private bool IsOn { get; init; }

    public override void Configure(Node node) => node.Forwarding = IsOn;
}
