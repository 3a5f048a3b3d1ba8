using System.Globalization;

namespace NetLab.Linux.Netfilter;

/// <summary>The families of tables (NFPROTO_…, include/uapi/linux/netfilter.h).</summary>
public enum NftFamily
{
    /// <summary>IPv4 and IPv6 together.</summary>
    Inet = 1,

    /// <summary>IPv4.</summary>
    Ip = 2,

    /// <summary>ARP.</summary>
    Arp = 3,

    /// <summary>Devices: ingress and egress hooks.</summary>
    Netdev = 5,

    /// <summary>Bridges.</summary>
    Bridge = 7,

    /// <summary>IPv6.</summary>
    Ip6 = 10,
}

/// <summary>What a step of a trace is about (enum nft_trace_types).</summary>
internal enum NftTraceStep
{
    /// <summary>The end of a base chain: its policy decides.</summary>
    Policy = 1,

    /// <summary>The end of another chain: back to where it was called.</summary>
    Return = 2,

    /// <summary>A rule whose conditions were met.</summary>
    Rule = 3,
}

/// <summary>
/// One step of a frame through the rules of a namespace: a rule that took hold of it, the end of a chain, or a policy.
/// Rules whose conditions are not met leave no step.
/// </summary>
internal sealed record NftTraceEvent
{
    /// <summary>The same for all steps of the same copy of a frame in this namespace; a clone has its own.</summary>
    public required uint TraceId { get; init; }

    /// <summary>The table's family.</summary>
    public required NftFamily Family { get; init; }

    /// <summary>The table.</summary>
    public string Table { get; init; } = "";

    /// <summary>The chain.</summary>
    public string Chain { get; init; } = "";

    /// <summary>What happened.</summary>
    public NftTraceStep Step { get; init; }

    /// <summary>The rule's handle (<c>nft -a list ruleset</c>), 0 for a policy.</summary>
    public ulong RuleHandle { get; init; }

    /// <summary>
    /// What was decided, in nft's words: <c>accept</c>, <c>drop</c>, <c>continue</c>, <c>return</c>, <c>jump NAME</c>, <c>goto NAME</c>,
    /// <c>queue NUMBER</c>; of a policy <c>accept</c> or <c>drop</c>.
    /// </summary>
    public string Verdict { get; init; } = "";

    /// <summary>Number of the device that the frame came in by, or 0.</summary>
    public int InputInterfaceIndex { get; init; }

    /// <summary>Number of the device that the frame is to leave by, or 0.</summary>
    public int OutputInterfaceIndex { get; init; }

    /// <summary>The mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The link-layer header, as far as it was told with this step or an earlier one of the same trace; a VLAN tag is in it.</summary>
    public ReadOnlyMemory<byte> LinkHeader { get; init; }

    /// <summary>Up to 40 bytes from the header of the network layer on.</summary>
    public ReadOnlyMemory<byte> NetworkHeader { get; init; }

    /// <summary>Up to 20 bytes from the header of the transport layer on.</summary>
    public ReadOnlyMemory<byte> TransportHeader { get; init; }

    /// <summary>Whether it is the first step of the frame through the chains at one hook.</summary>
    public bool IsFirst { get; init; }

    /// <summary>Whether the frame ends here.</summary>
    public bool IsDrop => Verdict == "drop";

    /// <summary>The queue that the frame was given to (nfnetlink_queue); null where it was to none.</summary>
    public int? Queue => Verdict.StartsWith("queue ", StringComparison.Ordinal) ? int.Parse(Verdict.AsSpan(6), CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// Whether these bytes (a mark in the payload, say) are among those that were told of the frame:
    /// the first 12 of a UDP payload or the first 40 behind an unusual EtherType.
    /// </summary>
    public bool Contains(ReadOnlySpan<byte> bytes) =>
        NetworkHeader.Span.IndexOf(bytes) >= 0 || TransportHeader.Span.IndexOf(bytes) >= 0 || LinkHeader.Span.IndexOf(bytes) >= 0;

    /// <summary>
    /// Whether the trace is of this frame, as far as can be told: the network header and what follows are the same, but for what a router changes
    /// (time to live and header checksum of IPv4, hop limit of IPv6). After address translation they are not.
    /// </summary>
    /// <param name="packet">The frame from its network header on.</param>
    public bool IsOf(ReadOnlySpan<byte> packet)
    {
        var told = NetworkHeader.Span;
        if (told.IsEmpty || told.Length > packet.Length)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[told.Length];
        packet[..told.Length].CopyTo(expected);
        if (told.Length >= 20 && told[0] >> 4 == 4 && expected[0] >> 4 == 4)
        {
            expected[8] = told[8];
            (expected[10], expected[11]) = (told[10], told[11]);
        }
        else if (told.Length >= 40 && told[0] >> 4 == 6 && expected[0] >> 4 == 6)
        {
            expected[7] = told[7];
        }

        return told.SequenceEqual(expected);
    }

    /// <summary>
    /// The same, though address translation may have rewritten addresses, ports and checksums:
    /// the protocol, the identification of IPv4 or the flow label of IPv6, and what the
    /// transport carries (of ICMP the sequence number and the data) are the same.
    /// </summary>
    /// <param name="packet">The frame from its network header on.</param>
    /// <param name="withAnyIdentification">The identification or flow label may be another: the kernel chose it.</param>
    public bool IsOfTranslated(ReadOnlySpan<byte> packet, bool withAnyIdentification = false)
    {
        var told = NetworkHeader.Span;
        if (told.Length < 20 || packet.Length < 20 || told[0] >> 4 != packet[0] >> 4)
        {
            return false;
        }

        var isSame = (told[0] >> 4) switch
        {
            4 => told[9] == packet[9] && (withAnyIdentification || told[4..6].SequenceEqual(packet[4..6])),
            6 => told[6] == packet[6] && (withAnyIdentification || told[1..4].SequenceEqual(packet[1..4])),
            _ => false,
        };
        var (protocol, length) = told[0] >> 4 == 4 ? (packet[9], (packet[0] & 0xf) * 4) : (packet[6], 40);
        if (!isSame || length > packet.Length)
        {
            return false;
        }

        if (IsAnswer(told, packet, protocol, length))
        {
            return false;
        }

        // Behind the ports and the checksum of UDP; TCP's sequence numbers; behind an echo's identifier.
        var (from, to) = protocol switch { 17 => (8, 20), 6 => (4, 12), 1 or 58 => (6, 20), _ => (0, 20) };
        var carried = packet[length..];
        to = Math.Min(to, Math.Min(TransportHeader.Length, carried.Length));
        return to <= from || TransportHeader.Span[from..to].SequenceEqual(carried[from..to]);
    }

    // An answer may carry what its question did: its addresses and ports are those of the question, exchanged, which translation makes of no question (a
    // hairpin exchanges the addresses alone); of ICMP its type is another.
    private bool IsAnswer(ReadOnlySpan<byte> told, ReadOnlySpan<byte> packet, byte protocol, int length)
    {
        var transport = TransportHeader.Span;
        var carried = packet[length..];
        if (protocol is 1 or 58)
        {
            return transport.Length > 0 && carried.Length > 0 && transport[0] != carried[0];
        }

        var (at, size) = told[0] >> 4 == 4 ? (12, 4) : (8, 16);
        return told.Length >= at + (2 * size) && !told.Slice(at, size).SequenceEqual(told.Slice(at + size, size))
            && IsExchanged(told.Slice(at, 2 * size), packet.Slice(at, 2 * size))
            && (protocol is not (6 or 17) || (transport.Length >= 4 && carried.Length >= 4 && IsExchanged(transport[..4], carried[..4])));
    }

    // Two halves, the other way round.
    private static bool IsExchanged(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one[..(one.Length / 2)].SequenceEqual(other[(one.Length / 2)..]) && one[(one.Length / 2)..].SequenceEqual(other[..(one.Length / 2)]);

    /// <summary>One line: <c>trace 4f76ec23 bridge guard f rule handle 2 drop</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"trace {TraceId:x8} {Family.Word()} {Table} {Chain} " +
            $"{(Step is NftTraceStep.Rule ? $"rule handle {RuleHandle}" : Step.ToString().ToLowerInvariant())} {Verdict}");
}

/// <summary>The words of nft.</summary>
internal static class NftFamilyExtensions
{
    /// <summary>The family as nft writes it: <c>ip6</c>.</summary>
    public static string Word(this NftFamily family) => family.ToString().ToLowerInvariant();
}
