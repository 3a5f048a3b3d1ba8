namespace NetLab.Linux.Bpf;

/// <summary>A tracepoint as this kernel has it: the id of its type, and its arguments by name.</summary>
internal sealed record TracepointLayout(string Name, int TypeId, IReadOnlyList<string> Arguments)
{
    /// <summary>Whether this kernel's tracepoint has the argument.</summary>
    public bool Has(string argument) => Arguments.Contains(argument);

    /// <summary>Offset of the argument in the program's context: eight bytes each.</summary>
    public int Offset(string argument)
    {
        for (var i = 0; i < Arguments.Count; i++)
        {
            if (Arguments[i] == argument)
            {
                return 8 * i;
            }
        }

        throw new PlatformNotSupportedException($"This kernel's tracepoint {Name} has no argument {argument}, only {string.Join(", ", Arguments)}.");
    }
}

/// <summary>
/// What the programs must know of the running kernel, read from its BTF: offsets of members, tracepoints with their arguments, names of the reasons for drops.
/// All of it changes from kernel to kernel; the programs are assembled with these numbers in them, so that nothing needs to be relocated.
/// </summary>
internal sealed record KernelLayout
{
    // Arguments of the tracepoints, for kernels whose BTF has no __traceiter_ functions; a kernel has the first few of them.
    private static readonly Dictionary<string, string[]> UsualArguments = new()
    {
        ["kfree_skb"] = ["skb", "location", "reason", "rx_sk"],
        ["consume_skb"] = ["skb", "location"],
        ["netif_receive_skb"] = ["skb"],
        ["netif_rx"] = ["skb"],
        ["net_dev_queue"] = ["skb"],
        ["net_dev_start_xmit"] = ["skb", "dev"],
        ["net_dev_xmit"] = ["skb", "rc", "dev", "skb_len"],
        ["icmp_send"] = ["skb", "type", "code"],
        ["sk_data_ready"] = ["sk"],
        ["fib6_table_lookup"] = ["net", "res", "table", "flp"],
        ["fib_table_lookup"] = ["tb_id", "flp", "nhc", "err"],
    };

    private static readonly string[] Structs =
        ["sk_buff", "net_device", "net", "sock", "flowi4", "fib_nh_common", "task_struct", "nsproxy", "flowi6", "fib6_table", "fib6_result"];

    private readonly Dictionary<int, string> _dropReasons = [];

    /// <summary>Reads the description of a kernel.</summary>
    /// <exception cref="PlatformNotSupportedException">A member that is needed is not there.</exception>
    public KernelLayout(Btf btf)
    {
        SkbDevice = Offset("sk_buff", "dev", 8);
        SkbSocket = Offset("sk_buff", "sk", 8);
        SkbLength = Offset("sk_buff", "len", 4);
        SkbPagedLength = Offset("sk_buff", "data_len", 4);
        SkbHead = Offset("sk_buff", "head", 8);
        SkbData = Offset("sk_buff", "data", 8);
        SkbTail = Offset("sk_buff", "tail", 4);
        SkbMacHeader = Offset("sk_buff", "mac_header", 2);
        SkbNetworkHeader = Offset("sk_buff", "network_header", 2);
        SkbVlanProtocol = Offset("sk_buff", "vlan_proto", 2);
        SkbVlanTci = Offset("sk_buff", "vlan_tci", 2);
        SkbVlanPresent = btf.TryMember("sk_buff", "vlan_present", out var present) && present.IsBitField ? present : null;
        SkbProtocol = Offset("sk_buff", "protocol", 2);
        SkbMark = Offset("sk_buff", "mark", 4);
        SkbIngressInterface = Offset("sk_buff", "skb_iif", 4);
        DeviceIndex = Offset("net_device", "ifindex", 4);
        DeviceName = Offset("net_device", "name", 16);
        DeviceType = Offset("net_device", "type", 2);
        DeviceNet = Offset("net_device", "nd_net.net", 8);
        NetInode = Offset("net", "ns.inum", 4);
        SocketFamily = Offset("sock", "__sk_common.skc_family", 2);
        SocketState = Offset("sock", "__sk_common.skc_state", 1);
        SocketProtocol = Offset("sock", "sk_protocol", 2);
        SocketNet = Offset("sock", "__sk_common.skc_net.net", 8);

        var tracepoints = new Dictionary<string, TracepointLayout>();
        foreach (var name in TracePrograms.Tracepoints)
        {
            var type = btf.Find(BtfKind.Typedef, "btf_trace_" + name);
            if (type != 0)
            {
                // The first parameter is the tracer's own (void *__data) and is not in the context.
                var function = btf.Find(BtfKind.Function, "__traceiter_" + name);
                var arguments = function != 0 ? btf.ParameterNames(function).Skip(1) : UsualArguments[name].Take(btf.ParameterCountOfPointedTo(type) - 1);
                tracepoints[name] = new TracepointLayout(name, type, [.. arguments]);
            }
        }

        Tracepoints = tracepoints;
        if (tracepoints.ContainsKey("fib_table_lookup"))
        {
            FlowOutput = Offset("flowi4", "__fl_common.flowic_oif", 4);
            FlowInput = Offset("flowi4", "__fl_common.flowic_iif", 4);
            FlowMark = Offset("flowi4", "__fl_common.flowic_mark", 4);
            FlowSource = Offset("flowi4", "saddr", 4);
            FlowDestination = Offset("flowi4", "daddr", 4);
            HopDevice = Offset("fib_nh_common", "nhc_dev", 8);
            HopFamily = Offset("fib_nh_common", "nhc_gw_family", 1);
            HopGateway = Offset("fib_nh_common", "nhc_gw", 16);
            TaskNamespaces = Offset("task_struct", "nsproxy", 8);
            NamespacesNet = Offset("nsproxy", "net_ns", 8);
        }

        if (tracepoints.ContainsKey("fib6_table_lookup"))
        {
            Flow6Source = Offset("flowi6", "saddr", 16);
            Flow6Destination = Offset("flowi6", "daddr", 16);
            Table6Id = Offset("fib6_table", "tb6_id", 4);
            Result6Type = Offset("fib6_result", "fib6_type", 1);
            Result6Hop = Offset("fib6_result", "nh", 8);
        }

        if (tracepoints.ContainsKey("sk_data_ready"))
        {
            SocketPort = Offset("sock", "__sk_common.skc_num", 2);
        }

        foreach (var (name, value) in btf.EnumConstants("skb_drop_reason"))
        {
            _dropReasons[(int)value] = name.StartsWith("SKB_DROP_REASON_", StringComparison.Ordinal) ? name["SKB_DROP_REASON_".Length..] : name;
        }

        int Offset(string structName, string path, int size) => btf.Member(structName, path) is { IsBitField: false } member && member.Size == size
            ? member.Offset
            : throw new PlatformNotSupportedException($"Member {path} of this kernel's struct {structName} is not {size} bytes long.");
    }

    /// <summary>The running kernel's, read once a process.</summary>
    public static KernelLayout Running => LazyRunning.Value;

    private static readonly Lazy<KernelLayout> LazyRunning = new(() => new KernelLayout(Btf.ReadKernel(Names)));

    /// <summary>Names of all types that are looked up.</summary>
    internal static IReadOnlyCollection<string> Names =>
        [.. Structs, "skb_drop_reason", .. TracePrograms.Tracepoints.SelectMany(t => new[] { "btf_trace_" + t, "__traceiter_" + t })];

    /// <summary>Offsets in struct sk_buff (include/linux/skbuff.h).</summary>
    public int SkbDevice { get; }
    public int SkbSocket { get; }
    public int SkbLength { get; }

    /// <summary>Of how many bytes the frame's pages are: what a program's <c>send</c> copied there.</summary>
    public int SkbPagedLength { get; }
    public int SkbHead { get; }
    public int SkbData { get; }
    public int SkbTail { get; }
    public int SkbMacHeader { get; }
    public int SkbNetworkHeader { get; }
    public int SkbVlanProtocol { get; }
    public int SkbVlanTci { get; }

    /// <summary>The bit that says that there is a VLAN tag, in kernels from 5.0 to 6.1; later ones clear the tag instead.</summary>
    public BtfMember? SkbVlanPresent { get; init; }
    public int SkbProtocol { get; }
    public int SkbMark { get; }
    public int SkbIngressInterface { get; }

    /// <summary>Offsets in struct net_device (include/linux/netdevice.h), struct net and struct sock.</summary>
    public int DeviceIndex { get; }
    public int DeviceName { get; }
    public int DeviceType { get; }
    public int DeviceNet { get; }
    public int NetInode { get; }
    public int SocketFamily { get; }
    public int SocketState { get; }
    public int SocketNet { get; }
    public int SocketProtocol { get; }
    public int SocketPort { get; }

    /// <summary>
    /// Offsets in struct flowi4 (include/net/flow.h), struct fib_nh_common (include/net/ip_fib.h), struct task_struct and struct nsproxy;
    /// those with a 6 of IPv6 (include/net/ip6_fib.h).
    /// </summary>
    public int Flow6Source { get; }
    public int Flow6Destination { get; }
    public int Table6Id { get; }
    public int Result6Type { get; }
    public int Result6Hop { get; }
    public int FlowOutput { get; }
    public int FlowInput { get; }
    public int FlowMark { get; }
    public int FlowSource { get; }
    public int FlowDestination { get; }
    public int HopDevice { get; }
    public int HopFamily { get; }
    public int HopGateway { get; }
    public int TaskNamespaces { get; }
    public int NamespacesNet { get; }

    /// <summary>The tracepoints that this kernel has, by name.</summary>
    public IReadOnlyDictionary<string, TracepointLayout> Tracepoints { get; init; }

    /// <summary>The tracepoint of that name; null when this kernel has not got it.</summary>
    public TracepointLayout? Tracepoint(string name) => Tracepoints.GetValueOrDefault(name);

    /// <summary>
    /// The name of a reason, from this kernel's enum skb_drop_reason without its prefix: <c>NETFILTER_DROP</c>.
    /// The upper sixteen bits of a reason name a subsystem
    /// (include/net/dropreason.h) that keeps its own list, in a module's BTF; such a reason is told in numbers.
    /// </summary>
    public string DropReasonName(int reason)
    {
        if (_dropReasons.TryGetValue(reason, out var name))
        {
            return name;
        }

        return (reason >> 16) switch
        {
            0 => $"reason {reason}",
            1 => $"mac80211, unusable frame, reason {reason & 0xFFFF}",
            2 => $"mac80211, monitor frame, reason {reason & 0xFFFF}",
            3 => $"kernel Open vSwitch, reason {reason & 0xFFFF}",
            var subsystem => $"subsystem {subsystem}, reason {reason & 0xFFFF}",
        };
    }
}
