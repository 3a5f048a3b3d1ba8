using System.Text;

namespace NetLab;

/// <summary>Why a copy of a frame ended where it did.</summary>
/// <param name="Cause">A short word for the cause, the same for every frame that ends by it: <c>nft-rule</c>, <c>bridge-mtu</c>, <c>no-route</c>.</param>
/// <param name="Node">Where.</param>
/// <param name="Device">At which device; empty where there is none.</param>
/// <param name="Sentence">The cause as a person would put it.</param>
/// <param name="Evidence">What shows it, each with its source in front: <c>kernel:</c>, <c>bridge:</c>, <c>nft:</c>, <c>ovs:</c>, <c>sysctl:</c>.</param>
/// <param name="Remedy">What to try, or null.</param>
public sealed record Reason(string Cause, Node Node, string Device, string Sentence, IReadOnlyList<string> Evidence, string? Remedy = null)
{
    /// <summary>Node and device: <c>compute1/qvo1</c>.</summary>
    public string Place => Device.Length == 0 ? Node.Name : $"{Node.Name}/{Device}";

    /// <summary>The sentence, the evidence and the remedy, a line each.</summary>
    /// <param name="indent">What every line begins with.</param>
    public string Describe(string indent = "")
    {
        var text = new StringBuilder($"{indent}Why: {Sentence}");
        foreach (string line in Evidence)
        {
            text.AppendLine().Append($"{indent}Evidence: {line}");
        }

        if (Remedy is not null)
        {
            text.AppendLine().Append($"{indent}Fix: {Remedy}");
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Cause} at {Place}: {Sentence}";
}
