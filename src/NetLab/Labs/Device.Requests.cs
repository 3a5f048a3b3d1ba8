using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

// What each kind of device asks the kernel for when the lab is applied; Planner decides the order.
public abstract partial class Device
{
    /// <summary>
    /// What the kernel is asked to make; null for what is made otherwise: a veth pair by its link, a tap by its descriptor, Open vSwitch's by it.
    /// </summary>
    internal virtual LinkSpec? Request => null;

    /// <summary>What the kernel takes only once the device is there; null where its making said it all.</summary>
    internal virtual LinkChange? Completion => null;

    /// <summary>Makes what no netlink message makes.</summary>
    internal virtual void Make(LiveNode state)
    {
    }

    /// <summary>Lets go of what the lab holds of it.</summary>
    internal virtual void Release()
    {
    }

    /// <summary>Takes it out of the kernel.</summary>
    internal virtual Task DeleteAsync(CancellationToken ct)
    {
        var batch = new NetlinkBatch();
        batch.DeleteLink(LiveIndex, $"removing {this}");
        Node.Live.Route.Execute(batch);
        return Task.CompletedTask;
    }

    /// <summary>Frees it from its switch, and its ports from it.</summary>
    internal virtual Task LetGoAsync(CancellationToken ct)
    {
        Upper?.Forget(this);
        return Switch is { } on ? on.DetachAsync(this, ct) : Task.CompletedTask;
    }

    /// <summary>Tells the kernel what only a protocol of the kind's own can say.</summary>
    internal virtual void Finish()
    {
    }
}

public abstract partial class Switch
{
    // An internal port is a device of its bridge, and ceases with the port.
    internal override async Task LetGoAsync(CancellationToken ct)
    {
        foreach (var port in Ports.ToList())
        {
            await (port.IsMadeByOvs ? port.RemoveAsync(ct) : DetachAsync(port, ct)).ConfigureAwait(false);
        }

        await base.LetGoAsync(ct).ConfigureAwait(false);
    }
}

public sealed partial class Bridge
{
    internal override LinkSpec Request => new BridgeSpec(Name) { Mac = Mac.ToPhysicalAddress(), Mtu = Mtu, Up = Up, Options = Options };
}

public sealed partial class OvsBridge
{
    internal override LinkChange Completion => new() { Mac = GivenMac?.ToPhysicalAddress(), Mtu = Mtu, Up = Up };

    internal override Task DeleteAsync(CancellationToken ct) => Engine.ApplyAsync(new OvsChange().RemoveBridge(Name), ct);
}

public sealed partial class OvsInternalPort
{
    internal override MacAddress? RealMac => KernelMac;

    internal override LinkChange Completion => new() { Mac = GivenMac?.ToPhysicalAddress(), Mtu = Mtu, Up = Up };

    // It has gone with its port.
    internal override Task DeleteAsync(CancellationToken ct) => Task.CompletedTask;
}

public sealed partial class VethEnd
{
    internal override LinkChange? Completion =>
        ReferenceEquals(Link.First, this) ? null : new() { MasterIndex = Master?.LiveIndex, Up = Up };
}

public sealed partial class TapDevice
{
    internal override LinkChange Completion => new() { Mac = Mac.ToPhysicalAddress(), Mtu = Mtu, MasterIndex = Master?.LiveIndex, Up = Up };

    internal override void Release() => Close();
}

public sealed partial class KernelDevice
{
    internal override MacAddress? RealMac => KernelMac;

    // It is down until its parent is up: a VLAN device is refused on a parent that is down.
    internal override LinkSpec Request => Spec with
    {
        Mac = GivenMac?.ToPhysicalAddress() ?? Spec.Mac,
        Mtu = Mtu ?? Spec.Mtu,
        MasterIndex = Master?.LiveIndex,
        Up = null,
    };

    internal override LinkChange? Completion => Up ? new() { Up = true } : null;

    internal override Task LetGoAsync(CancellationToken ct)
    {
        Members.ToList().ForEach(Forget);
        return base.LetGoAsync(ct);
    }

    internal override void Finish()
    {
        if (Wireguard is { } wireguard)
        {
            using var socket = WireguardSocket.Open(Node.Live.Namespace);
            socket.SetDevice(Name, wireguard);
        }
    }
}
