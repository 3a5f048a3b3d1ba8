namespace NetLab;

/// <summary>A kernel setting of a node that bears upon forwarding: <c>sysctl net.ipv4.ip_forward</c>.</summary>
/// <param name="Name">Its name, <c>net.ipv4.ip_forward</c>; with slashes where a device's name has a dot.</param>
/// <param name="Value">Its value.</param>
public sealed record SysctlEntry(string Name, string Value) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "sysctl";

    /// <inheritdoc/>
    public override string Key => Name;

    /// <summary>The value that listings leave out: the kernel's own, or for a device that of the whole node.</summary>
    public string? Usual { get; init; }

    /// <summary>The name of the node's setting that a device's setting follows when that is written; null for a setting of the node.</summary>
    public string? Follows { get; init; }

    /// <summary>Changes by itself, or is the machine's.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>Not a device's setting that is as the whole node's, and not what is the machine's.</summary>
    public override bool IsShown => !IsVolatile && (Follows is null || Value != Usual);

    internal override bool IsUsual => Value == Usual;

    private protected override void Describe(FieldList fields) => fields.Bare("value", Value);
}
