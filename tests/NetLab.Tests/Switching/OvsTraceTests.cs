namespace NetLab.Tests;

/// <summary>Reading ofproto/trace; the texts are answers of Open vSwitch 3.1.</summary>
public class OvsTraceTests
{
    private const string Dropped = """
        Flow: arp,in_port=v2,dl_vlan=10,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=192.168.0.1,arp_tpa=192.168.0.2,arp_op=1

        bridge("br0")
        -------------
         0. priority 0
            NORMAL
             >>>> dropping VLAN 10 packet received on port v2 not configured for trunking VLAN 10 <<<<
             >> disallowed VLAN VID for this input port, dropping

        Final flow: unchanged
        Megaflow: recirc_id=0,eth,arp,in_port=v2,dl_vlan=10,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff
        Datapath actions: drop
        """;

    private const string ThroughPatchAndConntrack = """
        Flow: udp,in_port=v0,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=192.168.0.1,nw_dst=192.168.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=0,tp_dst=0

        bridge("br0")
        -------------
         0. priority 0
            NORMAL
             -> no learned MAC for destination, flooding

            bridge("br1")
            -------------
                 0. in_port=pb, priority 10
                    resubmit(,5)
                 5. ip, priority 10
                    ct(table=6,zone=5)
                    drop
                     -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table 6.
             -> output to native tunnel
             -> tunneling to 192.168.7.2 via brphy

        Final flow: unchanged
        Megaflow: recirc_id=0,eth,ip,in_port=v0,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_ecn=0,nw_frag=no
        Datapath actions: push_vlan(vid=10,pcp=0),v1,ct(zone=5),recirc(0x3),br0,pop_vlan,v3,push_vlan(vid=10,pcp=0)

        ===============================================================================
        recirc(0x3) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)
        ===============================================================================

        Flow: recirc_id=0x3,ct_state=new|trk,ct_zone=5,eth,udp,in_port=v1,dl_vlan=10,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02

        bridge("br0")
        -------------
            thaw
                Resuming from table 6
         6. ct_state=+new+trk,ip, priority 5, cookie 0x77
            ct(commit,zone=5)
            drop
             -> Sets the packet to an untracked state, and clears all the conntrack fields.
            output:v4

        Final flow: recirc_id=0x3,eth,udp,in_port=v1
        Megaflow: recirc_id=0x3,ct_state=+new+trk,eth,ip,in_port=v1,dl_vlan=10,dl_vlan_pcp=0,dl_dst=02:00:00:00:00:02,nw_frag=no
        Datapath actions: ct(commit,zone=5),v4
        """;

    [Fact]
    public void A_VLAN_drop_gives_its_reason_and_no_output()
    {
        var trace = OvsTrace.Parse(Dropped);

        Assert.True(trace.Dropped);
        Assert.Empty(trace.OutputPorts);
        Assert.Equal("drop", trace.DatapathActions);
        Assert.Equal("dropping VLAN 10 packet received on port v2 not configured for trunking VLAN 10", trace.Reasons[0]);
        var flow = Assert.Single(trace.Deciding);
        Assert.Equal("br0 table 0, priority 0: NORMAL", flow.ToString());
    }

    [Fact]
    public void Outputs_are_named_with_the_tag_they_leave_with_also_after_connection_tracking()
    {
        var trace = OvsTrace.Parse(ThroughPatchAndConntrack);

        Assert.False(trace.Dropped);
        Assert.Equal([new OvsOutput("v1", 10), new OvsOutput("br0", 10), new OvsOutput("v3", null), new OvsOutput("v4", 10)], trace.Outputs);
        Assert.Equal(["v1", "br0", "v3", "v4"], trace.OutputPorts);
    }

    [Fact]
    public void Tables_belong_to_the_bridge_they_are_printed_under()
    {
        var trace = OvsTrace.Parse(ThroughPatchAndConntrack);

        Assert.Equal(["br0 0", "br1 0", "br1 5", "br0 6"], trace.Steps.Select(s => $"{s.Bridge} {s.Table}"));
        Assert.Equal(["resubmit(,5)"], trace.Steps[1].Actions);
        Assert.False(trace.Steps[1].Decides);
        Assert.Equal(0x77ul, trace.Steps[3].Cookie);
        Assert.Equal("ct_state=+new+trk,ip", trace.Steps[3].Match);
        Assert.Equal("no learned MAC for destination, flooding", trace.Steps[0].Remarks[0]);
    }

    [Fact]
    public void A_table_line_after_a_patch_port_is_again_the_first_bridge_s()
    {
        var trace = OvsTrace.Parse("""
            Flow: arp,in_port=v0,vlan_tci=0x0000

            bridge("br0")
            -------------
             0. priority 0
                output:pa

                bridge("br1")
                -------------
                     0. No match.
                        drop
                resubmit(,5)
                 5. arp, priority 1
                        output:v1
                resubmit(,16)
            16. priority 3
                drop

            Final flow: unchanged
            Megaflow: recirc_id=0,eth,arp,in_port=v0
            Datapath actions: v1
            """);

        Assert.Equal(["br0 0", "br1 0", "br0 5", "br0 16"], trace.Steps.Select(s => $"{s.Bridge} {s.Table}"));
        Assert.Null(trace.Steps[1].Match);
        Assert.Equal("br1 table 0: no match", trace.Steps[1].ToString());
    }

    [Theory]
    [InlineData("clone(tnl_push(tnl_port(vxlan_sys_4789),header(size=50,type=4,eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:02,dl_type=0x0800),"
        + "ipv4(src=10.0.0.1)),out_port(brphy)),v6),v1", "v6 v1")]
    [InlineData("set(eth(src=02:00:00:00:00:01)),push_vlan(tpid=0x88a8,vid=5,pcp=0),v1,set(vlan(vid=6,pcp=0)),v2,clone(pop_vlan,v3),v4", "v1:5 v2:6 v3 v4:6")]
    [InlineData("check_pkt_len(size=1500,gt(drop),le(v1))", "v1")]
    [InlineData("sample(sample=50.0%,actions(v1)),userspace(pid=0,slow_path(controller)),trunc(64),v2", "v1 v2")]
    [InlineData("ct(commit,zone=5,nat(src=10.0.0.1)),recirc(0x1),meter(1),ct_clear,hash(l4(0))", "")]
    [InlineData("drop", "")]
    public void Datapath_actions_of_all_kinds_are_read(string actions, string outputs)
    {
        var trace = OvsTrace.Parse($"Flow: in_port=v0\nDatapath actions: {actions}");

        Assert.Equal(outputs, string.Join(' ', trace.Outputs.Select(o => o.Vlan is null ? o.Port : $"{o.Port}:{o.Vlan}")));
    }

    [Theory]
    [InlineData(200, "", "1 reg0=0x1")]
    [InlineData(100, "v1", "1 ")]
    [InlineData(null, "v1", "1 reg0=0x1", "1 ")]
    public void Of_a_frame_s_length_only_what_becomes_of_such_a_frame_is_read(int? length, string outputs, params string[] steps)
    {
        var trace = OvsTrace.Parse("""
            Flow: udp,in_port=v0

            bridge("br0")
            -------------
             0. udp, priority 10
                check_pkt_larger(100)->NXM_NX_REG0[0]
                resubmit(,1)
                 1. reg0=0x1, priority 32768
                        drop
                resubmit(,1)
             1. priority 32768
                output:v1

            Final flow: unchanged
            Megaflow: recirc_id=0,eth,udp,in_port=v0
            Datapath actions: check_pkt_len(size=100,gt(drop),le(v1))
            """, length);

        Assert.Equal(outputs, string.Join(' ', trace.OutputPorts));
        Assert.Equal(steps, trace.Deciding.Select(s => $"{s.Table} {s.Match}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 0. priority 0")]
    [InlineData("bridge(\"br0\")\n>>>> <<<<\n>> \n-> \nDatapath actions: )(,,clone(\nDatapath actions: push_vlan()")]
    public void Text_that_is_no_trace_is_read_as_nothing(string text) => Assert.True(OvsTrace.Parse(text).Dropped);
}
