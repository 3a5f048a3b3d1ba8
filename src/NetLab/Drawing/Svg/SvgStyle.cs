using System.Text;

namespace NetLab.Drawing;

/// <summary>
/// The picture's looks as a style sheet inside it: light, and dark where the reader's system asks for it. The page has a colour of its
/// own, so that the picture is legible on any background. No fonts or scripts are loaded.
/// </summary>
internal static class SvgStyle
{
    private static readonly (string Name, string Light, string Dark)[] Fills =
    [
        ("page", "#ffffff", "#0d1117"),
        ("frame", "#f6f8fa", "#151b23"),
        ("machine", "#e6f7ea", "#12261e"),
        ("bridge", "#ddf0ff", "#0f2a47"),
        ("ovs", "#f3eaff", "#271a42"),
        ("box", "#ffffff", "#0d1117"),
        ("open", "#ffffff", "#0d1117"),
        ("tunnel", "#fff7d6", "#2b2411"),
    ];

    private static readonly (string Name, string Light, string Dark)[] Strokes =
    [
        ("page", "#d1d9e0", "#3d444d"),
        ("frame", "#c3ccd5", "#3d444d"),
        ("machine", "#2da44e", "#3fb950"),
        ("bridge", "#3b8fd9", "#58a6ff"),
        ("ovs", "#8250df", "#bc8cff"),
        ("box", "#8c959f", "#7d8590"),
        ("open", "#8c959f", "#7d8590"),
        ("tunnel", "#bf8700", "#d29922"),
        ("tap", "#1a7f37", "#3fb950"),
        ("veth", "#0969da", "#4493f8"),
        ("patch", "#8250df", "#ab7df8"),
        ("docked", "#8c959f", "#7d8590"),
        ("stacked", "#8c959f", "#7d8590"),
        ("way", "#e16f24", "#f0883e"),
        ("failure", "#cf222e", "#f85149"),
    ];

    private static readonly (string Name, string Light, string Dark)[] Texts =
    [
        ("text", "#1f2328", "#f0f6fc"),
        ("quiet", "#59636e", "#9198a1"),
        ("warning", "#cf222e", "#f85149"),
    ];

    // Label colours of VLANs, in the order in which the VLANs occur; white text is legible on each of them, light or dark.
    private static readonly string[] Vlans = ["#0b6bcb", "#a0410d", "#0f7a3d", "#8a2be2", "#b3126e", "#006d77", "#7a5a00", "#4b5bd7"];

    public static string VlanColour(int order) => Vlans[order % Vlans.Length];

    public const string ManyVlans = "#59636e";

    public const string DeadVlan = "#cf222e";

    public static void Write(StringBuilder svg)
    {
        svg.Append("<style>\n");
        svg.Append("text{font-family:ui-sans-serif,system-ui,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif}\n");
        svg.Append(".mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\n");
        svg.Append(".cable,.core{fill:none;stroke-linejoin:round}\n");
        svg.Append(".cable.veth{stroke-width:5}.core{stroke-width:1.8}.cable.tap{stroke-width:2.2;stroke-dasharray:1.5 4.5;stroke-linecap:round}\n");
        svg.Append(".cable.patch{stroke-width:2.2;stroke-dasharray:7 4}.cable.docked{stroke-width:2.2}.cable.stacked{stroke-width:1.6;stroke-dasharray:4 3}\n");
        svg.Append(".way{fill:none;stroke-width:13;stroke-opacity:.32;stroke-linejoin:round}.failure{fill:none;stroke-width:3.2;stroke-linecap:round}\n");
        svg.Append(".open{stroke-dasharray:5 4}.tag{fill:#fff;font-size:10.5px;font-weight:600}\n");
        WriteColours(svg, "", light: true);
        svg.Append("@media (prefers-color-scheme:dark){\n");
        WriteColours(svg, "", light: false);
        svg.Append("}\n</style>\n");
    }

    private static void WriteColours(StringBuilder svg, string indent, bool light)
    {
        foreach ((var name, var day, var night) in Strokes)
        {
            svg.Append(indent).Append('.').Append(name).Append("{stroke:").Append(light ? day : night).Append("}\n");
        }

        foreach ((var name, var day, var night) in Fills)
        {
            svg.Append(indent).Append("rect.").Append(name).Append(",path.").Append(name).Append("{fill:").Append(light ? day : night).Append("}\n");
        }

        foreach ((var name, var day, var night) in Texts)
        {
            svg.Append(indent).Append("text.").Append(name).Append("{fill:").Append(light ? day : night).Append("}\n");
        }

        svg.Append(indent).Append(".core{stroke:").Append(light ? "#ffffff" : "#0d1117").Append("}.socket{fill:")
            .Append(light ? "#ffffff" : "#0d1117").Append("}\n");
    }
}
