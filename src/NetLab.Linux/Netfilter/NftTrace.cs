using Microsoft.Win32.SafeHandles;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// Hears which rules of nftables take hold of a frame in one namespace: also rules that iptables-nft, ip6tables-nft, ebtables-nft and arptables-nft made.
/// The kernel tells of frames that carry the trace flag; <see cref="Arm"/> makes rules that set it. The text of a rule is in <see cref="NftRules"/>.
/// </summary>
/// <remarks>
/// Everything goes by netlink and takes microseconds; no program is run. Not safe for several threads at once.
/// </remarks>
internal sealed class NftTrace : IDisposable
{
    /// <summary>Name of the tables that <see cref="Arm"/> makes. Steps through them are not told.</summary>
    public const string ArmingTable = "netlab_trace";

    private const int GroupChanges = 7, GroupTrace = 9; // NFNLGRP_NFTABLES, NFNLGRP_NFTRACE
    private const int MostTraces = 4096;

    private readonly NetfilterSocket _listener;
    private readonly NetfilterSocket _control;
    private readonly Dictionary<uint, NftTraceEvent> _headers = []; // the latest step of each trace that has headers and devices
    private readonly List<NftTraceEvent> _waiting = [];
    private bool _mayHaveChanged = true; // the ruleset, since its generation was asked for
    private List<NftHook> _hooks = [];
    private List<NftHook> _armed = [];
    private bool _ownedTables = true; // until the kernel refuses them
    private uint _generation; // which the hooks belong to, and what we did ourselves since

    private NftTrace(NetworkNamespace ns)
    {
        Namespace = ns;
        _listener = new NetfilterSocket(ns, "listen to the traces of nftables");
        try
        {
            _listener.Join(GroupTrace);
            _listener.Join(GroupChanges);
            _control = new NetfilterSocket(ns, "arm the traces of nftables");
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>The namespace. It is not disposed with this object.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>Readable when steps wait; for <see cref="Reactor.OnReadable"/>.</summary>
    public SafeFileHandle Handle => _listener.Handle;

    /// <summary>How often the kernel has told that it had to leave out steps, because too many waited to be read.</summary>
    public long Overruns => _listener.Overruns;

    /// <summary>Whether frames are traced now.</summary>
    public bool IsArmed => _armed.Count > 0;

    /// <summary>
    /// How often a change of the ruleset by somebody else was noticed by <see cref="Arm"/>. While it stays, what was read of the rules holds.
    /// </summary>
    public int Version { get; private set; }

    /// <summary>Listens. Costs nothing as long as no frame is traced.</summary>
    /// <exception cref="LinuxException">EPERM: the capability NET_ADMIN over the namespace is missing; EPROTONOSUPPORT:
    /// the kernel has no nfnetlink.</exception>
    public static NftTrace Open(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return new NftTrace(ns);
    }

    /// <summary>
    /// Makes frames be traced, from now on until <see cref="Disarm"/>:
    /// before every hook at which a chain hangs now, in whatever family, stands one more, in a table of our own
    /// (<see cref="ArmingTable"/>), which sets the flag. The tables belong to the socket and go away with it (Linux 5.12; before that, with the namespace).
    /// </summary>
    /// <remarks>
    /// Called again, it makes the chains anew where somebody has changed the ruleset.
    /// As long as nobody has, and there are no chains, that is one look at the socket.
    /// </remarks>
    /// <returns>Whether there is anything to trace: false where no chain hangs at a hook. Then nothing was made.</returns>
    /// <exception cref="LinuxException">The kernel refused: EPERM, the capability NET_ADMIN is missing; EINVAL, it has no nftables.</exception>
    public bool Arm()
    {
        Collect();
        if (_mayHaveChanged)
        {
            _mayHaveChanged = false;
            if (Generation() is var now && now != _generation)
            {
                _hooks = FindHooks();
                _generation = now;
                Version++;
            }
        }

        if (_armed.Count > 0 && !_armed.SequenceEqual(_hooks))
        {
            Disarm();
        }

        if (_armed.Count == 0 && _hooks.Count > 0)
        {
            Execute(owned => NftMessages.Arm(ArmingTable, _hooks, owned));
            _armed = _hooks;
        }

        return _armed.Count > 0;
    }

    /// <summary>Takes the rules of <see cref="Arm"/> away again; that there are none is no error.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Disarm()
    {
        if (_armed.Count == 0)
        {
            return;
        }

        var gone = _armed;
        _armed = [];
        try
        {
            Execute(_ => NftMessages.Disarm(ArmingTable, gone));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            // Before tables had owners, a flush of the ruleset takes ours along; the next look at the generation notices the flush.
        }
    }

    /// <summary>Reads all steps that wait, in the order of their happening.</summary>
    public IReadOnlyList<NftTraceEvent> Read()
    {
        Collect();
        NftTraceEvent[] steps = [.. _waiting];
        _waiting.Clear();
        return steps;
    }

    /// <summary>Listens no longer, and disarms.</summary>
    public void Dispose()
    {
        _control.Dispose();
        _listener.Dispose();
    }

    private void Collect()
    {
        var lost = Overruns;
        _listener.Drain(
            static (type, family, attributes, self) =>
            {
                if (type == NftMessages.Trace)
                {
                    self.Take(Parse(family, attributes));
                }
                else
                {
                    self._mayHaveChanged = true;
                }
            },
            this);
        _mayHaveChanged |= Overruns != lost;
    }

    private uint Generation()
    {
        var told = new uint[1];
        _control.Exchange(
            NftMessages.AskGeneration().Bytes,
            static (type, _, attributes, told) => told[0] = type == NftMessages.NewGeneration ? NftMessages.Generation(attributes) : told[0],
            told);
        return told[0];
    }

    // The hooks of others' chains, each once.
    private List<NftHook> FindHooks()
    {
        var found = new List<NftHook>();
        _control.Exchange(
            NftMessages.AskChains().Bytes,
            static (type, family, attributes, found) =>
            {
                if (type == NftMessages.NewChain && NftMessages.Chain(family, attributes) is { Table: not ArmingTable, Hook: { } hook }
                    && !found.Contains(hook))
                {
                    found.Add(hook);
                }
            },
            found);
        return found;
    }

    // Each batch is a generation of its own.
    private void Execute(Func<bool, MessageWriter> batch)
    {
        try
        {
            _control.Exchange(batch(_ownedTables).Bytes, static (_, _, _, _) => { }, 0);
        }
        catch (LinuxException e) when (_ownedTables && (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP))
        {
            _ownedTables = false;
            _control.Exchange(batch(false).Bytes, static (_, _, _, _) => { }, 0);
        }

        _generation++;
    }

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
            3 => $"queue {(code >> 16) & 0xFFFF}",
            4 => "repeat",
            5 => "stop",
            _ => $"verdict {code}",
        },
    };

    // Only the first step of a trace through a hook brings the headers and the devices; the later ones get them from it.
    private void Take(NftTraceEvent step)
    {
        if (step.NetworkHeader.Length > 0 || step.LinkHeader.Length > 0)
        {
            step = step with { IsFirst = true };
            if (_headers.Count >= MostTraces)
            {
                _headers.Clear();
            }

            _headers[step.TraceId] = step;
        }
        else if (_headers.TryGetValue(step.TraceId, out var first))
        {
            step = step with
            {
                LinkHeader = first.LinkHeader,
                NetworkHeader = first.NetworkHeader,
                TransportHeader = first.TransportHeader,
                InputInterfaceIndex = first.InputInterfaceIndex,
                OutputInterfaceIndex = first.OutputInterfaceIndex,
            };
        }

        // A rule without a handle is the kernel's word for the end of a chain's rules, which the next step tells better.
        if (step.Table != ArmingTable && step is not { Step: NftTraceStep.Rule, RuleHandle: 0 })
        {
            _waiting.Add(step);
        }
    }
}
