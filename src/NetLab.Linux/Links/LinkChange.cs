using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>What shall change about a device that exists. A property that is null stays as it is.</summary>
public sealed record LinkChange : IDescribed
{
    /// <summary>Switches it on or off (IFF_UP).</summary>
    public bool? Up { get; init; }

    /// <summary>Makes it a member of the bridge, bond or VRF with this index; 0 frees it (IFLA_MASTER).</summary>
    public int? MasterIndex { get; init; }

    /// <summary>Largest payload of a frame, in bytes (IFLA_MTU).</summary>
    public int? Mtu { get; init; }

    /// <summary>The MAC address (IFLA_ADDRESS).</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The link-layer broadcast address (IFLA_BROADCAST).</summary>
    public PhysicalAddress? Broadcast { get; init; }

    /// <summary>A new name (IFLA_IFNAME).</summary>
    public string? Name { get; init; }

    /// <summary>Takes every frame (IFF_PROMISC).</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Takes every multicast frame (IFF_ALLMULTI).</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>Can do multicast (IFF_MULTICAST).</summary>
    public bool? Multicast { get; init; }

    /// <summary>Resolves addresses; false sets IFF_NOARP.</summary>
    public bool? Arp { get; init; }

    /// <summary>How its IPv6 link-local address is made (IFLA_INET6_ADDR_GEN_MODE).</summary>
    public AddressGenerationMode? AddressGenMode { get; init; }

    /// <summary>The IPv6 token: the host part of autoconfigured addresses (IFLA_INET6_TOKEN).</summary>
    public IPAddress? Token { get; init; }

    /// <summary>Length of the transmit queue, in frames (IFLA_TXQLEN).</summary>
    public int? TxQueueLength { get; init; }

    /// <summary>The device group (IFLA_GROUP).</summary>
    public uint? Group { get; init; }

    /// <summary>Sets the carrier of a device whose driver allows it: tap, dummy, macvlan, vxlan… (IFLA_CARRIER); veth answers EOPNOTSUPP.</summary>
    public bool? Carrier { get; init; }

    /// <summary>True: a carrier leads to state DORMANT instead of UP (IFLA_LINKMODE 1).</summary>
    public bool? Dormant { get; init; }

    /// <summary>Holds the device down on behalf of a protocol (IFLA_PROTO_DOWN); macvlan and vxlan know it.</summary>
    public bool? ProtoDown { get; init; }

    /// <summary>Alias, free text; an empty one removes it (IFLA_IFALIAS).</summary>
    public string? Alias { get; init; }

    /// <summary>Largest segment handed to the device with segmentation offload, in bytes (IFLA_GSO_MAX_SIZE).</summary>
    public uint? GsoMaxSize { get; init; }

    /// <summary>Most segments in one such (IFLA_GSO_MAX_SEGS).</summary>
    public uint? GsoMaxSegments { get; init; }

    /// <summary>Largest frame that receive offload puts together, in bytes (IFLA_GRO_MAX_SIZE).</summary>
    public uint? GroMaxSize { get; init; }

    /// <summary>Moves it to this namespace (IFLA_NET_NS_FD).</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>Its number in the new namespace (IFLA_NEW_IFINDEX).</summary>
    public int? NewIndex { get; init; }

    /// <summary>Names to add (IFLA_ALT_IFNAME); a request of its own within the batch.</summary>
    public IReadOnlyList<string> AltNames { get; init; } = [];

    /// <summary>
    /// New settings of its kind, where the kind allows changes: a <see cref="BridgeSpec"/> for a bridge and so on.
    /// Name and common properties in it are not looked at.
    /// </summary>
    public LinkSpec? KindData { get; init; }

    /// <summary>Settings of a member of a bond.</summary>
    public BondPortOptions? BondPort { get; init; }

    internal (LinkFlags Flags, LinkFlags Mask) Flags()
    {
        LinkFlags flags = 0, mask = 0;
        Set(Up, LinkFlags.Up);
        Set(Promiscuous, LinkFlags.Promiscuous);
        Set(AllMulticast, LinkFlags.AllMulticast);
        Set(Multicast, LinkFlags.Multicast);
        Set(!Arp, LinkFlags.NoArp);
        return (flags, mask);

        void Set(bool? value, LinkFlags flag)
        {
            if (value is { } on)
            {
                mask |= flag;
                flags |= on ? flag : 0;
            }
        }
    }

    string IDescribed.Describe()
    {
        var words = new List<string>();
        Say(Up is { } up ? (up ? "up" : "down") : null);
        Say(MasterIndex is { } master ? (master == 0 ? "nomaster" : $"master {master}") : null);
        Say(Mtu is { } mtu ? $"mtu {mtu}" : null);
        Say(Mac is { } mac ? $"address {mac.Colons()}" : null);
        Say(Name is { } name ? $"name {name}" : null);
        Say(Promiscuous is { } promiscuous ? $"promisc {(promiscuous ? "on" : "off")}" : null);
        Say(AddressGenMode is { } mode ? $"addrgenmode {mode}" : null);
        Say(TxQueueLength is { } length ? $"txqueuelen {length}" : null);
        Say(Group is { } group ? $"group {group}" : null);
        Say(Carrier is { } carrier ? $"carrier {(carrier ? "on" : "off")}" : null);
        Say(ProtoDown is { } down ? $"protodown {(down ? "on" : "off")}" : null);
        Say(Namespace is { } ns ? $"netns {ns}" : null);
        Say(KindData is { } data ? $"type {data.Kind}" : null);
        Say(BondPort is not null ? "type bond_slave" : null);
        return words.Count == 0 ? "settings" : string.Join(", ", words);

        void Say(string? word)
        {
            if (word is not null)
            {
                words.Add(word);
            }
        }
    }
}
