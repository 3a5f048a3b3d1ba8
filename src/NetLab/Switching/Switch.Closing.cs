using NetLab.Linux.Netlink;

namespace NetLab;

// How a port of each kind of switch is closed, so that a loop ends.
public abstract partial class Switch
{
    /// <summary>Closes a port.</summary>
    internal virtual void Close(Device port, NetlinkBatch batch) =>
        batch.ChangeLink(port.Index, new LinkChange { Up = false }, $"stopping a loop by {ClosingOf(port).Closed}");

    /// <summary>What closing a port is called, and what opens it again.</summary>
    internal virtual (string Closed, string Opens) ClosingOf(Device port) => ($"setting {port} down", $"ip link set dev {port.Name} up");
}

public sealed partial class Bridge
{
    // A bridge without STP turns "blocking" into "forwarding" at once (br_port_state_selection of net/bridge/br_stp.c).
    internal override void Close(Device port, NetlinkBatch batch) =>
        batch.SetBridgePort(port.Index, new BridgePortOptions { State = BridgePortState.Disabled }, $"stopping a loop by {ClosingOf(port).Closed}");

    internal override (string Closed, string Opens) ClosingOf(Device port) => ($"disabling port {port}", $"bridge link set dev {port.Name} state 3");
}
