using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>State of a neighbour entry (NUD_*, <c>include/uapi/linux/neighbour.h</c>, arp(7)).</summary>
[Flags]
public enum NeighbourState : ushort
{
    /// <summary>NUD_NONE.</summary>
    None = 0,
    /// <summary>NUD_INCOMPLETE: asked for, not answered yet.</summary>
    Incomplete = 1,
    /// <summary>NUD_REACHABLE: known to be right.</summary>
    Reachable = 2,
    /// <summary>NUD_STALE: used, but to be verified.</summary>
    Stale = 4,
    /// <summary>NUD_DELAY: waits for a hint before it is verified.</summary>
    Delay = 8,
    /// <summary>NUD_PROBE: being verified.</summary>
    Probe = 0x10,
    /// <summary>NUD_FAILED: nobody answered.</summary>
    Failed = 0x20,
    /// <summary>NUD_NOARP: never verified, may be removed.</summary>
    NoArp = 0x40,
    /// <summary>NUD_PERMANENT: never verified, never removed.</summary>
    Permanent = 0x80,
}

/// <summary>Flags of a neighbour or FDB entry (NTF_*, <c>include/uapi/linux/neighbour.h</c>).</summary>
[Flags]
public enum NeighbourFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>NTF_USE: starts resolution.</summary>
    Use = 1,
    /// <summary>NTF_SELF: FDB of the device itself.</summary>
    Self = 2,
    /// <summary>NTF_MASTER: FDB of the bridge the device is a port of.</summary>
    Master = 4,
    /// <summary>NTF_PROXY: answered for another.</summary>
    Proxy = 8,
    /// <summary>NTF_EXT_LEARNED: learned by a controller.</summary>
    ExtLearned = 0x10,
    /// <summary>NTF_OFFLOADED: in hardware.</summary>
    Offloaded = 0x20,
    /// <summary>NTF_STICKY: does not move to another port.</summary>
    Sticky = 0x40,
    /// <summary>NTF_ROUTER: an IPv6 router.</summary>
    Router = 0x80,
}

/// <summary>An entry of the ARP or ND table (ip-neighbour(8)).</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="Address">The IP address.</param>
public record NeighbourSpec(int Index, IPAddress Address) : IDescribed
{
    /// <summary>Its MAC address; none for a proxy entry.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>Its state; permanent unless said otherwise.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>True: the host answers for this address (proxy ARP, proxy ND); <see cref="Mac"/> has no meaning then.</summary>
    public bool Proxy { get; init; }

    /// <summary>It is an IPv6 router.</summary>
    public bool Router { get; init; }

    /// <summary>Learned by a controller; not aged.</summary>
    public bool ExtLearned { get; init; }

    /// <summary>Starts resolution at once (NTF_USE).</summary>
    public bool Use { get; init; }

    /// <summary>The kernel keeps it resolved (NTF_EXT_MANAGED, Linux 5.16).</summary>
    public bool Managed { get; init; }

    /// <summary>Who put it there, RTPROT_* (NDA_PROTOCOL).</summary>
    public byte? Protocol { get; init; }

    /// <summary>Overwrites an entry that is there, instead of answering EEXIST.</summary>
    public bool Replace { get; init; }

    string IDescribed.Describe() => Proxy ? $"proxy neighbour {Address}" : $"neighbour {Address}{(Mac is null ? "" : $" lladdr {Mac.Colons()}")}";
}

/// <summary>An entry of the ARP or ND table as the kernel describes it (RTM_NEWNEIGH); can be handed back to the batch.</summary>
public sealed record NeighbourInfo(int Index, IPAddress Address) : NeighbourSpec(Index, Address)
{
    /// <summary>All of its NTF_* flags.</summary>
    public NeighbourFlags Flags { get; init; }

    /// <summary>One line, as <c>ip neigh</c> would print it.</summary>
    public override string ToString() => $"{Address} on {Index}{(Mac is null ? "" : $" lladdr {Mac.Colons()}")}{(Proxy ? " proxy" : $" {State}")}";
}
