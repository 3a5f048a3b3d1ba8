using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// VLAN devices as the kernel has them (net/8021q): each takes the frames with its tag from the device below, and the tag off, before bridges and protocols
/// look.
/// </summary>
internal static class VlanDevices
{
    /// <summary>Of the tags with which a frame came in, the one that is still to be looked at; null where none is left.</summary>
    /// <param name="node">The node.</param>
    /// <param name="device">Where the frame is.</param>
    /// <param name="cameIn">Where it came in.</param>
    /// <param name="tags">Its tags, the outermost first.</param>
    public static VlanTag? LeftAt(Node node, string device, string cameIn, IReadOnlyList<VlanTag> tags)
    {
        var taken = 0;
        for (var at = device; tags.Count > 0 && at != cameIn && node.Live.Route.FindLink(at) is { KindData: VlanSpec, LinkIndex: { } below }; taken++)
        {
            at = node.Live.Route.FindLink(below)?.Name ?? cameIn;
        }

        return taken < tags.Count ? tags[taken] : null;
    }

    /// <summary>What becomes of a tag for which nothing takes the frame at a device: its VLAN device is down, or there is none.</summary>
    public static Reason? Untaken(DropPlace place, VlanTag tag)
    {
        var (node, device) = (place.Node, place.Device);
        List<LinkInfo> above = [.. node.Live.Route.GetLinks().Where(l => l.KindData is VlanSpec && l.LinkIndex == node.Live.Route.FindLink(device)?.Index)];
        if (above.Find(l => Takes(l, tag)) is { } taker)
        {
            return taker.IsUp ? null
                : taker is { MasterIndex: null, LinkIndex: { } below } && KernelPorts.BridgeOf(node, below) is { } bridge ? TakenBy(bridge, device, taker)
                : place.Why(Causes.DeviceDown, DownSentence(node, taker, device, tag), $"ip link set dev {taker.Name} up",
                Evidence.Link($"{taker.Name} down.")) with { Device = taker.Name };
        }

        var other = above.Find(l => l.KindData is VlanSpec vlan && vlan.Id == tag.Id);
        var name = $"{device}.{tag.Id}{(other is null ? "" : $"-{(IsDot1Q(tag) ? "q" : "ad")}")}";
        var isNamed = name.Length <= 15 && node.Live.Route.FindLink(name) is null;
        return place.Why(Causes.VlanUnknown,
            $"The frame is tagged with {Words(tag)}, and {place.Where} has no device for that VLAN"
                + (other is null ? "." : $": {other.Name} has its number, and takes {Words(new VlanTag(ProtocolOf(other), tag.Control))}."),
            $"ip link add link {device} name {(isNamed ? name : $"vlan{tag.Id}")} type vlan {(IsDot1Q(tag) ? "" : "protocol 802.1ad ")}id {tag.Id}"
                + ", or send it untagged");
    }

    /// <summary>A VLAN device over a port of a bridge, which takes the frames with its tag before the bridge sees them; null where none does.</summary>
    public static Reason? TakenFrom(Bridge bridge, Device port, Frame frame) => frame.VlanTags is [var tag, ..]
        && bridge.Node.Live.Route.GetLinks().FirstOrDefault(l => l.LinkIndex == port.Index && Takes(l, tag)) is { } taker
        ? TakenBy(bridge, port.Name, taker) : null;

    /// <summary>The same, of a frame that nothing takes at such a device.</summary>
    public static Reason? TakenFrom(DropPlace place) =>
        place.Node.Live.Route.FindLink(place.Device) is { KindData: VlanSpec, MasterIndex: null, LinkIndex: { } below } taker
        && KernelPorts.BridgeOf(place.Node, below) is { } bridge && place.Node.Live.Route.FindLink(below) is { } port
        ? TakenBy(bridge, port.Name, taker) : null;

    /// <summary>The device below a VLAN device, where that is down, and so the VLAN device as well; null where it is none, or that is up.</summary>
    public static string? DownBelow(Node node, LinkInfo link) =>
        link is { KindData: VlanSpec, LinkIndex: { } below } && node.Live.Route.FindLink(below) is { IsUp: false } lower ? lower.Name : null;

    private static Reason TakenBy(Bridge bridge, string port, LinkInfo taker)
    {
        var (node, tag) = (bridge.Node, new VlanTag(ProtocolOf(taker), ((VlanSpec)taker.KindData!).Id));
        return taker.IsUp
            ? new Reason(Causes.NotAPort, node, taker.Name,
                $"{taker.Name} takes what is tagged with {Words(tag)} from {port} before bridge {bridge.Name} sees it, and is no port of a bridge itself: "
                    + "nothing there passes it on.",
                [Evidence.Link($"{taker.Name}: {Words(tag)} of {port}, which is a port of {bridge.Name}.")], $"ip link del dev {taker.Name}")
            : new Reason(Causes.DeviceDown, node, taker.Name, DownSentence(node, taker, port, tag), [Evidence.Link($"{taker.Name} down.")],
                $"ip link del dev {taker.Name}, or ip link set dev {taker.Name} up");
    }

    private static string DownSentence(Node node, LinkInfo taker, string below, VlanTag tag) =>
        $"{node.Name}/{taker.Name}, which takes what is tagged with {Words(tag)} from {below}, is down.";

    private static bool Takes(LinkInfo link, VlanTag tag) =>
        link.KindData is VlanSpec vlan && vlan.Id == tag.Id && ProtocolOf(link) == tag.Protocol;

    private static ushort ProtocolOf(LinkInfo link) => link.KindData is VlanSpec { Protocol: { } protocol } ? protocol : VlanSpec.Dot1Q;

    private static bool IsDot1Q(VlanTag tag) => tag.Protocol == VlanSpec.Dot1Q;

    private static string Words(VlanTag tag) => $"VLAN {tag.Id}{(IsDot1Q(tag) ? "" : " of 802.1ad")}";
}
