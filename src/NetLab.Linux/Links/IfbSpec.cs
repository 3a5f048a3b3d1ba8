namespace NetLab.Linux.Netlink;

/// <summary>A device whose queueing discipline shapes what is redirected to it, such as another's incoming frames (CONFIG_IFB).</summary>
/// <param name="Name">Its name.</param>
public sealed record IfbSpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "ifb";
}
