using System.Collections.Concurrent;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>Resolving: a guest asks who has an address before it sends, and remembers the answer.</summary>
public sealed partial class FakeVm
{
    private readonly ConcurrentDictionary<IPAddress, MacAddress> _neighbours = new();

    /// <summary>The guest's neighbour table: addresses it has resolved.</summary>
    public IReadOnlyDictionary<IPAddress, MacAddress> Neighbours => _neighbours;

    /// <summary>Forgets what was resolved, so that the next send asks again.</summary>
    public void ForgetNeighbours() => _neighbours.Clear();

    /// <summary>Asks by ARP or ND who has the address, unless it is known.</summary>
    /// <exception cref="ForwardingException">Nobody answered; the message says how far the question got.</exception>
    public async Task<MacAddress> ResolveAsync(IPAddress address, CancellationToken ct = default)
    {
        (MacAddress? mac, Fate? question) = await TryResolveAsync(address, ct).ConfigureAwait(false);
        return mac ?? throw new ForwardingException($"VM {Name} asked who has {address} and nobody answered.{Environment.NewLine}{question!.Describe()}", question);
    }

    internal async Task<(MacAddress? Mac, Fate? Question)> TryResolveAsync(IPAddress address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (_neighbours.TryGetValue(address, out MacAddress known))
        {
            return (known, null);
        }

        IPAddress own = SourceFor(address);
        Frame question = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? Frame.NeighborSolicitation(Mac, own, address)
            : Frame.ArpRequest(Mac, own, address);
        Fate fate = await SendAsync(question, ct).ConfigureAwait(false);
        return (_neighbours.TryGetValue(address, out MacAddress mac) ? mac : null, fate);
    }

    /// <summary>The next hop towards an address: itself when it is in a network of the guest, else the gateway.</summary>
    internal IPAddress NextHop(IPAddress to) =>
        Addresses.Any(a => a.Contains(to)) ? to
        : Gateway is { } gateway && gateway.AddressFamily == to.AddressFamily ? gateway
        : throw new TopologyException($"VM {Name} has no way to {to}: it is in none of its networks ({string.Join(", ", Addresses)}) and it has no gateway; give it one: vm => vm.Gateway(…)");

    /// <summary>The guest's address to send from: one in the same network where there is one.</summary>
    internal IPAddress SourceFor(IPAddress to)
    {
        foreach (InterfaceAddress address in Addresses)
        {
            if (address.Contains(to))
            {
                return address.Address;
            }
        }

        return Addresses.FirstOrDefault(a => a.Address.AddressFamily == to.AddressFamily).Address
            ?? throw new TopologyException($"VM {Name} has no address to reach {to} from; give it one: vm => vm.Address(…)");
    }

    private void Learn(IPAddress address, MacAddress mac) => _neighbours[address] = mac;
}
