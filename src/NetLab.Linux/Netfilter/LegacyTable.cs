using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// A table of iptables-legacy or ip6tables-legacy as it was when <see cref="LegacyTables"/> read it. Its rules are sorted out when they are asked for.
/// </summary>
internal sealed class LegacyTable
{
    // enum nf_inet_hooks
    private static readonly (string Hook, string Chain)[] Hooks =
        [("prerouting", "PREROUTING"), ("input", "INPUT"), ("forward", "FORWARD"), ("output", "OUTPUT"), ("postrouting", "POSTROUTING")];

    private readonly LegacyLayout _layout;
    private readonly uint _validHooks;
    private readonly uint[] _hookEntries;
    private readonly ReadOnlyMemory<byte> _entries;
    private readonly Lazy<List<LegacyRule>> _rules;

    internal LegacyTable(LegacyLayout layout, string name, uint validHooks, uint[] hookEntries, ReadOnlyMemory<byte> entries)
    {
        _layout = layout;
        _validHooks = validHooks;
        _hookEntries = hookEntries;
        _entries = entries;
        Name = name;
        _rules = new Lazy<List<LegacyRule>>(Parse);
    }

    /// <summary><see cref="NftFamily.Ip"/> or <see cref="NftFamily.Ip6"/>.</summary>
    public NftFamily Family => _layout.Family;

    /// <summary>The table: <c>filter</c>.</summary>
    public string Name { get; }

    /// <summary>The rules of all chains, and the policies of those at a hook, in the kernel's order.</summary>
    public IReadOnlyList<LegacyRule> Rules => _rules.Value;

    /// <summary>
    /// The rules and policies that end a packet's way and whose counters have moved between two readings:
    /// once for each hook from which rules that have moved lead there.
    /// </summary>
    /// <param name="before">The first reading.</param>
    /// <param name="after">The second.</param>
    public static IReadOnlyList<LegacyDrop> DropsBetween(IReadOnlyList<LegacyTable> before, IReadOnlyList<LegacyTable> after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var drops = new List<LegacyDrop>();
        foreach (var table in after)
        {
            // Where somebody changed the rules meanwhile, there is nothing to compare.
            if (before.FirstOrDefault(t => t.Family == table.Family && t.Name == table.Name) is { } earlier
                && earlier._entries.Length == table._entries.Length && !table._entries.Span.SequenceEqual(earlier._entries.Span))
            {
                table.AddDropsSince(earlier, drops);
            }
        }

        return drops;
    }

    /// <summary>
    /// The text of a rule or policy, in the words of iptables: <c>iptables-legacy -A FORWARD -p udp -j DROP</c>; null when it is not there any more.
    /// </summary>
    /// <param name="programs">Runs iptables-legacy, or ip6tables-legacy.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="rule">The rule.</param>
    public Task<string?> FindTextAsync(Processes.ProcessGroup programs, NetworkNamespace ns, LegacyRule rule)
    {
        ArgumentNullException.ThrowIfNull(programs);
        ArgumentNullException.ThrowIfNull(rule);
        return IptablesWords.FindLegacyAsync(programs, ns, _layout.Program, Name, rule.Chain, rule.Number);
    }

    private void AddDropsSince(LegacyTable before, List<LegacyDrop> drops)
    {
        var moved = Rules.Zip(before.Rules, (now, then) => (Now: now, Then: then.Packets)).Where(r => r.Now.Packets != r.Then).ToLookup(r => r.Now.Chain);
        foreach (var (hook, chain) in Hooks)
        {
            Follow(chain, hook, []);
        }

        void Follow(string chain, string hook, IReadOnlyList<LegacyRule> jumps)
        {
            foreach (var (rule, then) in moved[chain])
            {
                if (rule.EndsTheWay)
                {
                    drops.Add(new LegacyDrop(this, rule, hook, jumps, then));
                }
                else if (rule.JumpsTo is { } target)
                {
                    Follow(target, hook, [.. jumps, rule]); // the kernel takes no rules that go round
                }
            }
        }
    }

    // A chain at a hook begins where hook_entry says, and its last entry is its policy.
    // Any other begins after an entry with the target ERROR, which has its name, and its
    // last entry is the return that the program adds.
    private List<LegacyRule> Parse()
    {
        var starts = Enumerable.Range(0, Hooks.Length).Where(h => (_validHooks >> h & 1) != 0).ToDictionary(h => (int)_hookEntries[h], h => Hooks[h].Chain);
        var builtIn = starts.Values.ToHashSet();
        var chains = new List<(string Name, List<(int At, LegacyRule Rule)> Entries)>();
        for (int at = 0, next; at < _entries.Length; at = next)
        {
            var entry = _entries[at..];
            int target = Number16(entry, _layout.TargetOffsetAt);
            next = at + Number16(entry, _layout.TargetOffsetAt + 2);
            var name = Text(entry.Span.Slice(target + 2, 29)); // struct xt_entry_target { u16 target_size; char name[29]; u8 revision; data[]; }, 32 bytes
            if (name == "ERROR")
            {
                starts[next] = Text(entry.Span.Slice(target + 32, 30));
                continue;
            }

            if (starts.TryGetValue(at, out var chain))
            {
                chains.Add((chain, []));
            }

            var data = entry.Span[(target + 32)..(next - at)];
            var verdict = name.Length == 0 ? MemoryMarshal.Read<int>(data) : 0; // struct xt_standard_target: where to go on, or below zero a verdict
            var rule = new LegacyRule(_layout, entry[..target])
            {
                Chain = chains[^1].Name,
                Number = chains[^1].Entries.Count + 1,
                Target = name.Length > 0 ? name : verdict switch { -1 => "DROP", -2 => "ACCEPT", -4 => "QUEUE", -5 => "RETURN", _ => "" },
                Packets = MemoryMarshal.Read<ulong>(entry.Span[_layout.CountersAt..]),
                GoesTo = name.Length == 0 && verdict >= 0 && verdict != next ? verdict : null,
                // struct xt_NFQ_info_v1 { u16 queuenum, queues_total; }
                Queues = name == "NFQUEUE" ? (Number16(data, 0), data.Length >= 4 ? Math.Max(1, (int)Number16(data, 2)) : 1) : (0, 1),
            };
            chains[^1].Entries.Add((at, rule));
        }

        var names = chains.ToDictionary(c => c.Entries[0].At, c => c.Name);
        return
        [
            .. chains.SelectMany(c => builtIn.Contains(c.Name)
                    ? [.. c.Entries.SkipLast(1).Select(e => e.Rule), c.Entries[^1].Rule with { Number = 0 }]
                    : c.Entries.SkipLast(1).Select(e => e.Rule))
                .Select(r => r.GoesTo is { } place ? r with { JumpsTo = names.GetValueOrDefault(place) } : r),
        ];
    }

    private static ushort Number16(ReadOnlyMemory<byte> bytes, int at) => Number16(bytes.Span, at);

    private static ushort Number16(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<ushort>(bytes[at..]);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);
}

/// <summary>A rule of iptables-legacy, or the policy of a chain, with its counter.</summary>
internal sealed record LegacyRule
{
    private readonly LegacyLayout _layout;
    private readonly ReadOnlyMemory<byte> _conditions;

    internal LegacyRule(LegacyLayout layout, ReadOnlyMemory<byte> conditions) => (_layout, _conditions) = (layout, conditions);

    /// <summary>The chain: <c>FORWARD</c>.</summary>
    public required string Chain { get; init; }

    /// <summary>Which rule of the chain it is, from 1; 0 for the policy.</summary>
    public int Number { get; init; }

    /// <summary>What it does: <c>DROP</c>, <c>ACCEPT</c>, <c>RETURN</c>, <c>REJECT</c>, <c>NFQUEUE</c>…; empty for one that jumps, or does nothing.</summary>
    public string Target { get; init; } = "";

    /// <summary>The chain that it leads to, or null.</summary>
    public string? JumpsTo { get; init; }

    /// <summary>How many packets it has taken hold of.</summary>
    public ulong Packets { get; init; }

    /// <summary>Whether a packet may go no further: it is dropped, rejected, or given to a queue, which drops it when nobody listens.</summary>
    public bool EndsTheWay => Target is "DROP" or "REJECT" || IsQueue;

    /// <summary>Whether it gives packets to programs, by nfnetlink_queue.</summary>
    public bool IsQueue => Target is "QUEUE" or "NFQUEUE";

    /// <summary>The queues that packets are given to: the first, and how many.</summary>
    public (int First, int Count) Queues { get; init; } = (0, 1);

    internal int? GoesTo { get; init; }

    /// <summary>Whether a packet meets the rule's conditions on addresses, protocol and devices. What its other matches say is not known here.</summary>
    /// <param name="packet">The packet from its network header on.</param>
    /// <param name="input">The device that it came in by; null where that is not known.</param>
    /// <param name="output">The device that it is to leave by; null where that is not known.</param>
    public bool Fits(ReadOnlySpan<byte> packet, string? input = null, string? output = null)
    {
        var size = _layout.AddressSize;
        var (source, protocol) = size == 4 ? (12, 9) : (8, 6);
        if (packet.Length < source + size + size || packet[0] >> 4 != (size == 4 ? 4 : 6))
        {
            return false;
        }

        // IPT_INV_VIA_IN 1, IPT_INV_VIA_OUT 2, IPT_INV_SRCIP 8, IPT_INV_DSTIP 0x10, XT_INV_PROTO 0x40; ip6_tables has the same
        var rule = _conditions.Span;
        var inverse = rule[_layout.InverseAt];
        var devices = 4 * size;
        var wanted = MemoryMarshal.Read<ushort>(rule[(devices + 64)..]);
        return IsSame(packet.Slice(source, size), rule[..size], rule.Slice(2 * size, size)) == ((inverse & 8) == 0)
            && IsSame(packet.Slice(source + size, size), rule.Slice(size, size), rule.Slice(3 * size, size)) == ((inverse & 0x10) == 0)
            && (wanted == 0 || IsExtension(packet[protocol]) || packet[protocol] == wanted == ((inverse & 0x40) == 0))
            && (input is null || IsSame(NameBytes(input), rule.Slice(devices, 16), rule.Slice(devices + 32, 16)) == ((inverse & 1) == 0))
            && (output is null || IsSame(NameBytes(output), rule.Slice(devices + 16, 16), rule.Slice(devices + 48, 16)) == ((inverse & 2) == 0));

        // Behind a header of IPv6 that is not the last comes what the rule asks for, or not.
        bool IsExtension(byte next) => size == 16 && next is 0 or 43 or 44 or 51 or 60;

        static byte[] NameBytes(string name) => Encoding.UTF8.GetBytes(name.PadRight(16, '\0'));
    }

    /// <summary>The rule or the policy, in a few words: <c>rule 1 of chain FORWARD</c>.</summary>
    public override string ToString() => $"{(Number == 0 ? "the policy" : string.Create(CultureInfo.InvariantCulture, $"rule {Number}"))} of chain {Chain}";

    private static bool IsSame(ReadOnlySpan<byte> told, ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> mask)
    {
        for (var i = 0; i < wanted.Length; i++)
        {
            if ((told[i] & mask[i]) != (wanted[i] & mask[i]))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A rule or policy that ends a packet's way, whose counter has moved.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Rule">The rule, as it was afterwards.</param>
/// <param name="Hook">The hook from which packets came to it: <c>forward</c>.</param>
/// <param name="Jumps">The rules that led to its chain, from the chain at the hook on.</param>
/// <param name="Before">What its counter was before.</param>
internal sealed record LegacyDrop(LegacyTable Table, LegacyRule Rule, string Hook, IReadOnlyList<LegacyRule> Jumps, ulong Before)
{
    /// <summary>In a line: <c>counter of rule 1 of chain FORWARD went from 0 to 1</c>; a table other than filter is named.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"counter of {Rule}{(Table.Name == "filter" ? "" : $" in table {Table.Name}")} went from {Before} to {Rule.Packets}");
}
