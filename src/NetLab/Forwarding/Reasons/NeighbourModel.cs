using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>Why a node does not get to know who has an address, and what of its own addresses and routes makes it ask where nobody answers.</summary>
internal static class NeighbourModel
{
    /// <summary>An answer came to the node that asked, and it still does not know: it came by another device than the question went out of.</summary>
    /// <param name="asker">Who asked.</param>
    /// <param name="asked">The question.</param>
    /// <param name="answer">The answer, which arrived.</param>
    public static Reason? WhyNotLearned(Endpoint asker, Frame asked, FrameCopy answer)
    {
        var own = asked.Arp is { } arp ? (IPAddress)arp.SenderIp : StackModel.Ends(asked)?.From;
        if (asker.Node is not { } node || own is null || Endpoint.DeviceWith(node, own) is not var (device, address) || answer.Hops is not [.., var last]
            || last.Device == device || node.FindDevice(device) is not { Switch: { } bridge } port || bridge.Name != last.Device)
        {
            return null;
        }

        var network = $"{address.Address}/{address.PrefixLength}";
        return new Reason(Causes.AddressOnPort, node, port.Name,
            $"{node.Name} asks by {port.Name}, and the answer comes in by {bridge.Name}: {port.Name} is a port of bridge {bridge.Name}, which takes all that "
            + $"comes in there, so the address {network} on {port.Name} hears no answer.",
            [Evidence.Link($"{port.Name} master {bridge.Name}, with the address {network}."),
                Evidence.Seen($"the answer came in by {node.Name}/{last.Device}.")],
            $"ip address del {network} dev {port.Name}; ip address add {network} dev {bridge.Name}, in node {node.Name}");
    }

    /// <summary>
    /// Why a question for a neighbour cannot come to anybody who has the address: nobody has it, or who has it is on another link. Null where neither is so.
    /// </summary>
    /// <param name="awaited">The neighbour.</param>
    /// <param name="unresolved">What is said of what waits for it.</param>
    /// <param name="owners">Who has the address.</param>
    public static Reason? WhyUnreachable(AwaitedNeighbour awaited, Reason unresolved, IReadOnlyList<Endpoint> owners)
    {
        (var node, var name, var address) = awaited;
        if (owners.Count == 0 && Endpoint.WithAddress(node.Lab, address).Count == 0)
        {
            if (Ipv6Reasons.WithoutAddress(node, address) is { } off)
            {
                return off with
                {
                    Sentence = $"{node.Name} asks on {name} for {address}, and {off.Sentence}",
                    Evidence = [.. unresolved.Evidence, .. off.Evidence],
                };
            }

            return unresolved with
            {
                Cause = Causes.NobodyHasAddress,
                Sentence = $"{node.Name} asks on {name} who has {address}, and {NobodyHasIt(awaited)}.",
                Remedy = Lost(awaited) is { } lost ? $"{Restoring(lost.Device, lost.Address)}, in node {lost.Device.Node.Name}"
                    : (RouteBy(awaited) is { } leads ? KnownRemedies.Gateway(node, name, leads, awaited.To!) : null)
                        ?? $"use an address that somebody has, or give {address} to a device of somebody on that link",
            };
        }

        if (address.IsIPv6LinkLocal && owners is [var elsewhere, ..] && node.FindDevice(name) is { } asking
            && !owners.Any(o => Ways.IsOneLink(asking, o.Devices)))
        {
            return unresolved with
            {
                Cause = Causes.LinkLocal,
                Sentence = $"{node.Name} asks on {name} who has {address}, which is valid on one link only: {elsewhere.Name} has it, on another link.",
                Remedy = "use an address of wider scope",
            };
        }

        if (owners is not [var owner, ..] || node.FindDevice(name) is not { } device || Ways.IsOneLink(device, owner.Devices))
        {
            return null;
        }

        if (Covering(node, name, address) is not { } network)
        {
            return ByWrongDevice(unresolved, device, address, owner) ?? WithoutGateway(unresolved, device, address, owner);
        }

        return unresolved with
        {
            Cause = Causes.WrongMask,
            Sentence = $"{node.Name} takes {address} for a neighbour on {name}, since its own address there is {network.Address}/{network.PrefixLength}; but "
                + $"{owner.Name}, who has {address}, is on another link.",
            Remedy = KnownRemedies.GatewayTo(device, address) is { } gateway
                ? $"ip route add {address} via {gateway}, in node {node.Name}, or give {name} the prefix length that the network has"
                : $"give {name} a prefix length that leaves out {address}, in node {node.Name}",
            Evidence = [.. unresolved.Evidence, new Evidence("address", $"{network.Address}/{network.PrefixLength} dev {name}.")],
        };
    }

    /// <summary>That nobody has the address of a neighbour, in a clause, of which route it is the gateway, and who had it.</summary>
    public static string NobodyHasIt(AwaitedNeighbour awaited) => "nobody in the lab has that address" + (RouteBy(awaited) is { } leads
            ? $", the gateway of {awaited.Node.Name}'s {(leads.Destination is { } range ? $"route to {range}" : "default route")}"
                + (leads.Table == RouteTable.Main ? "" : $" of table {RouteTable.NameOf(leads.Table)}")
            : "")
        + (Lost(awaited) is not { } lost ? "" : $": {lost.Device.Node.Name} was given it on {lost.Device.Name}, and does not have it any more");

    /// <summary>
    /// Nobody has the address, and somebody on the way gave it to the request as its source: nobody can answer there. Null where that is not so.
    /// </summary>
    /// <param name="awaited">The neighbour.</param>
    /// <param name="why">What is said of it.</param>
    /// <param name="request">The request; null where nothing was seen of it.</param>
    public static Reason? WhyNobodysSource(AwaitedNeighbour awaited, Reason? why, FrameCopy? request)
    {
        if (why?.Cause != Causes.NobodyHasAddress || request is null || request.Hops.Select((hop, at) => (Hop: hop, At: at)).FirstOrDefault(h =>
            h is { At: > 0, Hop: { Direction: HopDirection.Out, Frame: { } left } } && StackModel.Ends(left)?.From.Equals(awaited.Address) == true
            && request.Hops[h.At - 1].Frame is { } came && StackModel.Ends(came)?.From.Equals(awaited.Address) == false).Hop is not { } given)
        {
            return null;
        }

        return why with
        {
            Sentence = $"{why.Sentence[..^1]}: {given.Node.Name} gave it to the request as its source, and does not have it itself.",
            Evidence = [.. why.Evidence, Evidence.Seen($"the request left {given.Node.Name}/{given.Device} from {awaited.Address}.")],
            Remedy = $"ip address add {new InterfaceAddress(awaited.Address, awaited.Address.GetAddressBytes().Length * 8)} dev {given.Device}, "
                + $"in node {given.Node.Name}, or let {given.Node.Name} translate to an address that it has",
        };
    }

    // The device on the link that was described with the address, and has lost it.
    private static (Device Device, InterfaceAddress Address)? Lost(AwaitedNeighbour awaited)
    {
        if (awaited.Node.FindDevice(awaited.Device) is { } asking)
        {
            foreach (var device in awaited.Node.Lab.Nodes.Where(n => n != awaited.Node && n.IsApplied).SelectMany(n => n.Devices))
            {
                if (device is { IsApplied: true, Guest: null } && device.Addresses.Where(a => a.Address.Equals(awaited.Address)).ToList() is [var address, ..]
                    && Ways.IsOneLink(asking, [device]))
                {
                    return (device, address);
                }
            }
        }

        return null;
    }

    // Of a device that is down, of which IPv6 addresses go (addrconf_ifdown), the device comes first.
    private static string Restoring(Device device, InterfaceAddress address) =>
        (device.Node.Live.Route.FindLink(device.Index) is { IsUp: false } ? $"ip link set dev {device.Name} up; " : "")
        + $"ip address add {address} dev {device.Name}{(address.IsIPv6 ? " nodad" : "")}";

    // The route that leads to a neighbour what waits for it; null where it is for the neighbour itself.
    private static RouteInfo? RouteBy(AwaitedNeighbour awaited) => awaited.To is not { } to || to.Equals(awaited.Address) ? null
        : awaited.Node.Live.Route.GetRoutes().Where(r => awaited.Address.Equals(r.Gateway) && r.Destination?.Contains(to) != false)
            .MaxBy(r => r.Destination?.PrefixLength ?? 0);

    /// <summary>
    /// What a macvlan sends goes out of the device below it, past the stack of the node that this is in, and past macvlans of other modes: null where that is
    /// not why a question does not come to who has the address.
    /// </summary>
    /// <param name="asked">The question: its way shows the device below.</param>
    /// <param name="device">The device by which it was asked.</param>
    /// <param name="address">The address that is asked for.</param>
    /// <param name="owner">Who has it.</param>
    public static Reason? WhyPastParent(Fate asked, string device, IPAddress address, Endpoint owner)
    {
        var node = asked.Start;
        if (node.Live.Route.FindLink(device)?.KindData is not MacvlanLinkSpec own || owner.Node is not { } other
            || Endpoint.DeviceWith(other, address) is not var (there, info)
            || asked.Copies.Select(c => c.Hops).FirstOrDefault(h => h is [{ Direction: HopDirection.Out } first, { Direction: HopDirection.Out }, ..]
                && first.Node == node && first.Device == device) is not [_, var below, ..])
        {
            return null;
        }

        var place = $"{below.Node.Name}/{below.Device}";
        Evidence[] evidence = [Evidence.Link($"{node.Name}/{device} is a macvlan, mode {Word(own.Mode)}."), Evidence.Seen($"its frame went out of {place}.")];
        if (below.Node == other && below.Device == there)
        {
            string words = $"{address}/{info.PrefixLength}", beside = $"m{there}"[..Math.Min(15, there.Length + 1)];
            return new Reason(Causes.MacvlanIsolation, node, device,
                $"{device} of {node.Name} is a macvlan on {place}: what it sends goes out there, and never to the stack of {other.Name} itself, which has "
                    + $"{address} on {there}.",
                evidence,
                $"ip address del {words} dev {there}; ip link add {beside} link {there} type macvlan mode bridge; ip address add {words} dev {beside}; "
                    + $"ip link set dev {beside} up, in node {other.Name}");
        }

        return other.Live.Route.FindLink(there) is { KindData: MacvlanLinkSpec theirs } link
            && link.LinkIndex == below.Node.Live.Route.FindLink(below.Device)?.Index && (own.Mode, theirs.Mode) is not (MacvlanMode.Bridge, MacvlanMode.Bridge)
            ? new Reason(Causes.MacvlanIsolation, node, device,
                $"{device} of {node.Name} and {there} of {other.Name} are macvlans on {place}, of mode {Word(own.Mode)} and {Word(theirs.Mode)}: only those of "
                    + "mode bridge see each other.",
                [.. evidence, Evidence.Link($"{other.Name}/{there} is a macvlan, mode {Word(theirs.Mode)}.")],
                own.Mode is MacvlanMode.Bridge ? $"ip link set dev {there} type macvlan mode bridge, in node {other.Name}"
                    : $"ip link set dev {device} type macvlan mode bridge, in node {node.Name}")
            : null;

        static string Word(MacvlanMode mode) => mode.ToString().ToLowerInvariant();
    }

    /// <summary>Why an answer has no way back, with a way that would be one: to where the request came from.</summary>
    /// <param name="why">What is known.</param>
    /// <param name="taken">The request, as it was taken.</param>
    /// <param name="asker">Who asked.</param>
    public static Reason WithWayBack(Reason why, FrameCopy taken, Endpoint asker)
    {
        if (why.Cause != Causes.NoRoute || (taken.Node ?? taken.MayHaveReached) is not { } node
            || taken.Hops is not [.., { LabDevice: { } device, Frame: { } frame }] || StackModel.Ends(frame)?.From is not { } back)
        {
            return why;
        }

        var own = KernelState.AddressesOf(device).FirstOrDefault(a => a.IsIPv6 == (frame.Ipv6 is not null));
        if (asker.Devices.FirstOrDefault(d => KernelState.MacOf(d) == frame.Source) is { } near && own.Address is not null)
        {
            var theirs = KernelState.AddressesOf(near).FirstOrDefault(a => a.Address.Equals(back));
            return why with
            {
                Cause = Causes.WrongMask,
                Sentence = $"{node.Name} has no route back to {back}, which is on the same link: {device.Name} has {own}, and {back} is not in that network; "
                    + $"{asker.Name} has {theirs}.",
                Remedy = $"ip route add {back} dev {device.Name}, in node {node.Name}, or give both the same prefix length",
                Evidence = [.. why.Evidence, Evidence.Seen($"the request came from {asker.Name} itself, {frame.Source}.")],
            };
        }

        return Sender(node.Lab, device, frame.Source, own.IsIPv6) is { } gateway
            ? why with
            {
                Sentence = $"{node.Name} got the request, and has no route back to {back}.",
                Remedy = $"ip route add {back} via {gateway}, in node {node.Name}",
                Evidence = [.. why.Evidence, Evidence.Seen($"the request came from {frame.Source}, who has {gateway}.")],
            }
            : why;
    }

    // The address on the link of whoever sent a frame there.
    private static IPAddress? Sender(Lab lab, Device at, MacAddress mac, bool v6)
    {
        var own = KernelState.AddressesOf(at);
        return lab.Nodes.SelectMany(n => n.Devices).Where(d => d.Guest is null && KernelState.MacOf(d) == mac).SelectMany(KernelState.AddressesOf)
            .FirstOrDefault(a => a.IsIPv6 == v6 && own.Any(o => o.Contains(a.Address))).Address;
    }

    // A route leads out of a device where the next hop is not, and it is on the link of another.
    private static Reason? ByWrongDevice(Reason unresolved, Device device, IPAddress address, Endpoint owner)
    {
        var node = device.Node;
        if (node.Devices.FirstOrDefault(d => d.IsApplied && d.Switch is null && d.Guest is null && Ways.IsOneLink(d, owner.Devices)) is not { } right)
        {
            return null;
        }

        var isDirect = node.Live.Route.FindRoute(address) is { Gateway: null, Output: { } output } && output == device.Index;
        return unresolved with
        {
            Cause = Causes.WrongDevice,
            Sentence = $"{node.Name} has a route to {address} out of {device.Name}, and {owner.Name}, who has {address}, is on the link of {right.Name}.",
            Remedy = isDirect ? $"ip route replace {address} dev {right.Name}, in node {node.Name}"
                : $"let the route go out of {right.Name}, in node {node.Name}",
        };
    }

    // A route by a device alone takes everybody that it is for as a neighbour there.
    private static Reason? WithoutGateway(Reason unresolved, Device device, IPAddress address, Endpoint owner)
    {
        var node = device.Node;
        if (node.Live.Route.FindRoute(address) is not { Gateway: null, Output: { } output } || output != device.Index
            || node.Live.Route.GetRoutes().Where(r => r is { Gateway: null, Type: RouteType.Unicast } && r.Family == address.AddressFamily
                && r.OutputIndex == device.Index && r.Destination?.Contains(address) != false).MaxBy(r => r.Destination?.PrefixLength ?? 0) is not { } route)
        {
            return null;
        }

        return unresolved with
        {
            Cause = Causes.WrongDevice,
            Sentence = $"{node.Name} takes {address} for a neighbour on {device.Name}, since its "
                + (route.Destination is { } range ? $"route to {range}" : "default route")
                + $" leads there without a gateway; but {owner.Name}, who has {address}, is on another link.",
            Remedy = KnownRemedies.Gateway(node, device.Name, route, address) ?? $"give the route a gateway on the link of {device.Name}, in node {node.Name}",
            Evidence = [.. unresolved.Evidence, Evidence.Route($"{route}.")],
        };
    }

    private static AddressInfo? Covering(Node node, string device, IPAddress address)
    {
        try
        {
            return node.Live.Route.FindLink(device) is not { } link ? null
                : node.Live.Route.GetAddresses(link.Index).FirstOrDefault(a => a.Address.AddressFamily == address.AddressFamily && a.PrefixLength > 0
                    && new InterfaceAddress(a.Address, a.PrefixLength).Contains(address));
        }
        catch (LinuxException)
        {
            return null; // the lab is gone
        }
    }
}
