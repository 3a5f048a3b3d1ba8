using System.Collections.Concurrent;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>What a guest knows of the way to others: its neighbour table, its networks, its gateway.</summary>
public sealed partial class FakeVm
{
    private readonly ConcurrentDictionary<IPAddress, MacAddress> _neighbours = new();
    private int _pings;

    /// <summary>The guest's neighbour table: addresses it has resolved.</summary>
    public IReadOnlyDictionary<IPAddress, MacAddress> Neighbours => _neighbours;

    /// <summary>Makes the guest know who has an address, as <c>ip neighbour add</c> in it would: it does not ask.</summary>
    public void AddNeighbour(IPAddress address, MacAddress mac)
    {
        ArgumentNullException.ThrowIfNull(address);
        Learn(address, mac);
    }

    /// <summary>Forgets what was resolved, so that the next send asks again.</summary>
    public void ForgetNeighbours() => _neighbours.Clear();

    /// <summary>The next hop towards an address: itself when it is in a network of the guest, else the gateway.</summary>
    internal IPAddress NextHop(IPAddress to) =>
        Addresses.Any(a => a.Contains(to)) ? to
        : Gateway is { } gateway && gateway.AddressFamily == to.AddressFamily ? gateway
        : throw new TopologyException(
            $"VM {Name} has no way to {to}: it is in none of its networks ({string.Join(", ", Addresses)}) and it has no gateway; give it " +
                $"one: vm => vm.Gateway(…)");

    /// <summary>The guest's address to send from: one in the same network where there is one.</summary>
    internal IPAddress SourceFor(IPAddress to)
    {
        foreach (var address in Addresses)
        {
            if (address.Contains(to))
            {
                return address.Address;
            }
        }

        return Addresses.FirstOrDefault(a => a.Address.AddressFamily == to.AddressFamily).Address
            ?? throw new TopologyException($"VM {Name} has no address to reach {to} from; give it one: vm => vm.Address(…)");
    }

    /// <summary>The sequence number of the guest's next ping.</summary>
    private ushort NextPing() => (ushort)Interlocked.Increment(ref _pings);

    private void Learn(IPAddress address, MacAddress mac) => _neighbours[address] = mac;
}
