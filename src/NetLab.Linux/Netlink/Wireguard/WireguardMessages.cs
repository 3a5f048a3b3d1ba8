using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Encodes and reads WG_CMD_SET_DEVICE and WG_CMD_GET_DEVICE (<c>include/uapi/linux/wireguard.h</c>, whose header comment is the specification).
/// </summary>
/// <remarks>
/// <code>
/// struct genlmsghdr { __u8 cmd; __u8 version; __u16 reserved; };
/// struct sockaddr_in  { sa_family_t sin_family; __be16 sin_port; __be32 sin_addr; char pad[8]; };
/// struct sockaddr_in6 { sa_family_t sin6_family; __be16 sin6_port; __be32 sin6_flowinfo; struct in6_addr sin6_addr; __u32 sin6_scope_id; };
/// </code>
/// </remarks>
internal static class WireguardMessages
{
    public const int HeaderSize = 4;
    private const byte WG_CMD_GET_DEVICE = 0, WG_CMD_SET_DEVICE = 1, WG_GENL_VERSION = 1;
    private const ushort WGDEVICE_A_IFNAME = 2, WGDEVICE_A_PRIVATE_KEY = 3, WGDEVICE_A_PUBLIC_KEY = 4, WGDEVICE_A_FLAGS = 5, WGDEVICE_A_LISTEN_PORT = 6,
        WGDEVICE_A_FWMARK = 7, WGDEVICE_A_PEERS = 8;
    private const uint WGDEVICE_F_REPLACE_PEERS = 1;
    private const ushort WGPEER_A_PUBLIC_KEY = 1, WGPEER_A_PRESHARED_KEY = 2, WGPEER_A_FLAGS = 3, WGPEER_A_ENDPOINT = 4,
        WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL = 5, WGPEER_A_LAST_HANDSHAKE_TIME = 6, WGPEER_A_RX_BYTES = 7, WGPEER_A_TX_BYTES = 8,
        WGPEER_A_ALLOWEDIPS = 9;
    private const uint WGPEER_F_REMOVE_ME = 1, WGPEER_F_REPLACE_ALLOWEDIPS = 2, WGPEER_F_UPDATE_ONLY = 4;
    private const ushort WGALLOWEDIP_A_FAMILY = 1, WGALLOWEDIP_A_IPADDR = 2, WGALLOWEDIP_A_CIDR_MASK = 3;
    private const ushort NESTED = MessageWriter.NLA_F_NESTED;

    /// <summary>One request for the device and all its peers.</summary>
    public static void Set(MessageWriter writer, ushort family, string name, WireguardDevice device)
    {
        Begin(writer, family, NLM_F_REQUEST, WG_CMD_SET_DEVICE);
        writer.Text(WGDEVICE_A_IFNAME, name);
        if (device.PrivateKey is { } privateKey)
        {
            writer.Data(WGDEVICE_A_PRIVATE_KEY, privateKey.Bytes);
        }

        writer.U16(WGDEVICE_A_LISTEN_PORT, device.ListenPort);
        writer.U32(WGDEVICE_A_FWMARK, device.FirewallMark);
        writer.U32(WGDEVICE_A_FLAGS, device.ReplacePeers ? WGDEVICE_F_REPLACE_PEERS : null);
        using (writer.Nest(WGDEVICE_A_PEERS | NESTED, dropWhenEmpty: true))
        {
            foreach (var peer in device.Peers)
            {
                using (writer.Nest(NESTED))
                {
                    WritePeer(writer, peer);
                }
            }
        }

        writer.End();
    }

    private static void WritePeer(MessageWriter writer, WireguardPeer peer)
    {
        writer.Data(WGPEER_A_PUBLIC_KEY, peer.PublicKey.Bytes);
        var flags = (peer.Remove ? WGPEER_F_REMOVE_ME : 0) | (peer.ReplaceAllowedIps ? WGPEER_F_REPLACE_ALLOWEDIPS : 0)
            | (peer.UpdateOnly ? WGPEER_F_UPDATE_ONLY : 0);
        writer.U32(WGPEER_A_FLAGS, flags == 0 ? null : flags);
        if (peer.PresharedKey is { } shared)
        {
            writer.Data(WGPEER_A_PRESHARED_KEY, shared.Bytes);
        }

        if (peer.Endpoint is { } endpoint)
        {
            WriteEndpoint(writer, endpoint);
        }

        writer.U16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer.PersistentKeepalive is { } interval ? (ushort)interval.TotalSeconds : null);
        using (writer.Nest(WGPEER_A_ALLOWEDIPS | NESTED, dropWhenEmpty: true))
        {
            foreach (var network in peer.AllowedIps)
            {
                using (writer.Nest(NESTED))
                {
                    writer.U16(WGALLOWEDIP_A_FAMILY, AddressMessages.FamilyNumber(network.BaseAddress.AddressFamily));
                    writer.Address(WGALLOWEDIP_A_IPADDR, network.BaseAddress);
                    writer.U8(WGALLOWEDIP_A_CIDR_MASK, (byte)network.PrefixLength);
                }
            }
        }
    }

    private static void WriteEndpoint(MessageWriter writer, IPEndPoint endpoint)
    {
        var six = endpoint.AddressFamily is AddressFamily.InterNetworkV6;
        var address = writer.Attribute(WGPEER_A_ENDPOINT, six ? 28 : 16);
        MessageWriter.Write(address, (ushort)AddressMessages.FamilyNumber(endpoint.AddressFamily));
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(address[(six ? 8 : 4)..], out _);
        if (six)
        {
            MessageWriter.Write(address[24..], (uint)endpoint.Address.ScopeId);
        }
    }

    public static void Get(MessageWriter writer, ushort family, string name)
    {
        Begin(writer, family, NLM_F_REQUEST | NLM_F_DUMP, WG_CMD_GET_DEVICE);
        writer.Text(WGDEVICE_A_IFNAME, name);
        writer.End();
    }

    private static void Begin(MessageWriter writer, ushort family, ushort flags, byte command)
    {
        writer.Begin(family, flags);
        var header = writer.Append(HeaderSize);
        header[0] = command;
        header[1] = WG_GENL_VERSION;
    }

    /// <summary>Adds what one message of the answer says; a peer with many networks comes in several.</summary>
    public static WireguardDevice Read(ReadOnlySpan<byte> payload, WireguardDevice known)
    {
        var peers = new ValueList<WireguardPeer>();
        foreach (var peer in known.Peers)
        {
            peers.Add(peer);
        }

        foreach (var a in Attributes.After(payload, HeaderSize))
        {
            switch (a.Type)
            {
                case WGDEVICE_A_PRIVATE_KEY:
                    known = known with { PrivateKey = Key(a) };
                    break;
                case WGDEVICE_A_PUBLIC_KEY:
                    known = known with { PublicKey = Key(a) };
                    break;
                case WGDEVICE_A_LISTEN_PORT:
                    known = known with { ListenPort = a.U16 };
                    break;
                case WGDEVICE_A_FWMARK:
                    known = known with { FirewallMark = a.U32 };
                    break;
                case WGDEVICE_A_PEERS:
                    foreach (var nested in a.Nested)
                    {
                        var peer = ReadPeer(nested.Nested);
                        if (peers.Count > 0 && peers[^1].PublicKey == peer.PublicKey)
                        {
                            peers.ReplaceLast(peers[^1] with { AllowedIps = Join(peers[^1].AllowedIps, peer.AllowedIps) });
                        }
                        else
                        {
                            peers.Add(peer);
                        }
                    }

                    break;
            }
        }

        return known with { Peers = peers };
    }

    private static WireguardPeer ReadPeer(Attributes data)
    {
        var keepalive = data.Find(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL);
        var handshake = data.Find(WGPEER_A_LAST_HANDSHAKE_TIME);
        var networks = new ValueList<IPNetwork>();
        foreach (var network in data.Find(WGPEER_A_ALLOWEDIPS).Nested)
        {
            if (RouteMessages.NetworkOf(network.Nested.Find(WGALLOWEDIP_A_IPADDR).Address, network.Nested.Find(WGALLOWEDIP_A_CIDR_MASK).U8) is { } n)
            {
                networks.Add(n);
            }
        }

        return new WireguardPeer(Key(data.Find(WGPEER_A_PUBLIC_KEY)))
        {
            PresharedKey = Key(data.Find(WGPEER_A_PRESHARED_KEY)) is var shared && shared == default ? null : shared,
            Endpoint = ReadEndpoint(data.Find(WGPEER_A_ENDPOINT).Data),
            PersistentKeepalive = keepalive.Data.Length < 2 ? null : TimeSpan.FromSeconds(keepalive.U16),
            AllowedIps = networks,
            LastHandshake = handshake.Read<long>(0) is > 0 and < 253402300800 and { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
            RxBytes = data.Find(WGPEER_A_RX_BYTES).U64,
            TxBytes = data.Find(WGPEER_A_TX_BYTES).U64,
        };
    }

    private static IPEndPoint? ReadEndpoint(ReadOnlySpan<byte> data) => Attribute.ReadAt<ushort>(data, 0) switch
    {
        AF_INET when data.Length >= 8 => new IPEndPoint(new IPAddress(data[4..8]), BinaryPrimitives.ReadUInt16BigEndian(data[2..])),
        AF_INET6 when data.Length >= 28 =>
            new IPEndPoint(new IPAddress(data[8..24], Attribute.ReadAt<uint>(data, 24)), BinaryPrimitives.ReadUInt16BigEndian(data[2..])),
        _ => null,
    };

    private static WireguardKey Key(Attribute a) => a.Data.Length == WireguardKey.Size ? new WireguardKey(a.Data) : default;

    private static ValueList<IPNetwork> Join(IReadOnlyList<IPNetwork> first, IReadOnlyList<IPNetwork> second)
    {
        var all = new ValueList<IPNetwork>();
        foreach (var network in first.Concat(second))
        {
            all.Add(network);
        }

        return all;
    }
}
