using NetLab.Linux.Probe;

namespace NetLab;

// What each kind of device needs of the machine, beyond what every lab does.
public abstract partial class Device
{
    internal virtual IEnumerable<Feature> Needs => [];
}

public sealed partial class Bridge
{
    internal override IEnumerable<Feature> Needs =>
    [
        .. CallIptables ? [Feature.BridgeNetfilter] : Array.Empty<Feature>(),
        .. Options.VlanFiltering == true ? [Feature.BridgeVlanFiltering] : Array.Empty<Feature>(),
    ];
}

public sealed partial class TapDevice
{
    internal override IEnumerable<Feature> Needs => [Feature.Tap];
}

public sealed partial class OvsBridge
{
    // The bridge's own device, in user space, is a tap.
    internal override IEnumerable<Feature> Needs => [.. LabFeatures.OpenVSwitch, Options.IsInKernel ? Feature.OvsKernelDatapath : Feature.Tap];
}

public sealed partial class KernelDevice
{
    // A feature of a link's kind is called after it; kinds that the probe does not know are left to the kernel's answer.
    internal override IEnumerable<Feature> Needs =>
        Enum.TryParse(Kind, ignoreCase: true, out Feature feature) && feature is >= Feature.Veth and <= Feature.Netkit ? [feature] : [];
}
