
namespace NetLab.Linux.Netlink;

/// <summary>Requests about the numbers that other namespaces have in this one: <c>ip netns set</c>.</summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Gives another namespace a number in this one. It keeps it until the kernel begins to remove that namespace.</summary>
    /// <param name="other">The other namespace; it must have no number here yet.</param>
    /// <param name="id">The number, from 0 on.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void SetNamespaceId(NetworkNamespace other, int id, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        Write((other, id), static (writer, a) => RouteSocket.WriteNamespaceId(writer, a.other, a.id), doing, $"giving number {id} to", other);
    }
}
