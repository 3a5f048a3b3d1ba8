using System.Net;
using System.Net.Sockets;

namespace NetLab.OpenStack;

/// <summary>A port of a router in a network.</summary>
/// <param name="Port">The Neutron port's UUID; the device's name derives from it.</param>
/// <param name="Vlan">The VLAN that the agent gave the network on the router's node.</param>
/// <param name="Address">The router's address there, such as <c>10.0.0.1/24</c>.</param>
/// <param name="Mac">The port's MAC address; null for one that derives from the port's id.</param>
/// <param name="Mtu">The network's MTU in bytes.</param>
public sealed record RouterPort(string Port, int Vlan, string Address, string? Mac = null, int Mtu = 1500);

/// <summary>A floating IP of a router.</summary>
/// <param name="Floating">The address outside.</param>
/// <param name="Fixed">The address of the port that has it.</param>
public readonly record struct FloatingIp(IPAddress Floating, IPAddress Fixed);

/// <summary>What a router of Neutron's is made of.</summary>
public sealed record RouterOptions
{
    /// <summary>Its ports in the networks of projects: <c>qr-…</c>.</summary>
    public required IReadOnlyList<RouterPort> Interfaces { get; init; }

    /// <summary>Its port in the external network: <c>qg-…</c>; null for a router without a gateway.</summary>
    public RouterPort? Gateway { get; init; }

    /// <summary>The next hop of its default route, in the external network; null for none.</summary>
    public IPAddress? NextHop { get; init; }

    /// <summary>Whether it translates what goes out to the gateway port's address (<c>enable_snat</c>).</summary>
    public bool EnableSnat { get; init; } = true;

    /// <summary>Its floating IPs.</summary>
    public IReadOnlyList<FloatingIp> FloatingIps { get; init; } = [];
}

/// <summary>
/// The router of a project as Neutron's L3 agent makes it: a namespace <c>qrouter-…</c> with internal ports of br-int, <c>qr-</c> and <c>qg-</c>, and
/// the agent's chains (neutron/agent/l3/namespaces.py, router_info.py; agent/linux/interface.py, iptables_manager.py). Legacy, neither HA nor DVR.
/// The agent announces the addresses when it has set them (ip_lib.py, send_ip_addr_adv_notif); here that is asked for, when the lab runs:
/// <see cref="Node.AnnounceAddressesAsync"/>.
/// </summary>
public static class Router
{
    private const string Wrap = "neutron-l3-agent";

    // router_info.py: the first of the marks that address scopes have; all networks are in the default scope.
    private const string Scope = "0x4000000/0xffff0000";

    /// <summary>Makes a node the namespace of a router.</summary>
    /// <param name="router">The node, named <c>qrouter-</c> and the router's id.</param>
    /// <param name="integrationBridge">The integration bridge of the node where the L3 agent runs.</param>
    /// <param name="options">The router's ports and addresses.</param>
    public static void AddRouter(this Node router, OvsBridge integrationBridge, RouterOptions options)
    {
        ArgumentNullException.ThrowIfNull(router);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        ArgumentNullException.ThrowIfNull(options);

        // namespaces.py, Namespace.create.
        router.Forwarding = true;
        router.Sysctl("net.netfilter.nf_conntrack_tcp_be_liberal", "1");
        router.Sysctl("net.ipv4.conf.all.arp_ignore", "1");
        router.Sysctl("net.ipv4.conf.all.arp_announce", "2");
        foreach (var port in options.Interfaces)
        {
            NeutronPort.PlugInternal(router, integrationBridge, port, new PortNames(port.Port).Qr);
        }

        var outside = options.Gateway is { } gateway ? NeutronPort.PlugInternal(router, integrationBridge, gateway, new PortNames(gateway.Port).Qg) : null;
        foreach (var ip in outside is null ? [] : options.FloatingIps)
        {
            outside!.AddAddress($"{ip.Floating}/32");
        }

        if (options.NextHop is { } next)
        {
            router.AddRoute("default", next.ToString(), outside);
        }

        router.AddIptables(Rules(options, outside?.Name, outside?.Addresses[0].Address));
    }

    private static string Rules(RouterOptions options, string? qg, IPAddress? own)
    {
        string[] inside = [.. options.Interfaces.Select(port => new PortNames(port.Port).Qr)];
        var isTranslated = own?.AddressFamily is AddressFamily.InterNetwork;
        string[] lines =
        [
            "*raw", .. Chains("PREROUTING", "OUTPUT"), "COMMIT",
            "*filter", .. Chains("INPUT", "OUTPUT", "FORWARD"), ":neutron-filter-top - [0:0]", $":{Wrap}-local - [0:0]", $":{Wrap}-scope - [0:0]",
            "-I FORWARD -j neutron-filter-top", "-I OUTPUT -j neutron-filter-top", $"-A neutron-filter-top -j {Wrap}-local",
            $"-A {Wrap}-FORWARD -j {Wrap}-scope",
            .. inside.Concat(qg is null || options.EnableSnat ? [] : [qg]).Select(device => $"-A {Wrap}-scope -o {device} -m mark ! --mark {Scope} -j DROP"),
            "COMMIT",
            "*mangle", .. Chains("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
            $":{Wrap}-mark - [0:0]", $":{Wrap}-scope - [0:0]", $":{Wrap}-floatingip - [0:0]", $":{Wrap}-float-snat - [0:0]",
            $"-A {Wrap}-PREROUTING -j {Wrap}-mark",
            $"-A {Wrap}-PREROUTING -j {Wrap}-scope",
            $"-A {Wrap}-PREROUTING -m connmark ! --mark 0x0/0xffff0000 -j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000",
            $"-A {Wrap}-PREROUTING -j {Wrap}-floatingip",
            $"-A {Wrap}-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffff",
            $"-A {Wrap}-float-snat -m connmark --mark 0x0/0xffff0000 -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000",
            .. inside.Concat(qg is null ? [] : [qg]).Select(device => $"-A {Wrap}-scope -i {device} -j MARK --set-xmark {Scope}"),
            .. qg is null || !options.EnableSnat ? Array.Empty<string>() :
                [$"-A {Wrap}-POSTROUTING -o {qg} -m connmark --mark 0x0/0xffff0000 -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000"],
            .. isTranslated ? [$"-A {Wrap}-mark -i {qg} -j MARK --set-xmark 0x2/0xffff"] : Array.Empty<string>(),
            "COMMIT",
            "*nat", .. Chains("PREROUTING", "OUTPUT", "POSTROUTING"),
            ":neutron-postrouting-bottom - [0:0]", $":{Wrap}-snat - [0:0]", $":{Wrap}-float-snat - [0:0]",
            "-A POSTROUTING -j neutron-postrouting-bottom",
            $"-A neutron-postrouting-bottom -m comment --comment \"Perform source NAT on outgoing traffic.\" -j {Wrap}-snat",
            .. options.FloatingIps.SelectMany(ip => new[]
            {
                $"-A {Wrap}-PREROUTING -d {ip.Floating}/32 -j DNAT --to-destination {ip.Fixed}",
                $"-A {Wrap}-OUTPUT -d {ip.Floating}/32 -j DNAT --to-destination {ip.Fixed}",
                $"-A {Wrap}-float-snat -s {ip.Fixed}/32 -j SNAT --to-source {ip.Floating} --random-fully",
            }),
            $"-A {Wrap}-snat -j {Wrap}-float-snat",
            .. isTranslated && options.EnableSnat ? [$"-A {Wrap}-snat -o {qg} -j SNAT --to-source {own} --random-fully"] : Array.Empty<string>(),
            .. isTranslated ?
            [
                $"-A {Wrap}-POSTROUTING ! -o {qg} -m conntrack ! --ctstate DNAT -j ACCEPT",
                $"-A {Wrap}-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source {own} --random-fully",
            ] : Array.Empty<string>(),
            "COMMIT",
        ];
        return string.Join('\n', lines);
    }

    // Each chain of the kernel leads to one of the agent's.
    private static IEnumerable<string> Chains(params IReadOnlyList<string> builtin) =>
        builtin.Select(chain => $":{Wrap}-{chain} - [0:0]").Concat(builtin.Select(chain => $"-A {chain} -j {Wrap}-{chain}"));
}
