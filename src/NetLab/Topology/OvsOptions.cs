namespace NetLab;

/// <summary>What the Open vSwitch of a node shall be: columns of the one row of the Open_vSwitch table, see ovs-vswitchd.conf.db(5).</summary>
/// <remarks>The options are the whole wish: what an earlier change set and this one leaves out goes back to the default.</remarks>
public sealed record OvsOptions
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>other_config: <c>vlan-limit</c>, <c>n-handler-threads</c> (1 in a lab, unless it is said here)…</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = None;

    /// <summary>external_ids: <c>system-id</c>, and what agents read from it, as <c>ovn-remote</c> or <c>ovn-bridge-mappings</c>.</summary>
    public IReadOnlyDictionary<string, string> ExternalIds { get; init; } = None;
}

/// <summary>
/// What an Open vSwitch bridge shall be: columns of the Bridge table, see ovs-vswitchd.conf.db(5). A null means Open vSwitch's own default.
/// </summary>
/// <remarks>The options are the whole wish: what an earlier change set and this one leaves out goes back to the default.</remarks>
public sealed record OvsBridgeOptions
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>
    /// What a bridge does that has no controller: <c>"standalone"</c> (also the default) behaves like an ordinary learning switch,
    /// <c>"secure"</c> has no flow until one is added and so forwards nothing.
    /// </summary>
    public string? FailMode { get; init; }

    /// <summary>
    /// <c>"netdev"</c> forwards in the process of ovs-vswitchd and works on every kernel, in the same way; <c>"system"</c> forwards in the kernel, which
    /// needs its module openvswitch. The default is what the environment variable NETLAB_OVS_DATAPATH says, and <c>"netdev"</c> without it.
    /// </summary>
    public string? DatapathType { get; init; }

    internal string Datapath => DatapathType ?? (Environment.GetEnvironmentVariable("NETLAB_OVS_DATAPATH") is { Length: > 0 } wanted ? wanted : "netdev");

    internal bool IsInKernel => Datapath is "system";

    /// <summary>
    /// The OpenFlow versions that the bridge speaks: <c>"OpenFlow10"</c>, <c>"OpenFlow13"</c>, <c>"OpenFlow14"</c>… Flows are changed in
    /// bundles, which want OpenFlow14 or newer among them.
    /// </summary>
    public IReadOnlyList<string>? Protocols { get; init; }

    /// <summary>The MAC address of the bridge and of its internal port, <c>"fa:16:3e:00:00:01"</c>. The datapath id follows from it.</summary>
    public string? HardwareAddress { get; init; }

    /// <summary>Whether the bridge runs the spanning tree protocol (802.1D).</summary>
    public bool? StpEnable { get; init; }

    /// <summary>Whether the bridge listens to IGMP and MLD and sends multicast only to those who asked for it.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>The controllers, <c>"tcp:127.0.0.1:6653"</c>; none by default.</summary>
    public IReadOnlyList<string> Controllers { get; init; } = [];

    /// <summary>other_config of the bridge: <c>mac-table-size</c>, <c>datapath-id</c>, <c>mcast-snooping-disable-flood-unregistered</c>…</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = None;

    /// <summary>external_ids of the bridge, which mean nothing to Open vSwitch.</summary>
    public IReadOnlyDictionary<string, string> ExternalIds { get; init; } = None;
}

/// <summary>
/// What a port of an Open vSwitch bridge shall be: columns of the Port and Interface tables, see ovs-vswitchd.conf.db(5). A null means
/// Open vSwitch's own default.
/// </summary>
/// <remarks>The options are the whole wish: what an earlier change set and this one leaves out goes back to the default.</remarks>
public sealed record OvsPortOptions
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>The VLAN of an access port, or the native VLAN of a trunk, 0 to 4095. A port with neither tag nor trunks carries every VLAN.</summary>
    public int? Tag { get; init; }

    /// <summary>The VLANs that a trunk carries, 0 (untagged) to 4095; null or empty means all.</summary>
    public IReadOnlyList<int>? Trunks { get; init; }

    /// <summary>
    /// <c>"access"</c>, <c>"trunk"</c>, <c>"native-tagged"</c>, <c>"native-untagged"</c> or <c>"dot1q-tunnel"</c>.
    /// By default access where there is a tag and no trunks, trunk otherwise.
    /// </summary>
    public string? VlanMode { get; init; }

    /// <summary>external_ids of the interface: <c>iface-id</c>, <c>attached-mac</c>, <c>vm-uuid</c>…</summary>
    public IReadOnlyDictionary<string, string> ExternalIds { get; init; } = None;

    /// <summary>other_config of the port.</summary>
    public IReadOnlyDictionary<string, string> OtherConfig { get; init; } = None;

    /// <summary>
    /// Null for a device that exists in the namespace; <c>"internal"</c> for one that Open vSwitch makes;
    /// <c>"patch"</c>, <c>"vxlan"</c>, <c>"gre"</c>, <c>"geneve"</c>…
    /// </summary>
    public string? InterfaceType { get; init; }

    /// <summary>options of the interface: <c>peer</c> of a patch port; <c>remote_ip</c>, <c>local_ip</c>, <c>key</c> of a tunnel…</summary>
    public IReadOnlyDictionary<string, string> InterfaceOptions { get; init; } = None;

    /// <summary>The OpenFlow port number to have, 1 to 65279. Open vSwitch chooses one itself otherwise, and when it is taken.</summary>
    public int? OfportRequest { get; init; }

    /// <summary>The MTU that Open vSwitch shall set on the device.</summary>
    public int? MtuRequest { get; init; }

    /// <summary>A patch port, whose other end is the patch port <paramref name="peer"/>, mostly of another bridge.</summary>
    public static OvsPortOptions Patch(string peer) => new() { InterfaceType = "patch", InterfaceOptions = new Dictionary<string, string> { ["peer"] = peer } };

    /// <summary>An access port: frames without a tag belong to the VLAN <paramref name="tag"/>, others are dropped.</summary>
    public static OvsPortOptions Access(int tag) => new() { Tag = tag };

    /// <summary>A trunk that carries only these VLANs; 0 stands for frames without a tag.</summary>
    public static OvsPortOptions Trunk(params IReadOnlyList<int> vlans) => new() { Trunks = vlans };
}
