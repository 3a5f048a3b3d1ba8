using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>Macvlans as the kernel has them (drivers/net/macvlan.c, macvlan_handle_frame): which of a device's frames they take.</summary>
internal static class MacvlanDevices
{
    /// <summary>Why no macvlan over a device took a frame that is for one of them, or for who is behind one; null where it is for none.</summary>
    public static Reason? Untaken(DropPlace place)
    {
        if (Above(place).FirstOrDefault(m => IsMeant(m, place.Seen.Destination)) is not { KindData: MacvlanLinkSpec spec } meant)
        {
            return null;
        }

        return !meant.IsUp
            ? place.Why(Causes.DeviceDown, $"{place.Node.Name}/{meant.Name}, a macvlan over {place.Device} that is to take the frame, is down.",
                $"ip link set dev {meant.Name} up", Evidence.Link($"{meant.Name} down.")) with { Device = meant.Name }
            : spec.Mode is MacvlanMode.Source && !TakesFrom(spec, place.Seen.Source)
            ? place.Why(Causes.MacvlanSource,
                $"{place.Node.Name}/{meant.Name} is a macvlan in source mode, which takes frames of the senders on its list alone, and {place.Seen.Source} "
                    + "is not on it.",
                $"ip link set dev {meant.Name} type macvlan macaddr add {place.Seen.Source}",
                Evidence.Link($"{meant.Name} mode source, of "
                    + $"{(spec.SourceMacs.Count == 0 ? "nobody" : string.Join(", ", spec.SourceMacs.Select(MacAddress.From)))}."))
                with { Device = meant.Name }
            : null;
    }

    /// <summary>Whether a macvlan in source mode has a copy of its own of what the device below drops.</summary>
    public static bool HaveTheirs(DropPlace place) => place.Reason is "OTHERHOST" && place.CameIn
        && Above(place).Any(m => m is { IsUp: true, KindData: MacvlanLinkSpec { Mode: MacvlanMode.Source } spec } && TakesFrom(spec, place.Seen.Source));

    private static IEnumerable<LinkInfo> Above(DropPlace place) => place.Node.Live.Route.FindLink(place.Device) is not { } below ? []
        : place.Node.Live.Route.GetLinks().Where(l => l.KindData is MacvlanLinkSpec && l.LinkIndex == below.Index);

    // In passthru mode it takes all; in source mode whatever the address is.
    private static bool IsMeant(LinkInfo link, MacAddress destination) => link.Mac?.Equals(destination.ToPhysicalAddress()) == true
        || link.KindData is MacvlanLinkSpec { Mode: MacvlanMode.Passthru }
        || (link.KindData is MacvlanLinkSpec { Mode: MacvlanMode.Source } && link.MasterIndex is not null);

    private static bool TakesFrom(MacvlanLinkSpec spec, MacAddress source) => spec.SourceMacs.Any(mac => mac.Equals(source.ToPhysicalAddress()));
}
