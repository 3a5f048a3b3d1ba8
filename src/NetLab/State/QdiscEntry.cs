using System.Globalization;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A queueing discipline, or a class of one: <c>tc qdisc</c>, <c>tc class</c>.</summary>
/// <param name="Device">The device.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record QdiscEntry(string Device, QdiscInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => IsClass ? "class" : "qdisc";

    /// <inheritdoc/>
    public override string Key =>
        $"dev {Device} " + (IsClass ? $"classid {Info.Handle}"
            : Info.Parent == TcHandle.Root ? "root"
            : Info.Parent == TcHandle.Ingress ? "ingress"
            : $"parent {HandleText(Info.Parent)}");

    /// <summary>Its kind: <c>tbf</c>, <c>htb</c>, <c>netem</c>…</summary>
    public string Kind => Info.Kind;

    /// <summary>A class of a discipline, not a discipline.</summary>
    public bool IsClass { get; init; }

    /// <summary>Not what the kernel gives a device by itself, which has no number, and not the one class that a discipline such as tbf comes with.</summary>
    public override bool IsShown => IsClass ? Kind is "htb" or "hfsc" or "drr" or "qfq" or "ets" : Info.Handle != TcHandle.None;

    private protected override void Describe(FieldList fields)
    {
        fields.Bare("kind", Kind);
        if (!IsClass)
        {
            fields.Add("handle", HandleText(Info.Handle), Info.Parent == TcHandle.Ingress ? "ffff:" : "any");
        }
        else
        {
            fields.Add("parent", HandleText(Info.Parent));
        }

        if (Info.Spec is { } spec)
        {
            fields.Settings(spec, spec.GetType(), null, name => name is "class_id" ? null : name);
        }

        fields.Volatile("bytes", Info.Statistics.Bytes);
        fields.Volatile("packets", Info.Statistics.Packets);
        fields.Volatile("drops", Info.Statistics.Drops);
        fields.Volatile("overlimits", Info.Statistics.Overlimits);
        fields.Volatile("backlog", Info.Statistics.Backlog);
    }

    // Numbers from 8000: on are the kernel's own choice, counted up over all namespaces of the machine.
    internal static string HandleText(TcHandle handle) =>
        handle is { Major: >= 0x8000 and < 0xffff } ? handle.Minor == 0 ? "any" : $"any:{handle.Minor:x}" : handle.ToString();
}

/// <summary>A filter at a discipline or class: <c>tc filter</c>.</summary>
/// <param name="Device">The device.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record FilterEntry(string Device, FilterInfo Info) : StateEntry
{
    private const int EveryProtocol = 3;

    /// <inheritdoc/>
    public override string Section => "filter";

    /// <inheritdoc/>
    public override string Key =>
        string.Create(CultureInfo.InvariantCulture,
            $"dev {Device} {Where} pref {Info.Priority} {Info.Kind}{(Info.Chain == 0 ? "" : $" chain {Info.Chain}")} handle {Info.Handle:x}");

    /// <summary>What it does: <c>redirect to ifb0</c>, <c>mirror to tap0</c>, or the kinds of its actions.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>u32 keeps a hash table and its root as filters too; they take no frame.</summary>
    public override bool IsShown => Info.Kind is not "u32" || (Info.Handle & 0xfff) != 0;

    private string Where => Info.Parent == TcHandle.ClsactIngress ? "ingress" : Info.Parent == TcHandle.ClsactEgress ? "egress"
        : $"parent {QdiscEntry.HandleText(Info.Parent)}";

    private protected override void Describe(FieldList fields)
    {
        fields.Add("protocol", $"0x{Info.Protocol:x4}", $"0x{EveryProtocol:x4}");
        fields.Add("match", Info.Matches, "0x00000000/0x00000000 at 0");
        fields.Add("program", Info.Program);
        fields.Add("flowid", Info.ClassId);
        fields.Add("action", Actions, "none");
    }
}
