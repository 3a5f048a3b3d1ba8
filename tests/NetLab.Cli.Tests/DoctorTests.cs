using NetLab.Cli.Doctor;
using NetLab.Linux.Probe;

namespace NetLab.Cli.Tests;

public sealed class DoctorTests
{
    private static readonly Feature[] All = Enum.GetValues<Feature>();

    [Fact]
    public void Each_feature_has_a_line_in_its_section_and_what_is_missing_a_remedy()
    {
        using var recorder = new Recorder();
        var report = Report([Feature.CapNetAdmin, Feature.Veth, Feature.Vlan, Feature.Netem], lacking: [Feature.Vlan, Feature.Netem]);

        DoctorView.Write(report, recorder.Terminal.Page);

        Assert.Equal("""
            NetLab 1.2.3 on Linux 6.1, .NET 10, as root

            Privileges
              ✓ the feature CapNetAdmin  tried: works

            Kinds of links
              ✓ the feature Veth         tried: works
              – the feature Vlan         tried: EOPNOTSUPP
                  Kernel option CONFIG_VLAN. Do without

            Queueing disciplines
              – the feature Netem        tried: EOPNOTSUPP
                  Kernel option CONFIG_NETEM. Do without

            2 of 4 features are there.
              ✗ labs of namespaces, veth pairs and bridges cannot run here
              ✗ taps and fake VMs cannot run here
              ✗ programs in nodes cannot run here
              ✗ Open vSwitch bridges cannot run here
            What this kernel lacks, Debian's has: docker/netlab --vm 6.12 doctor, and any other command or docker/netlab --vm 6.12 test, in a virtual machine over this machine's files

            """, recorder.Output);
    }

    [Fact]
    public void A_lab_can_run_where_what_every_lab_needs_is_there()
    {
        Assert.True(Report(All, lacking: [Feature.Netem, Feature.OvsVswitchd, Feature.CapBpf]).CanRun);
        Assert.True(Report(All, lacking: [Feature.Tap]) is { CanRun: true, CanRunVms: false });
        Assert.False(Report(All, lacking: [Feature.CapNetAdmin]).CanRun);
    }

    [Fact]
    public void Open_vSwitch_needs_its_programs_and_namespaces_for_them()
    {
        Assert.True(Report(All, lacking: [Feature.OvsKernelDatapath]).CanRunOpenVSwitch);
        Assert.False(Report(All, lacking: [Feature.OvsVswitchd]).CanRunOpenVSwitch);
        Assert.False(Report(All, lacking: [Feature.PidNamespaces]).CanRunOpenVSwitch);
    }

    [Fact]
    public void Every_feature_is_in_one_section_and_in_the_document()
    {
        var report = Report(All, lacking: [Feature.Vlan]);

        Assert.Equal(All, report.Sections.SelectMany(s => s.Features).Select(f => f.Feature));
        var json = report.ToJson();
        Assert.Equal(All.Length, json["features"]!.AsArray().Count);
        var vlan = json["features"]!.AsArray().Single(f => (string)f!["feature"]! == "Vlan")!;
        Assert.Equal((false, "optional", "CONFIG_VLAN", "Do without"),
            ((bool)vlan["available"]!, (string)vlan["neededFor"]!, (string)vlan["kernelOption"]!, (string)vlan["remedy"]!));
        Assert.Equal(0, (int)json["exitCode"]!);
        Assert.True((bool)json["canRun"]!["basic"]!);
    }

    private static DoctorReport Report(Feature[] features, Feature[] lacking) =>
        new("1.2.3", "Linux 6.1", ".NET 10", "root", [.. features.Select(f => Samples.Feature(f, !lacking.Contains(f)))]);
}
