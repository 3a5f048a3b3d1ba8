using System.Text;

namespace NetLab.Packets;

// The frame as text.
public sealed partial class Frame
{
    /// <summary>The layers of the frame from Ethernet on, tunnels included, each with its fields. Taken apart anew at each call.</summary>
    public IReadOnlyList<Layer> Layers => Dissection.Of(_bytes, hasPendingChecksum: HasPendingChecksum);

    /// <summary>One line, e.g. "fa:16:3e:00:00:01 > fa:16:3e:00:00:02 IPv4 10.0.0.11 > 10.0.0.12 UDP 40000 > 53 len 5".</summary>
    public override string ToString()
    {
        if (Layout.PayloadOffset == 0)
        {
            return $"[{Defect}] {Convert.ToHexStringLower(_bytes)}";
        }

        var line = new StringBuilder();
        foreach (var layer in Layers)
        {
            if (layer.InLine)
            {
                line.Append(line.Length > 0 ? " " : "").Append(layer.Line ?? layer.ToString());
            }
        }

        return Defect.IsNone ? line.ToString() : line.Append(" [").Append(Defect).Append(']').ToString();
    }

    /// <summary>All layers with all fields, one a line, as a tree.</summary>
    /// <param name="linePrefix">What each line starts with.</param>
    public string ToTree(string linePrefix = "")
    {
        var tree = new StringBuilder();
        foreach (var layer in Layers)
        {
            tree.Append(linePrefix).Append(layer);
            if (!layer.Defect.IsNone)
            {
                tree.Append(" [").Append(layer.Defect).Append(']');
            }

            tree.Append('\n');
            AppendFields(tree, layer.Fields, linePrefix + "  ");
        }

        return tree.ToString();
    }

    private static void AppendFields(StringBuilder tree, IReadOnlyList<Field> fields, string indent)
    {
        const int longest = 64;
        foreach (var field in fields)
        {
            var text = field.Value.Length > longest && field.Value.Length == field.Length * 2
                ? $"{field.Name}: {field.Value.AsSpan(0, longest)}… ({field.Length} bytes)"
                : field.ToString();
            tree.Append(indent).Append(text).Append('\n');
            AppendFields(tree, field.Children, indent + "  ");
        }
    }
}
