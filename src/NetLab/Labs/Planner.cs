using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Turns the difference between what is described and what exists into netlink batches, one or two a node. It decides the order;
/// <see cref="Lab.ApplyAsync"/> runs it. Both ends of a veth pair are born in their namespaces with their names, so nothing ever
/// passes through the machine's own namespace.
/// </summary>
internal static class Planner
{
    /// <summary>Bridges and veth pairs whose first end is in this node.</summary>
    public static void BridgesAndLinks(NetlinkBatch batch, LiveNode state, IEnumerable<Link> newLinks)
    {
        Make(batch, state, state.Node.Switches.Where(bridge => !bridge.IsApplied));
        foreach (var link in newLinks)
        {
            AddVeth(batch, state, link);
        }
    }

    /// <summary>Devices of other kinds; their parents exist by now.</summary>
    public static void KernelDevices(NetlinkBatch batch, LiveNode state, IEnumerable<Device> newDevices) =>
        Make(batch, state, newDevices.Where(device => !device.HasPorts));

    /// <summary>The second ends of new veth pairs, and everything about ports that the kernel takes only once the device is there.</summary>
    public static void Ports(NetlinkBatch batch, IReadOnlyList<Device> newDevices)
    {
        foreach (var device in newDevices)
        {
            if (device.Upper is { } upper)
            {
                // A bond takes only what is down, and sets it up itself.
                batch.ChangeLink(device.LiveIndex, new LinkChange { Up = false }, $"setting {device} down");
                batch.ChangeLink(device.LiveIndex, new LinkChange { MasterIndex = upper.LiveIndex }, $"making {device} a member of {upper}");
                batch.ChangeLink(device.LiveIndex, new LinkChange { Up = device.Up }, $"setting {device} {(device.Up ? "up" : "down")}");
            }

            if (device.Completion is { } change)
            {
                batch.ChangeLink(device.LiveIndex, change, $"setting {device} {(device.Up ? "up" : "down")}" + WithMtu(change.Mtu));
            }

            if (device.Promiscuous)
            {
                batch.ChangeLink(device.LiveIndex, new LinkChange { Promiscuous = true }, $"setting {device} promiscuous");
            }

            if (device.BridgePort is { } port)
            {
                batch.SetBridgePort(device.LiveIndex, port, $"setting bridge port options of {device}");
            }
        }
    }

    /// <summary>Addresses of new devices, then routes and neighbours that are new.</summary>
    public static void Addresses(NetlinkBatch batch, LiveNode state, IReadOnlyList<Device> newDevices)
    {
        foreach (var device in newDevices)
        {
            // A router asks its neighbours from a link-local address (RFC 4861, 7.2.2), and the kernel makes none here by itself.
            if (device.Node.Forwarding && device.Addresses.Any(a => a.IsIPv6) && !device.Addresses.Any(a => a.Address.IsIPv6LinkLocal))
            {
                batch.AddAddress(device.LiveIndex, LinkLocalOf(device.Mac), 64, null, $"adding a link-local address to {device}");
            }

            foreach (var address in device.Addresses)
            {
                batch.AddAddress(device.LiveIndex, address.Address, address.PrefixLength, null, $"adding address {address} to {device}");
            }
        }

        foreach (var route in state.Node.Routes.Where(r => !r.IsApplied))
        {
            route.IsApplied = true;
            batch.AddRoute(
                new RouteSpec { Destination = route.Destination.Network, Gateway = route.Gateway, OutputIndex = route.Device?.LiveIndex },
                doing: $"adding route '{route}' to node {state.Node.Name}");
        }

        foreach (var neighbour in state.Node.Neighbours.Where(n => !n.IsApplied))
        {
            neighbour.IsApplied = true;
            batch.AddNeighbour(
                new NeighbourSpec(neighbour.Device.LiveIndex, neighbour.Address) { Mac = neighbour.Mac.ToPhysicalAddress(), State = NeighbourState.Permanent },
                $"adding neighbour {neighbour.Address} to {neighbour.Device}");
        }
    }

    private static void Make(NetlinkBatch batch, LiveNode state, IEnumerable<Device> devices)
    {
        foreach (var device in devices)
        {
            if (device.Request is { } spec)
            {
                batch.AddLink(spec with { Index = state.TakeIndex(device) }, $"adding {device.Kind} {device}");
            }
        }
    }

    private static void AddVeth(NetlinkBatch batch, LiveNode state, Link link)
    {
        VethEnd a = link.First, b = a.Peer;
        batch.AddLink(
            new VethSpec(a.Name, new VethPeer(b.Name)
            {
                Index = b.Node.Live.TakeIndex(b),
                Mac = b.Mac.ToPhysicalAddress(),
                Mtu = b.Mtu,
                Namespace = b.Node.Live.Namespace,
            })
            {
                Index = state.TakeIndex(a),
                Mac = a.Mac.ToPhysicalAddress(),
                Mtu = a.Mtu,
                MasterIndex = a.Master?.LiveIndex,
                Up = a.Up,
            },
            $"adding link {link}" + WithMtu(a.Mtu));
    }

    private static string WithMtu(int? mtu) => mtu is { } bytes ? $" with MTU {bytes}" : "";

    // With the modified EUI-64 identifier (RFC 4291, appendix A).
    private static IPAddress LinkLocalOf(MacAddress mac)
    {
        var octets = mac.ToPhysicalAddress().GetAddressBytes();
        return new IPAddress([0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(octets[0] ^ 2), octets[1], octets[2], 0xff, 0xfe, octets[3], octets[4], octets[5]]);
    }
}
