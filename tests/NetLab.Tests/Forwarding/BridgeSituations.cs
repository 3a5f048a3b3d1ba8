using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes with a bridge each, joined by a link: vm1 is in the first, vm2 and vm3 are in the second.</summary>
[Trait("Category", "Fate")]
public sealed class BridgeSituations
{
    private const string Iptables = "b: iptables-nft";

    private static readonly string[] Second = ["b: ip link add br1 type bridge", "b: ip link set dev br1 up", "b: ip link add x0 type veth peer name x1",
        "b: ip link set dev x0 master br0 up", "b: ip link set dev x1 master br1 up", "b: ip link set dev tap-vm2 master br1"];

    private static readonly string[] Netfilter = ["b: sysctl -w net.bridge.bridge-nf-call-iptables=1"];

    private static readonly Dictionary<string, Situation> Table = new()
    {
        ["an address that the FDB calls the bridge's own"] = new("fdb-local", "b/v1", "which no device there has",
            "b: bridge fdb add VM2 dev v1 master permanent"),
        ["an address that somebody gave another port"] = new("fdb-elsewhere", "b/tap-vm2", "is behind tap-vm3",
            "b: bridge fdb replace VM2 dev tap-vm3 master static"),
        ["the bridge's own address"] = new("fdb-local", "b/v1", "that is the bridge's own address")
        {
            Frame = s => Frame.Ethernet(s["vm1"].Mac, s.Node("b").Switches.Single().Mac, 0x88b5, new byte[50]), Mends = false,
        },
        ["the receiver's address as the source"] = new("fdb-ingress", "a/tap-vm1", "learned from it that the address is behind tap-vm1")
        {
            Frame = s => Frame.Ethernet(s["vm2"].Mac, s["vm2"].Mac, 0x88b5, new byte[50]), Mends = false,
        },
        ["LLDP that the second bridge keeps"] = new("link-local-mac", "b/v1", "is for the next device alone",
            "a: ip link set dev br0 type bridge group_fwd_mask 0x4000", "b: ip link set dev br0 type bridge group_fwd_mask 0x8000")
            { Frame = s => Frame.Ethernet(s["vm1"].Mac, MacAddress.Parse("01:80:c2:00:00:0e"), 0x88cc, new byte[50]) },
        ["a group of a routing protocol"] = new("multicast-flood-off", "b/tap-vm2", "`mcast_flood off`", "b: bridge link set dev tap-vm2 mcast_flood off")
            { Frame = s => Group(s, "01:00:5e:00:00:05", "224.0.0.5") },
        ["a port that proxies ARP"] = new("proxy-arp-port", "b/tap-vm2", "`proxy_arp on`", "b: ip link set dev tap-vm2 type bridge_slave proxy_arp on"),
        ["an ARP request at a port that proxies ARP"] = new("proxy-arp-port", "b/tap-vm2", "floods nothing to tap-vm2",
            "b: ip link set dev tap-vm2 type bridge_slave proxy_arp on") { Frame = s => Frame.ArpRequest(s["vm1"].Mac, s["vm1"].Address, s["vm2"].Address) },
        ["learning and flooding are off"] = new("flood-off", "b/tap-vm2", "unknown unicast", "b: bridge link set dev v1 learning off",
            "b: bridge link set dev tap-vm2 flood off"),
        ["a locked port whose sender is known elsewhere"] = new("locked", "b/v1", "v1 is locked", "b: bridge link set dev v1 locked on"),
        ["a tagged frame that is too large"] = new("bridge-mtu", "b/tap-vm2", "1128 bytes is larger than the MTU 1000", "b: ip link set dev tap-vm2 mtu 1000")
        {
            Frame = s => Frame.Udp(s["vm1"].Mac, s["vm2"].Mac, s["vm1"].Address, s["vm2"].Address, 4000, 53, new byte[1100],
                new IpOptions { Identification = 1 })
                .WithVlan(10),
        },
        ["a link end out of its bridge with an address"] = new("not-a-port", "b/v1", "v1 is no port of bridge br0", "b: ip link set dev v1 nomaster",
            "b: ip address add 192.0.2.1/24 dev v1"),
        ["a second bridge whose port is isolated"] = new("isolated", "b/tap-vm2", "Bridge br1 sends nothing from x1 to tap-vm2",
            [.. Second, "b: bridge link set dev x1 isolated on", "b: bridge link set dev tap-vm2 isolated on"]),
        ["a rule in a chain that another jumps to"] = new("nft-rule", "b/tap-vm2", "by po rule 1 > vm", "b: nft add table bridge g",
            "b: nft add chain bridge g vm",
            "b: nft add rule bridge g vm udp dport 53 drop", "b: nft add chain bridge g po '{ type filter hook forward priority 0; }'",
            "b: nft add rule bridge g po oifname tap-vm2 jump vm"),
        ["a rule after the bridge has decided"] = new("nft-rule", "b/tap-vm2", "hook postrouting", "b: nft add table bridge g",
            "b: nft add chain bridge g po '{ type filter hook postrouting priority 0; }'", "b: nft add rule bridge g po oifname tap-vm2 drop"),
        ["a map of verdicts"] = new("nft-rule", "b/tap-vm2", "vmap { 53 : drop, 54 : accept }", "b: nft add table bridge g",
            "b: nft add chain bridge g po '{ type filter hook forward priority 0; }'", "b: nft add rule bridge g po oifname tap-vm2 udp dport vmap "
            + "'{ 53 : drop, 54 : accept }'"),
        ["a set of senders"] = new("nft-rule", "b/v1", "ether saddr @bad drop", "b: nft add table bridge g",
            "b: nft add set bridge g bad '{ type ether_addr; }'",
            "b: nft add element bridge g bad '{ VM1 }'", "b: nft add chain bridge g p '{ type filter hook prerouting priority 0; }'",
            "b: nft add rule bridge g p ether saddr @bad drop"),
        ["ebtables at the second bridge"] = new("ebtables-rule", "b/tap-vm2", "ebtables -A FORWARD", "b: ebtables-nft -A FORWARD -o tap-vm2 -p IPv4 -j DROP"),
        ["a policy of the containers' kind"] = new("iptables-policy", "b/tap-vm2", "iptables -P FORWARD DROP",
            [.. Netfilter, $"{Iptables} -P FORWARD DROP", $"{Iptables} -N DOCKER-USER", $"{Iptables} -A FORWARD -j DOCKER-USER",
                $"{Iptables} -A FORWARD -m physdev --physdev-out tap-vm3 -j ACCEPT"]) { PlaceByRules = "b/br0" },
        ["a rule of DOCKER-USER"] = new("iptables-rule", "b/tap-vm2", "by FORWARD rule 1 > DOCKER-USER",
            [.. Netfilter, $"{Iptables} -N DOCKER-USER", $"{Iptables} -A FORWARD -j DOCKER-USER",
                $"{Iptables} -A DOCKER-USER -m physdev --physdev-out tap-vm2 -j DROP"]) { PlaceByRules = "b/br0" },
        ["a filter that gives it to another port"] = new("redirected", "b/v1", "took the frame away and sent it to tap-vm3",
            "b: tc qdisc add dev v1 clsact", "b: tc filter add dev v1 ingress protocol all u32 match u32 0 0 action mirred egress redirect dev tap-vm3")
            { OnlyByKernel = true },
        ["a rule that gives it to another port"] = new("redirected", "b/v1", "fwd to \"tap-vm3\" took the frame away", "b: nft add table netdev f",
            "b: nft add chain netdev f i '{ type filter hook ingress device v1 priority 0; }'", "b: nft add rule netdev f i fwd to tap-vm3")
            { OnlyByKernel = true },
        ["a tap whose carrier somebody set off"] = new("no-carrier", "b/tap-vm2", "it was set off by hand", "b: ip link set dev tap-vm2 carrier off"),
        ["reverse path filtering of bridged frames"] = new("iptables-rule", "b/br0", "rpfilter --invert",
            [.. Netfilter, $"{Iptables} -t raw -A PREROUTING -m rpfilter --invert -j DROP"]),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.NftProgram), MemberData(nameof(Names))]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string situation) => Table[situation].CheckAsync(BuildAsync);

    private static Frame Group(WiredScene s, string mac, string address) => Frame.Udp(s["vm1"].Mac, MacAddress.Parse(mac), s["vm1"].Address,
        IPAddress.Parse(address), 40_000, 53, new byte[20], new IpOptions { Identification = 4711 });

    private static Task BuildAsync(WiredScene scene) => scene.BuildTwoBridgesAsync();
}
