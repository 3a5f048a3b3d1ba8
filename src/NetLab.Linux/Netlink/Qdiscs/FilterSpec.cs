using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// A filter that puts packets into a class, or sends frames to another device, such as an <see cref="IfbSpec"/> that shapes them (tc-u32(8), tc-mirred(8);
/// CONFIG_NET_CLS_U32, CONFIG_NET_ACT_MIRRED). Without a match it takes everything.
/// </summary>
/// <param name="Index">Index of the device.</param>
public sealed record FilterSpec(int Index) : IDescribed
{
    /// <summary>Where it hangs: a discipline, or what comes in (the default) or goes out by <see cref="ClsactSpec"/>.</summary>
    public TcHandle Parent { get; init; } = TcHandle.ClsactIngress;

    /// <summary>The lower, the sooner it is asked; each filter of a parent has its own.</summary>
    public ushort Priority { get; init; } = 1;

    /// <summary>Only IPv4 packets from this network.</summary>
    public IPNetwork? Source { get; init; }

    /// <summary>Only IPv4 packets to this network.</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>The class that takes the packet.</summary>
    public TcHandle? ClassId { get; init; }

    /// <summary>Index of the device that gets the frame instead.</summary>
    public int? RedirectTo { get; init; }

    /// <summary>Index of the device that gets a copy of the frame.</summary>
    public int? MirrorTo { get; init; }

    string IDescribed.Describe() =>
        $"filter at {Parent}{(RedirectTo is { } r ? $" redirecting to interface {r}" : "")}{(MirrorTo is { } m ? $" mirroring to interface {m}" : "")}";
}

/// <summary>Encodes RTM_NEWTFILTER and RTM_DELTFILTER for u32 filters (<c>include/uapi/linux/pkt_cls.h</c>, <c>tc_act/tc_mirred.h</c>).</summary>
/// <remarks>
/// <code>
/// struct tcmsg: tcm_info = priority &lt;&lt; 16 | EtherType in network byte order
/// struct tc_u32_sel {
///     unsigned char flags /* TC_U32_TERMINAL 1 */, offshift, nkeys;
///     __be16 offmask; __u16 off; short offoff, hoff; __be32 hmask;
///     struct tc_u32_key { __be32 mask, val; int off, offmask; } keys[];
/// };
/// struct tc_mirred { __u32 index, capab; int action, refcnt, bindcnt; int eaction; __u32 ifindex; };
/// </code>
/// </remarks>
internal static class FilterMessages
{
    private const ushort TCA_U32_CLASSID = 1, TCA_U32_SEL = 5, TCA_U32_ACT = 7;
    private const ushort TCA_ACT_KIND = 1, TCA_ACT_OPTIONS = 2, TCA_MIRRED_PARMS = 2;
    private const int TC_ACT_PIPE = 3, TC_ACT_STOLEN = 4, TCA_EGRESS_REDIR = 1, TCA_EGRESS_MIRROR = 2;
    private const ushort ETH_P_ALL = 3, ETH_P_IP = 0x0800;
    private const int IpSourceOffset = 12, IpDestinationOffset = 16;

    public static void Add(MessageWriter writer, FilterSpec filter)
    {
        Check(filter.Source);
        Check(filter.Destination);
        writer.Begin(RTM_NEWTFILTER, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
        QdiscMessages.WriteHeader(writer, filter.Index, TcHandle.None, filter.Parent, Info(filter));
        writer.Text(QdiscMessages.TCA_KIND, "u32");
        using (writer.Nest(QdiscMessages.TCA_OPTIONS))
        {
            writer.U32(TCA_U32_CLASSID, filter.ClassId?.Value);
            if ((filter.RedirectTo ?? filter.MirrorTo) is { } target)
            {
                WriteMirred(writer, target, filter.RedirectTo is not null);
            }

            WriteSelector(writer, filter);
        }

        writer.End();
    }

    public static void Delete(MessageWriter writer, FilterSpec filter)
    {
        writer.Begin(RTM_DELTFILTER, NLM_F_REQUEST);
        QdiscMessages.WriteHeader(writer, filter.Index, TcHandle.None, filter.Parent, (uint)filter.Priority << 16);
        writer.End();
    }

    private static uint Info(FilterSpec filter)
    {
        var protocol = filter.Source is null && filter.Destination is null ? ETH_P_ALL : ETH_P_IP;
        Span<byte> info = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(info, protocol);
        return ((uint)filter.Priority << 16) | Attribute.ReadAt<ushort>(info, 0);
    }

    private static void WriteMirred(MessageWriter writer, int target, bool redirect)
    {
        using (writer.Nest(TCA_U32_ACT))
        using (writer.Nest(1))
        {
            writer.Text(TCA_ACT_KIND, "mirred");
            using (writer.Nest(TCA_ACT_OPTIONS | MessageWriter.NLA_F_NESTED))
            {
                var mirred = writer.Attribute(TCA_MIRRED_PARMS, 28);
                MessageWriter.Write(mirred[8..], redirect ? TC_ACT_STOLEN : TC_ACT_PIPE);
                MessageWriter.Write(mirred[20..], redirect ? TCA_EGRESS_REDIR : TCA_EGRESS_MIRROR);
                MessageWriter.Write(mirred[24..], target);
            }
        }
    }

    private static void WriteSelector(MessageWriter writer, FilterSpec filter)
    {
        var keys = Math.Max(1, (filter.Source is null ? 0 : 1) + (filter.Destination is null ? 0 : 1));
        var selector = writer.Attribute(TCA_U32_SEL, 16 + (16 * keys));
        selector[0] = 1;
        selector[2] = (byte)keys;
        var key = selector[16..];
        if (filter.Source is { } source)
        {
            WriteKey(key, source, IpSourceOffset);
            key = key[16..];
        }

        if (filter.Destination is { } destination)
        {
            WriteKey(key, destination, IpDestinationOffset);
        }
    }

    private static void WriteKey(Span<byte> key, IPNetwork network, int offset)
    {
        BinaryPrimitives.WriteUInt32BigEndian(key, network.PrefixLength == 0 ? 0 : uint.MaxValue << (32 - network.PrefixLength));
        network.BaseAddress.TryWriteBytes(key[4..], out _);
        MessageWriter.Write(key[8..], offset);
    }

    private static void Check(IPNetwork? network)
    {
        if (network?.BaseAddress.AddressFamily is AddressFamily.InterNetworkV6)
        {
            throw new ArgumentException($"A filter matches IPv4 networks only, not {network}.", nameof(network));
        }
    }
}
