using static NetLab.Linux.Netlink.LinkAttributes;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Reading of rules, nexthops, multicast databases, VLANs and queueing disciplines.</summary>
public sealed partial class RouteSocket
{
    // IFLA_EXT_MASK: VLANs, ranges put together (include/uapi/linux/rtnetlink.h).
    private const uint RTEXT_FILTER_BRVLAN_COMPRESSED = 4;

    /// <summary>The policy rules of both families, in the order in which they are looked at.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<RuleInfo> GetRules()
    {
        var rules = new List<RuleInfo>();
        foreach (var family in (ReadOnlySpan<byte>)[AF_INET, AF_INET6])
        {
            var request = Dump(RTM_GETRULE);
            request.Append(RuleMessages.HeaderSize)[0] = family;
            rules.AddRange(Collect(request, "reading the policy rules", RTM_NEWRULE, RuleMessages.Read));
        }

        return rules;
    }

    /// <summary>The nexthop objects and groups.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<NexthopInfo> GetNexthops()
    {
        var request = Dump(RTM_GETNEXTHOP);
        request.Append(NexthopMessages.HeaderSize);
        return Collect(request, "reading the nexthops", RTM_NEWNEXTHOP, NexthopMessages.Read);
    }

    /// <summary>The multicast databases of all bridges.</summary>
    /// <exception cref="NetlinkException">The kernel refused: it has no multicast snooping (CONFIG_BRIDGE_IGMP_SNOOPING).</exception>
    public IReadOnlyList<MdbInfo> GetMdb()
    {
        var request = Dump(RTM_GETMDB);
        request.Append(MdbMessages.HeaderSize)[0] = AF_BRIDGE;

        // The kernel gives its answers the type of the question (br_mdb_dump in net/bridge/br_mdb.c).
        return CollectMany<MdbInfo>(request, "reading the multicast databases", RTM_GETMDB, MdbMessages.Read);
    }

    /// <summary>The VLANs of all bridge ports, and of the bridges themselves; none where a bridge does not filter by VLAN.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<BridgeVlanInfo> GetBridgeVlans()
    {
        var request = Dump(RTM_GETLINK);
        LinkMessages.WriteHeader(request, 0, LinkFlags.None, LinkFlags.None, AF_BRIDGE);
        request.U32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
        return CollectMany<BridgeVlanInfo>(request, "reading the VLANs of bridges", RTM_NEWLINK, BridgeVlanMessages.Read);
    }

    /// <summary>The state of each VLAN at the ports of bridges and at the bridges themselves (Linux 5.6); none where a bridge does not filter VLANs.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    internal IReadOnlyList<BridgeVlanState> GetBridgeVlanStates()
    {
        var request = Dump(RTM_GETVLAN);
        request.Append(BridgeVlanMessages.HeaderSize)[0] = AF_BRIDGE;
        return CollectMany<BridgeVlanState>(request, "reading the states of VLANs of bridges", RTM_NEWVLAN, BridgeVlanMessages.ReadStates);
    }

    /// <summary>The queueing disciplines of all devices, or of one.</summary>
    /// <param name="index">Index of the device, 0 for all.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<QdiscInfo> GetQdiscs(int index = 0)
    {
        var request = Dump(RTM_GETQDISC);
        QdiscMessages.WriteHeader(request, 0, TcHandle.None, TcHandle.None);
        var all = Collect(request, "reading the queueing disciplines", RTM_NEWQDISC, QdiscMessages.Read);
        return index == 0 ? all : all.FindAll(q => q.Index == index);
    }

    /// <summary>The classes of a device's queueing disciplines.</summary>
    /// <param name="index">Index of the device.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<QdiscInfo> GetClasses(int index)
    {
        var request = Dump(RTM_GETTCLASS);
        QdiscMessages.WriteHeader(request, index, TcHandle.None, TcHandle.None);
        return Collect(request, "reading the classes", RTM_NEWTCLASS, QdiscMessages.Read);
    }

    /// <summary>
    /// The filters of a device at one place: at a discipline, a class, or <see cref="TcHandle.ClsactIngress"/> and <see cref="TcHandle.ClsactEgress"/>.
    /// </summary>
    /// <param name="index">Index of the device.</param>
    /// <param name="parent">The place.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<FilterInfo> GetFilters(int index, TcHandle parent)
    {
        var request = Dump(RTM_GETTFILTER);
        QdiscMessages.WriteHeader(request, index, TcHandle.None, parent);
        return Collect(request, "reading the filters", RTM_NEWTFILTER, FilterInfo.Read);
    }

    private delegate void ParseMany<T>(ReadOnlySpan<byte> payload, ICollection<T> items);

    private List<T> CollectMany<T>(MessageWriter request, string doing, ushort type, ParseMany<T> parse)
    {
        request.End();
        var list = new List<T>();
        _socket.Query(
            request,
            doing,
            (messageType, payload) =>
            {
                if (messageType == type)
                {
                    parse(payload, list);
                }
            },
            list.Clear);
        return list;
    }
}
