using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that went round and round in a loop of switches, and that the lab has stopped by closing one port on the loop.</summary>
/// <param name="Port">The port that was closed: of a Linux bridge it is disabled now; of an Open vSwitch bridge its device is down.</param>
/// <param name="Frame">The frame, as it was last seen.</param>
/// <param name="Times">How often it passed the port in what was looked at.</param>
/// <param name="Within">In what time.</param>
/// <param name="Ports">All ports that it passed again and again, with how often.</param>
public sealed record Storm(Device Port, Frame Frame, int Times, TimeSpan Within, IReadOnlyDictionary<Device, int> Ports)
{
    /// <summary>The storm as the reason why its frames ended.</summary>
    public Reason Reason => new(Causes.Storm, Port.Node, Port.Name,
        $"The frame went round in a loop: it passed {Port} {Times} times in {Within.TotalMilliseconds:0.#} ms. The lab has stopped it by {(Port.Switch is Bridge ? $"disabling port {Port}" : $"setting {Port} down")}.",
        [Evidence.Seen($"{string.Join(", ", Ports.OrderByDescending(p => p.Value).Select(p => $"{p.Key} {p.Value} times"))}.")],
        $"take one of the links of the loop away, or let its switches run STP; `{(Port.Switch is Bridge ? $"bridge link set dev {Port.Name} state 3" : $"ip link set {Port.Name} up")}` opens the port again");

    /// <inheritdoc/>
    public override string ToString() => $"  A storm of {Frame}{Environment.NewLine}{Reason.Describe("    ")}";
}
