using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>How an FDB entry behaves.</summary>
public enum FdbKind
{
    /// <summary>Stays until it is deleted (<c>static</c>).</summary>
    Static,
    /// <summary>Ages out like a learned one (<c>dynamic</c>).</summary>
    Dynamic,
    /// <summary>The host's own address: frames to it go up, not out (<c>local</c>, <c>permanent</c>).</summary>
    Local,
}

/// <summary>What to do when the entry is there already.</summary>
public enum FdbMode
{
    /// <summary>EEXIST.</summary>
    Add,
    /// <summary>Overwrites it (NLM_F_REPLACE).</summary>
    Replace,
    /// <summary>VXLAN: one more remote for the same address (NLM_F_APPEND).</summary>
    Append,
}

/// <summary>
/// An entry of a forwarding database (<c>bridge fdb</c>, bridge(8)): of the bridge that the device is a port of, or, with
/// <see cref="Self"/>, of the device itself (VXLAN, macvlan, or the bridge device as a port).
/// </summary>
/// <param name="Index">Index of the device.</param>
/// <param name="Mac">The MAC address; all zero is VXLAN's default entry, to which unknown frames go.</param>
public record FdbSpec(int Index, PhysicalAddress Mac) : IDescribed
{
    /// <summary>How it behaves; static unless said otherwise.</summary>
    public FdbKind Kind { get; init; }

    /// <summary>
    /// The device's own table (NTF_SELF) instead of its bridge's (NTF_MASTER). Null: its own when <see cref="Remote"/> or <see cref="NexthopId"/> is set.
    /// </summary>
    public bool? Self { get; init; }

    /// <summary>VLAN (NDA_VLAN).</summary>
    public ushort? Vlan { get; init; }

    /// <summary>VXLAN: address of the remote end (NDA_DST).</summary>
    public IPAddress? Remote { get; init; }

    /// <summary>VXLAN: UDP port of the remote end (NDA_PORT).</summary>
    public ushort? Port { get; init; }

    /// <summary>VXLAN: VNI to send with (NDA_VNI).</summary>
    public uint? Vni { get; init; }

    /// <summary>VXLAN with external control: VNI the entry is for (NDA_SRC_VNI).</summary>
    public uint? SourceVni { get; init; }

    /// <summary>VXLAN: index of the device to send by (NDA_IFINDEX).</summary>
    public int? Via { get; init; }

    /// <summary>VXLAN: nexthop group instead of remotes (NDA_NH_ID).</summary>
    public uint? NexthopId { get; init; }

    /// <summary>Does not move to another port.</summary>
    public bool Sticky { get; init; }

    /// <summary>Learned by a controller.</summary>
    public bool ExtLearned { get; init; }

    /// <summary>What to do when it is there already.</summary>
    public FdbMode Mode { get; init; }

    internal bool IsSelf => Self ?? (Remote is not null || NexthopId is not null);

    string IDescribed.Describe() =>
        $"FDB entry {Mac.Colons()}{(Vlan is { } v ? $" vlan {v}" : "")}{(Remote is { } r ? $" dst {r}" : "")}{(IsSelf ? " self" : "")}";
}

/// <summary>An FDB entry as the kernel describes it; can be handed back to the batch.</summary>
public sealed record FdbInfo(int Index, PhysicalAddress Mac) : FdbSpec(Index, Mac)
{
    /// <summary>Index of the bridge whose entry it is; null for a device's own.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>NUD_* as the kernel gave it.</summary>
    public NeighbourState State { get; init; }

    /// <summary>NTF_* as the kernel gave it.</summary>
    public NeighbourFlags Flags { get; init; }

    /// <summary>Time since it was last used by a frame (<c>ndm_used</c>), null where the kernel does not say.</summary>
    public TimeSpan? Used { get; init; }

    /// <summary>Time since it was changed (<c>ndm_updated</c>), null where the kernel does not say.</summary>
    public TimeSpan? Updated { get; init; }

    /// <summary>One line, as <c>bridge fdb</c> would print it.</summary>
    public override string ToString() =>
        $"{Mac.Colons()} on {Index}{(Vlan is { } v ? $" vlan {v}" : "")}{(Remote is { } r ? $" dst {r}" : "")}{(Vni is { } n ? $" vni {n}" : "")}" +
            $"{(MasterIndex is { } m ? $" master {m}" : "")}{(IsSelf ? " self" : "")} {Kind}";
}
