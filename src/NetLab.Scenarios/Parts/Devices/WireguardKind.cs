using System.Net;
using System.Text.Json.Nodes;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: wireguard, private-key: …, listen-port: 51820, peers: […]</c>: a WireGuard tunnel; its keys are those of wg(8).</summary>
internal static class WireguardKind
{
    public static readonly ScalarShape<WireguardKey> Key = new("a WireGuard key", "'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk='",
        scalar => scalar.Text.Length == 44 && Convert.TryFromBase64String(scalar.Text, new byte[33], out var length) && length == WireguardKey.Size
            ? (WireguardKey.Parse(scalar.Text), null)
            : (default, new Problem("this is not a WireGuard key", "32 bytes in base64, as `wg genkey` and `wg pubkey` print them")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[A-Za-z0-9+/]{43}=$" });

    public static readonly DeviceKind Kind = new LinkKind<WireguardSpec>("wireguard", "a WireGuard tunnel", name => new WireguardSpec(name))
        .OfPart("private-key", "Its private key.", Key, (part, key) => Of(part).PrivateKey = key)
        .OfPart("listen-port", "The UDP port that it receives at; any free one when absent.", Scalars.LongNumber("'listen-port'", 0, 65535), (part, port) =>
            Of(part).ListenPort = (ushort)port)
        .OfPart("fwmark", "The mark by which its UDP packets are routed.", Scalars.LongNumber("'fwmark'", 0, uint.MaxValue), (part, mark) =>
            Of(part).FirewallMark = (uint)mark)
        .OfPart("peers", "The other ends.", new ListShape<WireguardPeerEntry>("peer", WireguardPeerEntry.Shape, single: true), (part, peers) =>
            Of(part).Peers = [.. peers.Select(peer => peer.Value)]);

    private static WireguardEntry Of(DevicePart part) => part.Wireguard ??= new();
}

/// <summary>What a scenario says of a WireGuard device beyond what any device has.</summary>
internal sealed class WireguardEntry
{
    public WireguardKey? PrivateKey { get; set; }

    public ushort? ListenPort { get; set; }

    public uint? FirewallMark { get; set; }

    public IReadOnlyList<WireguardPeerEntry> Peers { get; set; } = [];

    public WireguardDevice ToDevice() => new()
    {
        PrivateKey = PrivateKey,
        ListenPort = ListenPort,
        FirewallMark = FirewallMark,
        Peers = [.. Peers.Select(peer => peer.ToPeer())],
    };
}

/// <summary>One peer: <c>{ public-key: …, endpoint: 10.0.0.2:51820, allowed-ips: 10.9.0.2/32 }</c>.</summary>
internal sealed class WireguardPeerEntry : Entry
{
    private static readonly ScalarShape<IPEndPoint> EndPoint = new("an address with its port", "10.0.0.2:51820",
        scalar => IPEndPoint.TryParse(scalar.Text, out var end) && end.Port > 0 ? (end, null)
            : (new IPEndPoint(IPAddress.Any, 0), new Problem($"{scalar.Noun} is not an address with a port", "like 10.0.0.2:51820, or '[fd00::2]:51820'")),
        () => new JsonObject { ["type"] = "string" });

    private static readonly ScalarShape<IPNetwork> Network = new("a network", "10.9.0.0/24",
        scalar => IPNetwork.TryParse(scalar.Text, out var network) ? (network, null)
            : (default, new Problem($"{scalar.Noun} is not a network", "like 10.9.0.2/32, with no bit set behind the prefix")),
        () => new JsonObject { ["type"] = "string" });

    public static readonly ObjectShape<WireguardPeerEntry> Shape = new ObjectShape<WireguardPeerEntry>("wireguard-peer", "a WireGuard peer")
        .With("public-key", "The peer's public key.", WireguardKind.Key, (peer, key) => peer.PublicKey = key.Value, required: true)
        .With("preshared-key", "A key that both share besides.", WireguardKind.Key, (peer, key) => peer.PresharedKey = key.Value)
        .With("endpoint", "Where the peer receives; learned from what it sends when absent.", EndPoint, (peer, end) => peer.Receives = end.Value)
        .With("persistent-keepalive", "How often to send something, so that the way stays open.", Scalars.Duration, (peer, time) => peer.Keepalive = time.Value)
        .With("allowed-ips", "The networks behind it.", new ListShape<IPNetwork>("network", Network, single: true), (peer, networks) =>
            peer.AllowedIps = [.. networks.Value.Select(network => network.Value)]);

    public WireguardKey PublicKey { get; set; }

    public WireguardKey? PresharedKey { get; set; }

    public IPEndPoint? Receives { get; set; }

    public TimeSpan? Keepalive { get; set; }

    public IReadOnlyList<IPNetwork> AllowedIps { get; set; } = [];

    public WireguardPeer ToPeer() => new(PublicKey)
    {
        PresharedKey = PresharedKey,
        Endpoint = Receives,
        PersistentKeepalive = Keepalive,
        AllowedIps = AllowedIps,
    };
}
