using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>Why a copy of a frame ended where it did.</summary>
/// <param name="Cause">The cause, of the catalogue <see cref="Causes"/>; it compares with its word:
/// <c>nft-rule</c>, <c>bridge-mtu</c>, <c>no-route</c>.</param>
/// <param name="Node">Where.</param>
/// <param name="Device">At which device; empty where there is none.</param>
/// <param name="Sentence">The cause as a person would put it.</param>
/// <param name="Evidence">What shows it, each with its source.</param>
/// <param name="Remedy">What to try, or null.</param>
public sealed record Reason(Cause Cause, Node Node, string Device, string Sentence, IReadOnlyList<Evidence> Evidence, string? Remedy = null)
{
    /// <summary>At which device; empty where there is none.</summary>
    public string Device { get; init => field = PlainText.Line(value); } = PlainText.Line(Device);

    /// <summary>The cause as a person would put it, in one <see cref="PlainText">plain</see> line.</summary>
    public string Sentence { get; init => field = PlainText.Line(value); } = PlainText.Line(Sentence);

    /// <summary>What to try, in one <see cref="PlainText">plain</see> line, or null.</summary>
    public string? Remedy { get; init => field = value is null ? null : PlainText.Line(value); } = Remedy is null ? null : PlainText.Line(Remedy);

    /// <summary>The neighbour that must answer before the packet goes on; null where it waits for none.</summary>
    internal AwaitedNeighbour? Awaits { get; init; }

    /// <summary>Node and device: <c>compute1/qvo1</c>.</summary>
    public string Place => Device.Length == 0 ? Node.Name : $"{Node.Name}/{Device}";

    /// <summary>The sentence, the evidence and the remedy, a line each.</summary>
    /// <param name="indent">What every line begins with.</param>
    public string Describe(string indent = "")
    {
        var text = new StringBuilder($"{indent}Why: {Sentence}");
        foreach (var line in Evidence)
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
