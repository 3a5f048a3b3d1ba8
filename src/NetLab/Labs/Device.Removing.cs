using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A device in a running lab gets another name or another place, or goes.</summary>
public abstract partial class Device
{
    /// <summary>
    /// Takes the device out of the running lab: <c>ip link delete</c>.
    /// Its port of a bridge, its addresses, and the routes and neighbours by it go too; a veth's
    /// other end goes with it, and devices on top of it. A bridge lets go of its ports, which stay. The name is free for another device afterwards.
    /// </summary>
    /// <exception cref="InvalidOperationException">The device is not applied, or was removed already.</exception>
    public Task RemoveAsync(CancellationToken ct = default) => Node.Lab.RemoveAsync(this, ct);

    /// <summary>Gives the device another name: <c>ip link set … name</c>.</summary>
    /// <exception cref="TopologyException">The node has a device of this name, it cannot be one, or the device is Open vSwitch's, which
    /// knows it by its name.</exception>
    /// <exception cref="NetlinkException">The kernel refused: before Linux 6.2 the device must be down (EBUSY).</exception>
    public async Task RenameAsync(string name, CancellationToken ct = default)
    {
        if (Names.ProblemOfDevice(name) is { } problem)
        {
            throw new TopologyException($"node {Node.Name}: {problem}");
        }

        if (name == "lo" || Node.FindDevice(name) is not null)
        {
            throw new TopologyException($"node {Node.Name} has a device '{name}' already; names are unique in a node");
        }

        RefuseOvs("renamed");
        Change(new LinkChange { Name = name }, "renaming {0} to " + name);
        Name = name;
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Gives the device one more name, of up to 127 bytes: <c>ip link property add … altname</c>.</summary>
    public void AddAltName(string name)
    {
        var batch = new NetlinkBatch();
        batch.AddAltNames(Index, [name], $"adding the name {name} to {this}");
        Node.Live.Route.Execute(batch);
    }

    /// <summary>Takes a further name away: <c>ip link property del … altname</c>.</summary>
    public void RemoveAltName(string name)
    {
        var batch = new NetlinkBatch();
        batch.DeleteAltNames(Index, [name], $"removing the name {name} from {this}");
        Node.Live.Route.Execute(batch);
    }

    /// <summary>
    /// Moves the device to another node of the lab: <c>ip link set … netns</c>.
    /// It leaves its bridge, and the routes and neighbours by it go; its name, MAC, MTU
    /// and addresses come along, and it is up if it was.
    /// </summary>
    /// <exception cref="TopologyException">The node has a device of this name, is in another lab or not applied, or the device is a bridge
    /// or Open vSwitch's.</exception>
    public async Task MoveToAsync(Node node, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        var old = Index;
        if (!ReferenceEquals(node.Lab, Node.Lab) || !node.IsApplied)
        {
            throw new TopologyException($"{this} cannot move to {node.Name}: that is a node of another lab, or is not applied yet");
        }

        if (ReferenceEquals(node, Node) || node.FindDevice(Name) is not null)
        {
            throw new TopologyException($"{this} cannot move to {node.Name}: it has a device '{Name}' already");
        }

        if (HasPorts)
        {
            throw new TopologyException($"{this} cannot move to {node.Name}: a bridge stays in the node it was made in");
        }

        if (Switch is { } bridge && !IsMadeByOvs)
        {
            await bridge.DetachAsync(this, ct).ConfigureAwait(false);
        }

        RefuseOvs("moved");
        var index = node.Live.FreeIndex();
        var move = new NetlinkBatch();
        move.ChangeLink(old, new LinkChange { Namespace = node.Live.Namespace, NewIndex = index }, $"moving {this} to {node.Name}");
        Node.Live.Route.Execute(move);
        Node.ForgetWhatNeeds(this);
        Node.Live.Forget(this);
        Node.Remove(this);
        Node = node;
        node.Add(this);
        node.Live.Register(this, index);

        // On its way the device was switched off and lost its addresses.
        QuietNetwork.Apply(node, node.Live);
        var settings = new NetlinkBatch();
        settings.ChangeLink(index, new LinkChange { Up = Up }, $"setting {this} up");
        foreach (var address in Addresses)
        {
            settings.AddAddress(index, address.Address, address.PrefixLength, null, $"adding address {address} to {this}");
        }

        node.Live.Route.Execute(settings);
        await LinkWatch.RunAfterChangeAsync(node, ct).ConfigureAwait(false);
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    private void RefuseOvs(string what)
    {
        if (IsMadeByOvs || Switch is { IsInUserSpace: true })
        {
            throw new TopologyException(
                $"{this} cannot be {what}: Open vSwitch knows it by its name and in its node; detach it first, or remove it and add another");
        }
    }
}
