namespace NetLab;

/// <summary>A port of a bridge, as it is in the database of Open vSwitch (ovs-vswitchd.conf.db(5)).</summary>
public sealed record OvsPortState
{
    /// <summary>The bridge.</summary>
    public required string Bridge { get; init; }

    /// <summary>The port, which has the name of its device.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The OpenFlow port number: 65534 for the bridge's internal port, -1 where the device could not be opened, null where it has not been tried yet.
    /// </summary>
    public required int? Ofport { get; init; }

    /// <summary>The type of the interface: empty for a device of the kernel, else <c>internal</c>, <c>patch</c>, <c>vxlan</c>…</summary>
    public required string Type { get; init; }

    /// <summary>What is wrong with the interface, in Open vSwitch's words, or null.</summary>
    public required string? Error { get; init; }

    /// <summary>The VLAN of an access port, or the native VLAN of a trunk; null if none is set.</summary>
    public required int? Tag { get; init; }

    /// <summary>The VLANs of a trunk; empty means all.</summary>
    public required IReadOnlyList<int> Trunks { get; init; }

    /// <summary>vlan_mode as it is set; null if it is not, and follows from tag and trunks.</summary>
    public required string? VlanMode { get; init; }

    /// <summary>True if the device's link is up, as far as Open vSwitch has seen; null if it has not seen it.</summary>
    public required bool? LinkUp { get; init; }

    /// <summary>external_ids of the interface.</summary>
    public required IReadOnlyDictionary<string, string> ExternalIds { get; init; }

    /// <summary>options of the interface: peer of a patch port, remote_ip of a tunnel.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>
    /// What the port's VLAN settings are and mean, for explanations: <c>Port v0 has trunks=[20]: it carries frames tagged 20 and drops all others.</c>
    /// </summary>
    public string VlanSentence => $"Port {Name} has {Settings}: {Meaning}.";

    // ofproto/ofproto-dpif.c, bundle_set(): the mode that follows from tag and trunks where none is set.
    private string Mode => VlanMode ?? (Tag is not null && Trunks.Count is 0 ? "access" : Tag is not null ? "native-untagged" : "trunk");

    internal bool IsAccess => Mode is "access";

    internal bool IsTrunk => Mode is "trunk";

    internal bool IsNativeUntagged => Mode is "native-untagged";

    /// <summary>Whether frames of a VLAN may leave by the port; 0 is none.</summary>
    internal bool Carries(int vlan) => Mode switch
    {
        "access" or "dot1q-tunnel" => (Tag ?? 0) == vlan,
        "trunk" => Trunks.Count is 0 || Trunks.Contains(vlan),
        _ => Trunks.Count is 0 || Trunks.Contains(vlan) || Tag == vlan,
    };

    /// <summary>Whether a port would that has the VLAN settings of a description.</summary>
    internal static bool Carries(OvsPortOptions options, int vlan) => new OvsPortState
    {
        Bridge = "", Name = "", Type = "", Ofport = null, Error = null, LinkUp = null, ExternalIds = options.ExternalIds, Options = options.InterfaceOptions,
        Tag = options.Tag, Trunks = options.Trunks ?? [], VlanMode = options.VlanMode,
    }.Carries(vlan);

    private string Settings
    {
        get
        {
            List<string> set = [];
            if (Tag is { } tag)
            {
                set.Add($"tag={tag}");
            }

            if (Trunks.Count > 0)
            {
                set.Add($"trunks=[{string.Join(',', Trunks)}]");
            }

            if (VlanMode is not null)
            {
                set.Add($"vlan_mode={VlanMode}");
            }

            return set.Count > 0 ? string.Join(' ', set) : "no tag and no trunks";
        }
    }

    private string Meaning
    {
        get
        {
            var native = Tag ?? 0;
            var carried = Trunks.Count is 0 ? "every VLAN"
                : Trunks.Order().Distinct().ToArray() is var trunks && trunks is [0] ? "untagged frames"
                : trunks[0] is 0 ? $"untagged frames and those tagged {string.Join(", ", trunks[1..])}"
                : $"frames tagged {string.Join(", ", trunks)}";
            var others = Trunks.Count is 0 ? "" : " and drops all others";
            return Mode switch
            {
                "access" => $"it puts untagged frames in VLAN {native} and drops tagged ones",
                "native-tagged" => $"it carries {carried}, and puts untagged frames in VLAN {native}, which it sends tagged",
                "native-untagged" => $"it carries {carried}, and puts untagged frames in VLAN {native}, which it sends untagged",
                "dot1q-tunnel" => $"it puts every frame in VLAN {native} by a second tag",
                _ => $"it carries {carried}{others}",
            };
        }
    }
}
