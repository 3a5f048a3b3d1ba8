using NetLab.Linux.Probe;

namespace NetLab;

/// <summary>What a lab needs of the machine.</summary>
public static class LabFeatures
{
    /// <summary>What every lab needs: the privileges, and namespaces, veth pairs, bridges, taps and packet sockets.</summary>
    public static IReadOnlyList<Feature> Basic { get; } =
    [
        Feature.CapNetAdmin, Feature.CapSysAdmin, Feature.CapNetRaw,
        Feature.NetworkNamespaces, Feature.Veth, Feature.Bridge, Feature.Tap, Feature.PacketSockets,
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
        List<Device> devices = [.. lab.Nodes.SelectMany(n => n.Devices)];
        IEnumerable<Feature> needs = Basic;
        if (devices.Exists(d => d is OvsBridge))
        {
            needs = needs.Concat(OpenVSwitch);
        }

        if (devices.OfType<OvsBridge>().Any(b => b.Options.IsInKernel))
        {
            needs = needs.Append(Feature.OvsKernelDatapath);
        }

        if (lab.Nodes.Any(n => n.Rulesets.Count > 0))
        {
            needs = needs.Concat([.. Programs, Feature.NftProgram]);
        }

        if (devices.OfType<Bridge>().Any(b => b.CallIptables))
        {
            needs = needs.Append(Feature.BridgeNetfilter);
        }

        if (devices.OfType<Bridge>().Any(b => b.Options.VlanFiltering == true))
        {
            needs = needs.Append(Feature.BridgeVlanFiltering);
        }

        return [.. needs.Concat(devices.OfType<KernelDevice>().Select(d => OfKind(d.Kind)).OfType<Feature>()).Distinct()];
    }

    // A feature of a link's kind is called after it; kinds that the probe does not know are left to the kernel's answer.
    private static Feature? OfKind(string kind) =>
        Enum.TryParse(kind, ignoreCase: true, out Feature feature) && feature is >= Feature.Veth and <= Feature.Netkit ? feature : null;
}
