using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>What a guest knows of the way to others: its neighbour table, its networks, its gateway.</summary>
public sealed partial class FakeVm
{
    private const int MostUnsent = 64; // answers that wait for one neighbour

    private readonly ConcurrentDictionary<IPAddress, MacAddress> _neighbours = new();
    private readonly ConcurrentDictionary<IPAddress, ImmutableList<Func<MacAddress, Frame>>> _unsent = new();
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
    public void ForgetNeighbours()
    {
        _neighbours.Clear();
        _unsent.Clear();
    }

    /// <summary>The next hop towards an address: itself when it is in a network of the guest, else the gateway.</summary>
    internal IPAddress NextHop(IPAddress to) =>
        FindNextHop(to) ?? throw new TopologyException(
            $"VM {Name} has no way to {to}: it is in none of its networks ({string.Join(", ", Addresses)}) and it has no gateway; give it " +
                $"one: vm => vm.Gateway(…)");

    /// <summary>The next hop towards an address; null where the guest has no way there.</summary>
    internal IPAddress? FindNextHop(IPAddress to) =>
        AllAddresses.Any(a => a.Contains(to)) ? to : Gateway is { } gateway && gateway.AddressFamily == to.AddressFamily ? gateway : null;

    /// <summary>The guest's address to send from: one in the network of the next hop where there is one.</summary>
    internal IPAddress SourceFor(IPAddress to) =>
        Toward(FindNextHop(to) ?? to).Own.Address ?? Addresses.FirstOrDefault(a => a.Address.AddressFamily == to.AddressFamily).Address
            ?? throw new TopologyException($"VM {Name} has no address to reach {to} from; give it one: vm => vm.Address(…)");

    /// <summary>The frame as it leaves the guest towards a neighbour: tagged where that is in the network of a VLAN subinterface.</summary>
    internal Frame Outgoing(Frame frame, IPAddress next) => InVlan(frame, Toward(next).Vlan);

    // Of several networks that have the neighbour the smallest.
    private (int? Vlan, InterfaceAddress Own) Toward(IPAddress next) => Tagged.Where(one => one.Own.Contains(next)).MaxBy(one => one.Own.PrefixLength);

    /// <summary>The sequence number of the guest's next ping.</summary>
    private ushort NextPing() => (ushort)Interlocked.Increment(ref _pings);

    private void Learn(IPAddress address, MacAddress mac)
    {
        _neighbours[address] = mac;
        if (_unsent.TryRemove(address, out var answers))
        {
            foreach (var answer in answers)
            {
                TryInject(Outgoing(answer(mac), address));
            }
        }
    }

    // Keeps an answer until the neighbour is known that it goes by, and asks for that, as long as nobody has asked yet.
    private bool AskFirst(IPAddress next, IPAddress from, Func<MacAddress, Frame> answer)
    {
        var isFirst = false;
        _unsent.AddOrUpdate(next, _ =>
        {
            isFirst = true;
            return [answer];
        }, (_, before) => before.Count < MostUnsent ? before.Add(answer) : before);
        return !isFirst || TryInject(Outgoing(next.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6
            ? Frame.NeighborSolicitation(Mac, from, next) : Frame.ArpRequest(Mac, from, next), next));
    }
}
