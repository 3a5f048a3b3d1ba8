using System.Net.NetworkInformation;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A device of a node: <c>ip -d link</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Info">All that the kernel says of it, with numbers and counters.</param>
public sealed record LinkEntry(string Name, LinkInfo Info) : StateEntry
{
    // As the kernel makes a bridge and a port (net/bridge/br_device.c, br_if.c): what differs is printed.
    private static readonly BridgeOptions UsualBridge = new()
    {
        ForwardDelay = TimeSpan.FromSeconds(15),
        HelloTime = TimeSpan.FromSeconds(2),
        MaxAge = TimeSpan.FromSeconds(20),
        AgeingTime = TimeSpan.FromSeconds(300),
        Priority = 32768,
        VlanProtocol = 0x8100,
        GroupAddress = PhysicalAddress.Parse("01-80-C2-00-00-00"),
        MulticastRouter = 1,
        MulticastSnooping = true,
        MulticastHashElasticity = 16,
        MulticastHashMax = 4096,
        MulticastLastMemberCount = 2,
        MulticastStartupQueryCount = 2,
        MulticastLastMemberInterval = TimeSpan.FromSeconds(1),
        MulticastMembershipInterval = TimeSpan.FromSeconds(260),
        MulticastQuerierInterval = TimeSpan.FromSeconds(255),
        MulticastQueryInterval = TimeSpan.FromSeconds(125),
        MulticastQueryResponseInterval = TimeSpan.FromSeconds(10),
        MulticastStartupQueryInterval = TimeSpan.FromSeconds(31.25),
        VlanDefaultPvid = 1,
        MulticastIgmpVersion = 2,
        MulticastMldVersion = 1,
    };

    private static readonly BridgePortOptions UsualPort = new()
    {
        State = BridgePortState.Forwarding,
        Priority = 32,
        Learning = true,
        Flood = true,
        MulticastFlood = true,
        BroadcastFlood = true,
        MulticastRouter = 1,
        MulticastHostsLimit = 512,
    };

    /// <inheritdoc/>
    public override string Section => "link";

    /// <inheritdoc/>
    public override string Key => Name;

    /// <summary>Its kind: <c>veth</c>, <c>bridge</c>, <c>tun</c>, <c>vxlan</c>…; <c>loopback</c> for lo.</summary>
    public string Kind => Info.Kind ?? (Info.Flags.HasFlag(LinkFlags.Loopback) ? "loopback" : "device");

    /// <summary>Its index.</summary>
    public int Index => Info.Index;

    /// <summary>Its MAC address; null for kinds without one.</summary>
    public PhysicalAddress? Mac => Info.Mac;

    /// <summary>Largest payload of a frame, in bytes.</summary>
    public int Mtu => Info.Mtu;

    /// <summary>Switched on by the administrator.</summary>
    public bool IsUp => Info.IsUp;

    /// <summary>It has a carrier.</summary>
    public bool HasCarrier => Info.HasCarrier;

    /// <summary>Whether frames can pass (RFC 2863).</summary>
    public OperState OperState => Info.OperState;

    /// <summary>The name of its bridge, bond or VRF; null without one.</summary>
    public string? Master { get; init; }

    /// <summary>
    /// A veth's other end as <c>node/device</c>, or as <c>device</c> in the same node; null for other kinds, and where it is nowhere in the lab.
    /// </summary>
    public string? Peer { get; init; }

    /// <summary>The device below, for kinds that sit on another.</summary>
    public string? Lower { get; init; }

    /// <summary>
    /// Neither the lab nor its MAC address's owner is known to have chosen the address: the kernel or Open vSwitch drew it, another each time.
    /// </summary>
    public bool IsMacGenerated { get; init; }

    /// <summary>Further names.</summary>
    public IReadOnlyList<string> AltNames => Info.AltNames;

    /// <summary>Options of a bridge; null for others.</summary>
    public BridgeOptions? Bridge => Info.BridgeOptions;

    /// <summary>Settings as a port of a Linux bridge; null for others.</summary>
    public BridgePortOptions? BridgePort => Info.BridgePortOptions;

    /// <summary>What its kind adds: a <see cref="VxlanSpec"/>, a <see cref="VlanSpec"/>…; null for kinds that add nothing.</summary>
    public LinkSpec? KindData => Info.KindData;

    /// <summary>Counters.</summary>
    public LinkStatistics Statistics => Info.Statistics;

    private protected override void Describe(FieldList fields)
    {
        fields.Bare("type", Kind);
        fields.Add("peer", Peer);
        fields.Add("link", Lower);
        fields.Add("master", Master);
        fields.Add("mtu", Mtu, Info.Flags.HasFlag(LinkFlags.Loopback) ? 65536 : null);
        fields.Add("address", Mac, Info.Flags.HasFlag(LinkFlags.Loopback) ? "00:00:00:00:00:00" : null, IsMacGenerated ? "generated" : null);
        fields.Add("admin", IsUp ? "up" : "down", "up");
        fields.Add("carrier", HasCarrier, IsUp ? true : HasCarrier);

        // A driver that does not say is up for all one can tell.
        var state = OperState is OperState.Unknown && IsUp && HasCarrier ? OperState.Up : OperState;
        fields.Add("state", state, IsUp && HasCarrier ? OperState.Up : IsUp ? null : OperState.Down);
        fields.Flag("promisc", Info.Flags.HasFlag(LinkFlags.Promiscuous));
        fields.Flag("allmulti", Info.Flags.HasFlag(LinkFlags.AllMulticast));
        fields.Flag("noarp", Info.Flags.HasFlag(LinkFlags.NoArp));
        fields.Flag("protodown", Info.ProtoDown);
        fields.Add("altname", AltNames, "none");
        fields.Add("alias", Info.Alias);
        fields.Add("group", Info.Group, 0);
        fields.Add("qlen", Info.TxQueueLength, Info.Kind is "tun" or "bridge" or "veth" || Info.TxQueueLength == 1000 ? 1000 : Info.TxQueueLength);
        fields.Add("addrgenmode", Info.AddressGenMode, Info.AddressGenMode);
        fields.Add("token", Info.Token);
        DescribeKind(fields);
        DescribePort(fields);
        fields.Volatile("index", Index);
        fields.Volatile("qdisc", Info.Qdisc);
        fields.Volatile("permaddr", Info.PermanentMac);
        fields.Volatile("promiscuity", Info.Promiscuity);
        fields.Volatile("min_mtu", Info.MinMtu);
        fields.Volatile("max_mtu", Info.MaxMtu);
        fields.Volatile("num_tx_queues", Info.NumTxQueues);
        fields.Volatile("num_rx_queues", Info.NumRxQueues);
        fields.Volatile("carrier_changes", Info.CarrierChanges);
        fields.Volatile("rx_packets", Statistics.RxPackets);
        fields.Volatile("tx_packets", Statistics.TxPackets);
        fields.Volatile("rx_bytes", Statistics.RxBytes);
        fields.Volatile("tx_bytes", Statistics.TxBytes);
        fields.Volatile("rx_dropped", Statistics.RxDropped);
        fields.Volatile("tx_dropped", Statistics.TxDropped);
        fields.Volatile("rx_errors", Statistics.RxErrors);
        fields.Volatile("tx_errors", Statistics.TxErrors);
    }

    private void DescribeKind(FieldList fields)
    {
        if (Bridge is { } bridge)
        {
            // The kernel keeps times in ticks, which do not hold a quarter of a second exactly on every machine.
            fields.Settings(bridge, bridge.GetType(), UsualBridge
                with { MulticastStartupQueryInterval = bridge.MulticastStartupQueryInterval is { Seconds: 31 } near ? near
                    : UsualBridge.MulticastStartupQueryInterval });
        }
        else if (KindData is { } kind)
        {
            fields.Settings(kind, kind.GetType(), null, name => name is "link_index" or "device_index" or "flags_mask" ? null : name);
        }

        if (Info.Tun is { } tun)
        {
            fields.Add("mode", tun.IsTap ? "tap" : "tun", "tap");
            fields.Flag("pi", tun.PacketInformation);
            fields.Flag("vnet_hdr", tun.VnetHeader);
            fields.Add("persist", tun.Persistent, tun.Persistent);
            fields.Flag("multi_queue", tun.MultiQueue);
            fields.Volatile("queues", tun.Queues);
        }
    }

    private void DescribePort(FieldList fields)
    {
        if (BridgePort is { } port)
        {
            // A port that is down, or has no carrier, is disabled; and the kernel works its cost out of its speed.
            var usual = IsUp && HasCarrier ? BridgePortState.Forwarding : BridgePortState.Disabled;
            fields.Settings(port, port.GetType(), UsualPort with { State = usual, Cost = port.Cost }, name => name is "state" or "priority"
                or "cost" ? $"port_{name}" : name);
        }

        if (Info.BondPort is { } member)
        {
            fields.Settings(member, member.GetType());
        }
    }
}
