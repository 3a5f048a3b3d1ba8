using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes whose bridges are joined by a GRE or GENEVE tunnel of the kernel.</summary>
[Trait("Category", "Fate")]
public sealed class TunnelEndSituations
{
    private static readonly Dictionary<string, Situation> Gre = new()
    {
        ["another key"] = new("no-tunnel", "b/u0", "the GRE packet from 10.9.0.1 with key 7: t0 takes the key 8", "b: ip link set t0 type gretap ikey 8"),
        ["another remote"] = new("no-tunnel", "b/u0", "t0 has the remote 10.9.0.77", "b: ip link set t0 type gretap remote 10.9.0.77"),
        ["the other end is down"] = new("no-tunnel", "b/u0", "t0 is down", "b: ip link set t0 down"),
        ["the other end wants checksums"] = new("no-tunnel", "b/u0", "t0 takes what has a checksum", "b: ip link set t0 type gretap icsum"),
        ["the other end wants numbers"] = new("no-tunnel", "b/u0", "t0 takes what is numbered", "b: ip link set t0 type gretap iseq"),
        ["the other end is gone"] = new("no-tunnel", "b/u0", "it has none of kind gretap", "b: ip link del t0") { Mends = false },
    };

    private static readonly Dictionary<string, Situation> Geneve = new()
    {
        ["another VNI"] = new("no-tunnel", "b/u0", "with VNI 7: t0 has the VNI 8", Made("id 8 remote 10.9.0.1")) { Mends = false },
        ["another remote"] = new("no-tunnel", "b/u0", "t0 has the remote 10.9.0.77", Made("id 7 remote 10.9.0.77")) { Mends = false },
        ["another port"] = new("no-tunnel", "b/u0", "t0 has port 6082", Made("id 7 remote 10.9.0.1 dstport 6082")) { Mends = false },
        ["the other end is down"] = new("no-tunnel", "b/u0", "t0 is down", "b: ip link set t0 down"),
    };

    // What the end that sends cannot do.
    private static readonly Dictionary<string, Situation> Unsent = new()
    {
        ["a route that leads nowhere"] = new("vxlan-no-route", "a/t0", "is of type blackhole", "ip route add blackhole 10.9.0.2/32"),
        ["the device below is down"] = new("vxlan-no-route", "a/t0", "for u0 is down", "ip link set dev u0 down"),
    };

    public static TheoryData<string> GreNames => [.. Gre.Keys];

    public static TheoryData<string> GeneveNames => [.. Geneve.Keys];

    public static TheoryData<string> UnsentNames => [.. Unsent.Keys];

    [LabTheory(Feature.BpfTracing, Feature.Gretap), MemberData(nameof(GreNames))]
    public Task What_a_GRE_tunnel_does_not_take_is_told_and_what_is_advised_mends_it(string situation) =>
        (Gre[situation] with { OnlyByKernel = true }).CheckAsync(BuildGreAsync);

    [LabTheory(Feature.BpfTracing, Feature.Geneve), MemberData(nameof(GeneveNames))]
    public Task What_a_GENEVE_tunnel_does_not_take_is_told_and_what_is_advised_mends_it(string situation) =>
        (Geneve[situation] with { OnlyByKernel = true }).CheckAsync(BuildGeneveAsync);

    [LabTheory(Feature.BpfTracing, Feature.Gretap), MemberData(nameof(UnsentNames))]
    public Task What_a_GRE_tunnel_cannot_send_is_told_and_what_is_advised_mends_it(string situation) => Unsent[situation].CheckAsync(BuildGreAsync);

    [LabTheory(Feature.BpfTracing, Feature.Geneve), MemberData(nameof(UnsentNames))]
    public Task What_a_GENEVE_tunnel_cannot_send_is_told_and_what_is_advised_mends_it(string situation) => Unsent[situation].CheckAsync(BuildGeneveAsync);

    private static string[] Made(string how) => ["b: ip link del t0", $"b: ip link add t0 type geneve {how}", "b: ip link set t0 master br0 up"];

    private static Task BuildGreAsync(WiredScene scene) =>
        BuildAsync(scene, (local, remote) => new GretapSpec("t0") { Local = local, Remote = remote, InputKey = 7, OutputKey = 7 });

    private static Task BuildGeneveAsync(WiredScene scene) => BuildAsync(scene, (_, remote) => new GeneveSpec("t0") { Id = 7, Remote = remote });

    private static Task BuildAsync(WiredScene scene, Func<IPAddress, IPAddress, LinkSpec> end)
    {
        Node[] nodes = [scene.Lab.AddNode("a"), scene.Lab.AddNode("b")];
        scene.Lab.AddLink(nodes[0].End("u0", "10.9.0.1/24"), nodes[1].End("u0", "10.9.0.2/24"));
        for (var i = 0; i < 2; i++)
        {
            var bridge = nodes[i].AddBridge("br0");
            bridge.Attach(nodes[i].AddDevice(end(IPAddress.Parse($"10.9.0.{i + 1}"), IPAddress.Parse($"10.9.0.{2 - i}"))));
            nodes[i].AddVm($"vm{i + 1}", bridge, vm => vm.Address($"10.0.0.{i + 1}/24"));
        }

        return Task.CompletedTask;
    }
}
