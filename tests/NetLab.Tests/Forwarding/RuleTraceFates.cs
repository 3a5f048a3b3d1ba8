using NetLab.Linux.Netfilter;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>What the traces of rules must not do, and what they cannot.</summary>
[Trait("Category", "Fate")]
public sealed class RuleTraceFates : IAsyncLifetime
{
    private readonly Lab _lab = new(FateAssert.Traced);
    private readonly Node _node;
    private readonly FakeVm _vm1, _vm2;

    public RuleTraceFates()
    {
        _node = _lab.AddNode("n");
        var bridge = _node.AddBridge("br0");
        _vm1 = _node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        _ = _node.AddVm("vm3", bridge, vm => vm.Address("10.0.0.3/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.BpfTracing, Feature.NftTrace)]
    public async Task A_ruleset_that_changes_between_two_frames_is_read_again()
    {
        await _node.LoadRulesetAsync("table bridge t { chain c { type filter hook forward priority 0; oifname \"tap-vm2\" drop comment \"first\"; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "n/tap-vm2", "rule 1 of chain \"c\"", "comment \"first\"");

        await _node.LoadRulesetAsync(
            "flush ruleset\ntable bridge t { chain c { type filter hook forward priority 0; ether type arp accept; oifname \"tap-vm2\" drop " +
                "comment \"second\"; }\n}");
        (await SendAsync()).EndsBy("nft-rule", "n/tap-vm2", "rule 2 of chain \"c\"", "comment \"second\"");

        await _node.LoadRulesetAsync("flush ruleset");
        (await SendAsync()).ShouldReach(_vm2);
    }

    [LabFact(Feature.BpfTracing, Feature.NftTrace)]
    public async Task The_same_rule_is_told_of_each_frame_without_reading_it_again()
    {
        await _node.LoadRulesetAsync("table bridge t { chain c { type filter hook forward priority 0; oifname \"tap-vm2\" counter drop; }\n}");
        var first = (await SendAsync()).EndsBy("nft-rule", "n/tap-vm2", ": oifname \"tap-vm2\" counter drop,").Sentence;
        Assert.Equal(first, (await SendAsync()).EndsBy("nft-rule", "n/tap-vm2").Sentence);
    }

    [LabFact(Feature.BpfTracing, Feature.NftTrace)]
    public async Task Two_copies_that_two_rules_drop_have_a_rule_each()
    {
        await _node.LoadRulesetAsync(
            "table bridge t { chain c { type filter hook forward priority 0; oifname \"tap-vm2\" drop; oifname \"tap-vm3\" drop; }\n}");
        var fate = await SendAsync();
        fate.EndsBy("nft-rule", "n/tap-vm2", "rule 1 of chain \"c\"", "oifname \"tap-vm2\" drop");
        fate.EndsBy("nft-rule", "n/tap-vm3", "rule 2 of chain \"c\"", "oifname \"tap-vm3\" drop");
    }

    [LabFact(Feature.BpfTracing, Feature.NftTrace)]
    public async Task Frames_that_are_followed_at_the_same_time_have_their_own_rules()
    {
        await _node.LoadRulesetAsync(
            "table bridge t { chain c { type filter hook forward priority 0; udp dport 1000-1019 accept; udp dport 2001 drop; udp dport 2002 " +
                "drop; udp dport 2003 drop; }\n}");
        var fates = await Task.WhenAll(Enumerable.Range(1, 3).Select(i => SendAsync(2000 + i)));
        for (var i = 0; i < 3; i++)
        {
            fates[i].EndsBy("nft-rule", "n/tap-vm2", $"rule {i + 2} of chain \"c\"", $"udp dport {2001 + i} drop");
        }

        Assert.DoesNotContain(NftTrace.ArmingTable, (await _node.ExecAsync("nft", ["list", "ruleset"])).Output, StringComparison.Ordinal);
    }

    [LabFact(Feature.BpfTracing, Feature.NftTrace)]
    public async Task Traces_that_the_kernel_had_no_room_for_are_told_of()
    {
        // Every rule that a frame meets is told: few frames are enough to fill the room.
        var met = string.Concat(Enumerable.Repeat("udp dport 2000 counter; ", 100));
        await _node.LoadRulesetAsync(
            $"table bridge t {{ chain c {{ type filter hook forward priority 0; {met} udp dport 53 drop; udp dport 50-60 drop; }}\n}}");
        Frame filler = Frame.Udp(_vm1, _vm2, 2000, "one of many"), frame = Frame.Udp(_vm1, _vm2, 53, "the one");
        var fate = await FollowedFrame.SendAsync(
            new SentFrame("vm1", _vm1, _node, frame, FrameIdentity.Of(frame)),
            () =>
            {
                for (var i = 0; i < 150; i++)
                {
                    _vm1.Inject(filler.Bytes.Span);
                }

                _vm1.Inject(frame.Bytes.Span);
            },
            default);
        var copy = fate.Copies.First(c => c.Reason?.Cause == "netfilter");
        Assert.Contains("One of 2 rules of node n dropped it", copy.Reason!.Sentence, StringComparison.Ordinal);
        Assert.Contains(copy.Reason.Evidence, e => e.Source == "nft"
            && e.Text.StartsWith("the traces may be incomplete: ", StringComparison.Ordinal)
            && e.Text.Contains("the kernel had more to tell of the rules of n", StringComparison.Ordinal));
    }

    [LabFact(Feature.BpfTracing, Feature.IptablesLegacy, Feature.BridgeNetfilter)]
    public async Task Two_copies_that_two_rules_of_iptables_legacy_drop_at_one_hook_have_one_of_the_two()
    {
        _node.WriteSysctl("net.bridge.bridge-nf-call-iptables", "1");
        foreach (var vm in (string[])["vm2", "vm3"])
        {
            (await _node.ExecAsync("iptables-legacy", ["-w", "-A", "FORWARD", "-m", "physdev", "--physdev-out", $"tap-{vm}", "-j", "DROP"])).EnsureSuccess();
        }

        var fate = await SendAsync();

        foreach (var vm in (string[])["vm2", "vm3"])
        {
            var copy = Assert.Single(fate.Copies, c => c.Reason?.Place == $"n/tap-{vm}");
            Assert.Equal("One of 2 rules of node n dropped it: each dropped a copy of the frame there.", copy.Reason!.Sentence);
            Assert.Equal(["counter of rule 1 of chain FORWARD went from 0 to 1.", "counter of rule 2 of chain FORWARD went from 0 to 1."],
                copy.Reason.Evidence.Where(e => e.Source == "iptables").Select(e => e.Text));
            Assert.Equal("look at the rules: iptables-legacy -t filter -S", copy.Reason.Remedy);
        }
    }

    [LabFact(Feature.BpfTracing, Feature.IptablesLegacy, Feature.BridgeNetfilter)]
    public async Task Of_two_rules_of_iptables_legacy_that_counted_the_one_for_frames_like_it_is_told()
    {
        _node.WriteSysctl("net.bridge.bridge-nf-call-iptables", "1");
        foreach (var protocol in (string[])["tcp", "udp"])
        {
            (await _node.ExecAsync("iptables-legacy", ["-w", "-A", "FORWARD", "-p", protocol, "-j", "DROP"])).EnsureSuccess();
        }

        Frame other = Frame.Tcp(_vm1.Mac, _vm2.Mac, _vm1.Address, _vm2.Address, 1000, 80, TcpFlags.Syn, 1, 0), frame = Frame.Udp(_vm1, _vm2, 53, "the one");
        var fate = await FollowedFrame.SendAsync(
            new SentFrame("vm1", _vm1, _node, frame, FrameIdentity.Of(frame)),
            () =>
            {
                _vm1.Inject(other.Bytes.Span);
                _vm1.Inject(frame.Bytes.Span);
            },
            default);

        fate.EndsBy("iptables-rule", "n/tap-vm2", "rule 2 of chain \"FORWARD\"", "iptables-legacy -A FORWARD -p udp -j DROP");
    }

    private Task<Fate> SendAsync(int port = 53) => _vm1.SendAsync(Frame.Udp(_vm1, _vm2, port, $"to port {port}"));
}
