using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class WireguardEncoding
{
    private const ushort Family = 0x1d;

    private static readonly WireguardPeer Peer = new(Key(2)) { ReplaceAllowedIps = false };

    private static readonly Cases Cases = new()
    {
        ["wireguard private-key"] = Set(new() { PrivateKey = Key(1), ReplacePeers = false }),
        ["wireguard listen-port"] = Set(new() { ListenPort = 51820, ReplacePeers = false }),
        ["wireguard fwmark"] = Set(new() { FirewallMark = 7, ReplacePeers = false }),
        ["wireguard replace-peers"] = Set(new()),
        ["wireguard peer"] = With(Peer),
        ["wireguard peer remove"] = With(Peer with { Remove = true }),
        ["wireguard peer update-only"] = With(Peer with { UpdateOnly = true }),
        ["wireguard peer preshared-key"] = With(Peer with { PresharedKey = Key(3) }),
        ["wireguard peer endpoint"] = With(Peer with { Endpoint = IPEndPoint.Parse("10.0.0.1:51820") }),
        ["wireguard peer endpoint IPv6"] = With(Peer with { Endpoint = new IPEndPoint(IPAddress.Parse("fe80::1%3"), 51820) }),
        ["wireguard peer persistent-keepalive"] = With(Peer with { PersistentKeepalive = TimeSpan.FromSeconds(25) }),
        ["wireguard peer allowed-ips"] =
            With(Peer with { ReplaceAllowedIps = true, AllowedIps = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32")] }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void Wireguard_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static WireguardKey Key(byte value) => new(Enumerable.Repeat(value, WireguardKey.Size).ToArray());

    private static Action<NetlinkBatch> Set(WireguardDevice device) => b => b.AddWireguard(Family, "wg0", device);

    private static Action<NetlinkBatch> With(WireguardPeer peer) => Set(new() { ReplacePeers = false, Peers = [peer] });
}
