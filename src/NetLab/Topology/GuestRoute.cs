using System.Net;

namespace NetLab;

/// <summary>A route of a fake guest: <c>ip route add DESTINATION via GATEWAY</c> in it.</summary>
/// <param name="Destination">The network.</param>
/// <param name="Gateway">The next hop, a neighbour of the guest.</param>
public sealed record GuestRoute(InterfaceAddress Destination, IPAddress Gateway)
{
    /// <summary>The route in the words of ip-route(8).</summary>
    public override string ToString() => $"{Destination} via {Gateway}";
}
