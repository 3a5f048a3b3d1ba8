using System.Net;
using System.Security.Cryptography;

namespace NetLab.Linux.Netlink;

/// <summary>A key of WireGuard: 32 bytes, written in base64 as by wg(8).</summary>
public readonly struct WireguardKey : IEquatable<WireguardKey>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly byte[]? _bytes;

    /// <summary>Takes 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 32.</exception>
    public WireguardKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A WireGuard key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _bytes = bytes.ToArray();
    }

    /// <summary>The bytes; zeros for the key that means none.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes ?? new byte[Size];

    /// <summary>Reads base64.</summary>
    /// <exception cref="FormatException">It is no base64.</exception>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static WireguardKey Parse(string text) => new(Convert.FromBase64String(text));

    /// <summary>A random private key (clamped as RFC 7748 wants it); also good as a preshared key.</summary>
    public static WireguardKey Generate()
    {
        var key = RandomNumberGenerator.GetBytes(Size);
        key[0] &= 0xf8;
        key[31] = (byte)((key[31] & 0x7f) | 0x40);
        return new WireguardKey(key);
    }

    /// <inheritdoc/>
    public bool Equals(WireguardKey other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is WireguardKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Bytes);

    /// <summary>Base64.</summary>
    public override string ToString() => Convert.ToBase64String(Bytes);

    /// <summary>The same bytes.</summary>
    public static bool operator ==(WireguardKey left, WireguardKey right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(WireguardKey left, WireguardKey right) => !left.Equals(right);
}

/// <summary>What a WireGuard device does: its key, its port and its peers (wg(8)). What is null stays as it is.</summary>
public sealed record WireguardDevice
{
    /// <summary>The private key; <c>default</c> takes it away.</summary>
    public WireguardKey? PrivateKey { get; init; }

    /// <summary>The public key that belongs to it; read only.</summary>
    public WireguardKey? PublicKey { get; init; }

    /// <summary>UDP port; 0 for one that the kernel chooses.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary>Mark of what it sends, 0 for none.</summary>
    public uint? FirewallMark { get; init; }

    /// <summary>Its peers.</summary>
    public IReadOnlyList<WireguardPeer> Peers { get; init; } = [];

    /// <summary>Peers that are not named are removed.</summary>
    public bool ReplacePeers { get; init; } = true;
}

/// <summary>A peer of a WireGuard device.</summary>
/// <param name="PublicKey">Its public key.</param>
public sealed record WireguardPeer(WireguardKey PublicKey)
{
    /// <summary>A key that both ends share beside; <c>default</c> takes it away.</summary>
    public WireguardKey? PresharedKey { get; init; }

    /// <summary>Where it is.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Time between two packets that keep the way open, in whole seconds; zero for none.</summary>
    public TimeSpan? PersistentKeepalive { get; init; }

    /// <summary>Networks behind it.</summary>
    public IReadOnlyList<IPNetwork> AllowedIps { get; init; } = [];

    /// <summary>Networks that are not named are removed.</summary>
    public bool ReplaceAllowedIps { get; init; } = true;

    /// <summary>Removes the peer.</summary>
    public bool Remove { get; init; }

    /// <summary>Changes the peer only if it is there.</summary>
    public bool UpdateOnly { get; init; }

    /// <summary>When the last handshake was; null for never; read only.</summary>
    public DateTimeOffset? LastHandshake { get; init; }

    /// <summary>Bytes received from it; read only.</summary>
    public ulong RxBytes { get; init; }

    /// <summary>Bytes sent to it; read only.</summary>
    public ulong TxBytes { get; init; }
}
