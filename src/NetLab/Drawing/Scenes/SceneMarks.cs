namespace NetLab.Drawing;

/// <summary>Marks in a scene which way a frame went and where it ended.</summary>
internal sealed class SceneMarks(Scene scene, Dictionary<Node, SceneNode> nodes)
{
    public void Mark(DrawingOptions options)
    {
        var crossed = options.HighlightedPath.Where(h => nodes.ContainsKey(h.Node)).Select(h => (nodes[h.Node], h.Device)).ToHashSet();
        foreach (var cable in scene.Cables)
        {
            cable.IsHighlighted = cable.Kind switch
            {
                CableKind.Veth => Crossed(cable.A) && Crossed(cable.B),
                // Open vSwitch carries a frame over patch ports without showing it to anybody.
                CableKind.Patch => cable.A.Shape.Ports.Exists(Crossed) && cable.B.Shape.Ports.Exists(Crossed),
                _ => Crossed(cable.A) || Crossed(cable.B),
            };
        }

        if (options.FailedHop is { } failed && nodes.TryGetValue(failed.Node, out var node))
        {
            var shapes = node.Shapes.FindAll(s => s.Kind != ShapeKind.Machine);
            var port = shapes.SelectMany(s => s.Ports).FirstOrDefault(p => p.Name == failed.Device)
                ?? shapes.Where(s => s.Name == failed.Device).SelectMany(s => s.Ports).FirstOrDefault();
            if (port is not null)
            {
                port.IsFailure = true;
            }
        }

        bool Crossed(Port port) => port.Shape.Kind != ShapeKind.Machine && crossed.Contains((port.Shape.Node, port.DeviceName));
    }
}
