namespace NetLab.Linux.Probe;

/// <summary>
/// nftables: a table, a chain on a hook and a rule are made in the scratch namespace, in one batch. See include/uapi/linux/netfilter/nf_tables.h and
/// nfnetlink.h.
/// </summary>
internal static class NftProbes
{
    public const byte Inet = 1, Netdev = 5, Bridge = 7;

    private const int NFNL_MSG_BATCH_BEGIN = 16, NFNL_MSG_BATCH_END = 17, NFNL_SUBSYS_NFTABLES = 10;
    private const int NFT_MSG_NEWTABLE = 0, NFT_MSG_NEWCHAIN = 3, NFT_MSG_NEWRULE = 6;
    private const int NF_INET_FORWARD = 2, NF_NETDEV_INGRESS = 0, NESTED = 0x8000;
    private const int NFT_REG32_00 = 8;
    private const ushort Request = 1, RequestAckCreate = 0x405, RequestAckAppend = 0xc05;

    /// <summary>A family of tables, with a chain on its forwarding (or ingress) hook.</summary>
    public static Finding Family(ProbeScratch scratch, byte family, string name) => Make(scratch, family, $"create a table and a chain of family {name}", []);

    /// <summary>Following frames through the rules: <c>meta nftrace set 1</c>.</summary>
    public static Finding Trace(ProbeScratch scratch)
    {
        // immediate: NFTA_IMMEDIATE_DREG 1, NFTA_IMMEDIATE_DATA 2 { NFTA_DATA_VALUE 1 }; meta: NFTA_META_KEY 2 (NFT_META_NFTRACE 12), NFTA_META_SREG 3
        var one = Expression("immediate", Attribute(1, Big(NFT_REG32_00)), Attribute(2 | NESTED, Attribute(1, [1])));
        var set = Expression("meta", Attribute(2, Big(12)), Attribute(3, Big(NFT_REG32_00)));
        return Make(scratch, Inet, "create a rule \"meta nftrace set 1\"", [one, set]);
    }

    /// <summary>Rules on the state of connections in a family: <c>ct state</c>.</summary>
    public static Finding Conntrack(ProbeScratch scratch, byte family, string name)
    {
        // ct: NFTA_CT_DREG 1, NFTA_CT_KEY 2 (NFT_CT_STATE 0)
        return Make(scratch, family, $"create a rule with \"ct state\" in family {name}",
            [Expression("ct", Attribute(1, Big(NFT_REG32_00)), Attribute(2, Big(0)))]);
    }

    private static Finding Make(ProbeScratch scratch, byte family, string attempt, byte[][] expressions)
    {
        try
        {
            var table = ProbeSocket.Text(scratch.NextName());
            var (hook, device) = family is Netdev ? (NF_NETDEV_INGRESS, Attribute(3, ProbeSocket.Text("lo"))) : (NF_INET_FORWARD, []);

            // NFTA_TABLE_NAME 1; NFTA_CHAIN_TABLE 1, _NAME 3, _HOOK 4 { NFTA_HOOK_HOOKNUM 1, _PRIORITY 2, _DEV 3 }, _TYPE 7
            var messages = new List<byte[]>
            {
                Batch(NFNL_MSG_BATCH_BEGIN),
                Message(NFT_MSG_NEWTABLE, RequestAckCreate, 1, family, Attribute(1, table)),
                Message(NFT_MSG_NEWCHAIN, RequestAckCreate, 2, family, Attribute(1, table), Attribute(3, ProbeSocket.Text("c")),
                    Attribute(4 | NESTED, Attribute(1, Big(hook)), Attribute(2, Big(0)), device), Attribute(7, ProbeSocket.Text("filter"))),
            };
            if (expressions.Length > 0)
            {
                // NFTA_RULE_TABLE 1, _CHAIN 2, _EXPRESSIONS 4
                messages.Add(Message(NFT_MSG_NEWRULE, RequestAckAppend, 3, family, Attribute(1, table), Attribute(2, ProbeSocket.Text("c")),
                    Attribute(4 | NESTED, expressions)));
            }

            var last = messages.Count - 1;
            messages.Add(Batch(NFNL_MSG_BATCH_END));
            using var socket = new ProbeSocket(scratch.Namespace, ProbeSocket.Netfilter);
            var answer = socket.Send(last, [.. messages]);
            return Finding.Of(attempt, answer.Errno, answer.ExtendedAck);
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    // struct nfgenmsg { __u8 nfgen_family; __u8 version; __be16 res_id; }
    private static byte[] Message(int type, ushort flags, int sequence, byte family, params byte[][] attributes) =>
        ProbeSocket.Message((NFNL_SUBSYS_NFTABLES << 8) | type, flags, sequence, [[family, 0, 0, 0], .. attributes]);

    private static byte[] Batch(int type) => ProbeSocket.Message(type, Request, 0, [0, 0, 0, NFNL_SUBSYS_NFTABLES]);

    // NFTA_LIST_ELEM 1 { NFTA_EXPR_NAME 1, NFTA_EXPR_DATA 2 }
    private static byte[] Expression(string name, params byte[][] data) =>
        Attribute(1 | NESTED, Attribute(1, ProbeSocket.Text(name)), Attribute(2 | NESTED, data));

    private static byte[] Attribute(int type, params byte[][] content) => ProbeSocket.Attribute(type, content);

    private static byte[] Big(long value) => ProbeSocket.Big32(value);
}
