using System.Net;

namespace NetLab;

// Tunnels of Open vSwitch: packets that none of them takes, and other ends that do not answer.
internal static partial class OvsVerdict
{
    private static bool IsTunnel(OvsPortState port) => port.Type is "vxlan" or "geneve" or "gre";

    /// <summary>Open vSwitch takes the packet out of the way for its tunnels, and none of them is for it.</summary>
    private static Reason? NoTunnel(OvsRehearsal asked)
    {
        if (!asked.Trace.OpensTunnel || asked.Trace.Tunnel is not null || asked.Seen.Count > 0 || OvsTunnelPacket.Of(asked.Frame) is not { } packet)
        {
            return null;
        }

        return NoTunnel(asked, packet);
    }

    /// <summary>Open vSwitch has the packet of a tunnel for its node's own stack, since it has no tunnel for it; null where that is not so.</summary>
    public static Reason? PastTunnels(OvsRehearsal asked)
    {
        if (asked.Trace.OpensTunnel || OvsTunnelPacket.Of(asked.Frame) is not { } packet
            || !asked.Bridge.Node.OvsBridges.Any(b => b.VirtualPorts.Any(p => p.PatchPeer is null)))
        {
            return null;
        }

        List<Device> own = [.. asked.Trace.OutputPorts.Select(asked.Bridge.Node.FindDevice).OfType<Device>().Where(d => d.HasPorts)];
        return own.SelectMany(KernelState.AddressesOf).Any(a => a.Address.Equals(packet.Destination)) ? NoTunnel(asked, packet)
            : own.Count > 0 && WithoutLocal(asked) is var (port, local) && local.Equals(packet.Destination) ? Unaddressed(asked, port, local) : null;
    }

    // A tunnel whose local_ip no device of the node has.
    private static (OvsPortState Port, IPAddress Local)? WithoutLocal(OvsRehearsal asked)
    {
        foreach (var port in asked.Ports.Where(IsTunnel))
        {
            if (IPAddress.TryParse(port.Options.GetValueOrDefault("local_ip"), out var local)
                && !asked.Bridge.Node.Devices.Where(d => d.Guest is null).SelectMany(KernelState.AddressesOf).Any(a => a.Address.Equals(local)))
            {
                return (port, local);
            }
        }

        return null;
    }

    private static Reason Unaddressed(OvsRehearsal asked, OvsPortState port, IPAddress local)
    {
        var node = asked.Bridge.Node;
        var described = node.OvsBridges.SelectMany(b => b.VirtualPorts).FirstOrDefault(p => p.Name == port.Name)?.TunnelFrom;
        return new Reason(Causes.OvsTunnel, node, port.Name,
            $"{local}, the local_ip of tunnel {port.Name}, is no address of {node.Name}: Open vSwitch neither sends nor takes the tunnel's packets with it.",
            [.. Evidence(asked, asked.Trace.Steps), NetLab.Evidence.Ovs($"{port.Name} options:local_ip={local}.")],
            node.Devices.FirstOrDefault(d => d.Addresses.Any(a => a.Address.Equals(local))) is { } own
                ? $"ip addr add {own.Addresses.First(a => a.Address.Equals(local))} dev {own.Name}"
                : described is not null && !described.Equals(local) ? $"ovs-vsctl set interface {port.Name} options:local_ip={described}"
                : "give the node the address, or the tunnel a local_ip that the node has");
    }

    private static Reason NoTunnel(OvsRehearsal asked, OvsTunnelPacket packet)
    {
        if (asked.Bridge.Node.OvsBridges.SelectMany(b => b.VirtualPorts).FirstOrDefault(p => p.PatchPeer is null && asked.PortOf(p.Name) is null) is { } gone)
        {
            return Gone(asked, gone) with { Cause = Causes.OvsNoTunnel };
        }

        if (asked.Ports.Where(IsTunnel).ToList() is [var only] && only.Type != packet.Type)
        {
            return new Reason(Causes.OvsNoTunnel, asked.Bridge.Node, only.Name,
                $"No tunnel of Open vSwitch in {asked.Bridge.Node.Name} takes the {packet}: {only.Name} is of type {only.Type}.",
                [NetLab.Evidence.Ovs($"{only.Name} type {only.Type}.")], $"ovs-vsctl set interface {only.Name} type={packet.Type}");
        }

        (var port, var wrong) = asked.Ports.Where(p => p.Type == packet.Type).Select(p => (p, packet.Misfits(p).ToList()))
            .OrderBy(p => p.Item2.Count).FirstOrDefault();
        return new Reason(Causes.OvsNoTunnel, asked.Bridge.Node, port?.Name ?? asked.Ingress.Name,
            $"No tunnel of Open vSwitch in {asked.Bridge.Node.Name} takes the {packet}: "
                + (port is null ? $"there is none of type {packet.Type}." : wrong.Count == 0 ? "why is not known."
                    : $"{port.Name} has {string.Join(" and ", wrong.Select(w => w.Has))}."),
            [.. Evidence(asked, asked.Trace.Steps), .. asked.Ports.Where(IsTunnel).Select(p => NetLab.Evidence.Ovs($"{p.Name} type {p.Type}, "
                + $"{string.Join(", ", p.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"))}."))],
            port is null || wrong.Count == 0 ? $"give both ends of the tunnel the same {(port is null ? "type" : "options")}"
                : string.Join("; ", wrong.Select(w => w.Remedy)));
    }

    /// <summary>Flows sent it into tunnels to other nodes than those that were wanted; null where one leads there, or that is not seen.</summary>
    public static Reason? LedElsewhere(OvsRehearsal asked, IReadOnlyCollection<Node> wanted)
    {
        List<(OvsTraceStep Step, OvsPortState Port)> sent = [.. from step in asked.Trace.Steps
                                                                from action in step.Own
                                                                where action.StartsWith("output:", StringComparison.Ordinal)
                                                                let port = asked.PortOf(action["output:".Length..].Trim('"'))
                                                                where port is not null && IsTunnel(port)
                                                                select (step, port)];
        if (sent is not [.., var (decides, last)] || sent.Exists(s => Leads(s.Port)))
        {
            return null;
        }

        var names = string.Join(", ", sent.Select(s => $"{s.Port.Name} to {s.Port.Options.GetValueOrDefault("remote_ip")}").Distinct());
        var right = asked.Ports.FirstOrDefault(p => p.Bridge == decides.Bridge && IsTunnel(p) && Leads(p));
        var actions = right is null ? ""
            : asked.FrameIn(decides.Bridge).Destination.IsMulticast ? With(decides, $"output:{right.Name}")
            : string.Join(',', decides.Own.Select(a => a.StartsWith("output:", StringComparison.Ordinal) && a.Contains(last.Name, StringComparison.Ordinal)
                ? $"output:{right.Name}" : a));
        return new Reason(Causes.OvsFlow, asked.Bridge.Node, asked.Ingress.Name,
            $"Open vSwitch bridge {decides.Bridge} sends it into tunnel {names}, and not to {wanted.Last().Name}: the flow that "
                + $"decides is {decides}.", Evidence(asked, StepsIn(asked, decides.Bridge)),
            right is null ? null : $"{asked.Ofctl(decides.Bridge)} --strict mod-flows {decides.Bridge} {Word($"{FlowOf(decides)},actions={actions}")}");

        bool Leads(OvsPortState port) => IPAddress.TryParse(port.Options.GetValueOrDefault("remote_ip"), out var remote)
            && wanted.Any(node => node.Devices.SelectMany(KernelState.AddressesOf).Any(a => a.Address.Equals(remote)));
    }

    // The tunnel's address is asked for, and what should have gone there meanwhile is lost.
    private static Reason Unresolved(OvsRehearsal asked, OvsTraceStep step, string miss)
    {
        var words = miss["neighbor cache miss for ".Length..];
        var remote = words[..words.IndexOf(' ', StringComparison.Ordinal)];
        var node = asked.Bridge.Node;
        var port = asked.Ports.FirstOrDefault(p => IsTunnel(p) && p.Options.GetValueOrDefault("remote_ip") == remote);
        var isThere = node.Lab.Nodes.SelectMany(n => n.Devices).SelectMany(KernelState.AddressesOf).Any(a => $"{a.Address}" == remote);
        return new Reason(Causes.OvsTunnel, node, port?.Name ?? asked.Ingress.Name,
            $"Open vSwitch bridge {step.Bridge} cannot send it into the tunnel{(port is null ? "" : $" {port.Name}")}: {remote}, the other end, "
                + (isThere ? "has not answered its ARP request yet, and what is sent meanwhile is lost."
                    : "has not answered its ARP request; nobody in the lab "
                    + "has that address."),
            Evidence(asked, asked.Trace.Steps),
            isThere ? "send it again once it has answered" : RemoteOf(asked, port) is { } right
                ? $"ovs-vsctl set interface {port!.Name} options:remote_ip={right}"
                : "look at remote_ip");
    }

    // Of the tunnels of other nodes, the one that names this end.
    private static string? RemoteOf(OvsRehearsal asked, OvsPortState? port) => port?.Options.GetValueOrDefault("local_ip") is not { } local ? null
        : asked.Bridge.Node.Lab.Nodes.Where(n => n != asked.Bridge.Node).SelectMany(n => n.OvsBridges).SelectMany(b => b.VirtualPorts)
            .Where(p => p.Options.InterfaceType == port.Type && p.Options.InterfaceOptions.GetValueOrDefault("remote_ip") == local)
            .Select(p => p.Options.InterfaceOptions.GetValueOrDefault("local_ip")).OfType<string>().Distinct().ToList() is [var only] ? only : null;

    // A route that is missing, or leads by a device that is down.
    private static string TunnelRoute(OvsRehearsal asked)
    {
        var node = asked.Bridge.Node;
        foreach (var port in asked.Ports.Where(p => IsTunnel(p) && asked.Bridges.Contains(p.Bridge)))
        {
            if (!IPAddress.TryParse(port.Options.GetValueOrDefault("remote_ip"), out var remote) || node.Live.Route.FindRoute(remote).Error == 0)
            {
                continue;
            }

            return node.Devices.FirstOrDefault(d => d.IsApplied && KernelState.AddressesOf(d).Any(a => a.Contains(remote))
                && node.Live.Route.FindLink(d.Index) is { IsUp: false }) is { } down ? $"ip link set dev {down.Name} up"
                : RemoteOf(asked, port) is { } right && right != $"{remote}" ? $"ovs-vsctl set interface {port.Name} options:remote_ip={right}"
                : KnownRemedies.Route(node, remote);
        }

        return "look at remote_ip and at the route to it: ovs-appctl ovs/route/show";
    }
}
