namespace NetLab.Drawing;

/// <summary>What there is to draw, in words and lines, before any format or place: <see cref="SceneBuilder"/> makes it from a lab.</summary>
internal sealed class Scene
{
    public List<SceneNode> Nodes { get; } = [];

    public List<Cable> Cables { get; } = [];

    public IEnumerable<Shape> Shapes => Nodes.SelectMany(n => n.Shapes);

    public Cable Connect(CableKind kind, Port a, Port b)
    {
        var cable = new Cable(kind, a, b);
        a.Cable = b.Cable = cable;
        Cables.Add(cable);
        return cable;
    }
}

/// <summary>A network namespace: a frame around shapes.</summary>
internal sealed class SceneNode(string name)
{
    public string Name { get; } = name;

    /// <summary>What is worth a line below the name: routing, routes, rules.</summary>
    public List<string> Notes { get; } = [];

    public List<Shape> Shapes { get; } = [];

    public Shape Add(ShapeKind kind, string name, string caption, params string[] lines)
    {
        var shape = new Shape(this, kind, name, caption, lines);
        Shapes.Add(shape);
        return shape;
    }
}

internal enum ShapeKind
{
    /// <summary>A fake VM.</summary>
    Machine,

    /// <summary>A Linux bridge.</summary>
    Bridge,

    /// <summary>An Open vSwitch bridge.</summary>
    OvsBridge,

    /// <summary>A device that belongs to the node's own stack.</summary>
    Interface,

    /// <summary>A tap whose descriptor nobody holds.</summary>
    OpenTap,

    /// <summary>An end that leads into a tunnel.</summary>
    Tunnel,
}

/// <summary>A thing with ports: a bar for a bridge, a box for anything else.</summary>
internal sealed class Shape(SceneNode node, ShapeKind kind, string name, string caption, IReadOnlyList<string> lines)
{
    public SceneNode Node { get; } = node;

    public ShapeKind Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>What it is, in a word or three: <c>bridge</c>, <c>Open vSwitch</c>, <c>tap, no owner</c>.</summary>
    public string Caption { get; } = caption;

    /// <summary>Addresses and the like, a line each.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;

    public List<Port> Ports { get; } = [];

    public bool IsBar => Kind is ShapeKind.Bridge or ShapeKind.OvsBridge;

    /// <summary>Adds a place for a cable.</summary>
    /// <param name="name">What the port is called; null where the shape's own name says it.</param>
    /// <param name="tag">The VLANs of the port.</param>
    /// <param name="note">What else is worth saying: an MTU, a flag.</param>
    public Port AddPort(string? name = null, VlanLabel? tag = null, string? note = null)
    {
        var port = new Port(this, name, tag, note);
        Ports.Add(port);
        return port;
    }

    public override string ToString() => $"{Node.Name}/{Name}";
}

/// <summary>Where a cable is plugged into a shape.</summary>
internal sealed class Port(Shape shape, string? name, VlanLabel? vlan, string? note)
{
    public Shape Shape { get; } = shape;

    public string? Name { get; } = name;

    public VlanLabel? Vlan { get; } = vlan;

    public string? Note { get; } = note;

    public Cable Cable { get; set; } = null!;

    /// <summary>Whether a frame ended here.</summary>
    public bool IsFailure { get; set; }

    /// <summary>The name by which a hop calls this place: the port's, or the shape's.</summary>
    public string DeviceName => Name ?? Shape.Name;
}

/// <summary>VLANs of a port, as a small label.</summary>
/// <param name="Text"><c>VLAN 7</c>, <c>trunk 1,2</c>.</param>
/// <param name="Vlan">The one VLAN that it stands for, from which its colour follows; null for several.</param>
internal sealed record VlanLabel(string Text, int? Vlan)
{
    /// <summary>Neutron's VLAN for ports that are not bound yet: everything in it is dropped.</summary>
    public const int Dead = 4095;
}

internal enum CableKind
{
    /// <summary>A tap: from the device to whoever holds its descriptor.</summary>
    Tap,

    /// <summary>A veth pair.</summary>
    Veth,

    /// <summary>A pair of Open vSwitch patch ports.</summary>
    Patch,

    /// <summary>A port that is its own device: an internal port, a tunnel, a vxlan device on a bridge.</summary>
    Docked,

    /// <summary>A device on top of another one: <c>ip link add link LOWER</c>.</summary>
    Stacked,
}

/// <summary>A line between two ports.</summary>
internal sealed class Cable(CableKind kind, Port a, Port b)
{
    public CableKind Kind { get; } = kind;

    public Port A { get; } = a;

    public Port B { get; } = b;

    public bool IsHighlighted { get; set; }

    public bool CrossesNodes => !ReferenceEquals(A.Shape.Node, B.Shape.Node);

    public Port Other(Port port) => ReferenceEquals(port, A) ? B : A;
}
