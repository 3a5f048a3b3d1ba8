using System.Net;

namespace NetLab;

/// <summary>What is wrong with a described network, found without a kernel. <see cref="Lab.ApplyAsync"/> asks it first.</summary>
internal static class TopologyCheck
{
    public static IReadOnlyList<string> Problems(Lab lab)
    {
        var problems = new List<string>();
        foreach (var node in lab.Nodes)
        {
            AddressesOf(node, problems);
            OvsTags(node, problems);
            Routes(node, problems);
            GuestRoutes(node, problems);
        }

        AddressesTwiceInOneSegment(lab, problems);
        return problems;
    }

    private static void AddressesOf(Node node, List<string> problems)
    {
        var owners = new Dictionary<IPAddress, Device>();
        foreach (var device in node.Devices)
        {
            foreach (var address in device.Addresses)
            {
                // A link-local address belongs to its link (RFC 4291, 2.5.6): fe80::1 may be a router's on each.
                if (!address.Address.IsIPv6LinkLocal && !owners.TryAdd(address.Address, device)
                    && !(device.AllowDuplicates || owners[address.Address].AllowDuplicates))
                {
                    var first = owners[address.Address].Name;
                    problems.Add($"node {node.Name}: address {address.Address} is on {first} and on {device.Name}; give each device its own");
                }
            }
        }
    }

    private static void OvsTags(Node node, List<string> problems)
    {
        foreach (var port in node.Devices.Select(d => d.OvsPort).OfType<OvsPort>())
        {
            foreach (var tag in (port.Tag is { } own ? [own] : Array.Empty<int>()).Concat(port.Trunks ?? []))
            {
                if (tag is < 0 or > 4095)
                {
                    problems.Add($"{port.Bridge}: port {port.Name} has VLAN {tag}; a VLAN is 1 to 4094 (4095 is Neutron's dead VLAN)");
                }
            }
        }
    }

    private static void Routes(Node node, List<string> problems)
    {
        foreach (var route in node.Routes)
        {
            if (route.Gateway is { } gateway && route.Device is null
                && !node.Devices.Any(d => d.Addresses.Any(a => a.Contains(gateway))))
            {
                var have = string.Join(", ", node.Devices.SelectMany(d => d.Addresses));
                problems.Add($"node {node.Name}: gateway {gateway} of route '{route}' is in no network of the node; "
                    + $"its addresses are: {(have.Length == 0 ? "none" : have)}");
            }
        }
    }

    // A guest without an address yet may get one in the gateway's network.
    private static void GuestRoutes(Node node, List<string> problems)
    {
        foreach (var vm in node.Vms.Where(vm => vm.AllAddresses.Any()))
        {
            foreach (var route in vm.Routes.Where(route => !vm.AllAddresses.Any(own => own.Contains(route.Gateway))))
            {
                problems.Add($"VM {vm.Name}: gateway {route.Gateway} of route '{route}' is in no network of the VM; its addresses are: "
                    + string.Join(", ", vm.AllAddresses));
            }
        }
    }

    private static void AddressesTwiceInOneSegment(Lab lab, List<string> problems)
    {
        var segments = Segments.Of(lab);
        var seen = new Dictionary<(object Segment, int? Vlan, IPAddress Address), string>();
        foreach ((var vm, var device, var vlan, var address) in Owners(lab))
        {
            if (device.AllowDuplicates)
            {
                continue;
            }

            var name = vm is not null ? $"VM {vm.Name}" : device.ToString();
            var key = (segments.Find(device), vlan, address.Address);
            if (!seen.TryAdd(key, name))
            {
                var first = seen[key];
                if (vm is not null || !first.StartsWith(device.Node.Name + "/", StringComparison.Ordinal))
                {
                    problems.Add($"address {address.Address} is on {first} and on {name}, which share one broadcast domain; give each its own");
                }
            }
        }
    }

    private static IEnumerable<(FakeVm? Vm, Device Device, int? Vlan, InterfaceAddress Address)> Owners(Lab lab) =>
        from node in lab.Nodes
        from device in node.Devices
        from pair in device.Addresses.Select(a => ((FakeVm?)null, device, (int?)null, a))
            .Concat(device.Guest is { } vm ? vm.Tagged.Select(a => ((FakeVm?)vm, device, a.Vlan, a.Own)) : [])
        select pair;
}
