using System.Net;
using System.Net.NetworkInformation;
using static NetLab.Linux.Netlink.LinkAttributes;

namespace NetLab.Linux.Netlink;

/// <summary>A device as the kernel describes it (RTM_NEWLINK). Two readings of an unchanged device are equal but for <see cref="Statistics"/>.</summary>
public sealed record LinkInfo
{
    /// <summary>Its number within its namespace.</summary>
    public int Index { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its kind (<c>veth</c>, <c>bridge</c>, <c>tun</c>…); null for lo and for hardware.</summary>
    public string? Kind { get; init; }

    /// <summary>What its master takes it for: <c>bridge</c>, <c>bond</c>, <c>vrf</c>; null without a master.</summary>
    public string? PortKind { get; init; }

    /// <summary>Link-layer type (ARPHRD_*): 1 Ethernet, 772 loopback, 65534 none, 768 IPv4 tunnel, 778 GRE.</summary>
    public ushort Type { get; init; }

    /// <summary>IFF_* flags.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>The MAC address; null for kinds without one.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The link-layer broadcast address.</summary>
    public PhysicalAddress? Broadcast { get; init; }

    /// <summary>The address the hardware came with (IFLA_PERM_ADDRESS).</summary>
    public PhysicalAddress? PermanentMac { get; init; }

    /// <summary>Largest payload of a frame, in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Smallest MTU it takes.</summary>
    public int MinMtu { get; init; }

    /// <summary>Largest MTU it takes, 0 for no limit.</summary>
    public int MaxMtu { get; init; }

    /// <summary>Index of its bridge, bond or VRF.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>The device below, or a veth's other end (IFLA_LINK); a number in the namespace of <see cref="LinkNetnsId"/> when that is there.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>
    /// In which namespace <see cref="LinkIndex"/> is (a number of this namespace's own, see <see cref="RouteSocket.GetNamespaceId"/>); null: in the same.
    /// </summary>
    public int? LinkNetnsId { get; init; }

    /// <summary>Operational state (RFC 2863).</summary>
    public OperState OperState { get; init; }

    /// <summary>IFLA_CARRIER.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>How often the carrier came or went.</summary>
    public uint CarrierChanges { get; init; }

    /// <summary>Length of the transmit queue, in frames.</summary>
    public int TxQueueLength { get; init; }

    /// <summary>Number of transmit queues.</summary>
    public int NumTxQueues { get; init; }

    /// <summary>Number of receive queues.</summary>
    public int NumRxQueues { get; init; }

    /// <summary>Name of the root qdisc.</summary>
    public string? Qdisc { get; init; }

    /// <summary>Device group.</summary>
    public uint Group { get; init; }

    /// <summary>How many users want every frame; more than 0 means promiscuous.</summary>
    public uint Promiscuity { get; init; }

    /// <summary>Held down by a protocol.</summary>
    public bool ProtoDown { get; init; }

    /// <summary>Further names.</summary>
    public IReadOnlyList<string> AltNames { get; init; } = [];

    /// <summary>Free text.</summary>
    public string? Alias { get; init; }

    /// <summary>How its IPv6 link-local address is made; null where IPv6 is off.</summary>
    public AddressGenerationMode? AddressGenMode { get; init; }

    /// <summary>IPv6 token, when set.</summary>
    public IPAddress? Token { get; init; }

    /// <summary>Its IPv4 settings, <c>net.ipv4.conf.DEVICE.*</c>; null where it has none.</summary>
    public InetSettings? Inet { get; init; }

    /// <summary>Its IPv6 settings, <c>net.ipv6.conf.DEVICE.*</c>; null where it has none.</summary>
    public Inet6Settings? Inet6 { get; init; }

    /// <summary>
    /// What its kind adds, as the spec that would make such a device (only <see cref="LinkSpec.Name"/> and the kind's own properties are
    /// filled in); null for kinds that NetLab does not know.
    /// </summary>
    public LinkSpec? KindData { get; init; }

    /// <summary>Options of a bridge; null for others.</summary>
    public BridgeOptions? BridgeOptions => (KindData as BridgeSpec)?.Options;

    /// <summary>Settings of a bridge port; null for others.</summary>
    public BridgePortOptions? BridgePortOptions { get; init; }

    /// <summary>What a bridge found out by itself; null for others.</summary>
    public BridgeStatus? BridgeStatus { get; init; }

    /// <summary>What a bridge port found out by itself; null for others.</summary>
    public BridgePortStatus? BridgePortStatus { get; init; }

    /// <summary>Settings of a member of a bond; null for others.</summary>
    public BondPortOptions? BondPort { get; init; }

    /// <summary>What the kernel says of a tap or tun device; null for others.</summary>
    public TunInfo? Tun { get; init; }

    /// <summary>The number of the XDP program that looks at what comes in first; null where there is none.</summary>
    public uint? XdpProgramId { get; init; }

    /// <summary>Counters.</summary>
    public LinkStatistics Statistics { get; init; }

    /// <summary>Switched on (IFF_UP).</summary>
    public bool IsUp => Flags.HasFlag(LinkFlags.Up);

    /// <summary>Up, with a carrier, and operational: frames can pass. (lo and devices whose driver does not say are in state Unknown.)</summary>
    public bool IsReady => IsUp && HasCarrier && OperState is OperState.Up or OperState.Unknown;

    /// <summary>One line, as <c>ip link</c> would begin it.</summary>
    public override string ToString() =>
        $"{Index}: {Name}{(Kind is null ? "" : $" ({Kind})")} {(IsUp ? "up" : "down")}, {(HasCarrier ? "carrier" : "no carrier")}, state " +
            $"{OperState}, mtu {Mtu}{(MasterIndex is { } m ? $", master {m}" : "")}";

    /// <summary>Reads the body of an RTM_NEWLINK or RTM_DELLINK; see <see cref="LinkMessages"/> for the layout.</summary>
    internal static LinkInfo Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, LinkMessages.HeaderSize);
        var name = attributes.Find(IFLA_IFNAME).Text;
        var linkInfo = attributes.Find(IFLA_LINKINFO).Nested;
        var kind = linkInfo.Find(IFLA_INFO_KIND);
        var kindName = kind.Data.IsEmpty ? null : kind.Text;
        var data = linkInfo.Find(IFLA_INFO_DATA).Nested;
        var portKind = linkInfo.Find(IFLA_INFO_SLAVE_KIND);
        var portKindName = portKind.Data.IsEmpty ? null : portKind.Text;
        var portData = linkInfo.Find(IFLA_INFO_SLAVE_DATA).Nested;
        var inet6 = attributes.Find(IFLA_AF_SPEC).Nested.Find(Rtnetlink.AF_INET6).Nested;
        var mode = inet6.Find(IFLA_INET6_ADDR_GEN_MODE);
        var token = inet6.Find(IFLA_INET6_TOKEN).Address;
        var link = attributes.Find(IFLA_LINK);

        return new LinkInfo
        {
            Index = Attribute.ReadAt<int>(payload, 4),
            Type = Attribute.ReadAt<ushort>(payload, 2),
            Flags = (LinkFlags)Attribute.ReadAt<uint>(payload, 8),
            Name = name,
            Kind = kindName,
            PortKind = portKindName,
            Mac = MacOf(attributes.Find(IFLA_ADDRESS)),
            Broadcast = MacOf(attributes.Find(IFLA_BROADCAST)),
            PermanentMac = MacOf(attributes.Find(IFLA_PERM_ADDRESS)),
            Mtu = attributes.Find(IFLA_MTU).S32,
            MinMtu = attributes.Find(IFLA_MIN_MTU).S32,
            MaxMtu = attributes.Find(IFLA_MAX_MTU).S32,
            MasterIndex = NumberOf(attributes.Find(IFLA_MASTER)),
            LinkIndex = NumberOf(link) is > 0 and { } index ? index : null,
            LinkNetnsId = NumberOf(attributes.Find(IFLA_LINK_NETNSID)),
            OperState = (OperState)attributes.Find(IFLA_OPERSTATE).U8,
            HasCarrier = attributes.Find(IFLA_CARRIER).Bool,
            CarrierChanges = attributes.Find(IFLA_CARRIER_CHANGES).U32,
            TxQueueLength = attributes.Find(IFLA_TXQLEN).S32,
            NumTxQueues = attributes.Find(IFLA_NUM_TX_QUEUES).S32,
            NumRxQueues = attributes.Find(IFLA_NUM_RX_QUEUES).S32,
            Qdisc = TextOf(attributes.Find(IFLA_QDISC)),
            Group = attributes.Find(IFLA_GROUP).U32,
            Promiscuity = attributes.Find(IFLA_PROMISCUITY).U32,
            ProtoDown = attributes.Find(IFLA_PROTO_DOWN).Bool,
            AltNames = ReadAltNames(attributes.Find(IFLA_PROP_LIST).Nested),
            Alias = TextOf(attributes.Find(IFLA_IFALIAS)),
            AddressGenMode = mode.Data.IsEmpty ? null : (AddressGenerationMode)mode.U8,
            Token = token is null || token.Equals(IPAddress.IPv6Any) ? null : token,
            Inet = InetSettings.Read(attributes.Find(IFLA_AF_SPEC).Nested.Find(Rtnetlink.AF_INET).Nested.Find(IFLA_INET_CONF)),
            Inet6 = Inet6Settings.Read(inet6.Find(IFLA_INET6_CONF)),
            KindData = LinkKinds.Read(kindName, name, link.S32, data),
            BridgeStatus = kindName is "bridge" ? Netlink.BridgeStatus.Read(data) : null,
            BridgePortOptions = portKindName is "bridge" ? Netlink.BridgePortOptions.Read(portData) : null,
            BridgePortStatus = portKindName is "bridge" ? Netlink.BridgePortStatus.Read(portData) : null,
            BondPort = portKindName is "bond" ? BondPortOptions.Read(portData) : null,
            Tun = kindName is "tun" ? TunInfo.Read(data) : null,
            XdpProgramId = attributes.Find(IFLA_XDP).Nested.Find(IFLA_XDP_PROG_ID) is { Data.IsEmpty: false } program ? program.U32 : null,
            Statistics = LinkStatistics.Read(attributes.Find(IFLA_STATS64)),
        };
    }

    private static PhysicalAddress? MacOf(Attribute a) => a.Data.IsEmpty ? null : a.Mac;

    private static int? NumberOf(Attribute a) => a.Data.Length < 4 ? null : a.S32;

    private static string? TextOf(Attribute a) => a.Data.IsEmpty ? null : a.Text;

    private static ValueList<string> ReadAltNames(Attributes properties)
    {
        var names = new ValueList<string>();
        foreach (var property in properties)
        {
            if (property.Type == IFLA_ALT_IFNAME)
            {
                names.Add(property.Text);
            }
        }

        return names;
    }
}
