using System.Text;

namespace NetLab;

/// <summary>
/// What is shown of each of the kernel's drop reasons: the test that has the kernel give it, or why none does. Tests hold it: those of
/// <c>DropReasonTests</c> provoke exactly what is said here.
/// </summary>
internal static class DropReasonCoverage
{
    /// <summary>The reasons that a test has the kernel give.</summary>
    public static IReadOnlySet<string> Provoked { get; } = new HashSet<string>
    {
        "BRIDGE_INGRESS_STP_STATE", "DUP_FRAG", "FRAG_REASM_TIMEOUT", "FULL_RING", "ICMP_CSUM", "INVALID_PROTO", "IPV6DISABLED", "IPV6_NDISC_BAD_CODE",
        "IPV6_NDISC_BAD_OPTIONS", "IPV6_NDISC_HOP_LIMIT", "IP_CSUM", "IP_INADDRERRORS", "IP_INHDR", "IP_INNOROUTES", "IP_INVALID_DEST",
        "IP_INVALID_SOURCE", "IP_LOCALNET", "IP_LOCAL_SOURCE", "IP_NOPROTO", "IP_RPFILTER", "LOCAL_MAC", "MAC_IEEE_MAC_CONTROL", "MAC_INVALID_SOURCE",
        "NEIGH_FAILED", "NEIGH_QUEUEFULL", "NETFILTER_DROP", "NO_SOCKET", "NO_TX_TARGET", "OTHERHOST", "PKT_TOO_BIG", "PKT_TOO_SMALL", "QDISC_DROP",
        "QUEUE_PURGE", "SOCKET_FILTER", "SOCKET_RCVBUFF", "TCP_CSUM", "TCP_FLAGS", "TCP_INVALID_SEQUENCE", "TCP_OLD_DATA", "TCP_RESET", "TC_EGRESS",
        "TC_INGRESS", "UDP_CSUM", "UNHANDLED_PROTO", "UNICAST_IN_L2_MULTICAST", "VXLAN_INVALID_HDR", "VXLAN_VNI_NOT_FOUND", "XFRM_POLICY"
    };

    // By kernel, what its enum has not; up to Linux 7.2.
    private static readonly (string Kernel, HashSet<string> Lacks)[] Lacking =
    [
        ("6.1", [
        "ARP_PVLAN_DISABLE", "BRIDGE_INGRESS_STP_STATE", "CAKE_FLOOD", "CANFD_RX_INVALID_FRAME", "CANXL_RX_INVALID_FRAME", "CAN_RX_INVALID_FRAME",
        "DUALPI2_STEP_DROP", "DUP_FRAG", "FQ_BAND_LIMIT", "FQ_FLOW_LIMIT", "FQ_HORIZON_LIMIT", "FRAG_REASM_TIMEOUT", "FRAG_TOO_FAR", "IPV6_BAD_EXTHDR",
        "IPV6_NDISC_BAD_CODE", "IPV6_NDISC_BAD_OPTIONS", "IPV6_NDISC_FRAG", "IPV6_NDISC_HOP_LIMIT", "IPV6_NDISC_NS_OTHERHOST", "IPV6_TOO_MANY_EXTHDRS",
        "IPVLAN_MULTICAST_BACKLOG", "IP_INVALID_DEST", "IP_INVALID_SOURCE", "IP_LOCALNET", "IP_LOCAL_SOURCE", "IP_TUNNEL_ECN", "LOCAL_MAC",
        "MACVLAN_BROADCAST_BACKLOG", "MAC_IEEE_MAC_CONTROL", "MAC_INVALID_SOURCE", "NEIGH_HH_FILLFAIL", "NO_TX_TARGET", "PACKET_SOCK_ERROR", "PFMEMALLOC",
        "PSP_INPUT", "PSP_OUTPUT", "QDISC_BURST_DROP", "QDISC_CONGESTED", "QDISC_OVERLIMIT", "QUEUE_PURGE", "RECURSION_LIMIT", "SECURITY_HOOK",
        "SKB_BAD_GSO", "SOCKET_CLOSE", "TCP_ABORT_ON_DATA", "TCP_AOFAILURE", "TCP_AOKEYNOTFOUND", "TCP_AONOTFOUND", "TCP_AOUNEXPECTED", "TCP_AUTH_HDR",
        "TCP_INVALID_ACK_SEQUENCE", "TCP_INVALID_END_SEQUENCE", "TCP_LISTEN_OVERFLOW", "TCP_MINTTL", "TCP_OLD_SEQUENCE", "TCP_RFC7323_PAWS_ACK",
        "TCP_RFC7323_TSECR", "TCP_RFC7323_TW_PAWS", "TC_CHAIN_NOTFOUND", "TC_COOKIE_ERROR", "TC_RECLASSIFY_LOOP", "TUNNEL_TXINFO", "UNIX_DISCONNECT",
        "UNIX_SKIP_OOB", "VXLAN_ENTRY_EXISTS", "VXLAN_INVALID_HDR", "VXLAN_VNI_NOT_FOUND"]),
        ("6.12", [
        "ARP_PVLAN_DISABLE", "BRIDGE_INGRESS_STP_STATE", "CAKE_FLOOD", "CANFD_RX_INVALID_FRAME", "CANXL_RX_INVALID_FRAME", "CAN_RX_INVALID_FRAME",
        "DUALPI2_STEP_DROP", "IPV6_TOO_MANY_EXTHDRS", "IPVLAN_MULTICAST_BACKLOG", "IP_INVALID_DEST", "IP_INVALID_SOURCE", "IP_LOCALNET", "IP_LOCAL_SOURCE",
        "MACVLAN_BROADCAST_BACKLOG", "MAC_IEEE_MAC_CONTROL", "NEIGH_HH_FILLFAIL", "PFMEMALLOC", "PSP_INPUT", "PSP_OUTPUT", "QDISC_BURST_DROP",
        "QDISC_CONGESTED", "QDISC_OVERLIMIT", "RECURSION_LIMIT", "TCP_INVALID_END_SEQUENCE", "TCP_LISTEN_OVERFLOW", "TCP_RFC7323_PAWS_ACK",
        "TCP_RFC7323_TSECR", "TCP_RFC7323_TW_PAWS", "UNIX_DISCONNECT"]),
        ("7.2", [
        "CAKE_FLOOD", "DUALPI2_STEP_DROP", "FQ_BAND_LIMIT", "FQ_FLOW_LIMIT", "FQ_HORIZON_LIMIT", "QDISC_CONGESTED", "QDISC_OVERLIMIT"]),
    ];

    private static readonly Dictionary<string, string[]> NotProvoked = new()
    {
        ["needs a packet or a setting that no test has yet"] = [
        "ARP_PVLAN_DISABLE", "FRAG_TOO_FAR", "IPV6_BAD_EXTHDR", "IPV6_NDISC_FRAG", "IPV6_NDISC_NS_OTHERHOST", "IPV6_TOO_MANY_EXTHDRS"],
        ["is of what a node itself sends, or of a table of neighbours that is full"] = [
        "BPF_CGROUP_EGRESS", "IP_OUTNOROUTES", "NEIGH_CREATEFAIL", "NEIGH_DEAD", "NEIGH_HH_FILLFAIL"],
        ["needs a queueing discipline that this kernel has not, or more traffic than a test sends"] = [
        "CAKE_FLOOD", "DUALPI2_STEP_DROP", "FQ_BAND_LIMIT", "FQ_FLOW_LIMIT", "FQ_HORIZON_LIMIT", "QDISC_BURST_DROP", "QDISC_CONGESTED", "QDISC_OVERLIMIT"],
        ["is of CAN, which is no network of Ethernet frames"] = [
        "CANFD_RX_INVALID_FRAME", "CANXL_RX_INVALID_FRAME", "CAN_RX_INVALID_FRAME"],
        ["needs a flood, or a device that is set up as nothing here does"] = [
        "CPU_BACKLOG", "DEV_HDR", "IPVLAN_MULTICAST_BACKLOG", "MACVLAN_BROADCAST_BACKLOG", "RECURSION_LIMIT", "TAP_FILTER", "TAP_TXFILTER"],
        ["is given where the sender has its error already (EIO), and no frame has begun"] = [
        "DEV_READY"],
        ["needs a kernel that runs out of memory, or an sk_buff that no frame makes"] = [
        "HDR_TRUNC", "NOMEM", "PFMEMALLOC", "PROTO_MEM", "SKB_BAD_GSO", "SKB_CSUM", "SKB_GSO_SEG", "SKB_UCOPY_FAULT", "TCP_OFO_QUEUE_PRUNE",
        "TC_COOKIE_ERROR"],
        ["needs a tunnel of a kind or in a state that no test has"] = [
        "IP_TUNNEL_ECN", "TUNNEL_TXINFO", "VXLAN_ENTRY_EXISTS"],
        ["is of a socket that ends, or is held, while a packet waits there: no frame does that"] = [
        "PACKET_SOCK_ERROR", "SOCKET_BACKLOG", "SOCKET_CLOSE", "UNIX_DISCONNECT", "UNIX_SKIP_OOB"],
        ["needs a network card with PSP"] = [
        "PSP_INPUT", "PSP_OUTPUT"],
        ["needs a security module with rules"] = [
        "SECURITY_HOOK"],
        ["is of a state of a TCP connection that no test brings about; told in the words of its enum, with both ends"] = [
        "TCP_ABORT_ON_DATA", "TCP_ACK_UNSENT_DATA", "TCP_CLOSE", "TCP_FASTOPEN", "TCP_INVALID_ACK_SEQUENCE", "TCP_INVALID_END_SEQUENCE", "TCP_INVALID_SYN",
        "TCP_LISTEN_OVERFLOW", "TCP_MINTTL", "TCP_OFOMERGE", "TCP_OFO_DROP", "TCP_OLD_ACK", "TCP_OLD_SEQUENCE", "TCP_OVERWINDOW", "TCP_RFC7323_PAWS",
        "TCP_RFC7323_PAWS_ACK", "TCP_RFC7323_TSECR", "TCP_RFC7323_TW_PAWS", "TCP_TOO_OLD_ACK", "TCP_ZEROWINDOW"],
        ["needs a socket with TCP_MD5SIG or TCP_AO, which nothing here opens"] = [
        "TCP_AOFAILURE", "TCP_AOKEYNOTFOUND", "TCP_AONOTFOUND", "TCP_AOUNEXPECTED", "TCP_AUTH_HDR", "TCP_MD5FAILURE", "TCP_MD5NOTFOUND",
        "TCP_MD5UNEXPECTED"],
        ["needs a chain of filters of tc that leads nowhere"] = [
        "TC_CHAIN_NOTFOUND", "TC_RECLASSIFY_LOOP"],
        ["is given by drivers that nothing here has: those of veth and tap, and the kernel's own XDP, give no reason"] = [
        "XDP"],
    };

    /// <summary>Why no test has the kernel give a reason; null where one does, or nothing is said of it.</summary>
    public static string? WhyNot(string reason) => NotProvoked.FirstOrDefault(g => g.Value.Contains(reason)).Key;

    /// <summary>The table as Markdown: what <c>netlab explain --causes --coverage</c> prints.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder($"""
            # Drop reasons of the kernel

            Every reason of the kernel's enum skb_drop_reason up to Linux 7.2, what it means, which kernels of Debian lack it,
            and whether a test has the kernel give it: {Provoked.Count} of {KernelReasons.All.Count}. `netlab explain --causes --coverage` prints this page.
            What a kernel lacks it tells as `NOT_SPECIFIED`; what it was is then found by the function that dropped the frame, and the state around it.

            | reason | means | not in | shown by |
            |---|---|---|---|

            """);
        foreach ((var reason, var meaning) in KernelReasons.All.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            var kernels = string.Join(", ", Lacking.Where(k => k.Lacks.Contains(reason)).Select(k => k.Kernel));
            var shown = Provoked.Contains(reason) ? $"`DropReasonTests`: {reason}" : $"none: it {WhyNot(reason)}";
            text.AppendLine($"| `{reason}` | {meaning} | {kernels} | {shown} |");
        }

        return text.ToString();
    }
}
