using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios;

// What stands under `steps:`, as written: one class for each kind of mapping.

internal sealed class StepEntry : Entry
{
    public string? Name { get; set; }

    public string? Say { get; set; }

    public PingEntry? Ping { get; set; }

    public SendEntry? Send { get; set; }

    public IReadOnlyList<Located<ExpectEntry>> Expect { get; set; } = [];

    public IReadOnlyList<Located<Place>> ExpectNone { get; set; } = [];

    public SetEntry? Set { get; set; }

    public ExecEntry? Exec { get; set; }

    public StateEntry? State { get; set; }

    public Located<string>? Refused { get; set; }

    public string? Claim { get; set; }

    public Located<bool>? Holds { get; set; }

    public string? Task { get; set; }

    public IReadOnlyList<Located<string>> Hints { get; set; } = [];

    public IReadOnlyList<Located<StepEntry>> Solution { get; set; } = [];

    public IReadOnlyList<Located<StepEntry>> Check { get; set; } = [];
}

internal sealed class PingEntry : Entry
{
    public Located<Place> From { get; set; }

    public Located<Target> To { get; set; }

    /// <summary>True unless the file says that no reply may come.</summary>
    public bool Reply { get; set; } = true;
}

/// <summary>Whom a frame or a ping is for: a VM or node by name, or an address.</summary>
internal sealed record Target(string? Name, IPAddress? Address, MacAddress? Mac)
{
    public override string ToString() => Name ?? Address?.ToString() ?? Mac?.ToString() ?? "";
}

internal sealed class SendEntry : Entry
{
    public Located<string> From { get; set; }

    public Located<Target>? To { get; set; }

    public Located<MacAddress>? SourceMac { get; set; }

    public Located<MacAddress>? DestinationMac { get; set; }

    public Located<IPAddress>? Source { get; set; }

    public Located<IPAddress>? Destination { get; set; }

    public Located<int>? Vlan { get; set; }

    public int? Ttl { get; set; }

    public PortsEntry? Udp { get; set; }

    public PortsEntry? Tcp { get; set; }

    public EchoEntry? Icmp { get; set; }

    public ArpEntry? Arp { get; set; }

    public EthernetEntry? Ethernet { get; set; }

    public Located<byte[]>? Raw { get; set; }
}

internal sealed class PortsEntry : Entry
{
    public int Source { get; set; } = 40000;

    public int Destination { get; set; }

    public string? Payload { get; set; }

    public int? Size { get; set; }

    public IReadOnlyList<Located<string>> Flags { get; set; } = [];
}

internal sealed class EchoEntry : Entry
{
    public bool Request { get; set; } = true;

    public int Id { get; set; } = 1;

    public int Sequence { get; set; } = 1;

    public int? Size { get; set; }
}

internal sealed class ArpEntry : Entry
{
    public bool Request { get; set; } = true;
}

internal sealed class EthernetEntry : Entry
{
    public int Type { get; set; }

    public string? Payload { get; set; }

    public int? Size { get; set; }
}

internal sealed class ExpectEntry : Entry
{
    public Located<Place> Where { get; set; }

    public IReadOnlyList<Located<string>> Via { get; set; } = [];

    public int? Copies { get; set; }
}

internal sealed class SetEntry : Entry
{
    public Located<DevicePlace>? Device { get; set; }

    public bool? Up { get; set; }

    public int? Mtu { get; set; }

    public MacAddress? Mac { get; set; }

    public Located<bool>? Held { get; set; }

    public Located<DevicePlace>? Port { get; set; }

    public OvsVlanEntry Vlan { get; } = new();

    public BridgePortFlags Flags { get; } = new();

    public Located<string>? Node { get; set; }

    public IReadOnlyList<Named<string>> Sysctls { get; set; } = [];

    public Located<string>? Vm { get; set; }

    public IReadOnlyList<Located<string>>? Answers { get; set; }
}

internal sealed class ExecEntry : Entry
{
    public Located<string> Node { get; set; }

    public IReadOnlyList<string> Run { get; set; } = [];

    /// <summary>Null: any but 0.</summary>
    public int? Exit { get; set; } = 0;

    public IReadOnlyList<Located<string>> Contains { get; set; } = [];

    public IReadOnlyList<Located<string>> Lacks { get; set; } = [];
}

internal sealed class StateEntry : Entry
{
    public Located<DevicePlace> Device { get; set; }

    public bool? Exists { get; set; }

    public bool? Up { get; set; }

    public bool? Carrier { get; set; }

    public string? OperState { get; set; }

    public int? Mtu { get; set; }

    public MacAddress? Mac { get; set; }

    public Located<string>? Master { get; set; }

    public string? Kind { get; set; }
}
