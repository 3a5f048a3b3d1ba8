using System.Text.Json.Nodes;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary><c>netlab explain</c>, as a user starts it.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-explain-").FullName;
    private static readonly string Rule = NetLabProcess.Scenario("basics/nft-rule.yaml"), Flood = NetLabProcess.Scenario("basics/flood-off.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_catalogue_of_causes_is_the_page_in_the_documentation()
    {
        var result = await NetLabProcess.RunAsync("explain", "--causes");
        Assert.Equal((0, await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "causes.md"))), (result.ExitCode, result.Output));
    }

    [LabFact]
    public async Task A_frame_that_arrives_is_told_with_its_way_and_the_exit_code_is_0()
    {
        var result = await NetLabProcess.RunAsync("explain", Rule, "--from", "vm1", "--to", "vm3");

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.StartsWith("vm3 (node b, tap-vm3) receives the frame from vm1: ", result.Output);
        Assert.Contains("UDP 40000 > 53", result.Output);
        Assert.Matches(@"(?m)^  a  v0 +out +-> b v1$", result.Output);
        Assert.Matches(@"(?m)^  b  vm3 +received it$", result.Output);
    }

    [LabTheory]
    [InlineData("icmp", "ICMP", 1)]
    [InlineData("arp", "ARP", 0)] // the rule before lets it through
    [InlineData("tcp port=80 ttl=3", "TCP 40000 > 80", 1)]
    [InlineData("ethernet 0x88b5 payload='two words'", "0x88b5", 1)]
    [InlineData("ff ff ff ff ff ff 02 00 00 00 00 01 88 b5 01 02", "0x88b5", 1)]
    public async Task A_frame_is_sent_as_it_is_asked_for(string frame, string seen, int exitCode)
    {
        var result = await NetLabProcess.RunAsync("explain", Rule, "--from", "vm1", "--to", "vm2", "--frame", frame);

        Assert.True(result.ExitCode == exitCode, result.ToString());
        Assert.Contains(seen, result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [LabFact]
    public async Task A_frame_through_a_router_goes_to_the_gateways_MAC_without_asking_for_it()
    {
        var result = await NetLabProcess.RunAsync("explain", NetLabProcess.Scenario("basics/router.yaml"), "--from", "vm01", "--to", "vm02", "--json");

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Equal("vm02", (string?)result.Json["to"]);
        Assert.Contains("eth2", result.Json["path"]!.AsArray().Select(hop => (string?)hop));
    }

    [LabFact]
    public async Task The_steps_that_change_the_lab_are_taken_first_where_they_are_asked_for()
    {
        var router = NetLabProcess.Scenario("basics/router.yaml");

        var two = await NetLabProcess.RunAsync("explain", router, "--from", "vm01", "--to", "vm02", "--after-steps", "2");
        var all = await NetLabProcess.RunAsync("explain", router, "--from", "vm01", "--to", "vm02", "--after-steps");

        Assert.Equal((ExitCode.Fine, ExitCode.Failed), (two.ExitCode, all.ExitCode));
        Assert.Contains("router", all.Output.Split('\n')[0]);
    }

    [LabTheory]
    [InlineData("udp port=53 src=fd00::1", "vm02", "a packet from fd00::1 to 10.0.0.12 cannot be: one is an address of IPv4, the other of IPv6")]
    [InlineData("ra 2001:db8::/64 src=10.0.0.1", "vm02", "a router advertises itself from an address of IPv6, and 10.0.0.1 is one of IPv4")]
    [InlineData("arp dst=fd00::2", "vm02", "ARP asks for IPv4 addresses, and fd00::2 is one of IPv6")]
    [InlineData("udp port=53", "fd00::2", "vm01 has no address to send from to fd00::2")]
    public async Task What_cannot_be_one_frame_is_told(string frame, string to, string told)
    {
        var file = Path.Combine(_folder, "two.yaml");
        await File.WriteAllTextAsync(file, Samples.Yaml);

        var result = await NetLabProcess.RunAsync("explain", file, "--from", "vm01", "--to", to, "--frame", frame);

        Assert.True(result.ExitCode == ExitCode.BadInput, result.ToString());
        Assert.StartsWith($"netlab: --frame: {told}", result.Error);
    }

    [LabFact]
    public async Task A_VM_that_sends_to_an_IPv6_address_which_nobody_has_asks_for_it()
    {
        var file = Path.Combine(_folder, "six.yaml");
        await File.WriteAllTextAsync(file, Samples.Yaml.Replace("10.0.0.11/24", "'fd00::11/64'", StringComparison.Ordinal)
            .Replace("  - ping: vm01 -> vm02\n", "  - exec: { node: host, run: [true] }\n", StringComparison.Ordinal));

        var result = await NetLabProcess.RunAsync("explain", file, "--from", "vm01", "--to", "fd00::99");

        Assert.True(result.ExitCode == ExitCode.Failed, result.ToString());
        Assert.Contains("> 33:33:ff:00:00:99 IPv6 fd00::11 > ff02::1:ff00:99 ICMPv6 who-has fd00::99", result.Output);
    }

    [LabFact]
    public async Task What_a_program_of_a_step_that_failed_printed_is_told()
    {
        var file = Path.Combine(_folder, "failed-step.yaml");
        await File.WriteAllTextAsync(file, Samples.Yaml + "  - exec: { node: host, run: ip link show nothing }\n");

        var result = await NetLabProcess.RunAsync("explain", file, "--from", "vm01", "--to", "vm02", "--after-steps");

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Contains("ip link show nothing: it ended with exit code 1; expected 0\n  Device \"nothing\" does not exist.\n", result.Error);
    }

    [LabFact]
    public async Task A_node_pings_and_a_node_and_an_address_may_be_meant()
    {
        var hosts = NetLabProcess.Scenario("basics/two-hosts.yaml");

        var node = await NetLabProcess.RunAsync("explain", hosts, "--from", "h1", "--to", "h2");
        var address = await NetLabProcess.RunAsync("explain", hosts, "--from", "h1", "--to", "10.0.0.2");

        Assert.True(node.ExitCode == ExitCode.Fine, node.ToString());
        Assert.StartsWith("h2 (a node) answers h1: ", node.Output);
        Assert.True(address.ExitCode == ExitCode.Fine, address.ToString());
    }

    [LabTheory]
    [InlineData("red", "blue")]
    [InlineData("red", "10.2.0.2")]
    [InlineData("vm", "blue")]
    public async Task What_was_made_by_hand_is_asked_and_answers(string from, string to)
    {
        var file = Path.Combine(_folder, "by-hand.yaml");
        await File.WriteAllTextAsync(file, """
            name: by hand
            lab:
              nodes:
                red: {}
                blue: {}
                host:
                  bridges: { br0: {} }
                  vms: { vm: { bridge: br0, addresses: 10.2.0.9/24 } }
            steps:
              - exec: { node: red, run: ip link add eth0 type veth peer name eth0 netns blue }
              - exec: { node: blue, run: 'sh -c "ip link add br0 type bridge; ip link set eth0 master br0; ip link set eth0 up; ip link set br0 up"' }
              - exec: { node: blue, run: ip link add up0 type veth peer name up0 netns host }
              - exec: { node: blue, run: 'sh -c "ip link set up0 master br0; ip link set up0 up; ip address add 10.2.0.2/24 dev br0"' }
              - exec: { node: host, run: 'sh -c "ip link set up0 master br0; ip link set up0 up"' }
              - exec: { node: red, run: 'sh -c "ip link set eth0 up; ip address add 10.2.0.1/24 dev eth0"' }
            """);

        var result = await NetLabProcess.RunAsync("explain", file, "--from", from, "--to", to, "--after-steps", "--frame", "icmp");

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Contains($" answers {from}: ", result.Output.Split('\n')[0]);
    }

    [LabFact]
    public async Task An_address_that_nobody_has_is_asked_for_in_vain()
    {
        var result = await NetLabProcess.RunAsync("explain", Flood, "--from", "vm1", "--to", "10.0.0.77");

        Assert.True(result.ExitCode == ExitCode.Failed, result.ToString());
        Assert.StartsWith("10.0.0.77 (nothing in the lab has this address) does not receive the frame from vm1", result.Output);
        Assert.Contains("ARP", result.Output);
    }

    [LabFact]
    public async Task With_json_standard_output_is_one_document_with_the_reason()
    {
        var result = await NetLabProcess.RunAsync("explain", Flood, "--from", "vm1", "--to", "vm2", "--json");

        Assert.Equal(ExitCode.Failed, (int?)result.Json["exitCode"]);
        Assert.False((bool?)result.Json["reached"]);
        Assert.Equal("flood-off", (string?)result.Json["why"]!["cause"]);
        Assert.Equal("a/tap-vm2", (string?)result.Json["why"]!["place"]);
        Assert.Equal("Delivered", (string?)result.Json["fate"]!["copies"]![0]!["end"]);
        Assert.Empty(result.Error);
    }

    [LabFact]
    public async Task The_capture_file_has_an_interface_for_each_device_and_the_reason_as_a_comment()
    {
        var file = Path.Combine(Path.GetTempPath(), $"netlab-explain-{Guid.NewGuid():N}.pcapng");
        try
        {
            await NetLabProcess.RunAsync("explain", Flood, "--from", "vm1", "--to", "vm2", "--pcapng", file);

            var packets = await Tshark.FieldsAsync(file, "frame.interface_name", "frame.packet_flags_direction", "udp.dstport", "frame.comment");

            Assert.Equal(2, packets.Length);
            Assert.StartsWith("a/tap-vm1\t0x01\t53\tNOT FORWARDED at a/tap-vm2", packets[0].Replace("0x00000001", "0x01", StringComparison.Ordinal));
            Assert.Contains("flood off", packets[0]);
            Assert.StartsWith("a/tap-vm3\t0x02\t53\tDELIVERED to VM vm3", packets[1].Replace("0x00000002", "0x02", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData("icmp", ExitCode.Failed, "vm1 gets no answer from vm2 (node sw, tap-vm2): the answer was dropped at sw/tap-vm1.")]
    [InlineData("icmp src=10.0.0.9", ExitCode.Fine, "vm2 (node sw, tap-vm2) receives the frame from vm1")]
    public async Task A_ping_of_a_VM_is_answered_or_not_unless_it_is_in_the_name_of_another(string frame, int exitCode, string headline)
    {
        var file = Path.Combine(_folder, "echo.yaml");
        await File.WriteAllTextAsync(file, """
            name: An echo reply is dropped
            lab:
              nodes:
                sw:
                  bridges: { br0: {} }
                  vms: { vm1: { bridge: br0, addresses: 10.0.0.1/24 }, vm2: { bridge: br0, addresses: 10.0.0.2/24 } }
                  nft: 'table bridge f { chain c { type filter hook forward priority 0; icmp type echo-reply drop; }; }'
            steps: [ { ping: { from: vm1, to: vm2, expect: no-reply } } ]
            """);

        var result = await NetLabProcess.RunAsync("explain", file, "--from", "vm1", "--to", "vm2", "--frame", frame);

        Assert.True(result.ExitCode == exitCode, result.ToString());
        Assert.StartsWith(headline, result.Output, StringComparison.Ordinal);
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData("udp 53", 54, ExitCode.Fine, "b (a node) answers a: the request took 4 hops", "answered")]
    [InlineData("tcp:53", 54, ExitCode.Fine, "b (a node) answers a: the request took 4 hops", "answered")]
    [InlineData("tcp 81", 54, ExitCode.Failed, "a is refused by b (a node), and is told so: the request was dropped at b/eth0.", "refused")]
    [InlineData("udp:53", 53, ExitCode.Failed, "a gets no answer from b (a node): the answer was dropped at r/e2.", null)]
    public async Task A_node_asks_a_port_and_the_answer_decides(string frame, int forbidden, int exitCode, string headline, string? word)
    {
        var file = Path.Combine(_folder, "ports.yaml");
        await File.WriteAllTextAsync(file, $$"""
            name: A node asks ports
            lab:
              nodes:
                a: { devices: { eth0: { addresses: 10.0.1.1/24 } }, routes: [ 'default via 10.0.1.254' ] }
                r:
                  forwarding: on
                  devices: { e1: { addresses: 10.0.1.254/24 }, e2: { addresses: 10.0.2.254/24 } }
                  nft: 'table ip f { chain c { type filter hook forward priority 0; udp sport {{forbidden}} drop; }; }'
                b: { devices: { eth0: { addresses: 10.0.2.1/24 } }, routes: [ 'default via 10.0.2.254' ] }
              links: [ 'a:eth0 -- r:e1', 'b:eth0 -- r:e2' ]
            steps:
              - exec: { node: b, run: dnsmasq --port=53 --no-resolv --no-hosts --conf-file=/dev/null --pid-file --user=root }
              - wait-for: { node: b, port: 53, protocol: udp }
            """);

        var result = await NetLabProcess.RunAsync("explain", file, "--from", "a", "--to", "b", "--after-steps", "--frame", frame);
        var json = await NetLabProcess.RunAsync("explain", file, "--from", "a", "--to", "b", "--after-steps", "--frame", frame, "--json");

        Assert.True(result.ExitCode == exitCode, result.ToString());
        Assert.Contains(headline, result.Output, StringComparison.Ordinal);
        var document = JsonNode.Parse(json.Output)!;
        Assert.Equal(word == "answered", (bool)document["answered"]!);
        Assert.Equal(word == "refused", (bool)document["refused"]!);
    }

    [Theory]
    [InlineData("vm9", "vm2", null, "--from: there is no VM or node 'vm9'; the lab has VMs vm1, vm2, vm3; nodes a")]
    [InlineData("vm1", "vm9", null, "--to: there is no VM or node 'vm9'; the lab has VMs vm1, vm2, vm3; nodes a")]
    [InlineData("vm1", "vm1", null, "--to: 'vm1' is the sender itself")]
    [InlineData("vm1", "vm2", "udq port=53", "--frame:1:1: 'udq' is no kind of frame; did you mean 'udp'?")]
    [InlineData("vm1", "vm2", "udp port=fifty", "--frame:1:10: dst 'fifty' is not a whole number")]
    [InlineData("vm1", "vm2", "udp port=53 tll=3", "--frame:1:13: udp has no key 'tll'")]
    [InlineData("vm1", "vm2", "udp port=53 ttl=300", "--frame:1:17: ttl 300 is out of range")]
    [InlineData("a", "vm2", "udp port=53 ttl=3", "--frame: 'a' is a node, whose own stack makes its frames, and has no 'ttl' to choose")]
    [InlineData("a", "vm2", "tcp 80 flags=ack", "--frame: 'a' is a node, whose own stack makes its frames, and has no flags but 'syn' to choose")]
    [InlineData("a", "vm2", "arp", "--frame: 'a' is a node, whose own stack makes its frames, and has no 'arp' to choose")]
    public async Task A_question_that_cannot_be_asked_is_refused_with_what_could_be(string from, string to, string? frame, string complaint)
    {
        string[] words = ["explain", Flood, "--from", from, "--to", to];

        var result = await NetLabProcess.RunAsync(frame is null ? words : [.. words, "--frame", frame]);

        Assert.True(result.ExitCode == ExitCode.BadInput, result.ToString());
        Assert.Contains(complaint, result.Error);
        Assert.Empty(result.Output);
    }

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData("nft-rule", "Why: rule 2 of chain \"f\" in table \"bridge guard\": iifname \"v1\" oifname \"tap-vm2\" counter drop comment \"vm2-isolated\"")]
    [InlineData("flood-off", "Why: Bridge br0 skipped port tap-vm2: unknown unicast, and tap-vm2 has `flood off`.")]
    [InlineData("ovs-trunk", "dropping VLAN 10 packet received on port v1 not configured for trunking VLAN 10")]
    public async Task In_an_unprivileged_user_namespace_the_reason_is_still_found_and_the_level_named(string scenario, string why)
    {
        var result = await NetLabProcess.RunInUserNamespaceAsync("explain", NetLabProcess.Scenario($"basics/{scenario}.yaml"), "--from", "vm1", "--to", "vm2");

        Assert.True(result.ExitCode == ExitCode.Failed, result.ToString());
        Assert.Contains(why, result.Output);
        Assert.Matches("(?m)^Followed by: packet sockets .*EPERM", result.Output);
    }
}
