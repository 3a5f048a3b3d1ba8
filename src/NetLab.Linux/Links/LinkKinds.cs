namespace NetLab.Linux.Netlink;

/// <summary>The table of the kinds that NetLab knows: how to read each, and the kernel option it needs.</summary>
internal static class LinkKinds
{
    /// <summary>The kind's own attributes as a spec; null for a kind that is not known.</summary>
    public static LinkSpec? Read(string? kind, string name, int lower, Attributes data) => kind switch
    {
        "bridge" => BridgeSpec.Read(name, data),
        _ => null,
    };

    /// <summary>The kernel option that a kind needs.</summary>
    public static string? KernelOption(string kind) => kind switch
    {
        "veth" => "CONFIG_VETH",
        "bridge" => "CONFIG_BRIDGE",
        _ => null,
    };
}
