using System.Text.Json.Nodes;
using NetLab.Linux;

namespace NetLab.Scenarios;

/// <summary><c>sysctls: { net.ipv4.ip_forward: 1 }</c>: kernel settings of the node's namespace.</summary>
internal sealed class SysctlsPart : Part
{
    private static readonly ScalarShape<string> SysctlName = new("sysctl", "net.ipv4.ip_forward",
        scalar => scalar.Text.StartsWith("net.", StringComparison.Ordinal) || scalar.Text.StartsWith("net/", StringComparison.Ordinal)
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"'{scalar.Text}' belongs to the whole machine, not to a node",
                "a node has those below 'net', like net.ipv4.ip_forward")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^net[./]" });

    public static readonly MapShape<string> Shape = new(SysctlName, Scalars.Text, "sysctl");

    public static readonly PartKind Kind = PartKind.Single("sysctls", "Settings of the node's network namespace, by their names.", Shape, value =>
        new SysctlsPart { Values = value.Value });

    private IReadOnlyList<Named<string>> Values { get; init; } = [];

    public override (Position At, string Wrong)? Explain(Exception refusal, string node) =>
        refusal is LinuxException kernel
            && Values.FirstOrDefault(value => kernel.Doing.Contains($"\"{value.Value}\" to sysctl {value.Name}", StringComparison.Ordinal)) is { } value
            ? (value.Name.At, $"the kernel refused to {kernel.Message}")
            : null;

    public override void Configure(Node node)
    {
        foreach (var (name, value) in Values)
        {
            node.Sysctl(name.Value, value);
        }
    }
}
