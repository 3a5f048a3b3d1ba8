using System.Net;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Who takes part in an exchange: a fake VM, or a node's own stack.</summary>
internal sealed record Endpoint(FakeVm? Vm, Node? Node)
{
    public string Name => Vm?.Name ?? Node!.Name;

    /// <summary>Where its frames begin.</summary>
    public Node Start => Vm?.Node ?? Node!;

    /// <summary>Where its frames arrive.</summary>
    public IReadOnlyList<Device> Devices => Vm is not null ? [Vm.Tap] : [.. Node!.Devices.Where(d => d.Switch is null)];

    public static Endpoint Of(FakeVm? vm, Node node) => vm is not null ? new Endpoint(vm, null) : new Endpoint(null, node);

    /// <summary>Who took a copy; null where nobody is known to have.</summary>
    public static Endpoint? OfTaker(FrameCopy copy) =>
        copy is { Vm: null, Node: null } ? null : new Endpoint(copy.Vm, copy.Vm is null ? copy.Node : null);

    /// <summary>The stack that a copy came to where it is not known whether that took it; null where it is.</summary>
    public static Endpoint? OfPossibleTaker(FrameCopy copy) => copy.MayHaveReached is { } node ? new Endpoint(null, node) : null;

    /// <summary>All who have an address, as addresses are now.</summary>
    public static IReadOnlyList<Endpoint> WithAddress(Lab lab, IPAddress address) =>
    [
        .. lab.Vms.Where(v => v.Has(address)).Select(v => new Endpoint(v, null)),
        .. lab.Nodes.Where(n => DeviceWith(n, address) is not null).Select(n => new Endpoint(null, n)),
    ];

    /// <summary>The name of the device of a node that has an address, and the address as the kernel has it; null where none has.</summary>
    public static (string Device, Linux.Netlink.AddressInfo Address)? DeviceWith(Node node, IPAddress address)
    {
        try
        {
            return node.IsApplied && node.Live.Route.GetAddresses().FirstOrDefault(a => a.Address.Equals(address)) is { } found
                ? (node.Live.Route.FindLink(found.Index)?.Name ?? "", found) : null;
        }
        catch (LinuxException)
        {
            return null; // the node is gone
        }
    }

    /// <summary>Whether a MAC address is the guest's, or that of one of the node's devices.</summary>
    public bool HasMac(MacAddress mac) => Vm is not null ? Vm.Mac == mac : Node!.Devices.Any(d => KernelState.MacOf(d) == mac);

    /// <summary>Whether it took the copy.</summary>
    public bool Is(FrameCopy copy) => Vm is not null ? ReferenceEquals(copy.Vm, Vm) : ReferenceEquals(copy.Node, Node);

    /// <summary>The copy that it got or was to get, as far as switches alone decide.</summary>
    public FrameCopy? Wanted(Fate fate) => Vm is not null ? fate.Toward(Vm) : fate.Toward(Node!);
}
