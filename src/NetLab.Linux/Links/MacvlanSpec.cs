using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>How the macvlans on one device see each other (<c>enum macvlan_mode</c>).</summary>
public enum MacvlanMode : uint
{
    /// <summary>Not at all.</summary>
    Private = 1,
    /// <summary>By way of the switch outside, which must send frames back.</summary>
    Vepa = 2,
    /// <summary>Directly.</summary>
    Bridge = 4,
    /// <summary>There is only one, which takes the lower device over.</summary>
    Passthru = 8,
    /// <summary>A frame goes to the macvlan that lists its source address.</summary>
    Source = 16,
}

/// <summary>Flags of a macvlan (<c>MACVLAN_FLAG_*</c>).</summary>
[Flags]
public enum MacvlanFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>Does not make the lower device promiscuous (mode passthru).</summary>
    NoPromiscuous = 1,
    /// <summary>A frame that a source macvlan took does not go to others as well.</summary>
    NoDestination = 2,
}

/// <summary>What macvlan and macvtap share: a device with a MAC address of its own on another device.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
/// <param name="Mode">How those on one device see each other.</param>
public abstract record MacvlanLinkSpec(string Name, int LinkIndex, MacvlanMode Mode) : LinkSpec(Name)
{
    // include/uapi/linux/if_link.h; enum macvlan_macaddr_mode { ADD, DEL, FLUSH, SET }.
    private const ushort IFLA_MACVLAN_MODE = 1, IFLA_MACVLAN_FLAGS = 2, IFLA_MACVLAN_MACADDR_MODE = 3, IFLA_MACVLAN_MACADDR = 4,
        IFLA_MACVLAN_MACADDR_DATA = 5, IFLA_MACVLAN_BC_QUEUE_LEN = 7, IFLA_MACVLAN_BC_CUTOFF = 9;
    private const uint MACVLAN_MACADDR_SET = 3;

    /// <summary>Flags.</summary>
    public MacvlanFlags? Flags { get; init; }

    /// <summary>Mode source: the source addresses whose frames it takes.</summary>
    public IReadOnlyList<PhysicalAddress> SourceMacs { get; init; } = [];

    /// <summary>Length of the queue for broadcasts and multicasts, in frames.</summary>
    public uint? BroadcastQueueLength { get; init; }

    /// <summary>Multicasts to this many addresses or fewer are not queued; -1 for never (Linux 6.4).</summary>
    [SinceLinux("6.4")]
    public int? BroadcastCutoff { get; init; }

    internal override int? Lower => LinkIndex;

    internal override void WriteData(MessageWriter writer)
    {
        writer.U32(IFLA_MACVLAN_BC_QUEUE_LEN, BroadcastQueueLength);
        if (SourceMacs.Count > 0)
        {
            writer.U32(IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET);
            using (writer.Nest(IFLA_MACVLAN_MACADDR_DATA))
            {
                foreach (var mac in SourceMacs)
                {
                    writer.Mac(IFLA_MACVLAN_MACADDR, mac);
                }
            }
        }

        writer.U32(IFLA_MACVLAN_MODE, (uint)Mode);
        writer.U16(IFLA_MACVLAN_FLAGS, (ushort?)Flags);
        writer.S32(IFLA_MACVLAN_BC_CUTOFF, BroadcastCutoff);
    }

    internal static LinkSpec Read(bool tap, string name, int lower, Attributes data)
    {
        var mode = (MacvlanMode)data.Find(IFLA_MACVLAN_MODE).U32;
        var flags = (MacvlanFlags)data.Find(IFLA_MACVLAN_FLAGS).U16;
        uint? queue = null;
        int? cutoff = null;
        var macs = new ValueList<PhysicalAddress>();
        foreach (var a in data)
        {
            switch (a.Type)
            {
                case IFLA_MACVLAN_BC_QUEUE_LEN:
                    queue = a.U32;
                    break;
                case IFLA_MACVLAN_BC_CUTOFF:
                    cutoff = a.S32;
                    break;
                case IFLA_MACVLAN_MACADDR_DATA:
                    foreach (var mac in a.Nested)
                    {
                        macs.Add(mac.Mac);
                    }

                    break;
            }
        }

        return tap
            ? new MacvtapSpec(name, lower, mode) { Flags = flags, BroadcastQueueLength = queue, BroadcastCutoff = cutoff, SourceMacs = macs }
            : new MacvlanSpec(name, lower, mode) { Flags = flags, BroadcastQueueLength = queue, BroadcastCutoff = cutoff, SourceMacs = macs };
    }
}

/// <summary>A device with a MAC address of its own on another device (CONFIG_MACVLAN).</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
/// <param name="Mode">How the macvlans on one device see each other.</param>
public sealed record MacvlanSpec(string Name, int LinkIndex, MacvlanMode Mode = MacvlanMode.Bridge) : MacvlanLinkSpec(Name, LinkIndex, Mode)
{
    /// <inheritdoc/>
    public override string Kind => "macvlan";
}

/// <summary>A macvlan whose frames are read and written by a program, through <c>/dev/tapINDEX</c> (CONFIG_MACVTAP).</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
/// <param name="Mode">How the macvlans on one device see each other.</param>
public sealed record MacvtapSpec(string Name, int LinkIndex, MacvlanMode Mode = MacvlanMode.Bridge) : MacvlanLinkSpec(Name, LinkIndex, Mode)
{
    /// <inheritdoc/>
    public override string Kind => "macvtap";
}
