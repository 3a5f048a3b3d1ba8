using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

// What spanning tree shuts and takes, and addresses that are for the next device alone.
internal static partial class BridgeModel
{
    /// <summary>A message of STP, which a bridge with STP takes itself; null for all others.</summary>
    public static Reason? TakenByStp(Bridge bridge, string port, Frame frame) =>
        frame.Destination.ToUInt64() != 0x0180_c200_0000
        || bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions is not { StpState: true } options ? null
            : new Reason(Causes.StpTook, bridge.Node, port,
                $"Bridge {bridge.Name} took the frame itself: it is a message of STP, {frame.Destination}, and STP is on there."
                    + (bridge.Node.Live.Route.FindLink(port)?.BridgePortOptions is { BpduGuard: true, State: BridgePortState.Disabled }
                        ? $" It shut {port} for that: the port has `guard on`." : ""),
                [Evidence.Bridge($"{bridge.Name} stp_state 1, group_fwd_mask {options.GroupForwardMask}.")],
                $"ip link set dev {bridge.Name} type bridge stp_state 0");

    /// <summary>Why a bridge passes no frame for the next device alone on; null where it does, or the frame is another.</summary>
    public static Reason? NextDeviceOnly(Bridge bridge, Device ingress, LinkInfo port, Frame frame)
    {
        var bit = (int)(frame.Destination.ToUInt64() & 15);
        if (!IsForNextDevice(frame.Destination) || bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions is not { } options)
        {
            return null;
        }

        if (bit == 1)
        {
            return new Reason(Causes.ReservedMac, bridge.Node, ingress.Name,
                $"The destination {frame.Destination} is reserved for MAC control (pause frames); no bridge passes it on.",
                    [Evidence.Bridge($"{PortWords(port)}.")]);
        }

        var mask = options.GroupForwardMask ?? 0;
        return (bit == 0 && options.StpState != true) || (((port.BridgePortOptions?.GroupForwardMask ?? 0) | mask) & (1 << bit)) != 0 ? null
            : new Reason(Causes.LinkLocalMac, bridge.Node, ingress.Name,
                $"{frame.Destination} is for the next device alone (01:80:c2:00:00:0x): "
                    + $"bridge {bridge.Name} passes it on only where its group_fwd_mask says so.",
                [Evidence.Bridge($"group_fwd_mask {mask}.")], bit > 2 ? $"ip link set dev {bridge.Name} type bridge group_fwd_mask {mask | (1 << bit)}" : null);
    }

    /// <summary>Whether a frame is for the next device alone (IEEE 802.1D, table 7-10): no bridge passes it on unless it is told to.</summary>
    public static bool IsForNextDevice(MacAddress destination) => (destination.ToUInt64() & 0xffff_ffff_fff0) == 0x0180_c200_0000;

    public static Reason IngressState(Bridge bridge, Device ingress, BridgePortState state, Evidence evidence) =>
        new(Causes.IngressState, bridge.Node, ingress.Name,
            $"Port {ingress.Name} of bridge {bridge.Name} is {state.ToString().ToLowerInvariant()}, and takes no " +
                $"frames{(state is BridgePortState.Listening or BridgePortState.Learning ? " yet: STP waits for its forward delay"
                    : Guarded(bridge, ingress, state) is var (guard, _) ? $": {guard}" : "")}.",
            [evidence], StateRemedy(bridge, ingress, state));

    // With STP the kernel refuses to set a state by hand; and a port that STP blocks would close a loop.
    private static string StateRemedy(Bridge bridge, Device port, BridgePortState state) =>
        bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions?.StpState != true ? $"bridge link set dev {port.Name} state 3"
        : Guarded(bridge, port, state) is var (_, opens) ? opens
        : state is BridgePortState.Blocking ? "leave it so: STP blocks the port because another way leads there, and opens it when that way is gone"
        : $"wait until STP lets {port.Name} forward, or give the bridge a shorter forward_delay";

    // What else than the tree itself keeps a port of STP shut (net/bridge/br_stp_bpdu.c, br_stp_rcv; br_stp.c, br_root_port_block).
    private static (string Guard, string Opens)? Guarded(Bridge bridge, Device port, BridgePortState state) =>
        bridge.Node.Live.Route.FindLink(port.Index)?.BridgePortOptions is not { } options
            || bridge.Node.Live.Route.FindLink(bridge.Index)?.BridgeOptions?.StpState != true ? null
        : state is BridgePortState.Disabled && options.BpduGuard == true
            ? ($"{port.Name} has `guard on`, and STP shuts such a port when a BPDU comes in by it",
                $"see who sends BPDUs there; bridge link set dev {port.Name} guard off; ip link set dev {port.Name} down; ip link set dev {port.Name} up")
        : state is BridgePortState.Blocking or BridgePortState.Listening && options.RootBlock == true
            ? ($"{port.Name} has `root_block on`, and STP keeps such a port shut while a better root is announced there",
                $"see who announces a better root there, or: bridge link set dev {port.Name} root_block off")
        : null;
}
