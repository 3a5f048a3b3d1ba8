namespace NetLab;

// Why a node does not take a packet that is not as it should be.
public static partial class Causes
{
    /// <summary>The packet is shorter than its header says.</summary>
    public static Cause Truncated { get; } = OfPackets("truncated",
        "The packet is shorter than its header says.",
        "the kernel's reason, and the header's figures",
        "look at who made it, or cut it");

    /// <summary>The IP header is not valid.</summary>
    public static Cause IpHeader { get; } = OfPackets("ip-header",
        "The IP header is not valid.",
        "the kernel drops with IP_INHDR, and the header",
        "look at who made it");

    /// <summary>The checksum of the IPv4 header is wrong.</summary>
    public static Cause IpChecksum { get; } = OfPackets("ip-checksum",
        "The checksum of the IPv4 header is wrong.",
        "the kernel drops with IP_CSUM",
        "let the sender compute it");

    /// <summary>An option of the IP header is not valid, or not known and says that it must be.</summary>
    public static Cause IpOption { get; } = OfPackets("ip-option",
        "An option of the IP header is not valid, or not known and says that it must be.",
        "the kernel's reason",
        "send it without");

    /// <summary>The packet brings its own route, and the node does not take such packets.</summary>
    public static Cause SourceRoute { get; } = OfPackets("source-route",
        "The packet brings its own route, and the node does not take such packets.",
        "the packet's options, and accept_source_route",
        "accept_source_route=1, or send it without");

    /// <summary>The UDP checksum is wrong.</summary>
    public static Cause UdpChecksum { get; } = OfPackets("udp-checksum",
        "The UDP checksum is wrong.",
        "the kernel drops with UDP_CSUM",
        "let the sender compute it");

    /// <summary>The UDP header says another length than the packet has.</summary>
    public static Cause UdpLength { get; } = OfPackets("udp-length",
        "The UDP header says another length than the packet has.",
        "the kernel drops with PKT_TOO_SMALL in its UDP code",
        "look at who made it");

    /// <summary>The TCP checksum is wrong.</summary>
    public static Cause TcpChecksum { get; } = OfPackets("tcp-checksum",
        "The TCP checksum is wrong.",
        "the kernel drops with TCP_CSUM",
        "let the sender compute it");

    /// <summary>The TCP header is shorter than 20 bytes, or longer than the packet.</summary>
    public static Cause TcpHeader { get; } = OfPackets("tcp-header",
        "The TCP header is shorter than 20 bytes, or longer than the packet.",
        "the kernel drops with PKT_TOO_SMALL in its TCP code",
        "look at who made it");

    /// <summary>The ICMP checksum is wrong.</summary>
    public static Cause IcmpChecksum { get; } = OfPackets("icmp-checksum",
        "The ICMP checksum is wrong.",
        "the kernel drops with ICMP_CSUM",
        "let the sender compute it");

    /// <summary>Neighbour discovery that crossed a router, or is forged: its hop limit is not 255.</summary>
    public static Cause NdpInvalid { get; } = OfPackets("ndp-invalid",
        "Neighbour discovery that crossed a router, or is forged: its hop limit is not 255.",
        "the kernel drops with IPV6_NDISC_HOP_LIMIT",
        "see who sends it");

    /// <summary>The fragment waits for the others of its datagram.</summary>
    public static Cause FragmentsAwaited { get; } = OfPackets("fragments-awaited",
        "The fragment waits for the others of its datagram.",
        "the kernel still has it, and ipfrag_time",
        "send the others, or see where they are lost");

    /// <summary>The other fragments did not come in time.</summary>
    public static Cause FragmentsMissing { get; } = OfPackets("fragments-missing",
        "The other fragments did not come in time.",
        "the kernel drops with FRAG_REASM_TIMEOUT",
        "see which fragment is lost on the way");

    /// <summary>The fragment came twice.</summary>
    public static Cause FragmentTwice { get; } = OfPackets("fragment-twice",
        "The fragment came twice.",
        "the kernel drops with DUP_FRAG",
        "see what duplicates it");

    /// <summary>Too many other fragments of the sender came since the first of this datagram.</summary>
    public static Cause FragmentLate { get; } = OfPackets("fragment-late",
        "Too many other fragments of the sender came since the first of this datagram.",
        "the kernel drops with FRAG_TOO_FAR",
        "see what delays fragments");

    /// <summary>The fragment overlaps another of its datagram, which is given up.</summary>
    public static Cause FragmentOverlap { get; } = OfPackets("fragment-overlap",
        "The fragment overlaps another of its datagram, which is given up.",
        "the kernel drops in its defragmentation",
        "let the sender cut the datagram without overlaps");

    /// <summary>The fragment was put together with the others of its datagram, which went on as one.</summary>
    public static Cause Reassembled { get; } = OfPackets("reassembled",
        "The fragment was put together with the others of its datagram, which went on as one.",
        "all fragments came to the node, and what was in them went on",
        "nothing: this is no loss");

    private static Cause OfPackets(string word, string meaning, string confirmedBy, string advice) => new(word, "Broken packets", meaning, confirmedBy, advice);
}
