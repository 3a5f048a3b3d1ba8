using System.Collections;
using System.Reflection;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios.Tests;

/// <summary>What the library can ask the kernel for a device can be written in a scenario: a property without a key is found here.</summary>
public sealed class Keys_of_devices
{
    private const string Common = "txqueuelen: 10, numtxqueues: 2, numrxqueues: 3, devgroup: 5, altnames: [other], alias: words",
        Tunnel = "dev: eth0, ttl: 9, tos: 4, flowlabel: 7, encaplimit: 3, pmtudisc: off, fwmark: 5, external: on, encap: fou, encap-dport: 5555",
        Gre = Tunnel + ", ikey: 1, okey: 2, iseq: on, oseq: on, icsum: on, ocsum: on, ignore-df: on",
        Macvlan = "link: eth0, mode: source, nodst: on, macaddr: '02:00:00:00:00:09', bcqueuelen: 10, bclim: 3",
        Ends4 = "local: 10.0.0.1, remote: 10.0.0.2", Ends6 = "local: 'fd00::1', remote: 'fd00::2'",
        Key = "'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk='";

    // Of each kind everything that it takes, in as many devices as that needs.
    private static readonly Dictionary<string, string[]> Everything = new()
    {
        ["dummy"] = [Common],
        ["ifb"] = [Common],
        ["wireguard"] = [Common],
        ["vlan"] = [$"link: eth0, id: 7, protocol: 802.1ad, gvrp: on, ingress-qos-map: ['0:1'], egress-qos-map: ['2:3'], {Common}"],
        ["macvlan"] = [$"{Macvlan}, {Common}"],
        ["macvtap"] = [$"{Macvlan}, {Common}"],
        ["ipvlan"] = [$"link: eth0, mode: l2, flag: private, {Common}"],
        ["ipvtap"] = [$"link: eth0, mode: l2, flag: private, {Common}"],
        ["vxlan"] =
        [
            $"id: 42, remote: 10.0.0.2, local: 10.0.0.1, dev: eth0, ttl: 9, tos: 4, df: set, flowlabel: 7, srcport: 49152-65535, dstport: 4789, {Common}",
            "ttl: inherit, learning: on, proxy: on, rsc: on, l2miss: on, l3miss: on, ageing: 60s, maxaddress: 9, udpcsum: on, udp6zerocsumtx: on, "
                + "udp6zerocsumrx: on, remcsumtx: on, remcsumrx: on, gbp: on, gpe: on, external: on, vnifilter: on, localbypass: on",
        ],
        ["geneve"] =
        [
            $"id: 42, remote: 10.0.0.2, ttl: 9, tos: 4, df: set, flowlabel: 7, dstport: 6082, {Common}",
            "ttl: inherit, external: on, udpcsum: on, udp6zerocsumtx: on, udp6zerocsumrx: on, innerprotoinherit: on",
        ],
        ["gre"] = [$"{Ends4}, {Gre}, {Common}", Ends6],
        ["gretap"] = [$"{Ends4}, {Gre}, {Common}", Ends6],
        ["ip6gre"] = [$"{Ends6}, {Gre}, {Common}"],
        ["ip6gretap"] = [$"{Ends6}, {Gre}, {Common}"],
        ["ipip"] = [$"{Ends4}, {Tunnel}, mode: ipip, {Common}", Ends6],
        ["sit"] = [$"{Ends4}, {Tunnel}, mode: ip6ip, {Common}", Ends6],
        ["ip6tnl"] = [$"{Ends6}, {Tunnel}, mode: ip6ip6, {Common}"],
        ["bond"] =
        [
            "mode: 802.3ad, miimon: 100ms, updelay: 1s, downdelay: 1s, peer_notify_delay: 1s, use_carrier: on, arp_interval: 1s, arp_validate: all, "
                + "arp_all_targets: all, arp_ip_target: 10.0.0.9, ns_ip6_target: 'fd00::9', arp_missed_max: 3, primary_reselect: better, "
                + "fail_over_mac: active, xmit_hash_policy: layer3+4, resend_igmp: 2, num_grat_arp: 2, all_slaves_active: on, min_links: 1, lp_interval: 2, "
                + "packets_per_slave: 2, tlb_dynamic_lb: on, lacp_rate: fast, lacp_active: on, ad_select: count, ad_user_port_key: 5, ad_actor_sys_prio: 7, "
                + $"ad_actor_system: '02:00:00:00:00:09', coupled_control: on, {Common}",
        ],
        ["vrf"] = [$"table: 11, {Common}"],
        ["xfrm"] = [$"if_id: 42, dev: eth0, external: on, {Common}"],
    };

    // What each kind needs at least.
    private static readonly Dictionary<string, string> Least = new()
    {
        ["vlan"] = "link: eth0, id: 1", ["macvlan"] = "link: eth0", ["macvtap"] = "link: eth0", ["ipvlan"] = "link: eth0", ["ipvtap"] = "link: eth0",
        ["vrf"] = "table: 1",
    };

    // Why these have no key of their own.
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["Kind"] = "it is 'type'",
        ["Name"] = "it is the key of the device itself",
        ["Index"] = "the lab numbers its devices",
        ["LinkIndex"] = "it is 'link', a name, whose number is known when the lab is applied",
        ["MasterIndex"] = "it is 'master', or the ports of a bridge",
        ["Namespace"] = "it is the node",
        ["Mtu"] = "any device has 'mtu'",
        ["Mac"] = "any device has 'mac'",
        ["Up"] = "any device has 'up'",
        ["BondSpec.ActiveMember"] = "the number of a member, and a bond has none before it is there",
        ["BondSpec.Primary"] = "the number of a member, and a bond has none before it is there",
        ["BondSpec.LacpStatus"] = "the kernel tells it",
        ["WireguardDevice.PublicKey"] = "it follows from the private key",
        ["WireguardDevice.ReplacePeers"] = "a new device has no peers",
        ["WireguardPeer.ReplaceAllowedIps"] = "a new peer has no networks",
        ["WireguardPeer.Remove"] = "a new device has no peers",
        ["WireguardPeer.UpdateOnly"] = "a new device has no peers",
        ["WireguardPeer.LastHandshake"] = "the kernel tells it",
        ["WireguardPeer.RxBytes"] = "the kernel tells it",
        ["WireguardPeer.TxBytes"] = "the kernel tells it",
    };

    public static TheoryData<string> Kinds => [.. DeviceKinds.All.Where(kind => kind is not TapKind).Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_property_of_a_kind_has_a_key(string kind)
    {
        var plain = Device(kind, Least.GetValueOrDefault(kind, "")).Spec;
        var set = Everything[kind].Select(keys => Device(kind, keys).Spec).ToList();

        Assert.Equal([], WithoutKey(plain, set));
    }

    [Fact]
    public void Every_property_of_WireGuard_has_a_key()
    {
        var device = Device("wireguard", $"private-key: {Key}, listen-port: 51820, fwmark: 7, peers: {{ public-key: {Key}, preshared-key: {Key}, "
            + "endpoint: '10.0.0.2:51820', persistent-keepalive: 25s, allowed-ips: [10.9.0.0/24, 'fd00::/64'] }").Wireguard!;

        Assert.Equal([], WithoutKey(new WireguardDevice(), [device]));
        Assert.Equal([], WithoutKey(new WireguardPeer(default(WireguardKey)), [Assert.Single(device.Peers)]));
        Assert.Equal((Key.Trim('\''), (ushort)51820), (device.PrivateKey.ToString(), device.ListenPort!.Value));
    }

    [Fact]
    public void What_a_bond_or_a_VRF_is_made_of_names_its_master()
    {
        var node = Samples.NodeWith("bond0: { type: bond, mode: active-backup }\n        eth0: { master: bond0 }\n        "
            + "red: { type: vrf, table: 10 }\n        d0: { type: dummy, master: red }");
        var bond = Assert.IsType<KernelDevice>(node.Device("bond0"));

        Assert.Equal([node.Device("eth0")], bond.Members);
        Assert.Same(node.Device("red"), node.Device("d0").Upper);
    }

    [Theory]
    [InlineData("eth0: { master: bond1 }", "h1 has no device 'bond1'")]
    [InlineData("d0: { type: dummy }\n        eth0: { master: d0 }", "'d0' of h1 is no bond and no VRF")]
    [InlineData("wg0: { type: wireguard, private-key: abc }", "this is not a WireGuard key")]
    [InlineData("wg0: { type: wireguard, peers: [{ endpoint: '10.0.0.1:5' }] }", "public-key")]
    [InlineData("wg0: { type: wireguard, peers: [{ public-key: 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=', endpoint: 10.0.0.1 }] }",
        "is not an address with a port")]
    public void What_is_wrong_is_said(string devices, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<ScenarioException>(() => Samples.NodeWith(devices)).Message, StringComparison.Ordinal);

    private static IEnumerable<string> WithoutKey(object plain, IReadOnlyList<object> set) =>
        from property in plain.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.GetIndexParameters().Length == 0
            && !Reasons.ContainsKey(property.Name) && !Reasons.ContainsKey($"{plain.GetType().Name}.{property.Name}")
            && set.All(one => Text(property.GetValue(one)) == Text(property.GetValue(plain)))
            && !(property.Name == "IPv6" && (bool)property.GetValue(plain)!) // the kind's name says it
        select $"{plain.GetType().Name}.{property.Name}";

    private static string Text(object? value) =>
        value is IEnumerable many and not string ? string.Join(' ', many.Cast<object>()) : value?.ToString() ?? "";

    private static KernelDevice Device(string kind, string keys) =>
        Assert.IsType<KernelDevice>(Samples.NodeWith($"x0: {{ type: {kind}{(keys.Length > 0 ? ", " : "")}{keys} }}").Device("x0"));
}
