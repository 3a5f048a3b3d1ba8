using System.Globalization;
using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Tunnels of every kind, between two nodes of a lab: each carries a ping.</summary>
[Trait("Category", "Kind")]
public sealed class TunnelKindTests
{
    private static readonly IPAddress Group = IPAddress.Parse("239.1.1.1");

    [LabFact(Feature.Vxlan)]
    public Task VXLAN_to_an_address() =>
        KindBed.TunnelCarriesAsync("vx0", (local, remote) => new VxlanSpec("vx0") { Id = 42, Local = local, Remote = remote, Port = 4789 });

    [LabFact(Feature.Vxlan)]
    public async Task VXLAN_to_a_group()
    {
        await using var bed = new KindBed();
        foreach (var eth in (Device[])[bed.EthA, bed.EthB])
        {
            eth.Node.AddDevice(eth, index => new VxlanSpec("vx0") { Id = 42, Remote = Group, DeviceIndex = index, Port = 4789 })
                .AddAddress(eth == bed.EthA ? "10.0.0.1/24" : "10.0.0.2/24");
        }

        await bed.Lab.ApplyAsync();

        (await bed.A.PingAsync(KindBed.Inside)).ShouldSucceed();

        // What was flooded to the group is known from then on by the address that it came from.
        var learned = Assert.Single(bed.B.Live.Route.GetFdb(), f => f.Index == bed.B.Device("vx0").Index && f.Mac.Equals(bed.A.Device("vx0").ReadLink().Mac));
        Assert.Equal(KindBed.AddressA, learned.Remote);
    }

    [LabFact(Feature.Geneve)]
    public Task Geneve() => KindBed.TunnelCarriesAsync("gnv0", (_, remote) => new GeneveSpec("gnv0") { Id = 42, Remote = remote });

    [LabFact(Feature.Gre)]
    public Task GRE() => KindBed.TunnelCarriesAsync("tun7", (local, remote) => new GreSpec("tun7") { Local = local, Remote = remote });

    [LabFact(Feature.Gre)]
    public Task GRE_with_a_key() =>
        KindBed.TunnelCarriesAsync("tun7", (local, remote) => new GreSpec("tun7") { Local = local, Remote = remote, InputKey = 7, OutputKey = 7 });

    [LabFact(Feature.Gretap)]
    public Task GRE_with_Ethernet() => KindBed.TunnelCarriesAsync("tap7", (local, remote) => new GretapSpec("tap7") { Local = local, Remote = remote });

    [LabFact(Feature.Ipip)]
    public Task IPIP() => KindBed.TunnelCarriesAsync("tun7", (local, remote) => new IpipSpec("tun7") { Local = local, Remote = remote });

    [LabFact(Feature.Wireguard)]
    public async Task WireGuard()
    {
        await using var bed = new KindBed();
        bed.A.AddDevice(new WireguardSpec("wg0")).AddAddress("10.0.0.1/24");
        bed.B.AddDevice(new WireguardSpec("wg0")).AddAddress("10.0.0.2/24");
        await bed.Lab.ApplyAsync();
        using var a = WireguardSocket.Open(bed.A.Live.Namespace);
        using var b = WireguardSocket.Open(bed.B.Live.Namespace);
        foreach (var end in (WireguardSocket[])[a, b])
        {
            end.SetDevice("wg0", new WireguardDevice { PrivateKey = WireguardKey.Generate(), ListenPort = 51820 });
        }

        Meet(a, b, KindBed.AddressB, "10.0.0.2/32");
        Meet(b, a, KindBed.AddressA, "10.0.0.1/32");

        await bed.A.PingByProgramAsync(KindBed.Inside);

        Assert.NotNull(Assert.Single(a.GetDevice("wg0").Peers).LastHandshake);

        static void Meet(WireguardSocket end, WireguardSocket other, IPAddress address, string inside) => end.SetDevice("wg0", new WireguardDevice
        {
            Peers = [new WireguardPeer(other.GetDevice("wg0").PublicKey!.Value)
                { Endpoint = new IPEndPoint(address, 51820), AllowedIps = [IPNetwork.Parse(inside)] }],
        });
    }

    /// <summary>Needs ESP as well (CONFIG_INET_ESP), with AES in CBC mode and HMAC of SHA-256; a kernel with the devices has them as a rule.</summary>
    [LabFact(Feature.Xfrm)]
    public async Task IPsec_by_a_device()
    {
        await using var bed = new KindBed();
        foreach (var (node, eth, own) in ((Node, Device, int)[])[(bed.A, bed.EthA, 1), (bed.B, bed.EthB, 2)])
        {
            node.AddDevice(eth, index => new XfrmSpec("ipsec0") { InterfaceId = 5, DeviceIndex = index }).AddAddress($"10.0.0.{own}/24");
        }

        await bed.Lab.ApplyAsync();
        string aes = "0x" + new string('1', 64), hmac = "0x" + new string('2', 64);
        foreach (var (node, own) in ((Node, int)[])[(bed.A, 1), (bed.B, 2)])
        {
            foreach (var (from, to) in ((int, int)[])[(1, 2), (2, 1)])
            {
                var ends = string.Create(CultureInfo.InvariantCulture, $"src 192.168.7.{from} dst 192.168.7.{to}");
                await IpAsync(node, $"xfrm state add {ends} proto esp spi 0x10{from} reqid 1 mode tunnel enc cbc(aes) {aes} auth hmac(sha256) {hmac} if_id 5");
                await IpAsync(node, $"xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir {(from == own ? "out" : "in")} if_id 5 " +
                    $"tmpl {ends} proto esp reqid 1 mode tunnel");
            }
        }

        await bed.A.PingByProgramAsync(KindBed.Inside);

        Assert.NotEqual(0u, bed.B.Device("ipsec0").ReadLink().Statistics.RxPackets);

        static async Task IpAsync(Node node, string arguments) => (await node.ExecAsync("ip", arguments.Split(' '))).EnsureSuccess();
    }
}
