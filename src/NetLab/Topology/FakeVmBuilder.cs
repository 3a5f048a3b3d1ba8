using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>What a fake VM is to be: <c>vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24").Gateway("10.0.0.1")</c>.</summary>
public sealed class FakeVmBuilder
{
    private readonly string _name;
    private string? _tapName;

    internal FakeVmBuilder(string name)
    {
        _name = name;
        ChosenMac = Names.MacFor(name);
    }

    internal MacAddress ChosenMac { get; private set; }

    internal MacAddress? ChosenTapMac { get; private set; }

    internal List<InterfaceAddress> Addresses { get; } = [];

    internal IPAddress? ChosenGateway { get; private set; }

    internal List<GuestRoute> Routes { get; } = [];

    internal int? ChosenMtu { get; private set; }

    internal int? VlanTag { get; private set; }

    internal bool AnswersArp { get; private set; } = true;

    internal bool AnswersPing { get; private set; } = true;

    internal HashSet<int>? Listens { get; private set; }

    internal Dictionary<int, List<InterfaceAddress>> VlanAddresses { get; } = [];

    /// <summary>The tap's name: as chosen, or a free one made from the VM's.</summary>
    internal string TapName(Node node) => _tapName ?? Names.Free($"tap-{_name}", name => node.FindDevice(name) is not null);

    /// <summary>The guest's MAC address; by default it derives from the VM's name.</summary>
    public FakeVmBuilder Mac(string mac)
    {
        ChosenMac = MacAddress.Parse(mac);
        return this;
    }

    /// <summary>Adds an address of the guest, such as <c>10.0.0.11/24</c>.</summary>
    public FakeVmBuilder Address(string address)
    {
        Addresses.Add(InterfaceAddress.Parse(address));
        return this;
    }

    /// <summary>Where the guest sends what is in none of its networks.</summary>
    public FakeVmBuilder Gateway(string address)
    {
        ChosenGateway = InterfaceAddress.ParseHost(address);
        return this;
    }

    /// <summary>Adds a route of the guest, beside its gateway; of several that fit the longest decides, and its own networks before others as long.</summary>
    /// <param name="destination">A network such as <c>10.2.0.0/16</c>.</param>
    /// <param name="via">The next hop, in a network of the guest.</param>
    /// <exception cref="TopologyException">They are of different versions of IP.</exception>
    public FakeVmBuilder Route(string destination, string via)
    {
        var route = new GuestRoute(InterfaceAddress.Parse(destination), InterfaceAddress.ParseHost(via));
        Routes.Add(route.Destination.Address.AddressFamily == route.Gateway.AddressFamily ? route
            : throw new TopologyException(
                $"VM {_name}: the route {route} goes from one version of IP to the other; its gateway is of the destination's version"));
        return this;
    }

    /// <summary>The name of the tap device; by default <c>tap-NAME</c>.</summary>
    public FakeVmBuilder Tap(string name)
    {
        _tapName = name;
        return this;
    }

    /// <summary>The MAC address of the tap device itself, which is the host's side; by default <c>fe</c> and the guest's, as libvirt does it.</summary>
    public FakeVmBuilder TapMac(string mac)
    {
        ChosenTapMac = MacAddress.Parse(mac);
        return this;
    }

    /// <summary>The MTU of the tap in bytes.</summary>
    public FakeVmBuilder Mtu(int bytes)
    {
        ChosenMtu = bytes;
        return this;
    }

    /// <summary>Plugs the tap in as an access port of this VLAN; the bridge must be an Open vSwitch bridge.</summary>
    public FakeVmBuilder Vlan(int tag)
    {
        VlanTag = tag;
        return this;
    }

    /// <summary>Adds an address of a VLAN subinterface of the guest, which sends and takes tagged frames: <c>eth0.30</c>.</summary>
    /// <param name="vlan">The VLAN, 1 to 4094.</param>
    /// <param name="address">An address such as <c>10.1.0.11/24</c>.</param>
    public FakeVmBuilder VlanAddress(int vlan, string address)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vlan, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vlan, 4094);
        if (!VlanAddresses.TryGetValue(vlan, out var own))
        {
            VlanAddresses[vlan] = own = [];
        }

        own.Add(InterfaceAddress.Parse(address));
        return this;
    }

    /// <summary>Gives the guest TCP: it listens at these ports, and refuses others by RST.</summary>
    /// <param name="ports">The ports; none: it refuses all.</param>
    public FakeVmBuilder Listen(params IReadOnlyList<int> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        (Listens ??= []).UnionWith(ports);
        return this;
    }

    /// <summary>The guest answers no ARP request and no neighbour solicitation.</summary>
    public FakeVmBuilder SilentToArp()
    {
        AnswersArp = false;
        return this;
    }

    /// <summary>The guest answers no ping.</summary>
    public FakeVmBuilder SilentToPing()
    {
        AnswersPing = false;
        return this;
    }
}
