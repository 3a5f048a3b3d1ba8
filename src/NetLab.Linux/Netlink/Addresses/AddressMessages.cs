using System.Net;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWADDR and RTM_DELADDR (<c>include/uapi/linux/if_addr.h</c>).</summary>
/// <remarks>
/// <code>
/// struct ifaddrmsg { __u8 ifa_family, ifa_prefixlen, ifa_flags, ifa_scope; __u32 ifa_index; };
/// struct ifa_cacheinfo { __u32 ifa_prefered, ifa_valid, cstamp, tstamp; };   // seconds; 0xffffffff for ever
/// </code>
/// </remarks>
internal static class AddressMessages
{
    public const int HeaderSize = 8;
    private const ushort IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_ANYCAST = 5, IFA_CACHEINFO = 6, IFA_FLAGS = 8,
        IFA_RT_PRIORITY = 9, IFA_PROTO = 11;
    private const uint Forever = uint.MaxValue;

    public static void Add(MessageWriter writer, int index, IPAddress address, int prefixLength, AddressOptions? options)
    {
        Check(address, prefixLength);
        writer.Begin(RTM_NEWADDR, (ushort)(NLM_F_REQUEST | NLM_F_CREATE | (options?.Replace is true ? NLM_F_REPLACE : NLM_F_EXCL)));
        Write(writer, index, address, prefixLength, options);
        writer.End();
    }

    public static void Delete(MessageWriter writer, int index, IPAddress address, int prefixLength, IPAddress? peer)
    {
        Check(address, prefixLength);
        writer.Begin(RTM_DELADDR, NLM_F_REQUEST);
        Write(writer, index, address, prefixLength, peer is null ? null : new AddressOptions { Peer = peer });
        writer.End();
    }

    public static byte FamilyNumber(AddressFamily family) => family is AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET;

    private static void Check(IPAddress address, int prefixLength)
    {
        var bits = MessageWriter.AddressSize(address) * 8;
        if (prefixLength < 0 || prefixLength > bits)
        {
            throw new ArgumentOutOfRangeException(nameof(prefixLength), prefixLength, $"The prefix length of {address} is 0 to {bits}.");
        }
    }

    private static void Write(MessageWriter writer, int index, IPAddress address, int prefixLength, AddressOptions? options)
    {
        var flags = options?.Flags ?? AddressFlags.None;
        var header = writer.Append(HeaderSize);
        header[0] = FamilyNumber(address.AddressFamily);
        header[1] = (byte)prefixLength;
        header[2] = (byte)((uint)flags & 0xff);
        header[3] = (byte)(options?.Scope ?? (IPAddress.IsLoopback(address) ? Scope.Host : Scope.Universe));
        MessageWriter.Write(header[4..], index);
        writer.Address(IFA_LOCAL, address);
        writer.Address(IFA_BROADCAST, options?.Broadcast);
        writer.Address(IFA_ANYCAST, options?.Anycast);
        writer.Text(IFA_LABEL, options?.Label);
        writer.U32(IFA_RT_PRIORITY, options?.Metric);
        writer.U8(IFA_PROTO, options?.Protocol);
        if ((uint)flags > 0xff)
        {
            writer.U32(IFA_FLAGS, (uint)flags);
        }

        writer.Address(IFA_ADDRESS, options?.Peer ?? address);
        if (options?.ValidLifetime is not null || options?.PreferredLifetime is not null)
        {
            var cache = writer.Attribute(IFA_CACHEINFO, 16);
            MessageWriter.Write(cache, Seconds(options.PreferredLifetime));
            MessageWriter.Write(cache[4..], Seconds(options.ValidLifetime));
        }
    }

    private static uint Seconds(TimeSpan? time) => time is { } t ? (uint)Math.Clamp(t.TotalSeconds, 0, Forever) : Forever;

    public static AddressInfo Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, HeaderSize);
        var address = attributes.Find(IFA_ADDRESS).Address;
        var local = attributes.Find(IFA_LOCAL).Address ?? address ?? IPAddress.None;
        var label = attributes.Find(IFA_LABEL);
        var flags = attributes.Find(IFA_FLAGS);
        var cache = attributes.Find(IFA_CACHEINFO);
        return new AddressInfo
        {
            Index = Attribute.ReadAt<int>(payload, 4),
            PrefixLength = Attribute.ReadAt<byte>(payload, 1),
            Scope = (Scope)Attribute.ReadAt<byte>(payload, 3),
            Flags = (AddressFlags)(flags.Data.IsEmpty ? Attribute.ReadAt<byte>(payload, 2) : flags.U32),
            Address = local,
            Peer = address is null || address.Equals(local) ? null : address,
            Broadcast = attributes.Find(IFA_BROADCAST).Address,
            Label = label.Data.IsEmpty ? null : label.Text,
            Metric = attributes.Find(IFA_RT_PRIORITY).U32,
            Protocol = attributes.Find(IFA_PROTO).U8,
            PreferredLifetime = Lifetime(cache.Read<uint>(0), cache.Data.Length),
            ValidLifetime = Lifetime(cache.Read<uint>(4), cache.Data.Length),
        };
    }

    private static TimeSpan? Lifetime(uint seconds, int size) => size < 8 || seconds == Forever ? null : TimeSpan.FromSeconds(seconds);
}
