using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What a node's own stack does with a packet that has reached it and is for it: nothing that the kernel would call a drop, and yet nobody gets an
/// answer. Gone through on the settings as they are now.
/// </summary>
internal static class StackModel
{
    /// <summary>Whether the kernel tells when a socket is given something: since Linux 6.2.</summary>
    public static bool TellsOfSockets => KernelLayout.Running.Tracepoint("sk_data_ready") is not null;

    /// <summary>How the copy ended after all, and why; null where the stack did with it what the sender wanted.</summary>
    public static (CopyEnd End, Reason Reason)? Of(Node node, string device, Frame frame, SkbCopy? skb, bool isWhole)
    {
        try
        {
            return frame switch
            {
                { Arp: { Operation: ArpOperation.Request } arp } => Used(Arp(node, device, arp)),
                { Icmp.Type: IcmpType.EchoRequest } when frame.Ipv4 is { IsFragment: false } =>
                    Used(EchoIgnored(node, device, "net.ipv4.icmp_echo_ignore_all")),
                { Icmpv6.Type: Icmpv6Type.EchoRequest } when frame.Ipv6 is { IsFragment: false } =>
                    Used(EchoIgnored(node, device, "net.ipv6.icmp.echo_ignore_all")),
                _ when skb is { End: SkbEnd.Open } && !isWhole && Awaited(node, device, frame) is { } awaited => (CopyEnd.Pending, awaited),
                _ => null,
            };
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    /// <summary>A fragment that waits for the others of its datagram; null where the node keeps none.</summary>
    public static Reason? Awaited(Node node, string device, Frame frame)
    {
        if (DatagramPart.Of(frame) is not { } part || KernelSocket.Fragments(node, frame.Ipv6 is not null) is not { } kept)
        {
            return null;
        }

        var time = frame.Ipv6 is null ? "net.ipv4.ipfrag_time" : "net.ipv6.ip6frag_time";
        return new Reason(Causes.FragmentsAwaited, node, device,
            $"The fragment of {part.Length} bytes at {part.Offset} of datagram {part.Datagram.Identification} waits for the other fragments; "
                + $"{node.Name} keeps it for {Sysctl(node, time)} s.",
            [Evidence.Socket($"{(frame.Ipv6 is null ? "sockstat" : "sockstat6")}: {kept}."), Evidence.Sysctl($"{time} = {Sysctl(node, time)}.")],
            "send the other fragments, or see where they are lost");
    }

    /// <summary>Whether fragments wait in the node for others.</summary>
    public static bool KeepsFragments(Node node, bool isIpv6) => KernelSocket.Fragments(node, isIpv6) is not null;

    /// <summary>
    /// What became of a request for a TCP connection: true where the node has the connection now, or has no way back to make one; a reason where its
    /// queue of connections was full; null where none of it is seen.
    /// </summary>
    public static (bool IsTaken, Reason? Reason)? OfRequest(Node node, string device, Frame frame)
    {
        try
        {
            if (frame.Tcp is not { } tcp || (tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) != TcpFlags.Syn || Ends(frame) is not var (from, to))
            {
                return null;
            }

            if (HasConnection(node, frame))
            {
                return (true, null);
            }

            // Before a connection is made, the way back is looked up (inet_csk_route_req).
            if (KernelSocket.Listeners(node, tcp.DestinationPort).Count > 0
                && OutputModel.Of(node, Frame.Tcp(default, default, to, from, tcp.DestinationPort, tcp.SourcePort, TcpFlags.Syn | TcpFlags.Ack), null)
                    is { End: CopyEnd.Dropped })
            {
                return (true, null);
            }

            var overflows = KernelSocket.Overflows(node);
            return overflows == 0 || KernelSocket.Listeners(node, tcp.DestinationPort).Find(l => l.Waiting > 0) is not { } full ? null
                : (false, new Reason(Causes.AcceptQueueFull, node, device,
                    $"The program at TCP port {tcp.DestinationPort} of {node.Name} does not accept connections fast " +
                        $"enough: {full.Waiting} {(full.Waiting == 1 ? "waits" : "wait")}, its queue has no room for more, and the request " +
                            $"of {from}:{tcp.SourcePort} for {to} was dropped.",
                    [Evidence.Socket($"{full} listens; {full.Waiting} {(full.Waiting == 1 ? "connection waits" : "connections wait")} to be " +
                        $"accepted, and none of {from}:{tcp.SourcePort} is there."), Evidence.Socket($"ListenOverflows of {node.Name} is {overflows}.")],
                    "let the program accept faster, or listen with a longer queue (backlog, and net.core.somaxconn): ss -ltn shows both"));
        }
        catch (LinuxException)
        {
            return null; // the lab is gone, or has no such file
        }
    }

    /// <summary>Whether the node has the TCP connection that a frame belongs to.</summary>
    public static bool HasConnection(Node node, Frame frame)
    {
        try
        {
            return frame.Tcp is { } tcp && Ends(frame) is var (from, to)
                && KernelSocket.HasConnection(node, new IPEndPoint(to, tcp.DestinationPort), new IPEndPoint(from, tcp.SourcePort));
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Whether a UDP socket of the node is at the port that a broadcast is for.</summary>
    public static bool IsListenedFor(Node node, Frame frame)
    {
        try
        {
            return frame is { Destination.IsBroadcast: true, Udp: { } udp, Ipv4: not null } && KernelSocket.At(node, "udp", udp.DestinationPort).Count > 0;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Whether a UDP socket of the node has something to read at the port that a frame is for.</summary>
    public static bool IsInSocket(Node node, Frame frame)
    {
        try
        {
            return frame is { Udp: { } udp, Ipv4: not null } && KernelSocket.At(node, "udp", udp.DestinationPort).Any(s => s.Waiting > 0);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a datagram of which no end was seen may be in a socket of the node: one is at its port, and the kernel does not tell what sockets are given.
    /// </summary>
    public static bool MayBeInSocket(Node node, Frame? frame, SkbCopy? skb)
    {
        try
        {
            return !TellsOfSockets && skb is { End: SkbEnd.Open } && frame?.Udp is { } udp
                && (KernelSocket.At(node, "udp", udp.DestinationPort).Count > 0 || KernelSocket.At(node, "udp6", udp.DestinationPort).Count > 0);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a node answers an ARP request or a neighbour solicitation for an address of another host, as proxy_arp or an entry of its own says (arp_process,
    /// ndisc_recv_ns); null where it does not.
    /// </summary>
    public static Reason? Proxied(Node node, string device, Frame asked) =>
        asked.Arp is { Operation: ArpOperation.Request } arp ? Proxied(node, device, (IPAddress)arp.TargetIp)
        : asked.NeighborSolicitation is { } solicitation ? ProxiedByEntry(node, device, solicitation.Target, "proxy ND")
        : null;

    private static Reason? Proxied(Node node, string device, IPAddress target)
    {
        if (node.Live.Route.FindRoute(target, null, 0) is not { Error: 0, Type: RouteType.Unicast, Output: { } way }
            || node.Live.Route.FindLink(way)?.Name is not { } other
            || Sysctl(node, $"net.ipv4.conf.{KernelState.InSysctl(device)}.forwarding") == "0")
        {
            return null;
        }

        // For who is on the same link only where those on it are not to speak to each other (RFC 3069).
        (var proxies, var name) = Larger(node, device, other == device ? "proxy_arp_pvlan" : "proxy_arp");
        return proxies != 0
            ? new Reason(Causes.ArpProxied, node, device,
                $"{node.Name} answers for {target} itself (proxy ARP): {name} is {proxies}, and {node.Name} reaches {target} by {other}.",
                [Evidence.Sysctl($"{name} = {proxies}."), Evidence.Model($"the route to {target} is by {other}, as the tables are now.")])
            : other == device ? null : ProxiedByEntry(node, device, target, "proxy ARP");
    }

    // IPv6 has no proxies but by entries, and those count only where the device or all may have them.
    private static Reason? ProxiedByEntry(Node node, string device, IPAddress target, string what)
    {
        var own = $"net.ipv6.conf.{KernelState.InSysctl(device)}";
        return (target.AddressFamily is AddressFamily.InterNetworkV6 && (Sysctl(node, $"{own}.forwarding") == "0"
                || (Sysctl(node, $"{own}.proxy_ndp") == "0" && Sysctl(node, "net.ipv6.conf.all.proxy_ndp") == "0")))
            || node.Live.Route.FindLink(device) is not { } link
            || !node.Live.Route.GetNeighbours(link.Index).Any(n => n.Flags.HasFlag(NeighbourFlags.Proxy) && n.Address.Equals(target)) ? null
            : new Reason(Causes.ArpProxied, node, device, $"{node.Name} answers for {target} itself ({what}): it has a proxy entry for it on {device}.",
                [new Evidence("neighbour", $"proxy {target} dev {device}.")]);
    }

    /// <summary>A node took a question for an address that it does not have.</summary>
    public static Reason AsksForAnother(Node node, string device, string target, string question, Evidence evidence) =>
        new(Causes.ArpForAnother, node, device,
            $"{node.Name} took the {question}, which asks for {target}, and has nothing to answer: it does not have that address.", [evidence]);

    /// <summary>The addresses of a packet of IP; null where the frame has none.</summary>
    public static (IPAddress From, IPAddress To)? Ends(Frame frame) =>
        frame.Ipv4 is { } ip4 ? (ip4.Source, ip4.Destination) : frame.Ipv6 is { } ip6 ? (ip6.Source, ip6.Destination) : null;

    private static (CopyEnd, Reason)? Used(Reason? reason) => reason is null ? null : (CopyEnd.Consumed, reason);

    private static Reason? EchoIgnored(Node node, string device, string sysctl) => Sysctl(node, sysctl) == "0" ? null
        : new Reason(Causes.EchoIgnored, node, device, $"{node.Name} got the echo request, and answers none: {sysctl} is {Sysctl(node, sysctl)}.",
            [Evidence.Sysctl($"{sysctl} = {Sysctl(node, sysctl)}.")], $"sysctl -w {sysctl}=0, in node {node.Name}");

    // net/ipv4/arp.c, arp_ignore() and arp_filter().
    private static Reason? Arp(Node node, string device, ArpPacket arp)
    {
        (var ignore, var ignoreName) = Larger(node, device, "arp_ignore");
        IPAddress target = arp.TargetIp, asker = arp.SenderIp;
        var own = node.Live.Route.FindLink(device) is { } link ? node.Live.Route.GetAddresses(link.Index) : [];
        var here = own.FirstOrDefault(a => a.Address.Equals(target));
        if (here is null && !node.Live.Route.GetAddresses().Any(a => a.Address.Equals(target)))
        {
            return Proxied(node, device, target) ?? AsksForAnother(node, device, $"{target}", "ARP packet",
                Evidence.Link($"no device of {node.Name} has {target} now."));
        }

        var ignored = ignore switch
        {
            1 => here is null,
            2 => here is null || !new IPNetwork(Masked(here.Address, here.PrefixLength), here.PrefixLength).Contains(asker),
            >= 8 => true,
            _ => false,
        };
        if (ignored)
        {
            var why = ignore >= 8 ? "it answers no ARP request" : here is null ? $"it answers only for addresses of {device} itself"
                : $"it answers only who is in the network of {target}";
            return new Reason(Causes.ArpIgnored, node, device,
                $"{node.Name} has the address {target}, and does not answer for it: {ignoreName} is {ignore}, so {why}.",
                    [Evidence.Sysctl($"{ignoreName} = {ignore}.")], $"sysctl -w {ignoreName}=0, in node {node.Name}");
        }

        // Both look up the route back, and so does who checks where packets come from (arp_process, ip_route_input).
        (var filter, var filterName) = Larger(node, device, "arp_filter");
        (var path, var pathName) = Larger(node, device, "rp_filter");
        if ((filter == 0 && path != 1) || node.Live.Route.FindRoute(asker, target) is not { Output: { } back }
            || node.Live.Route.FindLink(back)?.Name is not { } other || other == device)
        {
            return null;
        }

        var (cause, name, value, off) = filter != 0 ? (Causes.ArpFiltered, filterName, filter, 0) : (Causes.RpFilter, pathName, path, 2);
        return new Reason(cause, node, device,
            $"{node.Name} has the address {target}, and does not answer {asker} by {device}: {name} is {value}, and the route back to {asker} is by {other}.",
            [Evidence.Sysctl($"{name} = {value}."), Evidence.Model($"the route to {asker} is by {other}.")],
            $"sysctl -w {name}={off}, in node {node.Name}, or add a route to {asker} by {device}");
    }

    /// <summary>What counts of a setting of IPv4 that a device has and that there is for all: the larger one, and its name.</summary>
    public static (int Value, string Name) Larger(Node node, string device, string name)
    {
        string all = $"net.ipv4.conf.all.{name}", own = $"net.ipv4.conf.{KernelState.InSysctl(device)}.{name}";
        int ofAll = int.Parse(Sysctl(node, all), CultureInfo.InvariantCulture), ofOwn = int.Parse(Sysctl(node, own), CultureInfo.InvariantCulture);
        return ofAll >= ofOwn ? (ofAll, all) : (ofOwn, own);
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff << Math.Clamp((8 * (i + 1)) - prefix, 0, 8));
        }

        return new IPAddress(bytes);
    }

    private static string Sysctl(Node node, string name) => node.ReadSysctl(name).Trim();
}
