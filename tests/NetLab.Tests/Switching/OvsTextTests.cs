namespace NetLab.Tests;

/// <summary>What is written for ovs-vsctl, and read from ovs-ofctl, fdb/show and dpif/show, without any of them.</summary>
public class OvsTextTests
{
    private const string DpifShow = """
        netdev@ovs-netdev: hit:0 missed:5
          br0:
            br0 65534/4: (tap)
            pa 4/none: (patch: peer=pb)
            v0 1/1: (system)
            vx 6/6: (vxlan: key=5, remote_ip=192.168.7.2)
          br1:
            br1 65534/11: (tap)
            v4 1/9: (system)
        """;

    [Fact]
    public void A_change_is_one_command_line_with_every_column_said()
    {
        var change = new OvsChange()
            .SetBridge("br-int", new OvsBridgeOptions { FailMode = "secure", Protocols = ["OpenFlow13", "OpenFlow14"], HardwareAddress = "fa:16:3e:00:00:01" })
            .SetPort("br-int", "tap0", new OvsPortOptions { Tag = 7, ExternalIds = new Dictionary<string, string> { ["iface-id"] = "a \"b\", {}" } });

        Assert.Equal(
            "--may-exist add-br br-int -- set Bridge br-int datapath_type=\"netdev\" fail_mode=\"secure\" protocols=[\"OpenFlow13\",\"OpenFlow14\"] "
            + "stp_enable=false mcast_snooping_enable=false other_config={\"hwaddr\"=\"fa:16:3e:00:00:01\"} external_ids={} -- del-controller br-int "
            + "-- --may-exist add-port br-int tap0 -- set Port tap0 tag=7 trunks=[] vlan_mode=[] other_config={} "
            + "-- set Interface tap0 type=\"\" options={} external_ids={\"iface-id\"=\"a \\\"b\\\", {}\"} ofport_request=[] mtu_request=[]",
            string.Join(' ', change.Arguments));
        Assert.Equal("set up bridge br-int; set up port tap0 of bridge br-int", change.Summary);
    }

    [Fact]
    public void A_removed_port_need_not_work_afterwards()
    {
        var change = new OvsChange().SetPort("br0", "a").SetPort("br0", "b").RemovePort("br0", "a").SetPort("br0", "later", mayWait: true);

        Assert.Equal([("br0", "b")], change.Wanted);
    }

    [Fact]
    public void Flows_are_read_with_flags_timeouts_and_without_a_match()
    {
        var flows = OvsFlow.ParseAll("""
            OFPST_FLOW reply (OF1.5) (xid=0x6):
             cookie=0x77, duration=0.247s, table=3, n_packets=12, n_bytes=1200, idle_timeout=5, send_flow_rem importance=9, idle_age=4, priority=100,in_port=pb,dl_dst=02:00:00:00:00:99 actions=drop
             cookie=0x0, duration=1.381s, table=0, n_packets=6, n_bytes=512, idle_age=0, priority=0 actions=NORMAL
             cookie=0x0, duration=0.012s, table=0, n_packets=0, n_bytes=0, in_port=v0 actions=set_field:02:00:00:00:00:01->eth_dst,output:v1
             cookie=0x0, duration=0.012s, table=1, n_packets=0, n_bytes=0, reset_counts actions=drop
            """);

        Assert.Equal(
        [
            "cookie=0x77,table=3,priority=100,idle_timeout=5,send_flow_rem,importance=9,in_port=pb,dl_dst=02:00:00:00:00:99 actions=drop",
            "table=0,priority=0 actions=NORMAL",
            "table=0,priority=32768,in_port=v0 actions=set_field:02:00:00:00:00:01->eth_dst,output:v1",
            "table=1,priority=32768,reset_counts actions=drop",
        ],
        flows.Select(f => f.ToString()));
        Assert.Equal((12, 1200), (flows[0].Packets, flows[0].Bytes));
    }

    [Fact]
    public void Port_numbers_belong_to_a_bridge_and_datapath_numbers_to_all()
    {
        var names = OvsNames.Parse(DpifShow);

        Assert.Equal("v0", names.PortName("br0", 1));
        Assert.Equal("v4", names.PortName("br1", 1));
        Assert.Null(names.PortName("br1", 2));
        Assert.Equal(4, names.Ofport("br0", "pa"));
        Assert.Null(names.Ofport("br1", "pa"));
        Assert.Equal("v4", names.DatapathName(9));
        Assert.Null(names.DatapathName(99));
        Assert.Equal("br1", names.BridgeOf("v4"));
    }

    [Fact]
    public void Learned_addresses_are_read_with_their_ports_names()
    {
        var macs = OvsMacEntry.ParseAll(
            " port  VLAN  MAC                Age\n    1    10  02:00:00:00:00:01    3\nLOCAL     0  86:1f:5a:d3:f6:05  static\n    9     0  " +
                "02:00:00:00:00:02    0\n", "br0", OvsNames.Parse(DpifShow));

        Assert.Equal(
        [
            new OvsMacEntry("v0", 10, "02:00:00:00:00:01", TimeSpan.FromSeconds(3)),
            new OvsMacEntry("br0", 0, "86:1f:5a:d3:f6:05", null),
            new OvsMacEntry("9", 0, "02:00:00:00:00:02", TimeSpan.Zero),
        ],
        macs);
    }

    [Theory]
    [InlineData(null, null, new int[0], "Port v0 has no tag and no trunks: it carries every VLAN.")]
    [InlineData(10, null, new int[0], "Port v0 has tag=10: it puts untagged frames in VLAN 10 and drops tagged ones.")]
    [InlineData(null, null, new[] { 20 }, "Port v0 has trunks=[20]: it carries frames tagged 20 and drops all others.")]
    [InlineData(null, null, new[] { 0, 20, 30 }, "Port v0 has trunks=[0,20,30]: it carries untagged frames and those tagged 20, 30 and drops all others.")]
    [InlineData(4095, "trunk", new[] { 4095 }, "Port v0 has tag=4095 trunks=[4095] vlan_mode=trunk: it carries frames tagged 4095 and drops all others.")]
    [InlineData(5, null, new[] { 20 },
        "Port v0 has tag=5 trunks=[20]: it carries frames tagged 20, and puts untagged frames in VLAN 5, which it sends untagged.")]
    [InlineData(5, "dot1q-tunnel", new int[0], "Port v0 has tag=5 vlan_mode=dot1q-tunnel: it puts every frame in VLAN 5 by a second tag.")]
    public void A_port_says_what_its_VLAN_settings_mean(int? tag, string? mode, int[] trunks, string sentence)
    {
        var port = new OvsPortState
        {
            Bridge = "br0", Name = "v0", Ofport = 1, Type = "", Error = null, Tag = tag, Trunks = trunks, VlanMode = mode, LinkUp = true,
            ExternalIds = new Dictionary<string, string>(), Options = new Dictionary<string, string>(),
        };

        Assert.Equal(sentence, port.VlanSentence);
    }

    [Fact]
    public void A_frame_is_written_as_the_flow_that_Open_vSwitch_sees()
    {
        var arp = Convert.FromHexString("ffffffffffff0200000000018100c01408060001080006040001020000000001c0a80001000000000000c0a80002");

        Assert.Equal(
            "in_port=\"v0\",dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,dl_vlan=20,dl_vlan_pcp=6,dl_type=0x0806,"
                + "arp_spa=192.168.0.1,arp_tpa=192.168.0.2,arp_op=1,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00",
            OvsFlowText.Describe("v0", arp));
        for (var length = 0; length < arp.Length; length++)
        {
            Assert.StartsWith("in_port=\"v0\"", OvsFlowText.Describe("v0", arp.AsSpan(0, length)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=4000,tp_dst=80", "trk,est")]
    [InlineData("tcp,in_port=b,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=80,tp_dst=4000", "trk,est,rpl")]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=4001,tp_dst=80", "trk,new")]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=4000,tp_dst=8", "trk,new")]
    [InlineData("udp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=5000,tp_dst=53", "trk,new")]
    [InlineData("udp,in_port=b,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=53,tp_dst=5000", "trk,est,rpl")]
    [InlineData("icmp6,in_port=a,ipv6_src=fd00::1,ipv6_dst=fd00::2,icmp_type=128,icmp_code=0", "trk,est")]
    [InlineData("icmp6,in_port=b,ipv6_src=fd00::2,ipv6_dst=fd00::1,icmp_type=129,icmp_code=0", "trk,est,rpl")]
    [InlineData("arp,in_port=b", "trk,new")]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.9,tp_src=4000,tp_dst=80,tcp_flags=syn", "trk,new")]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.9,tp_src=4000,tp_dst=80,tcp_flags=syn|ack", "trk,inv")]
    [InlineData("tcp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.9,tp_src=4000,tp_dst=80,tcp_flags=rst", "trk,inv")]
    [InlineData("icmp,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.9,icmp_type=0,icmp_code=0", "trk,inv")]
    [InlineData("ip,in_port=a,nw_src=10.0.0.1,nw_dst=10.0.0.9,nw_proto=47", "trk,inv")]
    public void A_frame_has_the_state_of_the_connection_it_belongs_to(string flow, string state)
    {
        const string connections = """
            udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=5000,dport=53),reply=(src=10.0.0.2,dst=10.0.0.1,sport=53,dport=5000),id=0,zone=7,status=0,timeout=59
            icmpv6,orig=(src=fd00::1,dst=fd00::2,id=6644,type=128,code=0),reply=(src=fd00::2,dst=fd00::1,id=6644,type=129,code=0),id=0,zone=7,status=0,timeout=27
            tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=4001,dport=80),reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=4001),id=0,zone=7,status=0,timeout=20,protoinfo=(state_orig=SYN_SENT,state_reply=CLOSED,wscale_orig=10)
            tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=4000,dport=80),reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=4000),id=0,zone=7,status=0,timeout=86399,protoinfo=(state_orig=ESTABLISHED,state_reply=ESTABLISHED,wscale_orig=10)
            """;

        var trace = $"Flow: first\nrecirc(0x2) - resume conntrack with ct_state=trk\nFlow: recirc_id=0x2,ct_state=trk,ct_zone=7,eth,{flow}";

        Assert.Equal([state], OvsConnections.StatesOf(trace, connections));
        Assert.Equal([flow.Contains("icmp_type=129", StringComparison.Ordinal) || state is "trk,inv" ? "trk,inv" : "trk,new"],
            OvsConnections.StatesOf(trace, connections.Replace("zone=7", "zone=8", StringComparison.Ordinal)));
    }
}
