using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>Addresses: none twice where both would answer, none that its node could not use, every gateway in reach.</summary>
internal sealed class AddressCheck
{
    /// <summary>IPv6's least MTU, RFC 8200 section 5; below it the kernel takes IPv6 off the device.</summary>
    private const int LeastIpv6Mtu = 1280;

    private readonly Inventory _inventory;
    private readonly Binding _binding;
    private readonly Lab _lab;
    private readonly Segments _segments;
    private readonly Dictionary<(object Segment, IPAddress Address), (string Owner, Position At)> _addresses = [];
    private readonly Dictionary<(object Segment, MacAddress Mac), (string Owner, Position At)> _macs = [];

    private AddressCheck(Inventory inventory, Lab lab, Binding binding)
    {
        _inventory = inventory;
        _lab = lab;
        _segments = Segments.Of(lab);
        _binding = binding;
    }

    /// <param name="entry">The lab as written.</param>
    /// <param name="inventory">Its names.</param>
    /// <param name="binding">Takes what is wrong.</param>
    public static void Run(LabEntry entry, Inventory inventory, Binding binding)
    {
        var check = new AddressCheck(inventory, LabBuilder.Describe(entry, null), binding);
        var ends = entry.Links.SelectMany(link => new[] { link.Value.A, link.Value.B })
            .ToLookup(end => end.Place.Value.Node, end => (end.Place.Value.Device, end.Device));
        foreach (var node in inventory.Nodes.Values)
        {
            check.Node(node, [.. ends[node.Name], .. node.Entry.Parts.SelectMany(part => part.Settings)]);
        }
        foreach (var vm in inventory.Vms.Values)
        {
            check.Vm(vm);
        }
    }

    /// <summary>The broadcast domain that a device is in, as the lab itself has it.</summary>
    private object SegmentOf(string node, string device) => _segments.Find(_lab.FindNode(node)!.Device(device));

    private void Node(NodeInventory node, IReadOnlyList<(string Device, DeviceSettings Settings)> settings)
    {
        var own = new List<(string Device, InterfaceAddress Address, Position At)>();
        foreach (var (device, each) in settings)
        {
            if (each.Mtu is { Value: < LeastIpv6Mtu } mtu && each.Addresses.Any(address => address.Value.Address.AddressFamily is AddressFamily.InterNetworkV6))
            {
                _binding.Report(mtu.At, $"mtu {mtu.Value} is too small for the IPv6 address of '{device}'", $"IPv6 needs at least {LeastIpv6Mtu}");
            }
            foreach (var address in each.Addresses)
            {
                // A link-local address belongs to its link (RFC 4291, 2.5.6): fe80::1 may be a router's on each.
                if (!each.Duplicate && !address.Value.Address.IsIPv6LinkLocal
                    && own.Find(other => other.Address.Address.Equals(address.Value.Address)) is { Device: not null } same)
                {
                    _binding.Report(address.At, $"{address.Value.Address} is on {node.Name}:{same.Device} already (line {same.At.Line})",
                        "an address is a node's once");
                    continue;
                }
                if (!each.Duplicate && own.Find(other => other.Device != device && Overlap(other.Address, address.Value)
                    && !SegmentOf(node.Name, other.Device).Equals(SegmentOf(node.Name, device))) is { Device: not null } near)
                {
                    _binding.Report(address.At, $"{address.Value} overlaps {near.Address} on {node.Name}:{near.Device} (line {near.At.Line})",
                        "two cables of a node lead to two networks, or it would send by one of them what is for the other");
                }
                own.Add((device, address.Value, address.At));
                Claim(SegmentOf(node.Name, device), address, $"{node.Name}:{device}", each.Duplicate);
            }
            if (each.Mac is { } mac)
            {
                Claim(SegmentOf(node.Name, device), mac, $"{node.Name}:{device}", each.Duplicate);
            }
        }
        foreach (var route in node.Entry.Parts.OfType<RoutesPart>().SelectMany(part => part.Routes))
        {
            Route(node, route, own);
        }
    }

    private void Route(NodeInventory node, Located<RouteText> route, List<(string Device, InterfaceAddress Address, Position At)> own)
    {
        if (route.Value.Dev is { } device && !_inventory.HasDevice(node, device, route.At.Shift(route.Value.DevOffset)))
        {
            return;
        }
        if (route.Value.Via is { } via && !own.Exists(each => each.Address.Network.Contains(via)))
        {
            _binding.Report(route.At.Shift(route.Value.ViaOffset), $"the gateway {via} is in no network of {node.Name}", own.Count == 0
                ? $"give a device of {node.Name} an address in the gateway's network"
                : $"it has {string.Join(", ", own.Select(each => $"{each.Address} on {each.Device}"))}");
        }
        else if (route.Value.Via is { } itself && own.Find(each => each.Address.Address.Equals(itself)) is { Device: not null } self)
        {
            _binding.Report(route.At.Shift(route.Value.ViaOffset), $"the gateway {itself} is {node.Name} itself ({self.Device})",
                "the gateway is the neighbour's address");
        }
    }

    private void Vm(VmFact vm)
    {
        var segment = SegmentOf(vm.Node.Name, vm.Entry.TapName.Value);
        foreach (var address in vm.Entry.Addresses)
        {
            Claim(segment, address, vm.Name.Value, vm.Entry.Duplicate);
        }
        if (vm.Entry.Mac is { } mac)
        {
            Claim(segment, mac, vm.Name.Value, vm.Entry.Duplicate);
        }
        if (vm.Entry.Mtu is { Value: < LeastIpv6Mtu } mtu
            && vm.Entry.Addresses.Any(address => address.Value.Address.AddressFamily is AddressFamily.InterNetworkV6))
        {
            _binding.Report(mtu.At, $"mtu {mtu.Value} is too small for {vm.Name.Value}'s IPv6 address", $"IPv6 needs at least {LeastIpv6Mtu}");
        }
        if (vm.Entry.Gateway is { } gateway && !vm.Entry.Addresses.Any(address => address.Value.Network.Contains(gateway.Value)))
        {
            _binding.Report(gateway.At, $"the gateway {gateway.Value} is in no network of {vm.Name.Value}", vm.Entry.Addresses.Count == 0
                ? "give the VM an address in the gateway's network"
                : $"it has {string.Join(", ", vm.Entry.Addresses)}");
        }
        foreach (var route in vm.Entry.Routes)
        {
            Route(vm, route);
        }
    }

    // A VM that gets its address later may get one in the gateway's network.
    private void Route(VmFact vm, Located<RouteText> route)
    {
        var own = vm.Entry.Addresses.Concat(vm.Entry.Vlans.SelectMany(vlan => vlan.Value.Addresses)).ToList();
        if (route.Value.Via is { } via && own.Count > 0 && !own.Exists(address => address.Value.Network.Contains(via)))
        {
            _binding.Report(route.At.Shift(route.Value.ViaOffset), $"the gateway {via} is in no network of {vm.Name.Value}",
                $"it has {string.Join(", ", own)}");
        }
    }

    private void Claim(object segment, Located<InterfaceAddress> address, string owner, bool duplicate)
    {
        if (!duplicate && !_addresses.TryAdd((segment, address.Value.Address), (owner, address.At)))
        {
            var other = _addresses[(segment, address.Value.Address)];
            _binding.Report(address.At, $"{address.Value.Address} belongs to {other.Owner} already (line {other.At.Line}), in the same broadcast domain",
                "give one of them another address, or say 'duplicate: on' where it is meant");
        }
    }

    private void Claim(object segment, Located<MacAddress> mac, string owner, bool duplicate)
    {
        if (!duplicate && !_macs.TryAdd((segment, mac.Value), (owner, mac.At)))
        {
            var other = _macs[(segment, mac.Value)];
            _binding.Report(mac.At, $"the MAC address belongs to {other.Owner} already (line {other.At.Line}), in the same broadcast domain",
                "give one of them another, leave the key out, or say 'duplicate: on' where it is meant");
        }
    }

    /// <summary>The same network on both; a host route (/32, /128) or a smaller network inside a larger one is told apart by its length.</summary>
    private static bool Overlap(InterfaceAddress a, InterfaceAddress b) =>
        a.PrefixLength == b.PrefixLength && a.PrefixLength < a.Address.GetAddressBytes().Length * 8 && a.Network.Equals(b.Network)
        && !a.Address.IsIPv6LinkLocal;
}
