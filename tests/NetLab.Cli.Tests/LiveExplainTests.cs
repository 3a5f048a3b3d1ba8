using System.Text.Json.Nodes;
using NetLab.Linux;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary><c>netlab explain --live</c> on namespaces that others made: a client, a router with rules, and what is behind it.</summary>
public sealed class LiveExplainTests : IDisposable
{
    private readonly ForeignNamespace _client = new(), _router = new(), _outside = new();

    public LiveExplainTests()
    {
        _router.Run($$"""
            ip link add qr-1 type veth peer name eth0 netns {{_client.Pid}}
            ip link add qg-1 type veth peer name eth0 netns {{_outside.Pid}}
            sysctl -qw net.ipv4.ip_forward=1
            ip address add 10.0.1.1/24 dev qr-1; ip link set qr-1 up
            ip address add 10.0.2.1/24 dev qg-1; ip link set qg-1 up
            nft 'table inet guard { chain forward {
              type filter hook forward priority 0; udp dport 53 drop comment "no-dns"; udp dport 50-60 drop comment "nor-this"
            }; }'
            """);
        _client.Run("ip address add 10.0.1.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.1.1");
        _outside.Run("ip address add 10.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.1");
        _client.Run("ping -c 1 -W 5 10.0.2.2");
    }

    private string Router => $"qrouter-1=pid:{_router.Pid}";

    private string Client => $"vm={_client.Pid}";

    public void Dispose()
    {
        _client.Dispose();
        _router.Dispose();
        _outside.Dispose();
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_frame_that_passes_is_a_line_with_its_way_and_leaves_where_nobody_watches()
    {
        var watch = await WatchProcess.StartAsync(Router, Client, "--filter", "icmp dst=10.0.2.2", "--count", "1");
        _client.Run("ping -c 1 -W 5 10.0.2.2");
        var result = await watch.FinishAsync();

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.StartsWith("Watching qrouter-1 (2 devices), vm (1 device), by BPF on ", watch.First);
        Assert.Matches(@"(?m)^\S+  vm/eth0 > qrouter-1/qr-1 > qg-1 \(left, \d+ µs\)   .* 10\.0\.1\.2 > 10\.0\.2\.2 ICMP echo request", result.Output);
        Assert.Contains("1 frame in ", result.Output);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_frame_that_a_rule_drops_is_told_with_the_rule_and_its_like_is_counted()
    {
        var watch = await WatchProcess.StartAsync(Router, Client, "--filter", "udp port=53", "--only-dropped", "--rules", "--count", "3");
        _client.Run("for i in 1 2 3; do echo hi > /dev/udp/10.0.2.2/53; done; echo hi > /dev/udp/10.0.2.2/99");
        var result = await watch.FinishAsync();

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Contains("  vm > eth0 > qr-1   X DROPPED at qrouter-1/qr-1", result.Output);
        Assert.Contains("Why: rule 1 of chain \"forward\" in table \"inet guard\": udp dport 53 drop comment \"no-dns\", in node qrouter-1", result.Output);
        Assert.Contains("Evidence: nft: trace id ", result.Output);
        Assert.Single(result.Output.Split('\n'), l => l.Contains("Why: ", StringComparison.Ordinal));
        Assert.Contains("… 2 more like this: nft-rule at qrouter-1/qr-1", result.Output);
        Assert.Matches("(?m)^ +3  nft-rule at qrouter-1/qr-1: rule 1 of chain", result.Output);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Without_the_traces_of_rules_those_that_may_have_done_it_are_named()
    {
        var watch = await WatchProcess.StartAsync(Router, "--filter", "udp port=53", "--count", "1");
        _client.Run("echo hi > /dev/udp/10.0.2.2/53");
        var result = await watch.FinishAsync();

        Assert.Contains("One of 2 rules of node qrouter-1 dropped it", result.Output);
        Assert.Contains("no-dns", result.Output);
        Assert.DoesNotContain("netlab_trace", result.Output);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_destination_without_a_route_is_told_with_the_lookup()
    {
        var watch = await WatchProcess.StartAsync(Router, "--filter", "dst=10.9.0.0/16", "--count", "1", "--json");
        _client.Run("echo hi > /dev/udp/10.9.0.1/7");
        var result = await watch.FinishAsync();

        JsonNode[] lines = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];
        Assert.Equal("qrouter-1", (string?)JsonNode.Parse(watch.First)!["watching"]![0]!["name"]);
        Assert.True((bool?)lines[0]["stopped"]);
        Assert.Equal("10.0.1.2", (string?)lines[0]["from"]);
        Assert.Equal("no-route", (string?)lines[0]["copies"]![0]!["reason"]!["cause"]);
        Assert.Equal("qrouter-1/qr-1", (string?)lines[0]["copies"]![0]!["reason"]!["place"]);
        Assert.Equal((1, 1, "no-route"), ((int?)lines[1]["frames"], (int?)lines[1]["stopped"], (string?)lines[1]["causes"]![0]!["cause"]));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_port_that_a_bridge_skips_is_told_with_the_flag_also_on_a_bridge_that_came_later()
    {
        var watch = await WatchProcess.StartAsync(Client, "--filter", "type=0x0800 dst=10.0.5.2", "--count", "1");
        _client.Run("""
            ip link add br0 type bridge; ip link set br0 up
            ip link add p1 type veth peer name x1; ip link add p2 type veth peer name x2
            for p in p1 p2; do ip link set $p master br0; done; for d in p1 p2 x1 x2; do ip link set $d up; done
            bridge link set dev p2 isolated on; bridge link set dev p1 isolated on
            ip address add 10.0.5.1/24 dev x1; ip neighbour add 10.0.5.2 lladdr 02:00:00:00:00:99 dev x1
            for p in p1 p2; do until bridge link show dev $p | grep -q 'state forwarding'; do sleep 0.01; done; done
            echo hi > /dev/udp/10.0.5.2/7
            """);
        var result = await watch.FinishAsync();

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Contains("Why: Bridge br0 sends nothing from p1 to p2: both ports are isolated.", result.Output);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Interrupted_it_ends_well_and_sums_up()
    {
        var watch = await WatchProcess.StartAsync(Router, "--filter", "udp");
        _client.Run("echo hi > /dev/udp/10.0.2.2/99");
        var seen = await watch.ReadUntilAsync("> 99");
        watch.Interrupt();
        var result = await watch.FinishAsync();

        Assert.Contains("(left, ", seen);
        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Contains("1 frame in ", result.Output);
        Assert.Empty(result.Error);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Nothing_changes_in_what_is_watched()
    {
        NodeState before = await StateAsync(), during;
        foreach (var more in new[] { Array.Empty<string>(), ["--rules"] })
        {
            var watch = await WatchProcess.StartAsync([Router, "--filter", "udp port=53", .. more]);
            _client.Run("echo hi > /dev/udp/10.0.2.2/53");
            var seen = await watch.ReadUntilAsync("Why: ");
            during = await StateAsync();
            watch.Interrupt();
            var result = await watch.FinishAsync();

            Assert.True(result.ExitCode == ExitCode.Fine, $"{seen}\n{result}");
            Assert.Equal("no change", before.DiffTo(during).ToString());
            Assert.Equal("no change", before.DiffTo(await StateAsync()).ToString());
        }

        _router.Run("! nft list tables | grep netlab");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task The_capture_file_has_the_reason_as_a_comment_and_no_bytes_that_were_not_seen()
    {
        var file = Path.Combine(Path.GetTempPath(), $"netlab-live-{Guid.NewGuid():N}.pcapng");
        try
        {
            var watch = await WatchProcess.StartAsync(Router, "--filter", "udp port=53", "--rules", "--count", "1", "--pcapng", file);
            _client.Run("head -c 900 /dev/zero | tr '\\0' x > /dev/udp/10.0.2.2/53");
            await watch.FinishAsync();

            var packet = Assert.Single(await Tshark.FieldsAsync(file, "frame.interface_name", "frame.len", "frame.cap_len", "frame.comment"));
            Assert.StartsWith("qrouter-1/qr-1\t942\t128\tDROPPED at qrouter-1/qr-1", packet);
            Assert.Contains("no-dns", packet);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [LabTheory]
    [InlineData("no-such-router", "--live: there is no namespace 'no-such-router' in /run/netns; there ")]
    [InlineData("pid:2147483647", "--live: there is no process 2147483647; name one that runs in the namespace")]
    [InlineData("/proc/self/ns/net", "--live: '/proc/self/ns/net' is in this machine's own network namespace; say 'host' to watch that")]
    [InlineData("/etc/passwd", "--live: /etc/passwd is no network namespace")]
    [InlineData("/no/such/file", "--live: there is no file /no/such/file")]
    [InlineData("ROUTER ROUTER", "--live: qrouter-1 and qrouter-1 are the same namespace")]
    [InlineData("ROUTER --filter udq", "--filter:1:1: 'udq' is no kind of frame; did you mean 'udp'?")]
    [InlineData("ROUTER --for 3x", "--for: '3x' is no time; write 10s")]
    [InlineData("ROUTER --count 0", "--count takes a number from 1")]
    [InlineData("ROUTER --from vm1", "Option '--from' is not for --live")]
    public async Task What_cannot_be_watched_is_refused_with_what_could_be(string arguments, string complaint)
    {
        var result = await NetLabProcess.RunAsync(["explain", "--live", .. arguments.Replace("ROUTER", Router, StringComparison.Ordinal).Split(' ')]);

        Assert.True(result.ExitCode == ExitCode.BadInput, result.ToString());
        Assert.Contains(complaint, result.Error);
        Assert.Empty(result.Output);
    }

    [LabFact]
    public async Task A_name_that_there_is_not_is_answered_with_those_there_are()
    {
        var result = await NetLabProcess.FinishAsync(
            NetLabProcess.StartShell("mount -t tmpfs none /run; mkdir /run/netns; touch /run/netns/qdhcp-7 /run/netns/qrouter-7; exec \"$@\"",
                "explain", "--live", "qrouter-8"));

        Assert.True(result.ExitCode == ExitCode.BadInput, result.ToString());
        Assert.Contains("there is no namespace 'qrouter-8' in /run/netns; there are qdhcp-7, qrouter-7", result.Error);
    }

    [LabFact]
    public async Task A_bed_of_an_unprivileged_user_is_watched_by_packet_sockets_and_says_so()
    {
        const string bed = """
            unshare -n sleep infinity & router=$!
            until [ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
            ip link add eth0 type veth peer name qr-1 netns $router; ip address add 10.0.1.2/24 dev eth0; ip link set eth0 up
            nsenter -t $router -n sh -c 'ip address add 10.0.1.1/24 dev qr-1; ip link set qr-1 up
              nft "table inet guard { chain in { type filter hook input priority 0; udp dport 53 drop comment \"no-dns\"; }; }"'
            dotnet "$2" explain --live host r=$router --filter 'udp port=53' --rules --count 1 | while IFS= read -r line; do
              echo "$line"
              case $line in Watching*) (ping -c 1 10.0.1.1; echo hi > /dev/udp/10.0.1.1/53) >&2 ;; esac
            done
            code=${PIPESTATUS[0]}
            kill $router; exit $code
            """;
        var result = await NetLabProcess.FinishAsync(NetLabProcess.StartInUserNamespace(bed));

        Assert.True(result.ExitCode == ExitCode.Fine, result.ToString());
        Assert.Matches("(?m)^Watching host \\(1 device\\), r \\(1 device\\), by packet sockets .*EPERM", result.Output);
        Assert.Contains("Why: rule 1 of chain \"in\" in table \"inet guard\": udp dport 53 drop comment \"no-dns\", in node r", result.Output);
    }

    // What traffic itself changes is left out.
    private async Task<NodeState> StateAsync()
    {
        await using var lab = Lab.Adopt([("router", NetworkNamespace.OpenProcess(_router.Pid))]);
        return await lab.Nodes[0].ReadStateAsync() with { Neighbours = [], Connections = [] };
    }
}
