using NetLab.Drawing;

namespace NetLab;

/// <summary>
/// Drawings of a lab: nodes, bridges with their ports, VLANs, links, VMs. Only the description is read, so a lab can be drawn
/// before it is applied, and without any privilege. The same lab gives the same drawing.
/// </summary>
/// <example><code>File.WriteAllText("lab.svg", LabDrawing.Svg(lab, new DrawingOptions { Title = "The hybrid plug" }));</code></example>
public static class LabDrawing
{
    /// <summary>Draws for a terminal or a plain-text message, with box-drawing characters. The text ends with a line end.</summary>
    public static string Text(Lab lab, DrawingOptions? options = null)
    {
        var all = options ?? new DrawingOptions();
        return TextDrawing.Draw(SceneBuilder.Build(lab, all), all.Title, all.Columns);
    }

    /// <summary>
    /// Writes a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html) with a subgraph for each node;
    /// GitHub and GitLab draw it where it stands in a <c>```mermaid</c> block.
    /// </summary>
    public static string Mermaid(Lab lab, DrawingOptions? options = null)
    {
        var all = options ?? new DrawingOptions();
        return MermaidDrawing.Draw(SceneBuilder.Build(lab, all), all.Title);
    }

    /// <summary>Draws an SVG 1.1 picture that needs no font, script or style from elsewhere, and follows the reader's light or dark colour scheme.</summary>
    public static string Svg(Lab lab, DrawingOptions? options = null)
    {
        var all = options ?? new DrawingOptions();
        return SvgDrawing.Draw(SceneBuilder.Build(lab, all), all.Title);
    }
}
