namespace NetLab.Scenarios;

/// <summary>Every kind of part, in the order in which they are added to a node. A new one is a file in this folder and a line here.</summary>
internal static class Parts
{
    public static readonly IReadOnlyList<PartKind> All =
    [
        ContainerPart.Kind,
        DefaultsPart.Kind,
        BridgePart.Kind,
        IntegrationBridgePart.Kind,
        TunnelBridgePart.Kind,
        ProviderBridgePart.Kind,
        OpenVSwitchPart.Kind,
        OvsBridgePart.Kind,
        PatchPart.Kind,
        VmPart.Kind,
        HybridPlugPart.Kind,
        NativePlugPart.Kind,
        TrunkPlugPart.Kind,
        RouterPart.Kind,
        DhcpServerPart.Kind,
        DevicePart.Kind,
        ForwardingPart.Kind,
        SysctlsPart.Kind,
        RoutesPart.Kind,
        NftPart.Kind,
        IptablesPart.Sets,
        IptablesPart.Kind,
        IptablesPart.Kind6,
    ];
}
