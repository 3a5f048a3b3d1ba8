using System.Buffers.Binary;

namespace NetLab.Linux.Netlink;

/// <summary>What a filter does with a frame that it takes (tc-actions(8)).</summary>
/// <param name="Kind">The kind: <c>mirred</c>, <c>gact</c>, <c>vlan</c>…</param>
/// <param name="Target">mirred: index of the device that gets the frame or its copy; null for other kinds.</param>
/// <param name="Redirects">mirred: the device gets the frame itself, not a copy.</param>
/// <param name="IntoIngress">mirred: as if it had come in there, not to be sent out.</param>
public sealed record FilterAction(string Kind, int? Target, bool Redirects, bool IntoIngress)
{
    /// <summary>gact: it drops the frame (<c>action drop</c>).</summary>
    public bool Drops { get; init; }
}

/// <summary>A filter as the kernel describes it (RTM_NEWTFILTER). What is particular to kinds other than u32 and bpf is left out.</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="Kind">Its kind: <c>u32</c>, <c>bpf</c>, <c>matchall</c>, <c>flower</c>…</param>
/// <param name="Parent">Where it hangs.</param>
public sealed record FilterInfo(int Index, string Kind, TcHandle Parent)
{
    // include/uapi/linux/pkt_cls.h, tc_act/tc_mirred.h; struct tc_u32_sel as quoted in FilterSpec.cs
    private const ushort TCA_CHAIN = 11, TCA_U32_CLASSID = 1, TCA_U32_SEL = 5, TCA_U32_ACT = 7, TCA_BPF_ACT = 1, TCA_BPF_CLASSID = 3, TCA_BPF_NAME = 7,
        TCA_MATCHALL_CLASSID = 1, TCA_MATCHALL_ACT = 2, TCA_FLOWER_CLASSID = 1, TCA_FLOWER_ACT = 3, TCA_ACT_KIND = 1, TCA_ACT_OPTIONS = 2,
        TCA_MIRRED_PARMS = 2, TCA_GACT_PARMS = 2;
    private const int TC_ACT_SHOT = 2, TCA_EGRESS_REDIR = 1, TCA_INGRESS_REDIR = 3, TCA_INGRESS_MIRROR = 4;

    /// <summary>The lower, the sooner it is asked.</summary>
    public ushort Priority { get; init; }

    /// <summary>The EtherType it looks at; 3 for every one (ETH_P_ALL).</summary>
    public ushort Protocol { get; init; }

    /// <summary>The chain it is in.</summary>
    public uint Chain { get; init; }

    /// <summary>Its number; the kernel chooses it.</summary>
    public uint Handle { get; init; }

    /// <summary>The class that takes the packet.</summary>
    public TcHandle? ClassId { get; init; }

    /// <summary>u32: what is compared, <c>0x0a000000/0xff000000 at 16</c>.</summary>
    public IReadOnlyList<string> Matches { get; init; } = [];

    /// <summary>bpf: the program's name as it was given.</summary>
    public string? Program { get; init; }

    /// <summary>What it does with the frame.</summary>
    public IReadOnlyList<FilterAction> Actions { get; init; } = [];

    /// <summary>One line, as <c>tc filter</c> would begin it.</summary>
    public override string ToString() => $"{Kind} on {Index}, parent {Parent} pref {Priority}";

    /// <summary>Reads the body of an RTM_NEWTFILTER; see <see cref="QdiscMessages"/> for the layout.</summary>
    internal static FilterInfo Read(ReadOnlySpan<byte> payload)
    {
        var attributes = Attributes.After(payload, QdiscMessages.HeaderSize);
        var kind = attributes.Find(QdiscMessages.TCA_KIND).Text;
        var options = attributes.Find(QdiscMessages.TCA_OPTIONS).Nested;
        var info = Attribute.ReadAt<uint>(payload, 16);
        var (classId, actions) = kind switch
        {
            "u32" => (TCA_U32_CLASSID, TCA_U32_ACT),
            "bpf" => (TCA_BPF_CLASSID, TCA_BPF_ACT),
            "flower" => (TCA_FLOWER_CLASSID, TCA_FLOWER_ACT),
            "matchall" => (TCA_MATCHALL_CLASSID, TCA_MATCHALL_ACT),
            _ => ((ushort)0, (ushort)0),
        };
        var taker = options.Find(classId).U32;
        return new FilterInfo(Attribute.ReadAt<int>(payload, 4), kind, new TcHandle(Attribute.ReadAt<uint>(payload, 12)))
        {
            Handle = Attribute.ReadAt<uint>(payload, 8),
            Priority = (ushort)(info >> 16),
            Protocol = BinaryPrimitives.ReverseEndianness((ushort)info),
            Chain = attributes.Find(TCA_CHAIN).U32,
            ClassId = taker == 0 ? null : new TcHandle(taker),
            Matches = kind is "u32" ? ReadKeys(options.Find(TCA_U32_SEL).Data) : [],
            Program = kind is "bpf" && options.Find(TCA_BPF_NAME) is { Data.IsEmpty: false } name ? name.Text : null,
            Actions = actions == 0 ? [] : ReadActions(options.Find(actions).Nested),
        };
    }

    private static ValueList<string> ReadKeys(ReadOnlySpan<byte> selector)
    {
        var keys = new ValueList<string>();
        for (var i = 0; selector.Length >= 3 && i < selector[2]; i++)
        {
            var key = selector[Math.Min(selector.Length, 16 + (16 * i))..];
            if (key.Length < 16)
            {
                break;
            }

            keys.Add($"0x{BinaryPrimitives.ReadUInt32BigEndian(key[4..]):x8}/0x{BinaryPrimitives.ReadUInt32BigEndian(key):x8} at " +
                $"{Attribute.ReadAt<int>(key, 8)}");
        }

        return keys;
    }

    private static ValueList<FilterAction> ReadActions(Attributes nested)
    {
        var actions = new ValueList<FilterAction>();
        foreach (var action in nested)
        {
            var kind = action.Nested.Find(TCA_ACT_KIND).Text;
            var mirred = kind is "mirred" ? action.Nested.Find(TCA_ACT_OPTIONS).Nested.Find(TCA_MIRRED_PARMS) : default;
            var way = mirred.Read<int>(20);
            actions.Add(new FilterAction(kind, mirred.Data.Length >= 28 ? mirred.Read<int>(24) : null, way is TCA_EGRESS_REDIR or TCA_INGRESS_REDIR,
                way is TCA_INGRESS_REDIR or TCA_INGRESS_MIRROR)
            {
                Drops = kind is "gact" && action.Nested.Find(TCA_ACT_OPTIONS).Nested.Find(TCA_GACT_PARMS).Read<int>(8) == TC_ACT_SHOT,
            });
        }

        return actions;
    }
}
