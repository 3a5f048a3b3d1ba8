using System.Net;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>What the kernel's routing decides for a packet: <c>ip route get TO from FROM iif DEVICE mark MARK</c>.</summary>
/// <param name="Output">Index of the device it would leave by; null where the kernel refuses to route it.</param>
/// <param name="Gateway">The next hop, or null: the destination is on the link.</param>
/// <param name="Type">What kind of route it is: <see cref="RouteType.Local"/> for the node itself.</param>
/// <param name="Error">0, or why there is none: ENETUNREACH or EHOSTUNREACH no route, EACCES prohibited, EINVAL blackhole or a martian,
/// EXDEV reverse path.</param>
public sealed record RouteDecision(int? Output, IPAddress? Gateway, RouteType Type, int Error)
{
    /// <summary>The MTU that the route has, in bytes; null where it has none of its own.</summary>
    public int? Mtu { get; init; }

    /// <summary>The address that the node would send from; null where the kernel does not say.</summary>
    public IPAddress? Source { get; init; }
}

/// <summary>Asking the kernel for a routing decision.</summary>
public sealed partial class RouteSocket
{
    private const ushort RTA_DST = 1, RTA_SRC = 2, RTA_IIF = 3, RTA_MARK = 16;

    /// <summary>What the kernel would do with a packet now. Asking changes nothing.</summary>
    /// <param name="to">Its destination.</param>
    /// <param name="from">Its source, or null.</param>
    /// <param name="input">Index of the device that it came in by; 0: it is sent from here.</param>
    /// <param name="mark">Its mark.</param>
    /// <exception cref="NetlinkException">The kernel refused the question itself.</exception>
    public RouteDecision FindRoute(IPAddress to, IPAddress? from = null, int input = 0, uint mark = 0)
    {
        ArgumentNullException.ThrowIfNull(to);
        var bits = (byte)(to.AddressFamily is AddressFamily.InterNetworkV6 ? 128 : 32);
        var request = new MessageWriter(96);
        request.Begin(RTM_GETROUTE, NLM_F_REQUEST);
        var header = request.Append(RouteMessages.HeaderSize);
        header[0] = AddressMessages.FamilyNumber(to.AddressFamily);
        header[1] = bits;
        header[2] = from is null ? (byte)0 : bits;
        request.Address(RTA_DST, to);
        request.Address(RTA_SRC, from);
        request.S32(RTA_IIF, input == 0 ? null : input);
        request.U32(RTA_MARK, mark == 0 ? null : mark);
        request.End();
        RouteInfo? found = null;
        try
        {
            _socket.Query(request, $"asking for the route to {to}", (type, payload) => found = type == RTM_NEWROUTE ? RouteMessages.Read(payload) : found);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL or Errno.EXDEV)
        {
            return new RouteDecision(null, null, RouteType.Unspecified, e.Errno);
        }

        return new RouteDecision(found?.OutputIndex, found?.Gateway, found?.Type ?? RouteType.Unspecified, 0)
            { Mtu = (int?)found?.Metrics?.Mtu, Source = found?.PreferredSource };
    }
}
