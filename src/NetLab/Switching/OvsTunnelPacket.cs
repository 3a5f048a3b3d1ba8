using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>A packet of a tunnel, as Open vSwitch looks for the port that takes it: by type, key and both ends.</summary>
/// <param name="Type">The type of the interface.</param>
/// <param name="Key">The key or VNI; null where the packet has none.</param>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">Whom it is for.</param>
/// <param name="Port">The UDP port that it is for; null where the tunnel has none.</param>
internal sealed record OvsTunnelPacket(string Type, long? Key, IPAddress Source, IPAddress Destination, ushort? Port)
{
    public static OvsTunnelPacket? Of(Frame outer) => (outer.Ipv4?.Source, outer.Ipv4?.Destination) is not ({ } source, { } destination) ? null
        : outer.Vxlan is { } vxlan ? new("vxlan", vxlan.Vni, source, destination, outer.Udp?.DestinationPort)
        : outer.Geneve is { } geneve ? new("geneve", geneve.Vni, source, destination, outer.Udp?.DestinationPort)
        : outer.Gre is { } gre ? new("gre", gre.Key, source, destination, null) : null;

    /// <summary>What of a port's options is for other packets, and the command that makes it fit.</summary>
    public IEnumerable<(string Has, string Remedy)> Misfits(OvsPortState port)
    {
        // What stands for an option that is not there: any address, no key, the port that IANA gave the protocol.
        foreach ((var option, var value, var absent) in new[]
        {
            ("remote_ip", $"{Source}", null), ("local_ip", $"{Destination}", null), ("key", KeyWord, port.Options.ContainsKey("in_key") ? null : "0"),
            ("in_key", KeyWord, null), ("dst_port", $"{Port}", Type == "vxlan" ? "4789" : Type == "geneve" ? "6081" : null),
        })
        {
            var own = port.Options.GetValueOrDefault(option) ?? absent;
            if (own is not (null or "flow") && own != value)
            {
                yield return ($"{option}={own}", value == absent ? $"ovs-vsctl remove interface {port.Name} options {option}"
                    : $"ovs-vsctl set interface {port.Name} options:{option}={value}");
            }
        }
    }

    private string KeyWord => $"{Key ?? 0}";

    /// <inheritdoc/>
    public override string ToString() => $"{Type} packet with key {KeyWord} from {Source} to {Destination}";
}
