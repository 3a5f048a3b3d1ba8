using System.Net.Sockets;
using System.Text.RegularExpressions;
using NetLab.Linux.Netlink;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Hosts a and b on a switch, and behind a router r host c, which has a second cable to a that nothing uses: everything on plain Linux stacks.
/// </summary>
internal sealed partial class ExchangeScene : IAsyncDisposable
{
    public const string A = "10.0.0.1", B = "10.0.0.2", C = "10.0.1.2", A6 = "fd00::1", B6 = "fd00::2";

    private ExchangeScene(FrameTracing tracing)
    {
        Lab = new Lab(new LabOptions { Tracing = tracing });
        (HostA, HostB, HostC, Router, Switch) = (Lab.AddNode("a"), Lab.AddNode("b"), Lab.AddNode("c"), Lab.AddNode("r"), Lab.AddNode("sw"));
        Bridge = Switch.AddBridge("br0");
        Lab.AddLink(HostA.End("eth0", $"{A}/24").Address($"{A6}/64"), Bridge.End("p1"));
        Lab.AddLink(HostB.End("eth0", $"{B}/24").Address($"{B6}/64"), Bridge.End("p2"));
        Lab.AddLink(Router.End("e0", "10.0.0.254/24"), Bridge.End("p3"));
        Lab.AddLink(Router.End("e1", "10.0.1.254/24"), HostC.End("eth0", $"{C}/24"));
        Lab.AddLink(HostA.End("eth1"), HostC.End("eth1"));
        Router.Forwarding = true;
        HostA.AddRoute("default", "10.0.0.254");
        HostC.AddRoute("default", "10.0.1.254");
    }

    public Lab Lab { get; }

    public Node HostA { get; }

    public Node HostB { get; }

    public Node HostC { get; }

    public Node Router { get; }

    public Node Switch { get; }

    public Bridge Bridge { get; }

    public static async Task<ExchangeScene> BuildAsync(FrameTracing tracing = FrameTracing.Kernel)
    {
        var scene = new ExchangeScene(tracing);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public Node Node(string name) => Lab.Nodes.Single(n => n.Name == name);

    /// <summary>
    /// Returns when the ports of the switch forward, which a bridge lets them when the kernel has noticed their carrier, and nodes have their addresses.
    /// </summary>
    public async Task ForwardsAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Bridge.Ports.Any(p => Switch.Live.Route.FindLink(p.Index)?.BridgePortOptions?.State is not BridgePortState.Forwarding)
            || Lab.Nodes.Any(IsWithoutOneOfItsAddresses))
        {
            await Task.Delay(5, patience.Token);
        }
    }

    // An IPv6 address is there a moment before the kernel takes what is for it: the route to it is made later, by a worker (addrconf_dad_work).
    private static bool IsWithoutOneOfItsAddresses(Node node) => node.Live.Route.GetAddresses().Any(a => a.Address.AddressFamily is AddressFamily.InterNetworkV6
        && (a.Flags & (AddressFlags.Tentative | AddressFlags.DadFailed)) == 0 && node.Live.Route.FindRoute(a.Address).Type is not RouteType.Local);

    /// <summary>
    /// Does what a line says, in the node that it begins with: <c>sw: bridge link set dev p1 isolated on</c>. MAC is that of a's second device,
    /// MAC(b/eth0) that of b's first.
    /// </summary>
    public async Task DoAsync(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (node, words) = (Node(line[..colon]), MacOf().Replace(line[(colon + 2)..],
            m => $"{(m.Groups[1].Value is { Length: > 0 } name ? Node(name).Device(m.Groups[2].Value) : HostA.Device("eth1")).Mac}"));
        await (words.StartsWith("nft table ", StringComparison.Ordinal) ? node.LoadRulesetAsync(words["nft ".Length..]) : node.DoAsync(words));
    }

    /// <summary>What <c>ping</c> in the node sees, who knows nothing of this library: whether the reply came.</summary>
    public static async Task<bool> PingProgramAsync(Node from, string to) =>
        (await from.ExecAsync("ping", "-n", "-c", "1", "-W", "1", to)).ExitCode == 0;

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    [GeneratedRegex(@"\bMAC\b(?:\((\w+)/(\w+)\))?")]
    private static partial Regex MacOf();
}
