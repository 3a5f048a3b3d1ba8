using NetLab.Linux.Probe;

namespace NetLab;

/// <summary>What a lab needs of the machine.</summary>
public static class LabFeatures
{
    /// <summary>What every lab needs: the privileges, and namespaces, veth pairs, bridges and packet sockets.</summary>
    public static IReadOnlyList<Feature> Basic { get; } =
    [
        Feature.CapNetAdmin, Feature.CapSysAdmin, Feature.CapNetRaw,
        Feature.NetworkNamespaces, Feature.Veth, Feature.Bridge, Feature.PacketSockets,
    ];

    /// <summary>What a lab needs beyond <see cref="Basic"/> to run programs in its nodes.</summary>
    public static IReadOnlyList<Feature> Programs { get; } = [Feature.CapSysChroot, Feature.MountNamespaces, Feature.PidNamespaces];

    /// <summary>What a lab needs beyond <see cref="Basic"/> for its Open vSwitch bridges.</summary>
    public static IReadOnlyList<Feature> OpenVSwitch { get; } =
        [.. Programs, Feature.OvsVswitchd, Feature.OvsdbServer, Feature.OvsVsctl, Feature.OvsOfctl];

    /// <summary>What this lab needs, as far as its description tells: <see cref="Basic"/>, and what its bridges, devices and rules ask for.</summary>
    public static IReadOnlyList<Feature> Of(Lab lab)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return
        [
            .. Basic.Concat(lab.Nodes.SelectMany(n => n.AllRulesets).SelectMany(r => Programs.Append(r.Tool.Needs)))
                .Concat(lab.Nodes.Where(n => n.OvsOptions is not null).SelectMany(_ => OpenVSwitch))
                .Concat(lab.Nodes.SelectMany(n => n.Devices).SelectMany(d => d.Needs)).Distinct(),
        ];
    }
}
