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

    /// <summary>The next hop towards an address: itself when it is in a network of the guest, else that of a route, else the gateway.</summary>
    internal IPAddress NextHop(IPAddress to) => FindNextHop(to) ?? throw new TopologyException(
        $"VM {Name} has no way to {to}: {WhyNoWay}; give it one: `gateway:` or `routes:` in a scenario, vm => vm.Gateway(…) or vm => vm.Route(…)");

    /// <summary>The next hop towards an address; null where the guest has no way there.</summary>
    internal IPAddress? FindNextHop(IPAddress to)
    {
        var route = Routes.Where(one => one.Destination.Contains(to)).MaxBy(one => one.Destination.PrefixLength);
        return Toward(to).Own is { Address: not null } own && !(route?.Destination.PrefixLength > own.PrefixLength) ? to
            : route?.Gateway ?? (Gateway is { } gateway && gateway.AddressFamily == to.AddressFamily ? gateway : null);
    }

    /// <summary>Why there is no way to an address, in words that follow a colon.</summary>
    internal string WhyNoWay => $"none of its networks ({string.Join(", ", AllAddresses)}) has it, "
        + (Routes.Count > 0 ? $"nor has one of its routes ({string.Join(", ", Routes)}), " : "")
        + (Gateway is null ? "and there is no gateway" : $"and its gateway {Gateway} is of the other version of IP");

    /// <summary>The guest's address to send from: one in the network of the next hop where there is one.</summary>
    internal IPAddress SourceFor(IPAddress to) =>
        Toward(FindNextHop(to) ?? to).Own.Address ?? Addresses.FirstOrDefault(a => a.Address.AddressFamily == to.AddressFamily).Address
            ?? throw new TopologyException($"VM {Name} has no address to reach {to} from; give it one: `addresses:` in a scenario, or vm => vm.Address(…)");

    /// <summary>The frame as it leaves the guest towards a neighbour: tagged where that is in the network of a VLAN subinterface.</summary>
    internal Frame Outgoing(Frame frame, IPAddress next) => InVlan(frame, Toward(next).Vlan);

    // Of several networks that have the neighbour the smallest.
    private (int? Vlan, InterfaceAddress Own) Toward(IPAddress next) => Tagged.Where(one => one.Own.Contains(next))
        .OrderByDescending(one => one.Own.PrefixLength).FirstOrDefault();

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
