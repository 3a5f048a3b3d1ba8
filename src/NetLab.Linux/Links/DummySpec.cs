namespace NetLab.Linux.Netlink;

/// <summary>A device that drops what is sent to it: a place for addresses (CONFIG_DUMMY).</summary>
/// <param name="Name">Its name.</param>
public sealed record DummySpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "dummy";
}
