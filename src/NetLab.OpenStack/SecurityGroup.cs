using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace NetLab.OpenStack;

/// <summary>
/// Security groups as Neutron's iptables_hybrid driver writes them (neutron/agent/linux/iptables_firewall.py and iptables_manager.py): the chains of the
/// node, those of each port, and a zone of the connection tracker for each port. IPv4 alone.
/// </summary>
public static class SecurityGroup
{
    private const string Wrap = "neutron-openvswi";
    private const int FirstZone = 4097;

    // Chains that all ports of a node share. Those of a port are inserted before the ACCEPT of sg-chain.
    private const string NodeChains = $"""
        *raw
        :{Wrap}-PREROUTING - [0:0]
        -A PREROUTING -j {Wrap}-PREROUTING
        COMMIT
        *filter
        :neutron-filter-top - [0:0]
        :{Wrap}-local - [0:0]
        :{Wrap}-FORWARD - [0:0]
        :{Wrap}-INPUT - [0:0]
        :{Wrap}-OUTPUT - [0:0]
        :{Wrap}-sg-chain - [0:0]
        :{Wrap}-sg-fallback - [0:0]
        -A FORWARD -j neutron-filter-top
        -A FORWARD -j {Wrap}-FORWARD
        -A INPUT -j {Wrap}-INPUT
        -A OUTPUT -j neutron-filter-top
        -A OUTPUT -j {Wrap}-OUTPUT
        -A neutron-filter-top -j {Wrap}-local
        -A {Wrap}-sg-chain -j ACCEPT
        -A {Wrap}-sg-fallback -m comment --comment "Default drop rule for unmatched traffic." -j DROP
        COMMIT
        """;

    private static readonly ConditionalWeakTable<Node, Zones> ZonesOf = [];

    /// <summary>Filters a VM of the hybrid plug by a security group that lets everything out, and in only what it says.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="vm">The VM, which <see cref="HybridPlug"/> has plugged.</param>
    /// <param name="port">Its Neutron port's UUID.</param>
    /// <param name="ingress">What comes in, in iptables' words: <c>-p tcp -m tcp --dport 22</c>. Answers come in as well.</param>
    public static void AddSecurityGroup(this Node compute, FakeVm vm, string port, params IReadOnlyList<string> ingress)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(vm);
        ArgumentNullException.ThrowIfNull(ingress);
        var names = new PortNames(port);
        ((Bridge)compute.Device(names.Qbr)).CallIptables = true;
        if (!ZonesOf.TryGetValue(compute, out var zones))
        {
            ZonesOf.Add(compute, zones = new Zones());
            compute.AddIptables(NodeChains);
        }

        compute.AddIptables(PortChains(vm, names, zones.Next++, ingress));
    }

    private static string PortChains(FakeVm vm, PortNames names, int zone, IReadOnlyList<string> ingress)
    {
        var id = names.PortId[..Math.Min(10, names.PortId.Length)];
        string i = $"{Wrap}-i{id}", o = $"{Wrap}-o{id}", s = $"{Wrap}-s{id}";
        var text = new StringBuilder();
        Lines(
            "*raw",
            $"-A {Wrap}-PREROUTING -m physdev --physdev-in {names.Qvb} -m comment --comment \"Set zone for {names.PortId}\" -j CT --zone {zone}",
            $"-A {Wrap}-PREROUTING -i {names.Qvb} -m comment --comment \"Set zone for {names.PortId}\" -j CT --zone {zone}",
            $"-A {Wrap}-PREROUTING -m physdev --physdev-in {names.Tap} -m comment --comment \"Set zone for {names.PortId}\" -j CT --zone {zone}",
            "COMMIT",
            "*filter", $":{i} - [0:0]", $":{o} - [0:0]", $":{s} - [0:0]",
            $"-A {Wrap}-FORWARD -m physdev --physdev-out {names.Tap} --physdev-is-bridged -j {Wrap}-sg-chain",
            $"-A {Wrap}-FORWARD -m physdev --physdev-in {names.Tap} --physdev-is-bridged -j {Wrap}-sg-chain",
            $"-A {Wrap}-INPUT -m physdev --physdev-in {names.Tap} --physdev-is-bridged -j {o}",
            $"-I {Wrap}-sg-chain -m physdev --physdev-in {names.Tap} --physdev-is-bridged -j {o}",
            $"-I {Wrap}-sg-chain -m physdev --physdev-out {names.Tap} --physdev-is-bridged -j {i}",
            $"-A {i} -m state --state RELATED,ESTABLISHED -j RETURN");
        Lines([.. NeutronPort.FixedIps(vm).Where(own => own.AddressFamily is AddressFamily.InterNetwork).Select(own => $"{own}/32").Append("255.255.255.255/32")
            .Select(to => $"-A {i} -d {to} -p udp -m udp --sport 67 --dport 68 -j RETURN")]);
        Lines([.. ingress.Select(rule => $"-A {i} {rule} -j RETURN")]);
        Lines(
            $"-A {i} -m state --state INVALID -j DROP",
            $"-A {i} -j {Wrap}-sg-fallback",
            $"-A {o} -s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -m comment --comment \"Allow DHCP client traffic.\" -j RETURN",
            $"-A {o} -j {s}",
            $"-A {o} -p udp -m udp --sport 68 --dport 67 -m comment --comment \"Allow DHCP client traffic.\" -j RETURN",
            $"-A {o} -p udp -m udp --sport 67 --dport 68 -m comment --comment \"Prevent DHCP Spoofing by VM.\" -j DROP",
            $"-A {o} -m state --state RELATED,ESTABLISHED -j RETURN",
            $"-A {o} -j RETURN",
            $"-A {o} -m state --state INVALID -j DROP",
            $"-A {o} -j {Wrap}-sg-fallback");
        Lines([.. NeutronPort.FixedIps(vm).Where(own => own.AddressFamily is AddressFamily.InterNetwork).Select(own =>
            $"-A {s} -s {own}/32 -m mac --mac-source {vm.Mac.ToString().ToUpperInvariant()} -j RETURN")]);
        Lines($"-A {s} -m comment --comment \"Drop traffic without an IP/MAC allow rule.\" -j DROP", "COMMIT");
        return text.ToString();

        void Lines(params IReadOnlyList<string> lines)
        {
            foreach (var line in lines)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private sealed class Zones
    {
        public int Next { get; set; } = FirstZone;
    }
}
