using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>How this namespace numbers others (RTM_GETNSID, <c>include/uapi/linux/net_namespace.h</c>).</summary>
public sealed partial class RouteSocket
{
    // struct rtgenmsg { unsigned char rtgen_family; };   enum { NETNSA_NONE, NETNSA_NSID, NETNSA_PID, NETNSA_FD, … };
    private const ushort NETNSA_NSID = 1, NETNSA_FD = 3;

    /// <summary>Every number that stands for a namespace here.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<int> GetNamespaceIds()
    {
        var request = Dump(RTM_GETNSID);
        request.Append(4);
        return CollectMany<int>(request, "reading the numbers of namespaces", RTM_NEWNSID, (payload, ids) => ids.Add(ReadNamespaceId(payload)));
    }

    internal static void WriteNamespaceId(MessageWriter request, NetworkNamespace other, int id)
    {
        request.Begin(RTM_NEWNSID, NLM_F_REQUEST);
        request.Append(4);
        request.S32(NETNSA_NSID, id);

        // The number is what the kernel reads; whoever owns the namespace keeps it open until the batch is sent.
        using var fd = other.Handle.Borrow();
        request.S32(NETNSA_FD, fd.Number);
        request.End();
    }

    /// <summary>The number in a message about one.</summary>
    internal static int ReadNamespaceId(ReadOnlySpan<byte> payload) => Attributes.After(payload, 4).Find(NETNSA_NSID).S32;

    /// <summary>The number that another namespace has here (<see cref="LinkInfo.LinkNetnsId"/> uses it); null when it has none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public int? GetNamespaceId(NetworkNamespace other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var request = new MessageWriter(64);
        request.Begin(RTM_GETNSID, NLM_F_REQUEST);
        request.Append(4);
        using var fd = other.Handle.Borrow();
        request.S32(NETNSA_FD, fd.Number);
        request.End();
        int? id = null;
        _socket.Query(request, "asking for the number of a namespace", (_, payload) => id = ReadNamespaceId(payload));
        return id is >= 0 ? id : null;
    }
}
