using System.Net.NetworkInformation;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>
/// Reads a node's state: here what rtnetlink, ctnetlink and /proc say, in <c>StateReader.Firewall.cs</c> what the programs of netfilter say, in
/// <c>StateReader.Ovs.cs</c> what Open vSwitch says. A part that is refused becomes an entry of <see cref="NodeState.NotRead"/>.
/// </summary>
internal sealed partial class StateReader(Node node)
{
    private readonly NetworkNamespace _ns = node.Live.Namespace;
    private readonly RouteSocket _route = node.Live.Route;
    private readonly List<UnreadEntry> _unread = [];
    private Dictionary<int, LinkInfo> _links = [];

    public NodeState ReadKernel()
    {
        ReadLinks();
        var bridges = _links.Values.Any(l => l.Kind is "bridge");
        var filtering = _links.Values.Any(l => l.BridgeOptions?.VlanFiltering is true);
        var qdiscs = Part("qdiscs", () => _route.GetQdiscs());
        return new NodeState
        {
            Node = node.Name,
            Links = [.. _links.Values.OrderBy(l => l.Flags.HasFlag(LinkFlags.Loopback) ? 0 : 1).ThenBy(l => l.Name, StringComparer.Ordinal).Select(LinkOf)],
            Addresses = [.. Part("addresses", () => _route.GetAddresses()).Select(a => new AddressEntry(NameOf(a.Index)!, a))
                .OrderBy(a => a.Device == "lo" ? 0 : 1).ThenBy(a => a.Device, StringComparer.Ordinal).ThenBy(a => a.Info.Family)
                .ThenBy(a => a.Key, StringComparer.Ordinal)],
            Routes = [.. Part("routes", () => _route.GetRoutes()).Select(RouteOf).OrderBy(r => r.Info.Family).ThenBy(r => r.Table is "main" ? 0 : 1)
                .ThenBy(r => r.Table, StringComparer.Ordinal).ThenBy(r => r.Destination is "default" or "::/0" ? 0 : 1)
                .ThenBy(r => r.Key, StringComparer.Ordinal).ThenBy(r => r.ToString(), StringComparer.Ordinal)],
            Rules = [.. Part("policy rules", () => _route.GetRules()).Select(r => new RuleEntry(r))],
            Nexthops = [.. Part("nexthops", () => _route.GetNexthops()).OrderBy(n => n.Id).Select(n => new NexthopEntry(n) { Device = NameOf(n.OutputIndex) })],
            Neighbours = [.. Part("neighbours", () => _route.GetNeighbours()).Select(n => new NeighbourEntry(NameOf(n.Index)!, n))
                .OrderBy(n => n.Device, StringComparer.Ordinal).ThenBy(n => n.Key, StringComparer.Ordinal)],
            Fdb = [.. Part("forwarding databases", () => _route.GetFdb()).Select(FdbOf).OrderBy(f => f.Master, StringComparer.Ordinal)
                .ThenBy(f => f.Device, StringComparer.Ordinal).ThenBy(f => f.Key, StringComparer.Ordinal)],
            Mdb = bridges ? [.. Part("multicast databases", () => _route.GetMdb())
                .Select(m => new MdbEntry(NameOf(m.BridgeIndex)!, NameOf(m.PortIndex)!, m)).OrderBy(m => m.Key, StringComparer.Ordinal)] : [],
            BridgeVlans = filtering
                ? [.. Part("VLANs of bridges", () => _route.GetBridgeVlans()).Where(Filters).Select(v => new BridgeVlanEntry(NameOf(v.Index)!, v))
                    .OrderBy(v => v.Device, StringComparer.Ordinal).ThenBy(v => v.Id)] : [],
            Qdiscs = [.. qdiscs.Select(q => new QdiscEntry(NameOf(q.Index)!, q)).Concat(qdiscs.Where(IsClassful).SelectMany(ClassesOf))
                .OrderBy(q => q.Device, StringComparer.Ordinal).ThenBy(q => q.IsClass).ThenBy(q => q.Key, StringComparer.Ordinal)],
            Filters = [.. qdiscs.SelectMany(FiltersOf).OrderBy(f => f.Device, StringComparer.Ordinal).ThenBy(f => f.Info.Parent.Value)
                .ThenBy(f => f.Info.Priority).ThenBy(f => f.Info.Handle)],
            Sysctls = ReadSysctls(),
            Connections = [.. ReadConnections().Select(c => new ConnectionEntry(c)).OrderBy(c => c.Key, StringComparer.Ordinal)],
        };
    }

    private string? NameOf(int? index) => index is not (null or 0) and { } known ? _links.TryGetValue(known, out var link) ? link.Name : $"if{known}" : null;

    // A change of carrier reaches operstate and bridge ports by a worker of the kernel: asked for, it is done.
    private void ReadLinks()
    {
        try
        {
            LinkWatch.Run(_ns, _route.GetLinks());
        }
        catch (LinuxException e) when (e.Errno is Errno.ENODEV)
        {
            // One has gone since; the reading that follows has it no longer.
        }

        _links = _route.GetLinks().ToDictionary(l => l.Index);
    }

    private LinkEntry LinkOf(LinkInfo link)
    {
        var known = node.Live.DevicesByIndex.TryGetValue(link.Index, out var device);
        var isVeth = link.Kind is "veth";
        return new LinkEntry(link.Name, link)
        {
            Master = NameOf(link.MasterIndex),
            Peer = isVeth ? PeerOf(link, device) : null,
            Lower = isVeth || link.LinkNetnsId is not null || link.LinkIndex == link.Index ? null : NameOf(link.LinkIndex),
            IsMacGenerated = !known || device!.GivenMac is null ? !link.Flags.HasFlag(LinkFlags.Loopback)
                && link.Mac is not null : false,
        };
    }

    private string? PeerOf(LinkInfo link, Device? device)
    {
        if (device is { OtherEnd: { IsApplied: true } peer })
        {
            return ReferenceEquals(peer.Node, node) ? peer.Name : peer.ToString();
        }

        if (link.LinkNetnsId is not { } id)
        {
            return NameOf(link.LinkIndex);
        }

        var other = node.Lab.Nodes.FirstOrDefault(n => n.IsApplied && _route.GetNamespaceId(n.Live.Namespace) == id);
        return other is not null && link.LinkIndex is { } index && other.Live.Route.FindLink(index) is { } end ? $"{other.Name}/{end.Name}" : null;
    }

    private RouteEntry RouteOf(RouteInfo info) => new(info)
    {
        Device = NameOf(info.OutputIndex),
        Nexthops = [.. info.Nexthops.Select(n =>
            $"{(n.Gateway is null ? "" : $"via {n.Gateway} ")}dev {NameOf(n.OutputIndex)} weight {n.Weight}{(n.OnLink ? " onlink" : "")}" +
                $"{(n.Flags.HasFlag(NexthopFlags.Dead) ? " dead" : n.Flags.HasFlag(NexthopFlags.LinkDown) ? " linkdown" : "")}")],
    };

    private FdbEntry FdbOf(FdbInfo info)
    {
        var port = _links.GetValueOrDefault(info.Index);
        var bridge = info.MasterIndex is { } master ? _links.GetValueOrDefault(master) : null;
        var isOwn = info.Kind is FdbKind.Local && (Same(info.Mac, port?.Mac) || Same(info.Mac, bridge?.Mac));
        return new FdbEntry(NameOf(info.Index)!, info) { Master = bridge?.Name, Via = NameOf(info.Via), IsOwn = isOwn };
    }

    private static bool Same(PhysicalAddress a, PhysicalAddress? b) => a.Equals(b);

    private bool Filters(BridgeVlanInfo vlan)
    {
        var device = _links.GetValueOrDefault(vlan.Index);
        var bridge = device?.Kind is "bridge" && device.MasterIndex is null ? device : device?.MasterIndex is { } master
            ? _links.GetValueOrDefault(master) : null;
        return bridge?.BridgeOptions?.VlanFiltering is true;
    }

    private static bool IsClassful(QdiscInfo qdisc) =>
        qdisc.Handle != TcHandle.None && qdisc.Kind is not ("clsact" or "ingress") && qdisc.Parent == TcHandle.Root;

    private IEnumerable<QdiscEntry> ClassesOf(QdiscInfo qdisc) =>
        Part("classes", () => _route.GetClasses(qdisc.Index)).Select(c => new QdiscEntry(NameOf(c.Index)!, c) { IsClass = true });

    private IEnumerable<FilterEntry> FiltersOf(QdiscInfo qdisc)
    {
        TcHandle[] places = qdisc.Kind switch
        {
            "clsact" => [TcHandle.ClsactIngress, TcHandle.ClsactEgress],
            _ when qdisc.Handle == TcHandle.None => [],
            _ => [qdisc.Handle],
        };
        return places.SelectMany(place => Part("filters", () => _route.GetFilters(qdisc.Index, place))).Select(f => new FilterEntry(NameOf(f.Index)!, f)
        {
            Actions = [.. f.Actions.Select(a => a.Target is { } target
                ? $"{(a.Redirects ? "redirect" : "mirror")} to {(a.IntoIngress ? "ingress of " : "")}{NameOf(target)}" : a.Kind)],
        });
    }

    // Without an entry there is nothing to ask for, and the module that answers is not loaded.
    private IReadOnlyList<ConntrackEntry> ReadConnections() => Part<ConntrackEntry>("tracked connections", () =>
    {
        if (_ns.FindSysctl("net.netfilter.nf_conntrack_count") is null or "0")
        {
            return [];
        }

        using var socket = ConntrackSocket.Open(_ns);
        return socket.GetEntries();
    });

    private IReadOnlyList<T> Part<T>(string name, Func<IReadOnlyList<T>> read)
    {
        try
        {
            return read();
        }
        catch (LinuxException e)
        {
            Refuse(name, e.Message);
            return [];
        }
    }

    // The same refusal for each of many devices is one.
    private void Refuse(string part, string why)
    {
        UnreadEntry entry = new(part, why.ReplaceLineEndings(" ").Trim());
        if (!_unread.Contains(entry))
        {
            _unread.Add(entry);
        }
    }
}
