using System.Globalization;
using Microsoft.Win32.SafeHandles;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Netfilter;

/// <summary>One step of a packet through the rules of iptables-legacy.</summary>
public sealed record LegacyTraceEvent
{
    /// <summary><see cref="NftFamily.Ip"/> or <see cref="NftFamily.Ip6"/>.</summary>
    public required NftFamily Family { get; init; }

    /// <summary>The table: <c>filter</c>.</summary>
    public string Table { get; init; } = "";

    /// <summary>The chain: <c>FORWARD</c>.</summary>
    public string Chain { get; init; } = "";

    /// <summary>What happened.</summary>
    public NftTraceStep Step { get; init; }

    /// <summary>Which rule of the chain, from 1; 0 when it is not a rule. What it decided is told by its text only.</summary>
    public int RuleNumber { get; init; }

    /// <summary>Number of the device that the packet came in by, or 0.</summary>
    public int InputInterfaceIndex { get; init; }

    /// <summary>Number of the device that the packet is to leave by, or 0.</summary>
    public int OutputInterfaceIndex { get; init; }

    /// <summary>The mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The packet from its network header on.</summary>
    public ReadOnlyMemory<byte> Packet { get; init; }

    /// <summary>One line: <c>ip filter FORWARD rule 1</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Family.Word()} {Table} {Chain} {Step.ToString().ToLowerInvariant()}{(Step is NftTraceStep.Rule ? $" {RuleNumber}" : "")}");
}

/// <summary>
/// Hears which rules of iptables-legacy a packet meets in one namespace: the TRACE target makes the kernel log each step, and the log is read by netlink (nfnetlink_log, group 0;
/// one listener a namespace).
/// </summary>
/// <remarks>Not safe for several threads at once.</remarks>
public sealed class LegacyTrace : IDisposable
{
    private const string Logger = "nfnetlink_log";
    private const int PacketMessage = 4 << 8, ConfigMessage = (4 << 8) | 1; // NFNL_SUBSYS_ULOG; NFULNL_MSG_PACKET, NFULNL_MSG_CONFIG
    private const string Prefix = "TRACE: ";

    private static readonly (bool IsIpv6, string Protocol)[] Families = [(false, "2"), (true, "10")];

    private readonly NetfilterSocket socket;

    private LegacyTrace(NetworkNamespace ns)
    {
        Namespace = ns;
        socket = new NetfilterSocket(ns, "listen to the traces of iptables-legacy");
        try
        {
            socket.Request(ConfigMessage, 0, 0, [5, 0, 1, 0, 1, 0, 0, 0]); // NFULA_CFG_CMD: NFULNL_CFG_CMD_BIND
            socket.Request(ConfigMessage, 0, 0, [10, 0, 2, 0, 0, 0, 0x05, 0xDC, 2, 0, 0, 0]); // NFULA_CFG_MODE: be32 copy_range 1500, u8 copy_mode NFULNL_COPY_PACKET
            socket.Request(ConfigMessage, 0, 0, [8, 0, 5, 0, 0, 0, 0, 1]); // NFULA_CFG_QTHRESH: tell each packet at once
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The namespace. It is not disposed with this object.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>Readable when steps wait; for <see cref="Reactor.OnReadable"/>.</summary>
    public SafeFileHandle Handle => socket.Handle;

    /// <summary>How often the kernel has told that it had to leave out steps, because too many waited to be read.</summary>
    public long Overruns => socket.Overruns;

    /// <summary>Listens.</summary>
    /// <exception cref="LinuxException">EBUSY: somebody else listens to group 0 in this namespace; EPERM: the capability NET_ADMIN is missing; EINVAL, EPROTONOSUPPORT: no nfnetlink_log.</exception>
    public static LegacyTrace Open(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return new LegacyTrace(ns);
    }

    /// <summary>Makes packets be traced: a rule with the TRACE target in the raw table's PREROUTING and OUTPUT, and the namespace's logs go to netlink.</summary>
    /// <param name="programs">Runs iptables-legacy and ip6tables-legacy.</param>
    /// <param name="match">Narrows it, in iptables' words: <c>-s 10.0.0.1</c>; null for all packets of both protocols. With it, only IPv4 is traced.</param>
    /// <exception cref="ProcessFailedException">iptables refused.</exception>
    /// <exception cref="LinuxException">There is no iptables-legacy, or the kernel has no log for this.</exception>
    public async Task ArmAsync(ProcessGroup programs, IReadOnlyList<string>? match = null)
    {
        ArgumentNullException.ThrowIfNull(programs);
        foreach (var (isIpv6, protocol) in Families)
        {
            if (!isIpv6 || match is null)
            {
                Namespace.WriteSysctl($"net/netfilter/nf_log/{protocol}", Logger);
                await RulesAsync(programs, "-I", isIpv6, match).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the rules away again.</summary>
    /// <param name="programs">Runs iptables-legacy and ip6tables-legacy.</param>
    /// <param name="match">The same as when it was armed.</param>
    /// <exception cref="ProcessFailedException">iptables refused.</exception>
    public async Task DisarmAsync(ProcessGroup programs, IReadOnlyList<string>? match = null)
    {
        ArgumentNullException.ThrowIfNull(programs);
        foreach (var (isIpv6, protocol) in Families)
        {
            if (!isIpv6 || match is null)
            {
                await RulesAsync(programs, "-D", isIpv6, match).ConfigureAwait(false);
                Namespace.WriteSysctl($"net/netfilter/nf_log/{protocol}", "NONE");
            }
        }
    }

    /// <summary>Reads all steps that wait, in the order of their happening. Other logs to group 0 are passed over.</summary>
    public IReadOnlyList<LegacyTraceEvent> Read()
    {
        var steps = new List<LegacyTraceEvent>();
        socket.Drain(
            static (type, family, attributes, state) =>
            {
                if (type == PacketMessage && Parse(family, attributes) is { } step)
                {
                    state.Add(step);
                }
            },
            steps);
        return steps;
    }

    /// <summary>The text of the rule, or of the chain's policy, in iptables' words; null when it is not there (any more).</summary>
    /// <param name="programs">Runs iptables-legacy.</param>
    /// <param name="step">The step.</param>
    public Task<string?> FindRuleAsync(ProcessGroup programs, LegacyTraceEvent step)
    {
        ArgumentNullException.ThrowIfNull(programs);
        ArgumentNullException.ThrowIfNull(step);
        return IptablesWords.FindLegacyAsync(programs, Namespace, step.Family is NftFamily.Ip6, step.Table, step.Chain, step.Step is NftTraceStep.Rule ? step.RuleNumber : 0);
    }

    /// <summary>Listens no longer.</summary>
    public void Dispose() => socket.Dispose();

    /// <summary>A log message (enum nfulnl_attr_type, include/uapi/linux/netfilter/nfnetlink_log.h); null when it is not that of a trace.</summary>
    internal static LegacyTraceEvent? Parse(byte family, ReadOnlySpan<byte> message)
    {
        var step = new LegacyTraceEvent { Family = (NftFamily)family };
        var isTrace = false;
        var attributes = new NetfilterAttributes(message);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case 2:
                    step = step with { Mark = attributes.UInt32 };
                    break;
                case 4:
                    step = step with { InputInterfaceIndex = (int)attributes.UInt32 };
                    break;
                case 5:
                    step = step with { OutputInterfaceIndex = (int)attributes.UInt32 };
                    break;
                case 9:
                    step = step with { Packet = attributes.Data.ToArray() };
                    break;
                case 10:
                    // "TRACE: filter:FORWARD:rule:1 "; net/ipv4/netfilter/ip_tables.c, trace_packet()
                    var text = attributes.Text;
                    isTrace = text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length..].TrimEnd().Split(':') is { Length: 4 } parts && TryName(parts, ref step);
                    break;
                default:
                    break;
            }
        }

        return isTrace ? step : null;
    }

    private static bool TryName(string[] parts, ref LegacyTraceEvent step)
    {
        if (!Enum.TryParse<NftTraceStep>(parts[2], ignoreCase: true, out var what) || !int.TryParse(parts[3], CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        step = step with { Table = parts[0], Chain = parts[1], Step = what, RuleNumber = what is NftTraceStep.Rule ? number : 0 };
        return true;
    }

    private async Task RulesAsync(ProcessGroup programs, string command, bool isIpv6, IReadOnlyList<string>? match)
    {
        foreach (var chain in (string[])["PREROUTING", "OUTPUT"])
        {
            var start = new ProcessStart(isIpv6 ? "ip6tables-legacy" : "iptables-legacy", ["-w", "-t", "raw", command, chain, .. match ?? [], "-j", "TRACE"]) { Namespace = Namespace };
            (await programs.RunAsync(start).ConfigureAwait(false)).EnsureSuccess();
        }
    }
}
