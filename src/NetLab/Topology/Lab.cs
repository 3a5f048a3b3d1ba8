using NetLab.Linux;

namespace NetLab;

/// <summary>
/// The desired network and its live state. <c>Add…</c> describes; <see cref="ApplyAsync"/> makes the kernel match, in one
/// go; more can be added and applied later; disposing removes all of it. This file describes, <c>Labs/</c> does.
/// </summary>
/// <example>
/// <code>
/// await using var lab = new Lab();
/// var bridge = lab.AddNode("switch").AddBridge("br0");
/// var h1 = lab.AddHost("h1", bridge, "10.0.0.1/24");
/// var h2 = lab.AddHost("h2", bridge, "10.0.0.2/24");
/// await lab.ApplyAsync();
/// (await h1.PingAsync(h2)).ShouldSucceed();
/// </code>
/// </example>
public sealed partial class Lab : IAsyncDisposable
{
    private const int ThreadsAtLeast = 16;

    private readonly List<Node> _nodes = [];
    private readonly List<Link> _links = [];

    /// <summary>An empty lab; nothing exists in the kernel before <see cref="ApplyAsync"/>.</summary>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    public Lab(LabOptions? options = null)
    {
        Options = options ?? new LabOptions();
        Observer?.Made(this);
    }

    /// <summary>Who is told of every lab of this process; null where nobody asked.</summary>
    internal static ILabObserver? Observer { get; set; }

    /// <summary>How the lab behaves.</summary>
    public LabOptions Options { get; }

    /// <summary>The nodes, in the order they were added.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The links, in the order they were added.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>Every fake VM of the lab.</summary>
    public IEnumerable<FakeVm> Vms => _nodes.SelectMany(node => node.Vms);

    /// <summary>
    /// Raises the minimum of this process's thread pool to 16, where it is lower. Test runners hold threads of the pool while they wait; with two
    /// processors that leaves too few, and what a lab awaits stands still for up to a second. NetLab's test packages and its command call it.
    /// </summary>
    public static void ReserveThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        if (workers < ThreadsAtLeast)
        {
            ThreadPool.SetMinThreads(ThreadsAtLeast, completions);
        }
    }

    /// <summary>Adds a node: a network namespace of its own.</summary>
    /// <exception cref="TopologyException">The lab has a node of this name, or the name cannot be one.</exception>
    public Node AddNode(string name) => AddNode(name, find: null);

    /// <summary>
    /// Adds a node whose network namespace is somebody else's, a container's above all.
    /// Links are plugged into it, and it is followed and read as any node; when the lab goes, what the lab
    /// added to it goes, and the rest stays as it was.
    /// </summary>
    /// <param name="name">The node's name.</param>
    /// <param name="find">Opens the namespace; called when the lab is applied, and by <see cref="Node.ReattachAsync"/>. The lab owns what it returns.</param>
    /// <exception cref="TopologyException">The lab has a node of this name, or the name cannot be one.</exception>
    public Node AddNode(string name, Func<CancellationToken, ValueTask<NetworkNamespace>>? find)
    {
        if (Names.ProblemOfNode(name, "node") is { } problem)
        {
            throw new TopologyException(problem);
        }

        if (FindNode(name) is not null)
        {
            throw new TopologyException($"the lab has a node '{name}' already");
        }

        var node = new Node(this, name) { Find = find };
        _nodes.Add(node);
        return node;
    }

    /// <summary>Adds a node with one device, <c>eth0</c>, on a bridge.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The address of <c>eth0</c>, such as <c>10.0.0.1/24</c>.</param>
    public Node AddHost(string name, Switch on, string address)
    {
        ArgumentNullException.ThrowIfNull(on);
        var node = AddNode(name);
        AddLink(node.End("eth0", address), on);
        return node;
    }

    /// <summary>Adds a veth pair between two ends: nodes, bridges, or <c>node.End("eth0", "10.0.0.1/24")</c>.</summary>
    public Link AddLink(LinkEnd a, LinkEnd b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (!ReferenceEquals(a.Node.Lab, this) || !ReferenceEquals(b.Node.Lab, this))
        {
            throw new TopologyException($"a link joins nodes of one lab; {a.Node.Name} or {b.Node.Name} belongs to another");
        }

        var link = new Link(a, b);
        a.Node.Add(link.A);
        try
        {
            b.Node.Add(link.B);
            a.Configure(link.A);
            b.Configure(link.B);
        }
        catch (TopologyException)
        {
            a.Node.Remove(link.A);
            b.Node.Remove(link.B);
            throw;
        }

        _links.Add(link);
        return link;
    }

    /// <summary>The links are described anew.</summary>
    internal void ForgetLinks() => _links.Clear();

    /// <summary>The node with this name, or null.</summary>
    public Node? FindNode(string name) => _nodes.Find(n => n.Name == name);

    /// <summary>The fake VM with this name, or null.</summary>
    public FakeVm? FindVm(string name) => Vms.FirstOrDefault(vm => vm.Name == name);

    /// <summary>Checks the description without touching the kernel.</summary>
    /// <exception cref="TopologyException">It cannot be built; every problem is listed.</exception>
    public void Validate()
    {
        var problems = TopologyCheck.Problems(this);
        if (problems.Count > 0)
        {
            throw new TopologyException(problems);
        }
    }
}
