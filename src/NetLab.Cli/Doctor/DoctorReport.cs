using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using NetLab.Linux.Probe;

namespace NetLab.Cli.Doctor;

/// <summary>What the probe found, in sections, and what follows from it for labs.</summary>
internal sealed record DoctorReport(string Version, string Kernel, string Runtime, string User, IReadOnlyList<FeatureState> Features)
{
    // A section goes from its first feature to the next section's, in the order of the features' own list.
    private static readonly (Feature First, string Title)[] SectionStarts =
    [
        (Feature.CapNetAdmin, "Privileges"),
        (Feature.NetworkNamespaces, "Namespaces and processes"),
        (Feature.Tap, "Taps and packet sockets"),
        (Feature.Veth, "Kinds of links"),
        (Feature.BridgeVlanFiltering, "Bridges"),
        (Feature.NftInet, "Packet filters"),
        (Feature.Netem, "Queueing disciplines"),
        (Feature.BpfPrograms, "BPF and tracing"),
        (Feature.OvsKernelDatapath, "Open vSwitch and other programs"),
    ];

    /// <summary>Whether labs of nodes, veth pairs and bridges can run.</summary>
    public bool CanRun => Has(LabFeatures.Basic);

    /// <summary>Whether they can have taps and fake VMs.</summary>
    public bool CanRunVms => CanRun && Has([Feature.Tap]);

    /// <summary>Whether programs can run in their nodes.</summary>
    public bool CanRunPrograms => CanRun && Has(LabFeatures.Programs);

    /// <summary>Whether Open vSwitch bridges can run in them.</summary>
    public bool CanRunOpenVSwitch => CanRun && Has(LabFeatures.OpenVSwitch);

    /// <summary>The way out where the kernel lacks a feature: a kernel that has nearly all of them. Null where this one lacks none.</summary>
    public string? OnAnotherKernel => Features.Any(f => !f.Available && f.KernelOption is not null) ? "docker/netlab --vm 6.12" : null;

    public IEnumerable<(string Title, IReadOnlyList<FeatureState> Features)> Sections =>
        from section in SectionStarts
        let next = SectionStarts.Select(s => s.First).Where(f => f > section.First).DefaultIfEmpty((Feature)int.MaxValue).Min()
        select (section.Title, (IReadOnlyList<FeatureState>)[.. Features.Where(f => f.Feature >= section.First && f.Feature < next)]);

    public static DoctorReport OfThisMachine() => new(
        typeof(DoctorReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
        $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()} {RuntimeInformation.OSArchitecture}",
        RuntimeInformation.FrameworkDescription,
        Environment.UserName,
        Capabilities.All);

    /// <summary>What a feature is needed for, in a word.</summary>
    public static string NeedOf(Feature feature) =>
        LabFeatures.Basic.Contains(feature) ? "basic"
        : LabFeatures.Programs.Contains(feature) ? "programs"
        : LabFeatures.OpenVSwitch.Contains(feature) ? "openVSwitch"
        : "optional";

    public JsonObject ToJson() => new()
    {
        ["exitCode"] = CanRun ? ExitCode.Fine : ExitCode.Lacking,
        ["version"] = Version,
        ["kernel"] = Kernel,
        ["runtime"] = Runtime,
        ["user"] = User,
        ["canRun"] = new JsonObject { ["basic"] = CanRun, ["vms"] = CanRunVms, ["programs"] = CanRunPrograms, ["openVSwitch"] = CanRunOpenVSwitch },
        ["onAnotherKernel"] = OnAnotherKernel,
        ["features"] = JsonText.Array(Sections.SelectMany(s => s.Features.Select(f => new JsonObject
        {
            ["feature"] = f.Feature.ToString(),
            ["name"] = f.Name,
            ["section"] = s.Title,
            ["neededFor"] = NeedOf(f.Feature),
            ["available"] = f.Available,
            ["evidence"] = f.Evidence,
            ["kernelOption"] = f.KernelOption,
            ["remedy"] = f.Remedy,
        }))),
    };

    private bool Has(IEnumerable<Feature> features) => features.All(f => Features.Any(s => s.Feature == f && s.Available));
}
