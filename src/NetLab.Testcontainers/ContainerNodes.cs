using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Containers;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Running containers as nodes of a lab: <c>lab.AddContainer(container, "db", bridge, "10.0.0.5/24")</c>.
/// A node is the container's network namespace: links are plugged into it, frames are followed
/// into it, its state is read, as of any node. What the lab adds to it goes with the lab; the container stays.
/// </summary>
/// <remarks>
/// The container is looked for when the lab is applied. The engine must be on this machine, and this process must see its processes (in a
/// container: <c>--pid=host</c>). After a restart of the
/// container call <see cref="Node.ReattachAsync"/>.
/// </remarks>
public static class ContainerNodes
{
    /// <summary>
    /// The name of the device that a container gets for a link, unless another is asked for: containers have an <c>eth0</c> of their own often enough.
    /// </summary>
    public const string DefaultDevice = "lab0";

    /// <summary>Adds a container as a node with one device on a bridge.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="container">The container; it must run when the lab is applied.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The device's address, such as <c>10.0.0.5/24</c>.</param>
    /// <param name="device">The device's name in the container.</param>
    public static Node AddContainer(this Lab lab, IContainer container, string name, Switch on, string address, string device = DefaultDevice) =>
        Plug(AddContainer(lab, container, name), on, address, device);

    /// <summary>Adds a container as a node without a device: <c>lab.AddLink(node.End("lab0", "10.0.0.5/24"), bridge)</c> plugs it in.</summary>
    /// <inheritdoc cref="AddContainer(Lab, IContainer, string, Switch, string, string)"/>
    public static Node AddContainer(this Lab lab, IContainer container, string name)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(container);
        return lab.AddNode(name, ct => FindAsync(name, () => container.Id, ct));
    }

    /// <summary>Adds a container as a node with one device on a bridge.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="idOrName">The container, as the engine names it.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="on">The bridge that the other end of the veth pair is plugged into.</param>
    /// <param name="address">The device's address, such as <c>10.0.0.5/24</c>.</param>
    /// <param name="device">The device's name in the container.</param>
    public static Node AddContainer(this Lab lab, string idOrName, string name, Switch on, string address, string device = DefaultDevice)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentException.ThrowIfNullOrEmpty(idOrName);
        return Plug(lab.AddNode(name, ct => FindAsync(name, () => idOrName, ct)), on, address, device);
    }

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
    public static Node AddContainer(this Lab lab, int pid, string name, Switch on, string address, string device = DefaultDevice)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return Plug(lab.AddNode(name, _ => ValueTask.FromResult(Open(name, pid))), on, address, device);
    }

    private static Node Plug(Node node, Switch on, string address, string device)
    {
        ArgumentNullException.ThrowIfNull(on);
        node.Lab.AddLink(node.End(device, address), on);
        return node;
    }

    private static async ValueTask<NetworkNamespace> FindAsync(string node, Func<string> id, CancellationToken ct)
    {
        string container;
        try
        {
            container = id();
        }
        catch (InvalidOperationException e)
        {
            throw new TopologyException(
                $"node {node} stands for a container that does not exist yet: await container.StartAsync() before lab.ApplyAsync() ({e.Message})");
        }

        using var engine = ContainerEngine.Connect();
        ContainerInspectResponse found;
        try
        {
            found = await engine.Containers.InspectContainerAsync(container, ct).ConfigureAwait(false);
        }
        catch (DockerContainerNotFoundException)
        {
            throw new TopologyException($"node {node} stands for container {container}, and the engine has none of that name or id");
        }

        if (found.State?.Pid is not > 0)
        {
            throw new TopologyException(
                $"node {node} stands for container {found.Name.TrimStart('/')}, which does not " +
                    $"run ({found.State?.Status}, exit code {found.State?.ExitCode}): start it before");
        }

        return Open(node, checked((int)found.State.Pid));
    }

    private static NetworkNamespace Open(string node, int pid)
    {
        try
        {
            return NetworkNamespace.OpenProcess(pid);
        }
        catch (LinuxException e) when (e.ErrnoName is "ENOENT" or "ESRCH")
        {
            throw new TopologyException(string.Create(
                CultureInfo.InvariantCulture,
                $"node {node} stands for the namespace of process {pid}, which is not there: it has ended, or the engine is on another " +
                    $"machine, or this process runs in a container that does not see it (--pid=host)"));
        }
    }
}
