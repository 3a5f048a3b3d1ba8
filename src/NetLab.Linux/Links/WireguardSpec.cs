namespace NetLab.Linux.Netlink;

/// <summary>A WireGuard tunnel (CONFIG_WIREGUARD). Keys and peers are set by <see cref="WireguardSocket"/>.</summary>
/// <param name="Name">Its name.</param>
public sealed record WireguardSpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "wireguard";
}
