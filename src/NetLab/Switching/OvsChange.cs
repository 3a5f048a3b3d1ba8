using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NetLab;

/// <summary>
/// A set of wishes for the bridges and ports of one Open vSwitch, done in one transaction. Owns the translation into ovs-vsctl(8)'s
/// words; OvsInstance runs them.
/// </summary>
internal sealed class OvsChange
{
    // One thread for each job: a lab's switch is small, and Open vSwitch would start as many as the machine has processors.
    private static readonly Dictionary<string, string> FewThreads = new() { ["n-handler-threads"] = "1", ["n-revalidator-threads"] = "1" };

    private readonly List<string> _arguments = [];
    private readonly List<(string Bridge, string? Port)> _wanted = [];

    /// <summary>True while nothing has been asked for.</summary>
    public bool IsEmpty => _arguments.Count is 0;

    /// <summary>What the transaction is going to do, in words: <c>add bridge br0; add port v0 to br0</c>.</summary>
    public string Summary => string.Join("; ", Steps);

    /// <summary>The words for ovs-vsctl, commands separated by <c>--</c>.</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>What must work after the change: bridges (no port) and ports.</summary>
    internal IReadOnlyList<(string Bridge, string? Port)> Wanted => _wanted;

    private List<string> Steps { get; } = [];

    /// <summary>Makes the one row of the Open_vSwitch table be like this.</summary>
    public OvsChange SetInstance(OvsOptions options)
    {
        Steps.Add("set up Open vSwitch");
        var otherConfig = new Dictionary<string, string>(FewThreads);
        foreach (var (key, value) in options.OtherConfig)
        {
            otherConfig[key] = value;
        }

        Command("set", "Open_vSwitch", ".", $"other_config={Map(otherConfig)}", $"external_ids={Map(options.ExternalIds)}");
        return this;
    }

    /// <summary>Adds a bridge, or makes an existing one be like this.</summary>
    public OvsChange SetBridge(string name, OvsBridgeOptions? options = null)
    {
        options ??= new OvsBridgeOptions();
        Steps.Add($"set up bridge {name}");
        _wanted.Add((name, null));

        var otherConfig = new Dictionary<string, string>(options.OtherConfig);
        if (options.HardwareAddress is { } mac)
        {
            otherConfig["hwaddr"] = mac;
        }

        Command("--may-exist", "add-br", name);
        Command("set", "Bridge", name,
            Column("datapath_type", options.Datapath),
            Column("fail_mode", options.FailMode),
            $"protocols={Set(options.Protocols?.Select(Quote))}",
            $"stp_enable={Boolean(options.StpEnable)}",
            $"mcast_snooping_enable={Boolean(options.MulticastSnooping)}",
            $"other_config={Map(otherConfig)}",
            $"external_ids={Map(options.ExternalIds)}");
        Command(options.Controllers.Count > 0 ? ["set-controller", name, .. options.Controllers] : ["del-controller", name]);
        return this;
    }

    /// <summary>Removes a bridge with all its ports.</summary>
    public OvsChange RemoveBridge(string name)
    {
        Steps.Add($"remove bridge {name}");
        _wanted.RemoveAll(w => w.Bridge == name);
        Command("--if-exists", "del-br", name);
        return this;
    }

    /// <summary>Adds a port to a bridge, or makes an existing one be like this.</summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="name">The port, and the device.</param>
    /// <param name="options">What it shall be like.</param>
    /// <param name="mayWait">True if the device may not exist yet: the port has no number until it appears, and Open vSwitch tries again by
    /// itself, about once a second.</param>
    public OvsChange SetPort(string bridge, string name, OvsPortOptions? options = null, bool mayWait = false)
    {
        options ??= new OvsPortOptions();
        Steps.Add($"set up port {name} of bridge {bridge}");
        if (!mayWait && !IsWithoutPeer(options))
        {
            _wanted.Add((bridge, name));
        }

        Command("--may-exist", "add-port", bridge, name);
        Command("set", "Port", name,
            Column("tag", options.Tag),
            $"trunks={Set(options.Trunks?.Select(Number))}",
            Column("vlan_mode", options.VlanMode),
            $"other_config={Map(options.OtherConfig)}");
        Command("set", "Interface", name,
            Column("type", options.InterfaceType ?? ""),
            $"options={Map(options.InterfaceOptions)}",
            $"external_ids={Map(options.ExternalIds)}",
            Column("ofport_request", options.OfportRequest),
            Column("mtu_request", options.MtuRequest));
        return this;
    }

    /// <summary>Changes the options of a bridge's internal port, the one with the bridge's own name.</summary>
    public OvsChange SetLocalPort(string bridge, OvsPortOptions options)
    {
        Steps.Add($"set up the internal port of bridge {bridge}");
        Command("set", "Port", bridge,
            Column("tag", options.Tag),
            $"trunks={Set(options.Trunks?.Select(Number))}",
            Column("vlan_mode", options.VlanMode),
            $"other_config={Map(options.OtherConfig)}");
        Command("set", "Interface", bridge, $"external_ids={Map(options.ExternalIds)}", Column("mtu_request", options.MtuRequest));
        return this;
    }

    /// <summary>Removes a port from its bridge.</summary>
    public OvsChange RemovePort(string bridge, string name)
    {
        Steps.Add($"remove port {name} from bridge {bridge}");
        _wanted.RemoveAll(w => w == (bridge, name));
        Command("--if-exists", "del-port", bridge, name);
        return this;
    }

    // How Neutron's agent writes a patch port that is to have no peer yet (NONEXISTENT_PEER): it has no OpenFlow port number then, on purpose.
    private static bool IsWithoutPeer(OvsPortOptions options) =>
        options.InterfaceType is "patch" && options.InterfaceOptions.TryGetValue("peer", out var peer) && peer is "nonexistent-peer";

    private static string Column(string name, string? value) => $"{name}={(value is null ? "[]" : Quote(value))}";

    private static string Column(string name, int? value) => $"{name}={(value is { } number ? Number(number) : "[]")}";

    private static string Set(IEnumerable<string>? members) => $"[{string.Join(',', members ?? [])}]";

    private static string Map(IReadOnlyDictionary<string, string> entries) =>
        $"{{{string.Join(',', entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{Quote(e.Key)}={Quote(e.Value)}"))}}}";

    private static string Boolean(bool? value) => value is true ? "true" : "false";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    // A string of ovs-vsctl may always be written as a JSON string, and then holds anything.
    private static string Quote(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private void Command(params IReadOnlyList<string> words)
    {
        if (_arguments.Count > 0)
        {
            _arguments.Add("--");
        }

        _arguments.AddRange(words);
    }
}
