using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab.Scenarios;

// What stands under `lab:`, as written: one class for each kind of mapping. Names are those of the file; nothing here
// is resolved or checked against anything else (that is Checking/), and nothing is built (that is Running/).

internal sealed class LabEntry : Entry
{
    public IReadOnlyList<Named<NodeEntry>> Nodes { get; set; } = [];

    public IReadOnlyList<Located<LinkEntry>> Links { get; set; } = [];
}

internal sealed class NodeEntry : Entry
{
    public IReadOnlyList<Named<string>> Sysctls { get; set; } = [];

    public IReadOnlyList<Named<DeviceEntry>> Devices { get; set; } = [];

    public IReadOnlyList<Named<BridgeEntry>> Bridges { get; set; } = [];

    public IReadOnlyList<Named<OvsBridgeEntry>> OvsBridges { get; set; } = [];

    public IReadOnlyList<Located<PatchEntry>> Patches { get; set; } = [];

    public IReadOnlyList<Named<VmEntry>> Vms { get; set; } = [];

    public IReadOnlyList<Located<HybridPlugEntry>> HybridPlugs { get; set; } = [];

    public IReadOnlyList<Located<RouteText>> Routes { get; set; } = [];

    public bool Forwarding { get; set; }

    public string? Nft { get; set; }

    public Located<string>? IntegrationBridge { get; set; }
}

/// <summary>What any device of a node can be given.</summary>
internal class DeviceSettings : Entry
{
    public Located<int>? Mtu { get; set; }

    public Located<MacAddress>? Mac { get; set; }

    public IReadOnlyList<Located<InterfaceAddress>> Addresses { get; set; } = [];

    public Located<bool>? Up { get; set; }

    public Located<bool>? Promisc { get; set; }
}

internal sealed class DeviceEntry : DeviceSettings
{
    /// <summary>Null: the device is declared elsewhere (a link, a port), and this only sets it.</summary>
    public Located<string>? Type { get; set; }
}

internal sealed class LinkEntry : Entry
{
    public LinkEndEntry A { get; set; } = new();

    public LinkEndEntry B { get; set; } = new();

    public Located<int>? Mtu { get; set; }
}

internal sealed class LinkEndEntry : DeviceSettings
{
    public Located<DevicePlace> Device { get; set; }

    public Located<string>? Master { get; set; }
}

internal sealed class BridgeOptionsEntry
{
    public bool? StpState { get; set; }

    public TimeSpan? ForwardDelay { get; set; }

    public TimeSpan? AgeingTime { get; set; }

    public TimeSpan? HelloTime { get; set; }

    public TimeSpan? MaxAge { get; set; }

    public bool? McastSnooping { get; set; }

    public bool? VlanFiltering { get; set; }

    public int? Priority { get; set; }

    public int? GroupFwdMask { get; set; }

    public bool? NfCallIptables { get; set; }
}

internal sealed class BridgeEntry : DeviceSettings
{
    public IReadOnlyList<Located<BridgePortEntry>> Ports { get; set; } = [];

    public BridgeOptionsEntry Options { get; } = new();
}

internal sealed class BridgePortEntry : Entry
{
    public Located<string> Name { get; set; }

    public BridgePortFlags Flags { get; } = new();
}

/// <summary>What `bridge link set` sets on a port.</summary>
internal sealed class BridgePortFlags
{
    public static readonly string[] Keys = ["learning", "flood", "mcast_flood", "bcast_flood", "isolated", "hairpin", "guard", "cost", "priority"];

    public bool IsEmpty => this is { Learning: null, Flood: null, McastFlood: null, BcastFlood: null, Isolated: null, Hairpin: null, Guard: null, Cost: null, Priority: null };

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
            [("learning", Learning), ("flood", Flood), ("mcast_flood", McastFlood), ("bcast_flood", BcastFlood), ("isolated", Isolated), ("hairpin", Hairpin), ("guard", Guard)];
        (string Name, int? Is)[] numbers = [("cost", Cost), ("priority", Priority)];
        return switches.Where(each => each.Is is not null).Select(each => $"{each.Name} {(each.Is is true ? "on" : "off")}")
            .Concat(numbers.Where(each => each.Is is not null).Select(each => $"{each.Name} {each.Is}"));
    }
}

internal sealed class OvsBridgeEntry : DeviceSettings
{
    public IReadOnlyList<Located<OvsPortEntry>> Ports { get; set; } = [];

    public string? FailMode { get; set; }

    public bool? McastSnooping { get; set; }

    public IReadOnlyList<Named<string>> OtherConfig { get; set; } = [];

    public IReadOnlyList<Located<string>> Flows { get; set; } = [];
}

/// <summary>The VLAN columns of a row of OVS's Port table.</summary>
internal sealed class OvsVlanEntry
{
    public static readonly string[] Keys = ["tag", "trunks", "vlan_mode"];

    public Located<int>? Tag { get; set; }

    public IReadOnlyList<Located<int>>? Trunks { get; set; }

    public Located<string>? Mode { get; set; }

    /// <summary>The port's options with what is given here.</summary>
    public OvsPortOptions ApplyTo(OvsPortOptions options) => options with
    {
        Tag = Tag is { } tag ? tag.Value : options.Tag,
        Trunks = Trunks is { } trunks ? [.. trunks.Select(trunk => trunk.Value)] : options.Trunks,
        VlanMode = Mode is { } mode ? mode.Value : options.VlanMode,
    };
}

internal sealed class OvsPortEntry : Entry
{
    public Located<string> Name { get; set; }

    public Located<string>? Type { get; set; }

    public OvsVlanEntry Vlan { get; } = new();

    public IReadOnlyList<Named<string>> ExternalIds { get; set; } = [];
}

/// <summary>Two patch ports, each the other's peer; <see cref="DevicePlace.Node"/> is the OVS bridge here.</summary>
internal sealed class PatchEntry : Entry
{
    public Located<DevicePlace> A { get; set; }

    public Located<DevicePlace> B { get; set; }
}

/// <summary>What a fake VM is, wherever its tap is plugged.</summary>
internal class GuestEntry : Entry
{
    public Located<MacAddress>? Mac { get; set; }

    public IReadOnlyList<Located<InterfaceAddress>> Addresses { get; set; } = [];

    public Located<IPAddress>? Gateway { get; set; }

    public Located<int>? Mtu { get; set; }

    /// <summary>Null: arp (and ND) and ping.</summary>
    public IReadOnlyList<Located<string>>? Answers { get; set; }

    public static void SetAnswers(FakeVm vm, IReadOnlyList<Located<string>> answers)
    {
        vm.AnswersArp = answers.Any(answer => answer.Value == "arp");
        vm.AnswersPing = answers.Any(answer => answer.Value == "ping");
    }
}

internal sealed class VmEntry : GuestEntry
{
    public Located<string>? Tap { get; set; }

    public Located<string>? Bridge { get; set; }

    public Located<int>? Tag { get; set; }
}

internal sealed class HybridPlugEntry : GuestEntry
{
    public Located<string> Port { get; set; }

    /// <summary>Null: the node's integration bridge.</summary>
    public Located<string>? Bridge { get; set; }

    public Located<int> Vlan { get; set; }

    public Located<string> Vm { get; set; }

    /// <summary>("tap"|"qbr"|"qvb"|"qvo" + port id), cut at 14 characters, as Nova's NIC_NAME_LEN has it.</summary>
    public string DeviceName(string prefix) => (prefix + Port.Value)[..Math.Min(14, prefix.Length + Port.Value.Length)];
}

/// <summary>A route in the words of `ip route`.</summary>
internal sealed record RouteText(InterfaceAddress? To, IPAddress? Via, string? Dev)
{
    /// <summary>Where the text names the gateway and the device, from its own beginning.</summary>
    public int ViaOffset { get; init; }

    public int DevOffset { get; init; }
}
