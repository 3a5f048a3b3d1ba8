using System.Text.RegularExpressions;
using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>Traces by a running Open vSwitch.</summary>
public class OvsTraceLiveTests
{
    [Fact]
    public async Task A_frame_of_a_VLAN_that_a_trunk_does_not_carry_is_explained()
    {
        await using var bed = await WithBridgeAsync(null, ("v0", OvsPortOptions.Trunk(20)), ("b", OvsPortOptions.Access(10)));

        var trace = await bed.Ovs.TraceAsync("br0", "v0", Frame(Everybody, from: 1, vlan: 10), default);

        Assert.True(trace.Dropped);
        Assert.Equal("dropping VLAN 10 packet received on port v0 not configured for trunking VLAN 10", trace.Reasons[0]);
        Assert.Equal("br0 table 0, priority 0: NORMAL", Assert.Single(trace.Deciding).ToString());
        Assert.Equal("Port v0 has trunks=[20]: it carries frames tagged 20 and drops all others.",
            (await bed.Ovs.DumpPortsAsync(default)).Single(p => p.Name is "v0").VlanSentence);
    }

    [Fact]
    public async Task A_trace_names_the_outputs_beyond_patch_ports_and_the_flow_that_dropped()
    {
        await using var bed = await CreateAsync();
        bed.AddTaps("a", "b", "c");
        await bed.Ovs.ApplyAsync(
            new OvsChange()
                .SetBridge("br0").SetPort("br0", "a", OvsPortOptions.Access(7)).SetPort("br0", "b").SetPort("br0", "to1", OvsPortOptions.Patch("to0"))
                .SetBridge("br1").SetPort("br1", "c", OvsPortOptions.Access(7)).SetPort("br1", "to0", OvsPortOptions.Patch("to1")),
            default);
        await bed.Ovs.AddFlowsAsync("br1", ["priority=100,cookie=0x77,in_port=to0,dl_dst=02:00:00:00:00:63 actions=drop"], default);

        var flooded = await bed.Ovs.TraceAsync("br0", "a", Frame(Everybody, from: 1), default);
        Assert.Equal([new("b", 7), new("br0", 7), new("br1", 7), new("c", null)], flooded.Outputs.OrderBy(o => o.Port, StringComparer.Ordinal));

        var dropped = await bed.Ovs.TraceAsync("br0", "a", Frame(Mac(0x63), from: 1), default);
        Assert.Equal(["b", "br0"], dropped.OutputPorts.Order());
        Assert.Contains("br1 table 0, priority 100, in_port=to0,dl_dst=02:00:00:00:00:63, cookie 0x77: drop", dropped.Deciding.Select(s => s.ToString()));
    }

    [Fact]
    public async Task What_is_traced_is_what_happens()
    {
        await using var bed = await WithBridgeAsync(null, ("a", OvsPortOptions.Access(10)), ("b", OvsPortOptions.Access(10)),
            ("c", OvsPortOptions.Trunk(10, 20)), ("d", null));
        foreach (var from in (string[])["a", "b", "c", "d"])
        {
            foreach (var frame in (byte[][])[Frame(Everybody, from[0]), Frame(Everybody, from[0], vlan: 10), Frame(Everybody, from[0], vlan: 20),
                Frame(Mac('a'), from[0], vlan: 10)])
            {
                var trace = await bed.Ovs.TraceAsync("br0", from, frame, default);

                Assert.Equal(await bed.WhoGetsAsync(from, frame),
                    string.Join(' ', trace.Outputs.Where(o => o.Port is not "br0").Select(o => o.Vlan is null ? o.Port : $"{o.Port}:{o.Vlan}")
                        .Order(StringComparer.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task Tracing_teaches_nothing()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));

        Assert.Equal(["b", "br0", "c"], (await bed.Ovs.TraceAsync("br0", "a", Frame(Mac(2), from: 1), default)).OutputPorts.Order());

        Assert.Empty(await bed.Ovs.DumpMacsAsync("br0", default));
        Assert.Equal(0, (await bed.Ovs.DumpFlowsAsync("br0", default)).Single().Packets);
        Assert.Equal("a c", await bed.WhoGetsAsync("b", Frame(Mac(1), from: 2)));
    }

    [Fact]
    public async Task A_frame_is_described_exactly_as_Open_vSwitch_itself_reads_it()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null));
        var random = new Random(20260829);
        var frames = Samples().Select(Convert.FromHexString).ToList();
        foreach (var frame in frames.ToList())
        {
            for (var n = 0; n < 40; n++)
            {
                // Cut, or changed in one place, anywhere behind the addresses.
                var other = frame[..(n % 2 is 0 ? frame.Length : random.Next(14, frame.Length))];
                other[random.Next(12, other.Length)] = (byte)random.Next(256);
                frames.Add(other);
            }
        }

        foreach (var frame in frames)
        {
            var hex = Convert.ToHexString(frame);
            var itself = await bed.Ovs.ControlAsync("ofproto/trace", ["--names", "br0", "in_port=a", hex], default);
            var described = await bed.Ovs.TraceAsync("br0", "a", frame, default);

            Assert.Equal($"{hex}: {Comparable(itself)}", $"{hex}: {Comparable(described.Text)}");
        }
    }

    [Fact]
    public async Task A_bridge_or_port_that_is_not_there_is_told()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null));

        Assert.Contains("br9: unknown bridge",
            (await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.TraceAsync("br9", "a", Frame(Everybody, 1), default))).Message, StringComparison.Ordinal);
        Assert.Contains("bad value for in_port",
            (await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.TraceAsync("br0", "x", Frame(Everybody, 1), default))).Message, StringComparison.Ordinal);
    }

    // The line "Flow: …" without that which cannot be said in a flow.
    private static string Comparable(string trace)
    {
        var flow = trace.Split('\n')[0];
        flow = flow.Contains("nw_proto=2,", StringComparison.Ordinal) ? Regex.Replace(flow, ",tp_src=.*", "") : flow;
        flow = flow.Contains("icmp_type=135", StringComparison.Ordinal) ? Regex.Replace(flow, ",nd_tll=.{17}", "") : Regex.Replace(flow, ",nd_sll=.{17}", "");
        return Regex.Replace(flow, ",mpls_(lse[12]|bos)=[^,]*", "");
    }

    private static IEnumerable<string> Samples()
    {
        const string addresses = "ffffffffffff020000000001", ipv6 = "20010db8000000000000000000000001" + "20010db8000000000000000000000002";
        const string udp = "0035303900080000", tcp = "0050303900000001000000025012ffff00000000";
        static string Ip4(int protocol, string payload, string fragment = "0000", string options = "") =>
            $"0800{4:x}{5 + (options.Length / 8):x}b9{20 + (options.Length / 2) + (payload.Length / 2):x4}0001{fragment}3f{protocol:x2}" +
                $"0000c0a80001c0a80002{options}{payload}";
        static string Ip6(int next, string payload) => $"86dd6b912345{payload.Length / 2:x4}{next:x2}40{ipv6}{payload}";
        const string solicitation = "8700000000000000" + "20010db8000000000000000000000002", advertisement = "88000000e0000000" +
            "20010db8000000000000000000000002";

        yield return addresses + "88b5" + new string('0', 92);
        yield return addresses + "0806" + "0001080006040001020000000001c0a80001000000000000c0a80002" + new string('0', 36);
        yield return addresses + "8035" + "0001080006040003020000000001c0a80001000000000000c0a80002";
        yield return addresses + "81006014" + "0806" + "0001080006040002020000000001c0a80001020000000002c0a80002";
        yield return addresses + "88a80005" + "81000014" + Ip4(17, udp);
        yield return addresses + "81000000" + Ip4(17, udp);
        yield return addresses + Ip4(17, udp) + new string('0', 36);
        yield return addresses + Ip4(6, tcp);
        yield return addresses + Ip4(6, tcp, options: "94040000");
        yield return addresses + Ip4(1, "0800000012340001");
        yield return addresses + Ip4(2, "16000000e0000001");
        yield return addresses + Ip4(132, "0bcd0bce0000000000000000");
        yield return addresses + Ip4(17, udp, "2000");
        yield return addresses + Ip4(17, udp, "2003");
        yield return addresses + Ip4(47, "00000800");
        yield return addresses + Ip6(17, udp);
        yield return addresses + Ip6(6, tcp);
        yield return addresses + Ip6(0, "1100050200000000" + udp);
        yield return addresses + Ip6(44, "1100000100000001" + udp);
        yield return addresses + Ip6(44, "1100010100000001" + udp);
        yield return addresses + Ip6(51, "1104000000000001" + new string('0', 32) + udp);
        yield return addresses + Ip6(58, "8000000012340001");
        yield return addresses + Ip6(58, solicitation + "0101020000000001");
        yield return addresses + Ip6(58, advertisement + "0201020000000002");
        yield return addresses + Ip6(58, solicitation + "0101020000000001" + "0101020000000003");
        yield return addresses + "0026" + "424203" + new string('0', 80);
        yield return addresses + "0030" + "aaaa03000000" + Ip4(17, udp);
        yield return "01000ccccccd020000000001" + "0032" + "aaaa0300000c010b" + new string('0', 90);
        yield return addresses + "8847" + "00064140" + Ip4(17, udp)[4..];
    }
}
