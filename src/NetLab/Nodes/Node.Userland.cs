using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>What the node's programs have to themselves, and what they may do: isolation against mistakes, not against attackers.</summary>
public sealed partial class Node
{
    private readonly Lock _userlandGate = new();

    /// <summary>
    /// What programs that are started from now on may do at most (capabilities(7)): by default what routers, DHCP servers and Open vSwitch need. More on
    /// request: <c>node.Privileges |= Privileges.SysTime</c>. With <see cref="Privileges.Least"/> they can neither mount nor enter another network.
    /// </summary>
    public Privileges Privileges { get; set; } = Privileges.OfNodes;

    /// <summary>
    /// What the node's programs share with the machine though they should not, because the kernel refused it here (in a container that hides parts of
    /// <c>/proc</c>, for example): a sentence each. Usually there is none.
    /// </summary>
    public IReadOnlyList<string> IsolationGaps
    {
        get
        {
            Lab.RequireApplied();
            return Lab.IsAdopted ? ["the node is a namespace that others made: its programs share with the machine what those of their maker share"]
                : Userland.Gaps;
        }
    }

    /// <summary>
    /// What the node's programs see as <c>/run</c>, by a path for this process alone. Its Open vSwitch has its files there, as any has on a machine:
    /// <c>openvswitch/db.sock</c>, the database (RFC 7047), and <c>openvswitch/br-int.mgmt</c>, the OpenFlow of a bridge.
    /// </summary>
    public string RunDirectory
    {
        get
        {
            Lab.RequireOwn();
            return Userland.RunDirectory;
        }
    }

    /// <summary>Made when the first program starts, so that a node without programs costs nothing. It knows the other nodes by their names.</summary>
    internal Userland Userland
    {
        get
        {
            var group = Lab.Processes;
            group.NameNamespaces([.. Lab.Nodes.Where(node => node.IsApplied).Select(node => (node.Name, node.Live.Namespace))]);
            lock (_userlandGate)
            {
                return Live.Userland ??= group.CreateUserland(Live.Namespace, Name);
            }
        }
    }

    // A namespace that others made is not to be changed, nor what is seen in it.
    internal ProcessStart InNode(string program, IReadOnlyList<string> arguments) => Lab.IsAdopted
        ? new ProcessStart(program, arguments) { Namespace = Live.Namespace }
        : new ProcessStart(program, arguments) { Userland = Userland, Privileges = Privileges };
}
