namespace NetLab.Tests.Forwarding;

/// <summary>Remedies, executed as they are printed.</summary>
internal static class Remedies
{
    /// <summary>
    /// Does what a reason says, in the node that it names: its first way, where it has several ("…, or …"); one command after the other ("…; …").
    /// </summary>
    public static async Task DoAsync(this Reason reason)
    {
        var text = reason.Remedy ?? throw new ArgumentException($"No remedy is told: {reason.Describe("")}");
        var at = text.LastIndexOf(", in node ", StringComparison.Ordinal);
        var name = at < 0 ? reason.Node.Name : text[(at + ", in node ".Length)..].Split([',', ' '])[0];
        var node = reason.Node.Lab.Nodes.Single(n => n.Name == name);
        var first = text.Split(", or ")[0].Split(", in node ")[0];
        foreach (var command in first.Split("; "))
        {
            await node.DoAsync(command);
        }
    }
}
