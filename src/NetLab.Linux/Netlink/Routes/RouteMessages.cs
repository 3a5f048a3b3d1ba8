using System.Net;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Encodes and reads RTM_NEWROUTE and RTM_DELROUTE (<c>include/uapi/linux/rtnetlink.h</c>).</summary>
/// <remarks>
/// <code>
/// struct rtmsg {
///     unsigned char rtm_family, rtm_dst_len, rtm_src_len, rtm_tos;
///     unsigned char rtm_table;      // numbers above 255 only in RTA_TABLE
///     unsigned char rtm_protocol, rtm_scope, rtm_type;
///     unsigned      rtm_flags;      // RTNH_F_*, RTM_F_*
/// };
/// struct rtnexthop { unsigned short rtnh_len; unsigned char rtnh_flags, rtnh_hops; int rtnh_ifindex; };  // + attributes; hops = weight - 1
/// struct rtvia { __kernel_sa_family_t rtvia_family; __u8 rtvia_addr[]; };
/// </code>
/// </remarks>
internal static class RouteMessages
{
    public const int HeaderSize = 12;
    private const ushort RTA_DST = 1, RTA_SRC = 2, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_PREFSRC = 7, RTA_METRICS = 8,
        RTA_MULTIPATH = 9, RTA_CACHEINFO = 12, RTA_TABLE = 15, RTA_VIA = 18, RTA_PREF = 20, RTA_EXPIRES = 23, RTA_NH_ID = 30;
    private const uint RTM_F_CLONED = 0x200;
    private const byte RT_TABLE_UNSPEC = 0;

    public static void Add(MessageWriter writer, RouteSpec route, RouteMode mode)
    {
        var flags = mode switch
        {
            RouteMode.Replace => NLM_F_REPLACE,
            RouteMode.Append => NLM_F_APPEND,
            _ => NLM_F_EXCL,
        };
        writer.Begin(RTM_NEWROUTE, (ushort)(NLM_F_REQUEST | NLM_F_CREATE | flags));
        WriteHeader(writer, route, route.Protocol, route.Scope ?? DefaultScope(route), route.Type);
        WriteAttributes(writer, route);
        writer.End();
    }

    public static void Delete(MessageWriter writer, RouteSpec route)
    {
        writer.Begin(RTM_DELROUTE, NLM_F_REQUEST);
        var scope = route.Scope ?? (route.Family is AddressFamily.InterNetworkV6 ? Scope.Universe : Scope.Nowhere);
        WriteHeader(writer, route, 0, scope, route.Type is RouteType.Unicast ? RouteType.Unspecified : route.Type);
        WriteAttributes(writer, route);
        writer.End();
    }

    // As iproute2's iproute_modify: a route without a router leads to the link.
    private static Scope DefaultScope(RouteSpec route) => route switch
    {
        { Family: AddressFamily.InterNetworkV6 } => Scope.Universe,
        { Type: RouteType.Local } => Scope.Host,
        { Type: RouteType.Broadcast or RouteType.Multicast or RouteType.Anycast } => Scope.Link,
        { Type: RouteType.Unicast or RouteType.Unspecified, Gateway: null, NexthopId: null, Nexthops.Count: 0 } => Scope.Link,
        _ => Scope.Universe,
    };

    private static void WriteHeader(MessageWriter writer, RouteSpec route, byte protocol, Scope scope, RouteType type)
    {
        var header = writer.Append(HeaderSize);
        header[0] = AddressMessages.FamilyNumber(route.Family);
        header[1] = (byte)(route.Destination?.PrefixLength ?? 0);
        header[2] = (byte)(route.Source?.PrefixLength ?? 0);
        header[3] = route.Tos;
        header[4] = route.Table < 256 ? (byte)route.Table : RT_TABLE_UNSPEC;
        header[5] = protocol;
        header[6] = (byte)scope;
        header[7] = (byte)type;
        MessageWriter.Write(header[8..], route.OnLink ? (uint)NexthopFlags.OnLink : 0);
    }

    private static void WriteAttributes(MessageWriter writer, RouteSpec route)
    {
        writer.Address(RTA_DST, route.Destination?.BaseAddress);
        writer.Address(RTA_SRC, route.Source?.BaseAddress);
        WriteGateway(writer, route.Family, route.Gateway);
        writer.Address(RTA_PREFSRC, route.PreferredSource);
        writer.U32(RTA_PRIORITY, route.Metric);
        writer.U32(RTA_TABLE, route.Table > 255 ? route.Table : null);
        writer.U8(RTA_PREF, (byte?)route.Preference);
        writer.U32(RTA_EXPIRES, route.Expires is { } expires ? (uint)expires.TotalSeconds : null);
        writer.U32(RTA_NH_ID, route.NexthopId);
        writer.S32(RTA_OIF, route.OutputIndex);
        if (route.Metrics is { } metrics)
        {
            using (writer.Nest(RTA_METRICS, dropWhenEmpty: true))
            {
                metrics.Write(writer);
            }
        }

        if (route.Nexthops.Count > 0)
        {
            using (writer.Nest(RTA_MULTIPATH))
            {
                foreach (var nexthop in route.Nexthops)
                {
                    WriteNexthop(writer, route.Family, nexthop);
                }
            }
        }
    }

    private static void WriteNexthop(MessageWriter writer, AddressFamily family, RouteNexthop nexthop)
    {
        if (nexthop.Weight is < 1 or > 256)
        {
            throw new ArgumentException($"The weight of a next hop is 1 to 256, not {nexthop.Weight}.");
        }

        var start = writer.Length;
        var header = writer.Append(8);
        header[2] = nexthop.OnLink ? (byte)NexthopFlags.OnLink : (byte)0;
        header[3] = (byte)(nexthop.Weight - 1);
        MessageWriter.Write(header[4..], nexthop.OutputIndex ?? 0);
        WriteGateway(writer, family, nexthop.Gateway);
        MessageWriter.Write(writer.Bytes[start..], (ushort)(writer.Length - start));
    }

    private static void WriteGateway(MessageWriter writer, AddressFamily family, IPAddress? gateway)
    {
        if (gateway is null || gateway.AddressFamily == family)
        {
            writer.Address(RTA_GATEWAY, gateway);
            return;
        }

        var via = writer.Attribute(RTA_VIA, 2 + MessageWriter.AddressSize(gateway));
        MessageWriter.Write(via, (ushort)AddressMessages.FamilyNumber(gateway.AddressFamily));
        gateway.TryWriteBytes(via[2..], out _);
    }

    /// <summary>A route; null for a family that is not IP (MPLS, multicast routing).</summary>
    public static RouteInfo? Read(ReadOnlySpan<byte> payload)
    {
        var family = Attribute.ReadAt<byte>(payload, 0) switch
        {
            AF_INET => AddressFamily.InterNetwork,
            AF_INET6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        if (family is AddressFamily.Unspecified)
        {
            return null;
        }

        var attributes = Attributes.After(payload, HeaderSize);
        var table = attributes.Find(RTA_TABLE);
        var priority = attributes.Find(RTA_PRIORITY);
        var output = attributes.Find(RTA_OIF);
        var nexthopId = attributes.Find(RTA_NH_ID);
        var preference = attributes.Find(RTA_PREF);
        var flags = Attribute.ReadAt<uint>(payload, 8);
        return new RouteInfo
        {
            Family = family,
            Destination = NetworkOf(attributes.Find(RTA_DST).Address, Attribute.ReadAt<byte>(payload, 1)),
            Source = NetworkOf(attributes.Find(RTA_SRC).Address, Attribute.ReadAt<byte>(payload, 2)),
            Tos = Attribute.ReadAt<byte>(payload, 3),
            Table = table.Data.IsEmpty ? Attribute.ReadAt<byte>(payload, 4) : table.U32,
            Protocol = Attribute.ReadAt<byte>(payload, 5),
            Scope = (Scope)Attribute.ReadAt<byte>(payload, 6),
            Type = (RouteType)Attribute.ReadAt<byte>(payload, 7),
            Flags = (NexthopFlags)(flags & 0xff),
            OnLink = (flags & (uint)NexthopFlags.OnLink) != 0,
            IsCloned = (flags & RTM_F_CLONED) != 0,
            Gateway = ReadGateway(attributes),
            OutputIndex = output.Data.IsEmpty ? null : output.S32,
            PreferredSource = attributes.Find(RTA_PREFSRC).Address,
            Metric = priority.Data.IsEmpty ? null : priority.U32,
            Preference = preference.Data.IsEmpty ? null : (RoutePreference)preference.U8,
            Expires = ReadExpires(attributes.Find(RTA_CACHEINFO)),
            NexthopId = nexthopId.Data.IsEmpty ? null : nexthopId.U32,
            Metrics = RouteMetrics.Read(attributes.Find(RTA_METRICS).Nested),
            Nexthops = ReadNexthops(attributes.Find(RTA_MULTIPATH).Data),
        };
    }

    // struct rta_cacheinfo { __u32 rta_clntref, rta_lastuse; __s32 rta_expires; __u32 rta_error, rta_used, rta_id, rta_ts, rta_tsage; };   clock_t
    private static TimeSpan? ReadExpires(Attribute cache) => cache.Read<int>(8) is > 0 and { } clock ? TimeSpan.FromMilliseconds(clock * 10L) : null;

    /// <summary>A network from an address of the kernel's; bits beyond the prefix, which the kernel never sends, are cleared.</summary>
    internal static IPNetwork? NetworkOf(IPAddress? address, int prefixLength)
    {
        if (address is null)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var size);
        prefixLength = Math.Min(prefixLength, size * 8);
        for (var i = 0; i < size; i++)
        {
            var kept = Math.Clamp(prefixLength - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff00 >> kept);
        }

        return new IPNetwork(new IPAddress(bytes[..size]), prefixLength);
    }

    private static IPAddress? ReadGateway(Attributes attributes)
    {
        var gateway = attributes.Find(RTA_GATEWAY).Address;
        var via = attributes.Find(RTA_VIA).Data;
        return gateway is null && via.Length is 6 or 18 ? new IPAddress(via[2..]) : gateway;
    }

    private static ValueList<RouteNexthop> ReadNexthops(ReadOnlySpan<byte> data)
    {
        var nexthops = new ValueList<RouteNexthop>();
        while (data.Length >= 8)
        {
            var length = Attribute.ReadAt<ushort>(data, 0);
            if (length < 8 || length > data.Length)
            {
                break;
            }

            var output = Attribute.ReadAt<int>(data, 4);
            var flags = (NexthopFlags)data[2];
            nexthops.Add(new RouteNexthop
            {
                Gateway = ReadGateway(new Attributes(data[8..length])),
                OutputIndex = output == 0 ? null : output,
                Weight = data[3] + 1,
                OnLink = flags.HasFlag(NexthopFlags.OnLink),
                Flags = flags,
            });
            data = data[Math.Min(data.Length, (length + 3) & ~3)..];
        }

        return nexthops;
    }
}
