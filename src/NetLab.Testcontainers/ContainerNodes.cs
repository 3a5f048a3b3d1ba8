using DotNet.Testcontainers.Containers;

namespace NetLab;

/// <summary>
/// Containers of Testcontainers as nodes of a lab: <c>lab.AddContainer(container, "db", bridge, "10.0.0.5/24")</c>. By name, id or process:
/// <see cref="LabContainers"/>, which says what such a node is.
/// </summary>
public static class ContainerNodes
{
    /// <summary>Adds a container as a node with one device on a bridge.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="container">The container; it must run when the lab is applied.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The device's address, such as <c>10.0.0.5/24</c>.</param>
    /// <param name="device">The device's name in the container.</param>
    public static Node AddContainer(this Lab lab, IContainer container, string name, Switch on, string address, string device = LabContainers.DefaultDevice)
    {
        ArgumentNullException.ThrowIfNull(on);
        var node = AddContainer(lab, container, name);
        lab.AddLink(node.End(device, address), on);
        return node;
    }

    /// <summary>Adds a container as a node without a device: <c>lab.AddLink(node.End("lab0", "10.0.0.5/24"), bridge)</c> plugs it in.</summary>
    /// <inheritdoc cref="AddContainer(Lab, IContainer, string, Switch, string, string)"/>
    public static Node AddContainer(this Lab lab, IContainer container, string name)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(container);
        return lab.AddNode(name, ct => RunningContainer.OpenAsync(IdOf(container, name), name, ct));
    }

    private static string IdOf(IContainer container, string node)
    {
        try
        {
            return container.Id;
        }
        catch (InvalidOperationException e)
        {
            throw new TopologyException(
                $"node {node} stands for a container that does not exist yet: await container.StartAsync() before lab.ApplyAsync() ({e.Message})");
        }
    }
}
