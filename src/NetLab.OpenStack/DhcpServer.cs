using System.Net;

namespace NetLab.OpenStack;

/// <summary>What a DHCP server of Neutron's is made of: one network with one subnet of IPv4.</summary>
public sealed record DhcpServerOptions
{
    /// <summary>Its port: <c>tap…</c> in the namespace.</summary>
    public required RouterPort Port { get; init; }

    /// <summary>The gateway of the subnet; null for a subnet without one.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The name servers of the subnet; without any the server itself is told.</summary>
    public IReadOnlyList<IPAddress> DnsServers { get; init; } = [];
}

/// <summary>
/// The DHCP server of a network as Neutron's DHCP agent makes it: a namespace <c>qdhcp-…</c> with an internal port of br-int, and dnsmasq with the
/// agent's arguments and files (neutron/agent/linux/dhcp.py, DeviceManager.setup and Dnsmasq). Its hosts are the ports of the network, on all nodes.
/// </summary>
public sealed class DhcpServer
{
    private const string Domain = "openstacklocal", LeaseTime = "86400s", MetadataCidr = "169.254.169.254/32";

    // The agent has them in /var/lib/neutron/dhcp; programs of a node have a /run of their own.
    private const string ConfigurationFolder = "/run/neutron/dhcp";

    private readonly OvsBridge _integrationBridge;
    private readonly DhcpServerOptions _options;

    private DhcpServer(Node node, OvsBridge integrationBridge, DhcpServerOptions options)
    {
        (Node, _integrationBridge, _options) = (node, integrationBridge, options);
        node.Sysctl("net.ipv4.ip_nonlocal_bind", "1");
        Device = NeutronPort.PlugInternal(node, integrationBridge, options.Port, new PortNames(options.Port.Port).Tap);
        if (options.Gateway is { } gateway)
        {
            node.AddRoute("default", gateway.ToString(), Device);
        }
    }

    /// <summary>The namespace.</summary>
    public Node Node { get; }

    /// <summary>The device in it.</summary>
    public OvsInternalPort Device { get; }

    /// <summary>The running dnsmasq; null before <see cref="StartAsync"/>.</summary>
    public NodeProcess? Process { get; private set; }

    private InterfaceAddress Own => Device.Addresses[0];

    private string Subnet => $"subnet-{_options.Port.Port}";

    /// <summary>Makes a node the namespace of a DHCP server; the server runs once the lab is applied and <see cref="StartAsync"/> was called.</summary>
    /// <param name="node">The node, named <c>qdhcp-</c> and the network's id.</param>
    /// <param name="integrationBridge">The integration bridge of the node where the DHCP agent runs.</param>
    /// <param name="options">Its port, and what it tells its clients.</param>
    public static DhcpServer Add(Node node, OvsBridge integrationBridge, DhcpServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        ArgumentNullException.ThrowIfNull(options);
        return new DhcpServer(node, integrationBridge, options);
    }

    /// <summary>Writes the agent's files, starts dnsmasq, and returns when it serves the subnet.</summary>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="Linux.Processes.ProcessFailedException">dnsmasq ended; the message holds what it wrote.</exception>
    public async Task StartAsync(CancellationToken ct = default)
    {
        var folder = $"{ConfigurationFolder}/{Node.Name}";
        (await Node.ExecAsync("sh",
            ["-c", "mkdir -p \"$1\" && printf %s \"$2\" > \"$1/host\" && printf %s \"$3\" > \"$1/addn_hosts\" && printf %s \"$4\" > \"$1/opts\"", "sh",
                folder, Hosts(), Names(), Options()], ct).ConfigureAwait(false)).EnsureSuccess();
        var network = Own.Network;
        Process = Node.Start("dnsmasq",
        [
            "--no-hosts", "--no-resolv", $"--pid-file={folder}/pid", $"--dhcp-hostsfile={folder}/host", $"--addn-hosts={folder}/addn_hosts",
            $"--dhcp-optsfile={folder}/opts", $"--dhcp-leasefile={folder}/leases", "--dhcp-match=set:ipxe,175", "--dhcp-userclass=set:ipxe6,iPXE",
            "--local-service", "--bind-dynamic",
            $"--dhcp-range=set:{Subnet},{network.BaseAddress},static,{Mask(network.PrefixLength)},{LeaseTime}",
            $"--dhcp-option-force=option:mtu,{_options.Port.Mtu}", $"--dhcp-lease-max={Math.Min(1L << (32 - network.PrefixLength), 1 << 24)}",
            "--conf-file=/dev/null", $"--domain={Domain}",

            // So that it stays a child of the lab's, and tells what it does.
            "--keep-in-foreground", "--log-dhcp", "--log-facility=-",
        ]);
        await Process.WaitForLineAsync(line => line.Contains("DHCP, static leases only on", StringComparison.Ordinal), ct).ConfigureAwait(false);
    }

    // _output_hosts_file.
    private string Hosts() => Lines(port => $"{port.Mac},{HostOf(port.Address)}.{Domain},{port.Address}");

    // _output_addn_hosts_file.
    private string Names() => Lines(port => $"{port.Address}\t{HostOf(port.Address)}.{Domain} {HostOf(port.Address)}");

    // _generate_opts_per_subnet and _generate_opts_per_port.
    private string Options()
    {
        var dns = _options.DnsServers.Count > 0 ? _options.DnsServers : [Own.Address];
        var text = $"tag:{Subnet},option:dns-server,{string.Join(',', dns)}\n";
        return _options.Gateway is not { } gateway ? $"{text}tag:{Subnet},option:router"
            : $"{text}tag:{Subnet},option:classless-static-route,{MetadataCidr},{gateway},0.0.0.0/0,{gateway}\n"
                + $"tag:{Subnet},249,{MetadataCidr},{gateway},0.0.0.0/0,{gateway}\ntag:{Subnet},option:router,{gateway}";
    }

    private string Lines(Func<(string Mac, IPAddress Address), string> line) =>
        string.Concat(from port in TunnelBridge.PortsOf(_integrationBridge, _options.Port.Vlan)
                      from address in port.Addresses
                      where Own.Contains(address)
                      select line(($"{port.Mac}", address)) + "\n");

    private static string HostOf(IPAddress address) => $"host-{address.ToString().Replace('.', '-')}";

    private static IPAddress Mask(int prefixLength) =>
        new(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)(prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength)))));
}
