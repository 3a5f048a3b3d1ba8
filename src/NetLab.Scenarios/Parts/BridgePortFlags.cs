using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>What `bridge link set` sets on a port of a Linux bridge, by its names.</summary>
internal sealed class BridgePortFlags
{
    public static readonly string[] Keys = ["learning", "flood", "mcast_flood", "bcast_flood", "isolated", "hairpin", "guard", "cost", "priority"];

    public bool IsEmpty =>
        this is { Learning: null, Flood: null, McastFlood: null, BcastFlood: null, Isolated: null, Hairpin: null, Guard: null, Cost: null, Priority: null };

    public bool? Learning { get; set; }

    public bool? Flood { get; set; }

    public bool? McastFlood { get; set; }

    public bool? BcastFlood { get; set; }

    public bool? Isolated { get; set; }

    public bool? Hairpin { get; set; }

    public bool? Guard { get; set; }

    public int? Cost { get; set; }

    public int? Priority { get; set; }

    public BridgePortOptions ToOptions() => new()
    {
        Learning = Learning,
        Flood = Flood,
        MulticastFlood = McastFlood,
        BroadcastFlood = BcastFlood,
        Isolated = Isolated,
        Hairpin = Hairpin,
        BpduGuard = Guard,
        Cost = (uint?)Cost,
        Priority = (ushort?)Priority,
    };

    /// <summary>What is given, in the words of `bridge link set`.</summary>
    public IEnumerable<string> Changes()
    {
        (string Name, bool? Is)[] switches =
            [("learning", Learning), ("flood", Flood), ("mcast_flood", McastFlood), ("bcast_flood", BcastFlood), ("isolated", Isolated),
                ("hairpin", Hairpin), ("guard", Guard)];
        (string Name, int? Is)[] numbers = [("cost", Cost), ("priority", Priority)];
        return switches.Where(each => each.Is is not null).Select(each => $"{each.Name} {(each.Is is true ? "on" : "off")}")
            .Concat(numbers.Where(each => each.Is is not null).Select(each => $"{each.Name} {each.Is}"));
    }
}

/// <summary>Keys of a port of a Linux bridge, for the parts and steps that have them.</summary>
internal static class BridgePortKeys
{
    public static ObjectShape<T> WithBridgePortFlags<T>(this ObjectShape<T> shape, Func<T, BridgePortFlags> flags)
        where T : Entry, new() => shape
        .With("learning", "Learn where addresses are from frames that come in here.", Scalars.Switch, (port, value) => flags(port).Learning = value.Value)
        .With("flood", "Send frames for unknown unicast addresses out here.", Scalars.Switch, (port, value) => flags(port).Flood = value.Value)
        .With("mcast_flood", "Send multicast that nobody asked for out here.", Scalars.Switch, (port, value) => flags(port).McastFlood = value.Value)
        .With("bcast_flood", "Send broadcast out here.", Scalars.Switch, (port, value) => flags(port).BcastFlood = value.Value)
        .With("isolated", "Exchange no frames with other isolated ports.", Scalars.Switch, (port, value) => flags(port).Isolated = value.Value)
        .With("hairpin", "Allow a frame to leave by the port it came in by.", Scalars.Switch, (port, value) => flags(port).Hairpin = value.Value)
        .With("guard", "Drop BPDUs that come in here, and block the port.", Scalars.Switch, (port, value) => flags(port).Guard = value.Value)
        .With("cost", "The path cost for STP.", Scalars.Number("a cost", 1, 65535, "100", null), (port, value) => flags(port).Cost = value.Value)
        .With("priority", "The port priority for STP.", Scalars.Number("a priority", 0, 63, "32", null), (port, value) => flags(port).Priority = value.Value);
}
