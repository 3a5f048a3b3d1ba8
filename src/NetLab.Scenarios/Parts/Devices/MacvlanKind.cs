using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: macvlan, link: eth0, mode: bridge</c>: a device with a MAC address of its own on another device.</summary>
internal static class MacvlanKind
{
    public static readonly DeviceKind Macvlan = Of("macvlan", "a macvlan", name => new MacvlanSpec(name, 0));

    public static readonly DeviceKind Macvtap = Of("macvtap", "a macvtap", name => new MacvtapSpec(name, 0));

    private static LinkKind<TSpec> Of<TSpec>(string name, string noun, Func<string, TSpec> create)
        where TSpec : MacvlanLinkSpec => new LinkKind<TSpec>(name, noun, create)
        .Over("link", "The device below.", (macvlan, index) => macvlan with { LinkIndex = index }, required: true)
        .Word("mode", "How those on one device see each other; bridge when absent.",
            [
                ("bridge", MacvlanMode.Bridge), ("private", MacvlanMode.Private), ("vepa", MacvlanMode.Vepa), ("passthru", MacvlanMode.Passthru),
                    ("source", MacvlanMode.Source),
            ],
            (macvlan, mode) => macvlan with { Mode = mode })
        .Flag("nopromisc", "Mode passthru: do not make the device below promiscuous.", (macvlan, on) =>
            macvlan with { Flags = Set(macvlan.Flags, MacvlanFlags.NoPromiscuous, on) })
        .Flag("nodst", "Mode source: a frame that it took does not go to others as well.", (macvlan, on) =>
            macvlan with { Flags = Set(macvlan.Flags, MacvlanFlags.NoDestination, on) })
        .With("macaddr", "Mode source: the source addresses whose frames it takes.", new ListShape<Packets.MacAddress>("address", Scalars.Mac, single: true),
            (macvlan, macs) => macvlan with { SourceMacs = [.. macs.Select(mac => mac.Value.ToPhysicalAddress())] })
        .Number("bcqueuelen", "Length of the queue for broadcasts and multicasts, in frames.", 0, uint.MaxValue, (macvlan, frames) =>
            macvlan with { BroadcastQueueLength = (uint)frames })
        .Number("bclim", "Multicasts to this many addresses or fewer are not queued; -1: never.", -1, int.MaxValue, (macvlan, most) =>
            macvlan with { BroadcastCutoff = (int)most });

    private static MacvlanFlags Set(MacvlanFlags? flags, MacvlanFlags flag, bool on) => on ? (flags ?? 0) | flag : (flags ?? 0) & ~flag;
}
