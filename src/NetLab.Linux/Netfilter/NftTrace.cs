using Microsoft.Win32.SafeHandles;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// Hears which rules of nftables take hold of a frame in one namespace: also rules that iptables-nft, ip6tables-nft, ebtables-nft and arptables-nft made.
/// The kernel tells of frames that carry the trace flag; <see cref="ArmAsync"/> makes rules that set it. The text of a rule is in <see cref="NftRules"/>.
/// </summary>
/// <remarks>Not safe for several threads at once.</remarks>
public sealed class NftTrace : IDisposable
{
    /// <summary>Name of the tables that <see cref="ArmAsync"/> makes. Steps through them are not told.</summary>
    public const string ArmingTable = "netlab_trace";

    private const int GroupTrace = 9; // NFNLGRP_NFTRACE
    private const int TraceMessage = (10 << 8) | 17; // NFNL_SUBSYS_NFTABLES, NFT_MSG_TRACE
    private const int MostTraces = 4096;

    private readonly NetfilterSocket socket;
    private readonly Dictionary<uint, NftTraceEvent> headers = []; // the first step of each trace, which has the headers

    private NftTrace(NetworkNamespace ns)
    {
        Namespace = ns;
        socket = new NetfilterSocket(ns, "listen to the traces of nftables");
        try
        {
            socket.Join(GroupTrace);
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

    /// <summary>Listens. Costs nothing as long as no frame is traced.</summary>
    /// <exception cref="LinuxException">EPERM: the capability NET_ADMIN over the namespace is missing; EPROTONOSUPPORT: the kernel has no nfnetlink.</exception>
    public static NftTrace Open(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return new NftTrace(ns);
    }

    /// <summary>
    /// Makes frames be traced, from now on until <see cref="DisarmAsync"/>, by rules in tables of their own (<see cref="ArmingTable"/>). A frame keeps the flag until it leaves the namespace.
    /// What is sent from here is always traced; what comes in either at the given devices, before anything else sees it, or, without any, at the bridges' and IP's prerouting hooks,
    /// which are behind the chains of netdev tables.
    /// </summary>
    /// <param name="programs">Runs nft.</param>
    /// <param name="devices">Devices that exist.</param>
    /// <param name="match">Narrows what comes in, an expression of nft: <c>ether saddr 02:00:00:00:00:01</c>.</param>
    /// <exception cref="ProcessFailedException">nft refused.</exception>
    /// <exception cref="LinuxException">There is no nft.</exception>
    public async Task ArmAsync(ProcessGroup programs, IReadOnlyList<string>? devices = null, string? match = null)
    {
        ArgumentNullException.ThrowIfNull(programs);
        await NftRules.RunAsync(programs, Namespace, ArmingRules(devices ?? [], match)).ConfigureAwait(false);
    }

    /// <summary>Takes the rules of <see cref="ArmAsync"/> away again; that there are none is no error.</summary>
    /// <param name="programs">Runs nft.</param>
    /// <exception cref="ProcessFailedException">nft refused.</exception>
    public async Task DisarmAsync(ProcessGroup programs)
    {
        ArgumentNullException.ThrowIfNull(programs);
        await NftRules.RunAsync(programs, Namespace, Removal).ConfigureAwait(false);
    }

    /// <summary>Reads all steps that wait, in the order of their happening.</summary>
    public IReadOnlyList<NftTraceEvent> Read()
    {
        var steps = new List<NftTraceEvent>();
        socket.Drain(
            static (type, family, attributes, state) =>
            {
                if (type == TraceMessage)
                {
                    state.Self.Take(Parse(family, attributes), state.Steps);
                }
            },
            (Self: this, Steps: steps));
        return steps;
    }

    /// <summary>Listens no longer. Rules of <see cref="ArmAsync"/> stay; they cost little when nobody listens.</summary>
    public void Dispose() => socket.Dispose();

    /// <summary>A trace message; enum nft_trace_attributes of include/uapi/linux/netfilter/nf_tables.h.</summary>
    internal static NftTraceEvent Parse(byte family, ReadOnlySpan<byte> message)
    {
        var step = new NftTraceEvent { TraceId = 0, Family = (NftFamily)family };
        var attributes = new NetfilterAttributes(message);
        while (attributes.Next())
        {
            step = attributes.Type switch
            {
                1 => step with { Table = attributes.Text },
                2 => step with { Chain = attributes.Text },
                3 => step with { RuleHandle = attributes.UInt64 },
                4 => step with { Step = (NftTraceStep)attributes.UInt32 },
                5 => step with { Verdict = VerdictOf(attributes.Data) },
                6 => step with { TraceId = attributes.UInt32 },
                7 => step with { LinkHeader = attributes.Data.ToArray() },
                8 => step with { NetworkHeader = attributes.Data.ToArray() },
                9 => step with { TransportHeader = attributes.Data.ToArray() },
                10 => step with { InputInterfaceIndex = (int)attributes.UInt32 },
                12 => step with { OutputInterfaceIndex = (int)attributes.UInt32 },
                14 => step with { Mark = attributes.UInt32 },
                16 => step with { Verdict = VerdictName((int)attributes.UInt32, "") },
                _ => step,
            };
        }

        return step;
    }

    // nft has no "delete if there"; a table that is added where it exists stays.
    private static string Removal { get; } = string.Concat(((NftFamily[])[NftFamily.Netdev, NftFamily.Bridge, NftFamily.Inet]).Select(f => $"add table {f.Word()} {ArmingTable}\ndelete table {f.Word()} {ArmingTable}\n"));

    private static string ArmingRules(IReadOnlyList<string> devices, string? match)
    {
        var input = string.IsNullOrWhiteSpace(match) ? "meta nftrace set 1" : $"{match} meta nftrace set 1";
        var sent = $" chain sent {{\n  type filter hook output priority -500\n  meta nftrace set 1\n }}\n";
        string Came(string hook) => $" chain came {{\n  type filter hook {hook} priority -500\n  {input}\n }}\n";
        return Removal + (devices.Count > 0
            ? $"table netdev {ArmingTable} {{\n{Came($"ingress devices = {{ {string.Join(", ", devices.Select(d => $"\"{d}\""))} }}")}}}\ntable inet {ArmingTable} {{\n{sent}}}\n"
            : $"table bridge {ArmingTable} {{\n{Came("prerouting")}}}\ntable inet {ArmingTable} {{\n{Came("prerouting")}{sent}}}\n");
    }

    // enum nft_verdict_attributes: NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN
    private static string VerdictOf(ReadOnlySpan<byte> nested)
    {
        var (code, chain) = (0, "");
        var attributes = new NetfilterAttributes(nested);
        while (attributes.Next())
        {
            (code, chain) = attributes.Type switch
            {
                1 => ((int)attributes.UInt32, chain),
                2 => (code, attributes.Text),
                _ => (code, chain),
            };
        }

        return VerdictName(code, chain);
    }

    // NF_DROP… of include/uapi/linux/netfilter.h, NFT_CONTINUE… of enum nft_verdicts
    private static string VerdictName(int code, string chain) => code switch
    {
        -1 => "continue",
        -2 => "break",
        -3 => $"jump {chain}",
        -4 => $"goto {chain}",
        -5 => "return",
        _ => (code & 0xFF) switch
        {
            0 => "drop",
            1 => "accept",
            2 => "stolen",
            3 => "queue",
            4 => "repeat",
            5 => "stop",
            _ => $"verdict {code}",
        },
    };

    // Only the first step of a trace through a hook brings the headers; the later ones get them from it.
    private void Take(NftTraceEvent step, List<NftTraceEvent> steps)
    {
        if (step.NetworkHeader.Length > 0 || step.LinkHeader.Length > 0)
        {
            if (headers.Count >= MostTraces)
            {
                headers.Clear();
            }

            headers[step.TraceId] = step;
        }
        else if (headers.TryGetValue(step.TraceId, out var first))
        {
            step = step with { LinkHeader = first.LinkHeader, NetworkHeader = first.NetworkHeader, TransportHeader = first.TransportHeader };
        }

        // A rule without a handle is the kernel's word for the end of a chain's rules, which the next step tells better.
        if (step.Table != ArmingTable && step is not { Step: NftTraceStep.Rule, RuleHandle: 0 })
        {
            steps.Add(step);
        }
    }
}
