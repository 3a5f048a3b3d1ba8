using System.Net;

namespace NetLab.Linux.Netlink;

/// <summary>Requests about addresses, routes, neighbours and forwarding databases.</summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Gives a device an address.</summary>
    /// <param name="index">Index of the device.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Bits of its network.</param>
    /// <param name="options">What it has beside.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length is longer than the address.</exception>
    public void AddAddress(int index, IPAddress address, int prefixLength, AddressOptions? options = null, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Write((index, address, prefixLength, options),
            static (writer, a) => AddressMessages.Add(writer, a.index, a.address, a.prefixLength, a.options), doing, "adding address", address, index);
    }

    /// <summary>Takes an address from a device.</summary>
    /// <param name="index">Index of the device.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Bits of its network; must be those it was added with.</param>
    /// <param name="peer">The other end, for an address that was added with one.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length is longer than the address.</exception>
    public void DeleteAddress(int index, IPAddress address, int prefixLength, IPAddress? peer = null, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Write((index, address, prefixLength, peer),
            static (writer, a) => AddressMessages.Delete(writer, a.index, a.address, a.prefixLength, a.peer), doing, "deleting address", address, index);
    }

    /// <summary>Adds a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="mode">What to do when it is there already.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">A weight is out of its range.</exception>
    public void AddRoute(RouteSpec route, RouteMode mode = RouteMode.Add, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(route);
        Write((route, mode), static (writer, a) => RouteMessages.Add(writer, a.route, a.mode), doing, "adding", route);
    }

    /// <summary>Deletes the first route that matches all that is given.</summary>
    /// <param name="route">The route.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteRoute(RouteSpec route, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(route);
        Write(route, RouteMessages.Delete, doing, "deleting", route);
    }

    /// <summary>Adds an entry to the ARP or ND table.</summary>
    /// <param name="neighbour">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void AddNeighbour(NeighbourSpec neighbour, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        Write(neighbour, NeighbourMessages.Add, doing, "adding", neighbour, neighbour.Index);
    }

    /// <summary>Deletes an entry of the ARP or ND table.</summary>
    /// <param name="neighbour">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteNeighbour(NeighbourSpec neighbour, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        Write(neighbour, NeighbourMessages.Delete, doing, "deleting", neighbour, neighbour.Index);
    }

    /// <summary>Adds an entry to a forwarding database.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void AddFdb(FdbSpec entry, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Write(entry, FdbMessages.Add, doing, "adding", entry, entry.Index);
    }

    /// <summary>Deletes an entry of a forwarding database.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteFdb(FdbSpec entry, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Write(entry, FdbMessages.Delete, doing, "deleting", entry, entry.Index);
    }
}
