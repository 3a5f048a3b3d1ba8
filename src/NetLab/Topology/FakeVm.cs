using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A guest without a guest OS: it owns the file descriptor of a tap, as QEMU would, and has a MAC and addresses. It answers
/// ARP, ND and ping (each can be switched off), and sends and receives any frame. The files beside this one hold one ability each.
/// </summary>
public sealed partial class FakeVm
{
    internal FakeVm(Node node, string name, FakeVmBuilder builder)
    {
        Name = name;
        Mac = builder.ChosenMac;
        Addresses = builder.Addresses;
        Gateway = builder.ChosenGateway;
        Routes = builder.Routes;
        AnswersArp = builder.AnswersArp;
        AnswersPing = builder.AnswersPing;
        Listens = builder.Listens;
        VlanAddresses = builder.VlanAddresses.ToDictionary(one => one.Key, one => (IReadOnlyList<InterfaceAddress>)one.Value);

        Span<byte> hostSide = stackalloc byte[6];
        Mac.CopyTo(hostSide);
        hostSide[0] = 0xfe;
        Tap = new TapDevice(node, builder.TapName(node), this) { DefaultMac = builder.ChosenTapMac ?? MacAddress.FromBytes(hostSide), Mtu = builder.ChosenMtu };
    }

    /// <summary>The VM's name, unique in its lab.</summary>
    public string Name { get; }

    /// <summary>The node that holds the VM's tap: the compute node.</summary>
    public Node Node => Tap.Node;

    /// <summary>The tap that is the host's side of the VM's <c>eth0</c>.</summary>
    public TapDevice Tap { get; }

    /// <summary>The guest's MAC address.</summary>
    public MacAddress Mac { get; }

    /// <summary>The guest's addresses; those of its lease once it has one.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; private set; }

    /// <summary>Where the guest sends what is in none of its networks and of its routes, or null.</summary>
    public IPAddress? Gateway { get; private set; }

    /// <summary>The guest's routes beside its gateway; those of its lease once it has one.</summary>
    public IReadOnlyList<GuestRoute> Routes { get; private set; }

    /// <summary>Whether the guest answers ARP requests and neighbour solicitations for its addresses; may be changed at any time.</summary>
    public bool AnswersArp { get; set; }

    /// <summary>Whether the guest answers ping; may be changed at any time.</summary>
    public bool AnswersPing { get; set; }

    /// <summary>
    /// The TCP ports at which the guest listens; it refuses others by RST. Null: the guest has no TCP, and what it gets is a test's to answer. May be
    /// changed at any time.
    /// </summary>
    public IReadOnlySet<int>? Listens { get; set; }

    /// <summary>Addresses of the guest's VLAN subinterfaces, by VLAN: what is for them, and what they send, is tagged.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<InterfaceAddress>> VlanAddresses { get; }

    /// <summary>The guest's first IPv4 address, or its first address.</summary>
    /// <exception cref="TopologyException">The guest has no address.</exception>
    public IPAddress Address => Addresses.Count == 0
        ? throw new TopologyException($"VM {Name} has no address; give it one: `addresses:` in a scenario, or vm => vm.Address(\"10.0.0.11/24\")")
        : Addresses.FirstOrDefault(a => !a.IsIPv6, Addresses[0]).Address;

    /// <summary>The VM's name.</summary>
    public override string ToString() => Name;

    /// <summary>The guest's addresses, those of its VLAN subinterfaces too.</summary>
    internal IEnumerable<InterfaceAddress> AllAddresses => Tagged.Select(one => one.Own);

    /// <summary>The guest's addresses, each with the VLAN of its subinterface.</summary>
    internal IEnumerable<(int? Vlan, InterfaceAddress Own)> Tagged => Addresses.Select(own => ((int?)null, own))
        .Concat(VlanAddresses.SelectMany(one => one.Value.Select(own => ((int?)one.Key, own))));

    /// <summary>Whether an address is the guest's, in whichever VLAN.</summary>
    internal bool Has(IPAddress address) => AllAddresses.Any(own => own.Address.Equals(address));

    private bool Owns(IPAddress address, int? vlan) =>
        (vlan is null ? Addresses : VlanAddresses.GetValueOrDefault(vlan.Value, [])).Any(own => own.Address.Equals(address));
}
