using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A router sends a frame to another VM than the one that was meant: the router is named, and no bridge behind it.</summary>
public abstract class TranslatedFates : IAsyncLifetime
{
    private readonly Lab _lab;
    private readonly Node _router, _client;
    private readonly FakeVm _sender, _wanted, _other;

    protected TranslatedFates(FrameTracing tracing)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        Node left = _lab.AddNode("left"), right = _lab.AddNode("right");
        _router = _lab.AddNode("router");
        _router.Forwarding = true;
        Bridge one = left.AddBridge("br0"), two = right.AddBridge("br0");
        _lab.AddLink(_router.End("eth0", "10.0.1.1/24"), one.End("up"));
        _lab.AddLink(_router.End("eth1", "10.0.2.1/24"), two.End("up"));
        _client = _lab.AddNode("client");
        _lab.AddLink(_client.End("eth0", "10.0.1.30/24"), one.End("c"));
        _client.AddRoute("default", "10.0.1.1");
        _sender = left.AddVm("sender", one, vm => vm.Address("10.0.1.10/24").Gateway("10.0.1.1"));
        _wanted = right.AddVm("wanted", two, vm => vm.Address("10.0.2.10/24").Gateway("10.0.2.1"));
        _other = right.AddVm("other", two, vm => vm.Address("10.0.2.20/24").Gateway("10.0.2.1"));
    }

    public async Task InitializeAsync()
    {
        await _lab.ApplyAsync();
        foreach (var vm in (FakeVm[])[_sender, _wanted, _other])
        {
            await vm.SendAsync(Frame.Broadcast(vm, "here I am")); // the bridges learn
        }
    }

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabTheory(Feature.NftProgram)]
    [InlineData("chain pre { type nat hook prerouting priority -100; udp dport 53 dnat to 10.0.2.20:99; }", "to 10.0.2.20:99",
        "rule 1 of chain \"pre\" in table \"ip t\": udp dport 53 dnat to 10.0.2.20:99 gave it another destination")]
    [InlineData("chain pre { type filter hook prerouting priority -150; udp dport 53 ip daddr set 10.0.2.20; }", "to 10.0.2.20:53",
        "translation of addresses, or a rule, gave it another destination")]
    public async Task Another_destination_is_told_as_the_routers(string chain, string change, string by)
    {
        await _router.LoadRulesetAsync($"table ip t {{\n{chain}\n}}");
        var fate = await SendAsync();
        fate.ShouldReach(_other).Once();
        var reason = fate.WhyNot(_wanted);
        Assert.Equal(("translated", "router/eth0"), (reason?.Cause.Word, reason?.Place));
        Assert.Contains("router sent it on to 10.0.2.20 and not to 10.0.2.10", reason!.Sentence, StringComparison.Ordinal);
        Assert.Contains(by, reason.Sentence, StringComparison.Ordinal);
        Assert.Contains(change, reason.Evidence[0].Text, StringComparison.Ordinal);
        var hop = FateJson.Of(fate)["copies"]!.AsArray().SelectMany(c => c!["hops"]!.AsArray())
            .Single(h => (string?)h!["node"] == "router" && (string?)h["direction"] == "out")!;
        Assert.Equal([change], hop["changes"]!.AsArray().Select(c => (string)c!));
        // No rule is asked again.
        Assert.Contains("translation of addresses, or a rule", (await SendAsync()).WhyNot(_wanted)!.Sentence, StringComparison.Ordinal);
        await _router.LoadRulesetAsync("flush ruleset");
        (await SendAsync()).ShouldReach(_wanted).Once();
    }

    [LabFact]
    public async Task The_MAC_address_of_another_is_told_as_the_routers()
    {
        await _router.DoAsync($"ip neigh replace 10.0.2.10 lladdr {_other.Mac} dev eth1 nud permanent");
        var fate = await SendAsync();
        fate.ShouldReach(_other).Once();
        var reason = fate.WhyNot(_wanted);
        Assert.Equal(("wrong-neighbour", "router/eth1"), (reason?.Cause.Word, reason?.Place));
        Assert.Contains($"router sent the frame to {_other.Mac}, which it takes for the MAC address of 10.0.2.10, and which is that of other", reason!.Sentence,
            StringComparison.Ordinal);
        await reason.MendsAsync(SendAsync, _wanted);
    }

    [LabFact]
    public async Task A_router_that_takes_it_for_itself_is_no_wrong_neighbour()
    {
        await _client.PingAsync(_router); // the right MAC address of the gateway
        await _router.DoAsync("ip route add local 10.0.2.10 dev lo");
        using var program = _router.OpenUdp(53);

        var probe = await _client.ProbeUdpAsync(_wanted.Address, 53);

        Assert.True(program.Available > 0);
        Assert.NotEqual("wrong-neighbour", probe.Fate.WhyNot(_wanted)?.Cause.Word);
        Assert.Throws<ForwardingException>(() => probe.Fate.ShouldReach(_wanted));
    }

    private Task<Fate> SendAsync() => _sender.SendAsync(Frame.Udp(_sender.Mac, _router.Device("eth0").Mac, _sender.Address, _wanted.Address, 40_000, 53,
        "for the one that is wanted"u8, new IpOptions { Identification = 4711 }));
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class TranslatedFatesByTracepoints() : TranslatedFates(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class TranslatedFatesByPacketSockets() : TranslatedFates(FrameTracing.PacketSockets);
