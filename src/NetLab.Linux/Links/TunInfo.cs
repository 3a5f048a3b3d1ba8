namespace NetLab.Linux.Netlink;

/// <summary>What the kernel says of a tap or tun device (<c>IFLA_TUN_*</c>); they are made by ioctl, see <c>Tap</c>.</summary>
/// <param name="IsTap">True: whole Ethernet frames; false: IP packets.</param>
/// <param name="PacketInformation">Each frame has four bytes of flags and protocol before it (no IFF_NO_PI).</param>
/// <param name="VnetHeader">Each frame has a virtio header before it (IFF_VNET_HDR).</param>
/// <param name="Persistent">It stays when its file is closed.</param>
/// <param name="MultiQueue">It has several queues, each a file of its own.</param>
/// <param name="Queues">Number of queues in use.</param>
/// <param name="DisabledQueues">Number of queues switched off.</param>
/// <param name="Owner">The user that may open it, or null.</param>
/// <param name="OwnerGroup">The group that may open it, or null.</param>
public sealed record TunInfo(bool IsTap, bool PacketInformation, bool VnetHeader, bool Persistent, bool MultiQueue, int Queues, int DisabledQueues,
    uint? Owner, uint? OwnerGroup)
{
    private const ushort IFLA_TUN_OWNER = 1, IFLA_TUN_GROUP = 2, IFLA_TUN_TYPE = 3, IFLA_TUN_PI = 4, IFLA_TUN_VNET_HDR = 5, IFLA_TUN_PERSIST = 6,
        IFLA_TUN_MULTI_QUEUE = 7, IFLA_TUN_NUM_QUEUES = 8, IFLA_TUN_NUM_DISABLED_QUEUES = 9;

    private const byte IFF_TAP = 2;

    internal static TunInfo Read(Attributes data)
    {
        var owner = data.Find(IFLA_TUN_OWNER);
        var group = data.Find(IFLA_TUN_GROUP);
        return new(
            data.Find(IFLA_TUN_TYPE).U8 == IFF_TAP,
            data.Find(IFLA_TUN_PI).Bool,
            data.Find(IFLA_TUN_VNET_HDR).Bool,
            data.Find(IFLA_TUN_PERSIST).Bool,
            data.Find(IFLA_TUN_MULTI_QUEUE).Bool,
            data.Find(IFLA_TUN_NUM_QUEUES).S32,
            data.Find(IFLA_TUN_NUM_DISABLED_QUEUES).S32,
            owner.Data.Length < 4 ? null : owner.U32,
            group.Data.Length < 4 ? null : group.U32);
    }
}
