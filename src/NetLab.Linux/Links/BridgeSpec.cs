namespace NetLab.Linux.Netlink;

/// <summary>An Ethernet bridge (IEEE 802.1D) in the kernel.</summary>
/// <param name="Name">The bridge's name.</param>
public sealed record BridgeSpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "bridge";

    /// <summary>Its options; null leaves all at the kernel's defaults.</summary>
    public BridgeOptions? Options { get; init; }

    internal override void WriteData(MessageWriter writer) => Options?.Write(writer);

    internal static BridgeSpec Read(string name, Attributes data) => new(name) { Options = BridgeOptions.Read(data) };
}
