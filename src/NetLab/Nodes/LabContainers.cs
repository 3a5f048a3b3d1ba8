namespace NetLab;

/// <summary>
/// Running containers as nodes of a lab: <c>lab.AddContainer("redis-1", "db", bridge, "10.0.0.5/24")</c>.
/// A node is the container's network namespace: links are plugged into it, frames are followed
/// into it, its state is read, as of any node. What the lab adds to it goes with the lab; the container stays.
/// </summary>
/// <remarks>
/// The container is looked for when the lab is applied: at the engine that <c>DOCKER_HOST</c> names, or at <c>/var/run/docker.sock</c>. The engine must be on
/// this machine, and this process must see its processes (in a container: <c>--pid=host</c>). After a restart of the container
/// call <see cref="Node.ReattachAsync"/>.
/// </remarks>
public static class LabContainers
{
    /// <summary>
    /// The name of the device that a container gets for a link, unless another is asked for: containers have an <c>eth0</c> of their own often enough.
    /// </summary>
    public const string DefaultDevice = "lab0";

    /// <summary>Adds a container as a node without a device: <c>lab.AddLink(node.End("lab0", "10.0.0.5/24"), bridge)</c> plugs it in.</summary>
    /// <inheritdoc cref="AddContainer(Lab, string, string, Switch, string, string)"/>
    public static Node AddContainer(this Lab lab, string idOrName, string name)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentException.ThrowIfNullOrEmpty(idOrName);
        return lab.AddNode(name, ct => RunningContainer.OpenAsync(idOrName, name, ct));
    }

    /// <summary>Adds a container as a node with one device on a bridge.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="idOrName">The container, as the engine names it.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The device's address, such as <c>10.0.0.5/24</c>.</param>
    /// <param name="device">The device's name in the container.</param>
    /// <exception cref="TopologyException">The lab has a node of this name, or the name cannot be one.</exception>
    public static Node AddContainer(this Lab lab, string idOrName, string name, Switch on, string address, string device = DefaultDevice) =>
        Plug(AddContainer(lab, idOrName, name), on, address, device);

    /// <summary>
    /// Adds the network namespace of a process as a node with one device on a bridge:
    /// of a container of whatever engine, or of any program in a namespace of its own.
    /// </summary>
    /// <param name="lab">The lab.</param>
    /// <param name="pid">The process, as this process sees it.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The device's address, such as <c>10.0.0.5/24</c>.</param>
    /// <param name="device">The device's name in the namespace.</param>
    /// <exception cref="TopologyException">The lab has a node of this name, or the name cannot be one.</exception>
    public static Node AddContainer(this Lab lab, int pid, string name, Switch on, string address, string device = DefaultDevice)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return Plug(lab.AddNode(name, _ => ValueTask.FromResult(RunningContainer.OpenProcess(pid, name))), on, address, device);
    }

    private static Node Plug(Node node, Switch on, string address, string device)
    {
        ArgumentNullException.ThrowIfNull(on);
        node.Lab.AddLink(node.End(device, address), on);
        return node;
    }
}
