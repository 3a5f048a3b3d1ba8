namespace NetLab.Linux.Probe;

/// <summary>Queueing disciplines: each is put on a device of the scratch namespace by RTM_NEWQDISC. See include/uapi/linux/pkt_sched.h.</summary>
internal static class QdiscProbes
{
    private const int RTM_NEWQDISC = 36, TCA_KIND = 1, TCA_OPTIONS = 2;
    private const long TC_H_ROOT = 0xffffffff, TC_H_CLSACT = 0xfffffff1, TC_H_CLSACT_HANDLE = 0xffff0000;

    public static Finding Kind(ProbeScratch scratch, string kind)
    {
        try
        {
            var clsact = kind is "clsact";

            // struct tcmsg { unsigned char tcm_family; (3 bytes); int tcm_ifindex; __u32 tcm_handle; __u32 tcm_parent; __u32 tcm_info; }
            var header = ProbeSocket.Concat(
                ProbeSocket.U32(0), ProbeSocket.U32(scratch.LowerDevice()), ProbeSocket.U32(clsact ? TC_H_CLSACT_HANDLE : 0),
                    ProbeSocket.U32(clsact ? TC_H_CLSACT : TC_H_ROOT), ProbeSocket.U32(0));
            using var socket = new ProbeSocket(scratch.Namespace, ProbeSocket.Route);
            var answer = socket.Ask(RTM_NEWQDISC, create: true, header, ProbeSocket.Attribute(TCA_KIND, ProbeSocket.Text(kind)), Options(kind));
            return Finding.Of($"put queueing discipline {kind} on a device", answer.Errno, answer.ExtendedAck);
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    private static byte[] Options(string kind) => kind switch
    {
        // struct tc_netem_qopt { __u32 latency, limit, loss, gap, duplicate, jitter; }
        "netem" => ProbeSocket.Attribute(TCA_OPTIONS, ProbeSocket.U32(0), ProbeSocket.U32(1000), new byte[16]),

        // TCA_TBF_PARMS: struct tc_tbf_qopt { struct tc_ratespec rate, peakrate; __u32 limit, buffer, mtu; }, and
        // struct tc_ratespec { unsigned char cell_log; __u8 linklayer; unsigned short overhead; short cell_align; unsigned short mpu; __u32 rate; }
        "tbf" => ProbeSocket.Attribute(TCA_OPTIONS,
            ProbeSocket.Attribute(1, [0, 1, 0, 0, 0, 0, 0, 0], ProbeSocket.U32(1_000_000), new byte[12], ProbeSocket.U32(100_000),
                ProbeSocket.U32(1_000_000), ProbeSocket.U32(0))),

        // TCA_HTB_INIT: struct tc_htb_glob { __u32 version, rate2quantum, defcls, debug, direct_pkts; }
        "htb" => ProbeSocket.Attribute(TCA_OPTIONS, ProbeSocket.Attribute(2, ProbeSocket.U32(3), ProbeSocket.U32(10), new byte[12])),
        _ => [],
    };
}
