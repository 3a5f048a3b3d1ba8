using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netfilter;

/// <summary>Which tables of nftables a namespace has, asked by netlink: without a program, and without a module being loaded for the question.</summary>
/// <remarks>
/// <code>
/// struct nfgenmsg { __u8 nfgen_family; __u8 version; __be16 res_id; }
/// nlmsg_type = NFNL_SUBSYS_NFTABLES (10) * 256 + NFT_MSG_NEWTABLE 0, NFT_MSG_GETTABLE 1;   NFTA_TABLE_NAME 1      // include/uapi/linux/netfilter/nf_tables.h
/// </code>
/// </remarks>
internal static class NftTables
{
    private const ushort NewTable = 10 << 8, GetTable = (10 << 8) | 1, NFTA_TABLE_NAME = 1;
    private const int HeaderSize = 4;

    /// <summary>The tables of all families; none where the kernel has no nftables.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static IReadOnlyList<(NftFamily Family, string Name)> Read(NetworkNamespace ns)
    {
        // Asking would load the module; while it is not there, no table can be.
        if (KernelModule.IsLoadable("nf_tables"))
        {
            return [];
        }

        using var socket = NetlinkSocket.Open(ns, NETLINK_NETFILTER, strictChecks: false);
        var request = new MessageWriter(64);
        request.Begin(GetTable, NLM_F_REQUEST | NLM_F_DUMP);
        request.Append(HeaderSize);
        request.End();
        var tables = new List<(NftFamily, string)>();
        try
        {
            socket.Query(
                request,
                "reading the tables of nftables",
                (type, payload) =>
                {
                    if (type == NewTable && payload.Length >= HeaderSize)
                    {
                        tables.Add(((NftFamily)payload[0], Attributes.After(payload, HeaderSize).Find(NFTA_TABLE_NAME).Text));
                    }
                },
                tables.Clear);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return []; // No such subsystem of nfnetlink: the kernel has no nftables.
        }

        return tables;
    }
}
