using System.Net.Sockets;
using static NetLab.Linux.Netlink.LinkAttributes;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Reading of devices, addresses, routes, neighbours and forwarding databases.</summary>
public sealed partial class RouteSocket
{
    /// <summary>All devices of the namespace, by index.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<LinkInfo> GetLinks()
    {
        var request = Dump(RTM_GETLINK);
        LinkMessages.WriteHeader(request, 0, LinkFlags.None, LinkFlags.None);
        return Collect(request, "reading the interfaces", RTM_NEWLINK, LinkInfo.Read);
    }

    /// <summary>The device with this name (also: one of its further names), or null.</summary>
    /// <exception cref="NetlinkException">The kernel refused for another reason than that there is none.</exception>
    public LinkInfo? FindLink(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return FindLink(0, name, $"looking for interface {name}");
    }

    /// <summary>The device with this index, or null.</summary>
    /// <exception cref="NetlinkException">The kernel refused for another reason than that there is none.</exception>
    public LinkInfo? FindLink(int index) => FindLink(index, null, $"looking for interface {index}");

    private LinkInfo? FindLink(int index, string? name, string doing)
    {
        var request = new MessageWriter(64);
        request.Begin(RTM_GETLINK, NLM_F_REQUEST);
        LinkMessages.WriteHeader(request, index, LinkFlags.None, LinkFlags.None);
        request.Text(name?.Length > 15 ? IFLA_ALT_IFNAME : IFLA_IFNAME, name);
        request.End();
        LinkInfo? found = null;
        try
        {
            _socket.Query(request, doing, (_, payload) => found = LinkInfo.Read(payload));
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV)
        {
            return null;
        }

        return found;
    }

    /// <summary>All addresses, those of all devices or of one.</summary>
    /// <param name="index">Index of the device, 0 for all.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<AddressInfo> GetAddresses(int index = 0)
    {
        var request = Dump(RTM_GETADDR);
        MessageWriter.Write(request.Append(AddressMessages.HeaderSize)[4..], index);
        return Collect(request, "reading the addresses", RTM_NEWADDR, AddressMessages.Read);
    }

    /// <summary>All routes of both families, or of one table. The table <c>local</c>, which the kernel keeps by itself, is part of it.</summary>
    /// <param name="table">A table (<see cref="RouteTable"/>), null for all.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<RouteInfo> GetRoutes(uint? table = null)
    {
        var routes = new List<RouteInfo>();
        foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            var request = Dump(RTM_GETROUTE);
            request.Append(RouteMessages.HeaderSize)[0] = AddressMessages.FamilyNumber(family);
            routes.AddRange(Collect(request, "reading the routes", RTM_NEWROUTE, RouteMessages.Read));
        }

        return table is { } wanted ? routes.FindAll(r => r.Table == wanted) : routes;
    }

    /// <summary>The ARP and ND tables, and the addresses answered for others (proxy).</summary>
    /// <param name="index">Index of the device, 0 for all.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<NeighbourInfo> GetNeighbours(int index = 0)
    {
        var neighbours = new List<NeighbourInfo>();
        foreach (var flags in (ReadOnlySpan<NeighbourFlags>)[NeighbourFlags.None, NeighbourFlags.Proxy])
        {
            var request = Dump(RTM_GETNEIGH);
            NeighbourMessages.WriteHeader(request, AF_UNSPEC, 0, 0, flags);
            request.S32(NeighbourMessages.NDA_IFINDEX, index == 0 ? null : index);
            neighbours.AddRange(Collect(request, "reading the neighbours", RTM_NEWNEIGH, NeighbourMessages.Read));
        }

        return neighbours;
    }

    /// <summary>The forwarding databases of all bridges, VXLANs and other devices, or of one bridge.</summary>
    /// <param name="bridge">Index of a bridge, 0 for all.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<FdbInfo> GetFdb(int bridge = 0)
    {
        var request = Dump(RTM_GETNEIGH);
        NeighbourMessages.WriteHeader(request, AF_BRIDGE, 0, 0, NeighbourFlags.None);
        request.S32(NeighbourMessages.NDA_MASTER, bridge == 0 ? null : bridge);
        var entries = Collect(request, "reading the forwarding databases", RTM_NEWNEIGH, FdbMessages.Read);

        // The kernel tells those that a port has of its own as well: a tunnel's, of what is behind its other ends.
        return bridge == 0 ? entries : entries.FindAll(e => e.MasterIndex == bridge);
    }

    private static MessageWriter Dump(ushort type)
    {
        var request = new MessageWriter(64);
        request.Begin(type, NLM_F_REQUEST | NLM_F_DUMP);
        return request;
    }

    private delegate T? Parse<T>(ReadOnlySpan<byte> payload)
        where T : class;

    private List<T> Collect<T>(MessageWriter request, string doing, ushort type, Parse<T> parse)
        where T : class
    {
        request.End();
        var list = new List<T>();
        _socket.Query(
            request,
            doing,
            (messageType, payload) =>
            {
                if (messageType == type && parse(payload) is { } item)
                {
                    list.Add(item);
                }
            },
            list.Clear);
        return list;
    }
}
