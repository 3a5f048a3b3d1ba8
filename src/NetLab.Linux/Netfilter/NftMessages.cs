using NetLab.Linux.Netlink;

namespace NetLab.Linux.Netfilter;

/// <summary>A hook that has chains.</summary>
/// <param name="Family">The family of the chain's table.</param>
/// <param name="Hook">Number of the hook in its family (enum nf_inet_hooks, nf_dev_hooks).</param>
/// <param name="Devices">Of a hook at devices, the list of them as the kernel wrote it (NFTA_HOOK_DEVS, in hexadecimal digits); otherwise empty.</param>
internal readonly record struct NftHook(NftFamily Family, uint Hook, string Devices);

/// <summary>
/// Messages to nftables (<c>include/uapi/linux/netfilter/nf_tables.h</c>, <c>nfnetlink.h</c>):
/// the question for the generation of the ruleset, the dump of its chains, and
/// the batches that put a chain with <c>meta nftrace set 1</c> before every hook that has chains, and take them away again.
/// </summary>
/// <remarks>
/// <code>
/// struct nfgenmsg { __u8 nfgen_family; __u8 version; __be16 res_id; };     // of a batch's begin and end: res_id is the subsystem
/// nlmsg_type = NFNL_SUBSYS_NFTABLES (10) * 256 + NFT_MSG_…                 // numbers in attributes are big-endian
/// batch: NFNL_MSG_BATCH_BEGIN (16), messages, NFNL_MSG_BATCH_END (17)      // in one datagram; all or nothing
/// </code>
/// </remarks>
internal static class NftMessages
{
    public const ushort NewChain = (10 << 8) | 3, NewGeneration = (10 << 8) | 15, Trace = (10 << 8) | 17;

    private const ushort NewTable = 10 << 8, DeleteTable = (10 << 8) | 2, GetChain = (10 << 8) | 4, NewRule = (10 << 8) | 6, GetGeneration = (10 << 8) | 16;
    private const ushort BatchBegin = 16, BatchEnd = 17, Subsystem = 10;
    private const ushort Request = 1, Acknowledge = 4, Dump = 0x300, Create = 0x400, Append = 0x800;
    private const ushort NFTA_TABLE_NAME = 1, NFTA_TABLE_FLAGS = 2, NFTA_CHAIN_TABLE = 1, NFTA_CHAIN_NAME = 3, NFTA_CHAIN_HOOK = 4, NFTA_CHAIN_TYPE = 7,
        NFTA_HOOK_HOOKNUM = 1, NFTA_HOOK_PRIORITY = 2, NFTA_HOOK_DEVS = 4, NFTA_RULE_TABLE = 1, NFTA_RULE_CHAIN = 2, NFTA_RULE_EXPRESSIONS = 4,
        NFTA_LIST_ELEM = 1, NFTA_EXPR_NAME = 1, NFTA_EXPR_DATA = 2, NFTA_IMMEDIATE_DREG = 1, NFTA_IMMEDIATE_DATA = 2, NFTA_DATA_VALUE = 1,
            NFTA_META_KEY = 2, NFTA_META_SREG = 3;
    private const uint NFT_TABLE_F_OWNER = 2, NFT_REG_1 = 1, NFT_META_NFTRACE = 12;
    private const ushort Nested = MessageWriter.NLA_F_NESTED;

    public static MessageWriter AskGeneration() => Question(GetGeneration, Request);

    public static MessageWriter AskChains() => Question(GetChain, Request | Dump);

    /// <summary>The generation that a message of type <see cref="NewGeneration"/> tells.</summary>
    public static uint Generation(ReadOnlySpan<byte> attributes) => new Attributes(attributes).Find(1).Be32;

    /// <summary>The table of a message of type <see cref="NewChain"/>, and the hook; null for a chain that is not at a hook.</summary>
    public static (string Table, NftHook? Hook) Chain(byte family, ReadOnlySpan<byte> attributes)
    {
        var chain = new Attributes(attributes);
        var table = chain.Find(NFTA_CHAIN_TABLE).Text;
        var hook = chain.Find(NFTA_CHAIN_HOOK);
        if (hook.Data.IsEmpty)
        {
            return (table, null);
        }

        var devices = Convert.ToHexString(hook.Nested.Find(NFTA_HOOK_DEVS).Data);
        return (table, new NftHook((NftFamily)family, hook.Nested.Find(NFTA_HOOK_HOOKNUM).Be32, devices));
    }

    /// <summary>Makes a chain at each of the hooks, before all others, which sets the trace flag.</summary>
    /// <param name="table">Name of the tables, one a family.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="owned">The tables go away with the socket that makes them, and nobody else can remove them (Linux 5.12).</param>
    public static MessageWriter Arm(string table, IReadOnlyList<NftHook> hooks, bool owned)
    {
        var writer = new MessageWriter(1024);
        Batch(writer, BatchBegin);
        foreach (var family in hooks.Select(h => h.Family).Distinct())
        {
            Begin(writer, NewTable, Request, family);
            writer.Text(NFTA_TABLE_NAME, table);
            writer.Be32(NFTA_TABLE_FLAGS, owned ? NFT_TABLE_F_OWNER : 0);
            writer.End();
        }

        for (var i = 0; i < hooks.Count; i++)
        {
            Hang(writer, table, $"c{i}", hooks[i]);
            Mark(writer, table, $"c{i}", hooks[i].Family, i == hooks.Count - 1);
        }

        Batch(writer, BatchEnd);
        return writer;
    }

    /// <summary>Removes the tables of <see cref="Arm"/>.</summary>
    public static MessageWriter Disarm(string table, IReadOnlyList<NftHook> hooks)
    {
        var writer = new MessageWriter(256);
        Batch(writer, BatchBegin);
        var families = hooks.Select(h => h.Family).Distinct().ToList();
        foreach (var family in families)
        {
            Begin(writer, DeleteTable, (ushort)(Request | (family == families[^1] ? Acknowledge : 0)), family);
            writer.Text(NFTA_TABLE_NAME, table);
            writer.End();
        }

        Batch(writer, BatchEnd);
        return writer;
    }

    private static void Hang(MessageWriter writer, string table, string chain, NftHook hook)
    {
        Begin(writer, NewChain, Request | Create, hook.Family);
        writer.Text(NFTA_CHAIN_TABLE, table);
        writer.Text(NFTA_CHAIN_NAME, chain);
        writer.Text(NFTA_CHAIN_TYPE, "filter");
        using (writer.Nest(NFTA_CHAIN_HOOK | Nested))
        {
            writer.Be32(NFTA_HOOK_HOOKNUM, hook.Hook);
            writer.Be32(NFTA_HOOK_PRIORITY, 0x80000000); // the lowest of s32: before all others
            if (hook.Devices.Length > 0)
            {
                writer.Data(NFTA_HOOK_DEVS | Nested, Convert.FromHexString(hook.Devices));
            }
        }

        writer.End();
    }

    // meta nftrace set 1: the value goes to a register, and from there to the frame
    private static void Mark(MessageWriter writer, string table, string chain, NftFamily family, bool isLast)
    {
        Begin(writer, NewRule, (ushort)(Request | Create | Append | (isLast ? Acknowledge : 0)), family);
        writer.Text(NFTA_RULE_TABLE, table);
        writer.Text(NFTA_RULE_CHAIN, chain);
        using (writer.Nest(NFTA_RULE_EXPRESSIONS | Nested))
        {
            using (writer.Nest(NFTA_LIST_ELEM | Nested))
            {
                writer.Text(NFTA_EXPR_NAME, "immediate");
                using var data = writer.Nest(NFTA_EXPR_DATA | Nested);
                writer.Be32(NFTA_IMMEDIATE_DREG, NFT_REG_1);
                using var value = writer.Nest(NFTA_IMMEDIATE_DATA | Nested);
                writer.Data(NFTA_DATA_VALUE, [1]);
            }

            using (writer.Nest(NFTA_LIST_ELEM | Nested))
            {
                writer.Text(NFTA_EXPR_NAME, "meta");
                using var data = writer.Nest(NFTA_EXPR_DATA | Nested);
                writer.Be32(NFTA_META_KEY, NFT_META_NFTRACE);
                writer.Be32(NFTA_META_SREG, NFT_REG_1);
            }
        }

        writer.End();
    }

    private static MessageWriter Question(ushort type, ushort flags)
    {
        var writer = new MessageWriter(20);
        Begin(writer, type, flags, 0);
        writer.End();
        return writer;
    }

    private static void Begin(MessageWriter writer, ushort type, ushort flags, NftFamily family)
    {
        writer.Begin(type, flags);
        writer.Append(4)[0] = (byte)family;
    }

    private static void Batch(MessageWriter writer, ushort type)
    {
        writer.Begin(type, Request);
        writer.Append(4)[3] = (byte)Subsystem;
        writer.End();
    }
}
