using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using NetLab.Packets;

namespace NetLab.OpenStack;

/// <summary>
/// Security groups as Neutron's iptables_hybrid driver writes them (neutron/agent/linux/iptables_firewall.py and iptables_manager.py): the chains of the
/// node and those of each port, for IPv4 and IPv6, and a zone of the connection tracker for each port. A rule with a remote group matches an ipset
/// (ipset_manager.py).
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

    private static readonly ConditionalWeakTable<Lab, RemoteGroups> GroupsOf = [];

    /// <summary>Filters a VM of the hybrid plug by a security group that lets everything out, and in only what it says.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="vm">The VM, which <see cref="HybridPlug"/> has plugged.</param>
    /// <param name="port">Its Neutron port's UUID.</param>
    /// <param name="ingress">What comes in, in iptables' words: <c>-p tcp -m tcp --dport 22</c>. Answers come in as well.</param>
    public static void AddSecurityGroup(this Node compute, FakeVm vm, string port, params IReadOnlyList<SecurityGroupRule> ingress) =>
        compute.AddSecurityGroup(vm, port, new SecurityGroupOptions { Ingress = ingress });

    /// <summary>Filters a VM of the hybrid plug by security groups that let everything out, and in only what they say.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="vm">The VM, which <see cref="HybridPlug"/> has plugged.</param>
    /// <param name="port">Its Neutron port's UUID.</param>
    /// <param name="options">The port's groups, and what they let in.</param>
    public static void AddSecurityGroup(this Node compute, FakeVm vm, string port, SecurityGroupOptions options)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(vm);
        ArgumentNullException.ThrowIfNull(options);
        var names = new PortNames(port);
        ((Bridge)compute.Device(names.Qbr)).CallIptables = true;
        if (!ZonesOf.TryGetValue(compute, out var zones))
        {
            ZonesOf.Add(compute, zones = new Zones());
            compute.AddIptables(NodeChains);
            compute.AddIp6tables(NodeChains);
        }

        var remote = GroupsOf.GetValue(compute.Lab, _ => new RemoteGroups());
        foreach (var group in options.Groups)
        {
            remote.Join(group, NeutronPort.FixedIps(vm));
        }

        foreach (var group in options.Ingress.Select(rule => rule.RemoteGroup).OfType<string>().Distinct())
        {
            remote.Require(compute, group);
        }

        var zone = zones.Next++;
        compute.AddIptables(new PortChains(vm, names, zone, IPv6: false).Text(options.Ingress));
        compute.AddIp6tables(new PortChains(vm, names, zone, IPv6: true).Text(options.Ingress));
    }

    /// <summary>The chains of a port, of one family.</summary>
    private sealed record PortChains(FakeVm Vm, PortNames Names, int Zone, bool IPv6)
    {
        // iptables_comments.py.
        private const string DhcpClient = "-m comment --comment \"Allow DHCP client traffic.\" -j RETURN";
        private const string DhcpSpoof = "-m comment --comment \"Prevent DHCP Spoofing by VM.\" -j DROP";
        private const string PairDrop = "-m comment --comment \"Drop traffic without an IP/MAC allow rule.\" -j DROP";
        private const string Icmp6Allow = "-m comment --comment \"Allow IPv6 ICMP traffic.\" -j RETURN";

        // firewall.py, ICMPV6_ALLOWED_INGRESS_TYPES; _constants.py, ICMPV6_ALLOWED_UNSPEC_ADDR_TYPES.
        private static readonly int[] Icmp6In = [130, 135, 136], Icmp6FromNobody = [131, 135, 143];

        private string Id => Names.PortId[..Math.Min(10, Names.PortId.Length)];

        private string I => $"{Wrap}-i{Id}";

        private string O => $"{Wrap}-o{Id}";

        private string S => $"{Wrap}-s{Id}";

        // _build_ipv4v6_mac_ip_list: with an address of IPv6 the one that derives from the MAC address is the port's as well.
        private List<IPAddress> Own
        {
            get
            {
                var own = NeutronPort.FixedIps(Vm).Where(ip => ip.AddressFamily is AddressFamily.InterNetworkV6 == IPv6).ToList();
                return IPv6 && own.Count > 0 ? [.. own.Append(Ipv6Address.LinkLocal(Vm.Mac).ToIPAddress()).Distinct()] : own;
            }
        }

        public string Text(IReadOnlyList<SecurityGroupRule> ingress)
        {
            var own = Own;
            string[] lines =
            [
                "*raw",
                .. new[] { $"-m physdev --physdev-in {Names.Qvb}", $"-i {Names.Qvb}", $"-m physdev --physdev-in {Names.Tap}" }
                    .Select(from => $"-A {Wrap}-PREROUTING {from} -m comment --comment \"Set zone for {Names.PortId}\" -j CT --zone {Zone}"),
                "COMMIT",
                "*filter", $":{I} - [0:0]", $":{O} - [0:0]", $":{S} - [0:0]",
                $"-A {Wrap}-FORWARD -m physdev --physdev-out {Names.Tap} --physdev-is-bridged -j {Wrap}-sg-chain",
                $"-A {Wrap}-FORWARD -m physdev --physdev-in {Names.Tap} --physdev-is-bridged -j {Wrap}-sg-chain",
                $"-A {Wrap}-INPUT -m physdev --physdev-in {Names.Tap} --physdev-is-bridged -j {O}",
                $"-I {Wrap}-sg-chain -m physdev --physdev-in {Names.Tap} --physdev-is-bridged -j {O}",
                $"-I {Wrap}-sg-chain -m physdev --physdev-out {Names.Tap} --physdev-is-bridged -j {I}",
                .. In(ingress).Select(rule => $"-A {I} {rule}"),
                .. Out(own).Select(rule => $"-A {O} {rule}"),
                .. own.Count == 0 ? Array.Empty<string>() :
                [
                    .. own.Select(ip => $"-A {S} -s {ip}/{(IPv6 ? 128 : 32)} -m mac --mac-source {Vm.Mac.ToString().ToUpperInvariant()} -j RETURN"),
                    $"-A {S} {PairDrop}",
                ],
                "COMMIT",
            ];
            return string.Join('\n', lines);
        }

        // Rules of the server's for DHCP and router advertisements come before the group's (db/securitygroups_rpc_base.py, _apply_provider_rule).
        private IEnumerable<string> In(IReadOnlyList<SecurityGroupRule> ingress)
        {
            var fixedIps = NeutronPort.FixedIps(Vm).Where(ip => ip.AddressFamily is AddressFamily.InterNetworkV6 == IPv6);
            return
            [
                .. IPv6 ? Icmp6In.Select(type => $"-p ipv6-icmp -m icmp6 --icmpv6-type {type} -j RETURN") : [],
                "-m state --state RELATED,ESTABLISHED -j RETURN",
                .. IPv6
                    ? ["-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j RETURN", .. fixedIps.Select(ip => $"{ip}/128").Append("fe80::/64")
                        .Select(to => $"-d {to} -p udp -m udp --sport 547 --dport 546 -j RETURN")]
                    : fixedIps.Select(ip => $"{ip}/32").Append("255.255.255.255/32").Select(to => $"-d {to} -p udp -m udp --sport 67 --dport 68 -j RETURN"),
                .. ingress.Where(rule => rule.IPv6 == IPv6).Select(rule => rule.RemoteGroup is { } group
                    ? $"{rule.Match} -m set --match-set {RemoteGroups.SetName(group, IPv6)} src -j RETURN" : $"{rule.Match} -j RETURN"),
                "-m state --state INVALID -j DROP",
                $"-j {Wrap}-sg-fallback",
            ];
        }

        private IEnumerable<string> Out(List<IPAddress> own) =>
        [
            .. IPv6 ? Icmp6FromNobody.Select(type => $"-s ::/128 -d ff02::/16 -p ipv6-icmp -m icmp6 --icmpv6-type {type} {Icmp6Allow}")
                : [$"-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 {DhcpClient}"],
            .. own.Count > 0 ? [$"-j {S}"] : Array.Empty<string>(),
            .. IPv6
                ?
                [
                    "-p ipv6-icmp -m icmp6 --icmpv6-type 134 -m comment --comment \"Drop IPv6 Router Advts from VM Instance.\" -j DROP",
                    $"-p ipv6-icmp {Icmp6Allow}",
                    $"-p udp -m udp --sport 546 --dport 547 {DhcpClient}",
                    $"-p udp -m udp --sport 547 --dport 546 {DhcpSpoof}",
                ]
                : new[] { $"-p udp -m udp --sport 68 --dport 67 {DhcpClient}", $"-p udp -m udp --sport 67 --dport 68 {DhcpSpoof}" },
            "-m state --state RELATED,ESTABLISHED -j RETURN",
            "-j RETURN",
            "-m state --state INVALID -j DROP",
            $"-j {Wrap}-sg-fallback",
        ];
    }

    /// <summary>Which addresses the ports of a group have, on all nodes, and which nodes have sets of them.</summary>
    private sealed class RemoteGroups
    {
        // ipset_manager.py, IPSET_NAME_MAX_LENGTH: room is left for a suffix.
        private const int LongestName = 29;

        private readonly Dictionary<string, List<IPAddress>> _members = [];
        private readonly List<(Node Node, string Group)> _sets = [];

        public static string SetName(string group, bool ip6)
        {
            var name = $"N{(ip6 ? "IPv6" : "IPv4")}{group}";
            return name[..Math.Min(LongestName, name.Length)];
        }

        /// <summary>Makes a port a member.</summary>
        public void Join(string group, IReadOnlyList<IPAddress> addresses)
        {
            if (!_members.TryGetValue(group, out var known))
            {
                _members[group] = known = [];
            }

            known.AddRange(addresses);
            foreach (var (node, _) in _sets.Where(set => set.Group == group))
            {
                AddTo(node, group, addresses);
            }
        }

        /// <summary>Makes the sets of a group on a node that has none yet.</summary>
        public void Require(Node node, string group)
        {
            if (_sets.Contains((node, group)))
            {
                return;
            }

            _sets.Add((node, group));
            node.AddIpsets($"create {SetName(group, ip6: false)} hash:net family inet\ncreate {SetName(group, ip6: true)} hash:net family inet6");
            AddTo(node, group, _members.GetValueOrDefault(group, []));
        }

        private static void AddTo(Node node, string group, IReadOnlyList<IPAddress> addresses)
        {
            if (addresses.Count > 0)
            {
                node.AddIpsets(string.Join('\n',
                    addresses.Select(ip => $"add -exist {SetName(group, ip.AddressFamily is AddressFamily.InterNetworkV6)} {ip}")));
            }
        }
    }

    private sealed class Zones
    {
        public int Next { get; set; } = FirstZone;
    }
}
