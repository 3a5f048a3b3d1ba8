using NetLab.Linux.Probe;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>Breaks something of a described lab at random, or makes it do what not every network does.</summary>
internal sealed class RandomBreak(Random random, Lab lab)
{
    private readonly List<Device> _all = [.. lab.Nodes.SelectMany(n => n.Devices)];
    private readonly List<FakeVm> _vms = [.. lab.Vms];

    public IEnumerable<Piece> Next()
    {
        var device = Any(_all)!;
        return random.Next(10) switch
        {
            0 => [On(device, $"ip link set dev {device.Name} down")],
            1 when device is not OvsBridge => [On(device, $"ip link set dev {device.Name} mtu {random.Next(600, 1400)}")],
            2 => [new RulesPiece(device.Node.Name, $"table inet fw {{ chain i {{ type filter hook input priority 0; {Match()} counter {Verdict()}; }}\n}}")],
            3 when lab.FindNode("router") is not null => [Router()],
            4 when lab.FindNode("router") is not null => [Router()],
            5 when Any(_all.OfType<OvsBridge>()) is { } bridge => [Ovs(bridge)],
            6 when Any(_all.Where(d => d.Switch is OvsBridge && d is not OvsBridge)) is { } port => [OvsPort(port)],
            7 when Any(_all.Where(d => d.Addresses.Count > 0)) is { } end => [Host(end)],
            _ when Any(_all.Where(d => d.Switch is Bridge && d is not Bridge)) is { } port => BridgePort(port),
            _ => [Queue(device)],
        };
    }

    private static CommandPiece On(Device device, string command) => new(device.Node.Name, command, device.Name);

    private T? Any<T>(IEnumerable<T> of)
        where T : class
    {
        List<T> all = [.. of];
        return all.Count == 0 ? null : all[random.Next(all.Count)];
    }

    private Piece[] BridgePort(Device port)
    {
        var other = Any(port.Switch!.Ports)!;
        string name = port.Name, bridge = port.Switch.Name;
        return random.Next(17) switch
        {
            0 => [On(port, $"bridge link set dev {name} isolated on"), On(other, $"bridge link set dev {other.Name} isolated on")],
            1 => [On(port, $"bridge link set dev {name} flood off")],
            2 => [On(port, $"bridge link set dev {name} bcast_flood off")],
            3 => [On(port, $"bridge link set dev {name} mcast_flood off")],
            4 => [On(port, $"bridge link set dev {name} learning off")],
            5 => [On(port, $"bridge link set dev {name} state {random.Next(5)}")],
            6 => [On(port, $"bridge fdb replace {Any(_vms)!.Mac} dev {name} master static")],
            7 => [On(port, $"bridge link set dev {name} hairpin on")],
            8 when HasVlans => [Filtering(port), On(port, $"bridge vlan {Any(["del", "add"])} dev {name} vid {Any(["1", "10"])}")],
            9 when HasVlans => [Filtering(port), On(port, $"bridge vlan add dev {name} vid {Any(["10", "20"])} pvid untagged")],
            10 => [On(port, $"ip link set dev {bridge} type bridge mcast_snooping 1")],
            11 => [On(port, $"bridge link set dev {name} locked on")],
            12 => [On(port, $"bridge link set dev {name} neigh_suppress on")],
            13 => [On(port, $"ip link set dev {name} nomaster")],
            14 => [new RulesPiece(port.Node.Name, $"table netdev in {{ chain i {{ type filter hook ingress device \"{name}\" priority 0; " +
                $"{Match()} counter {Any(["drop", $"fwd to \"{other.Name}\""])}; }}\n}}")],
            15 => [Queue(port)],
            _ => [new RulesPiece(port.Node.Name,
                $"table bridge guard {{ chain f {{ type filter hook forward priority 0; {Match()} oifname \"{name}\" counter drop; }}\n}}")],
        };
    }

    // What the running kernel has not cannot be broken.
    private static bool HasVlans => Capabilities.Of(Feature.BridgeVlanFiltering).Available;

    private static CommandPiece Filtering(Device port) => On(port, $"ip link set dev {port.Switch!.Name} type bridge vlan_filtering 1");

    private CommandPiece Queue(Device device) =>
        On(device, $"tc qdisc replace dev {device.Name} root " +
            Any(["tbf rate 8kbit burst 1600 limit 3000", "tbf rate 8kbit burst 100 limit 90", "pfifo limit 1"]));

    private CommandPiece Ovs(OvsBridge bridge) => On(bridge, random.Next(5) switch
    {
        0 => $"ovs-ofctl add-flow {bridge.Name} priority=9,{OvsMatch()},actions=drop",
        1 => $"ovs-ofctl add-flow {bridge.Name} priority=9,{OvsMatch()},actions=mod_vlan_vid:{random.Next(1, 3) * 10},NORMAL",
        2 => $"ovs-ofctl add-flow {bridge.Name} priority=9,ip,actions=dec_ttl,NORMAL",
        3 => $"ovs-ofctl add-flow {bridge.Name} priority=9,{OvsMatch()},actions=LOCAL",
        _ => $"ovs-ofctl add-flow {bridge.Name} priority=9,{OvsMatch()},actions=resubmit(,5)",
    });

    private CommandPiece OvsPort(Device port) => On(port, random.Next(5) switch
    {
        0 => $"ovs-vsctl set port {port.Name} tag={random.Next(1, 4) * 10}",
        1 => $"ovs-vsctl set port {port.Name} trunks={random.Next(1, 4) * 10}",
        2 => $"ovs-ofctl mod-port {port.Switch!.Name} {port.Name} no-flood",
        3 => $"ovs-ofctl mod-port {port.Switch!.Name} {port.Name} no-forward",
        _ => $"ovs-ofctl mod-port {port.Switch!.Name} {port.Name} no-receive",
    });

    private CommandPiece Host(Device device) => On(device, random.Next(6) switch
    {
        0 => "sysctl -w net.ipv4.icmp_echo_ignore_all=1",
        1 => $"ip neigh replace {Any(_vms)!.Address} lladdr 02:00:00:00:00:99 dev {device.Name}",
        2 => $"ip addr del {device.Addresses[0]} dev {device.Name}",
        3 => $"sysctl -w net.ipv4.conf.{device.Name}.rp_filter=1",
        4 => $"ip link set dev {device.Name} address 02:00:00:00:00:98",
        _ => $"ip link set dev {device.Name} arp off",
    });

    private Piece Router() => random.Next(13) switch
    {
        0 => new CommandPiece("router", "sysctl -w net.ipv4.ip_forward=0"),
        1 => new CommandPiece("router", "ip route del 10.0.2.0/24"),
        2 => new CommandPiece("router", $"ip neigh replace {Any(_vms)!.Address} lladdr 02:00:00:00:00:99 dev eth1"),
        3 => new CommandPiece("router", $"ip route add {Any(["unreachable", "blackhole", "prohibit"])} 10.0.2.0/25"),
        4 => new RulesPiece("router", $"table inet fw {{ chain f {{ type filter hook forward priority 0; {Match()} counter {Verdict()}; }}\n}}"),
        5 => new RulesPiece("router", "table inet fw { chain f { type filter hook forward priority 0; policy drop; ct state established accept; }\n}"),
        6 => new RulesPiece("router",
            $"table ip nat {{ chain pre {{ type nat hook prerouting priority -100; udp dport 54 dnat to {Any(_vms)!.Address}:53; }}\n}}"),
        7 => new RulesPiece("router", "table ip m { chain pre { type filter hook prerouting priority -150; ip protocol udp ip ttl set 1; }\n}"),
        8 => new CommandPiece("router", "sysctl -w net.ipv4.conf.eth1.proxy_arp=1"),
        9 => new CommandPiece("router", "ip rule add from 10.0.1.0/24 prohibit"),
        10 => new CommandPiece("router", "ip -6 route del fd00:2::/64"),
        11 => new CommandPiece("router", "ip route change 10.0.2.0/24 dev eth2 mtu 700"),
        _ => new RulesPiece("router", "table ip nat { chain pre { type nat hook prerouting priority -100; udp dport 54 dnat to 10.0.2.99; }\n}"),
    };

    private string Verdict() => random.Next(3) == 0 ? "reject" : "drop";

    private string Match() => random.Next(4) switch { 0 => "udp dport 53", 1 => "icmp type echo-request", 2 => "ip ttl 64", _ => "meta length > 500" };

    private string OvsMatch() => random.Next(3) switch { 0 => "udp", 1 => $"dl_dst={Any(_vms)!.Mac}", _ => "arp" };
}
