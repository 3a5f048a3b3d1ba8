using System.Diagnostics;
using NetLab.Linux.Probe;
using Xunit.Abstractions;

namespace NetLab.Linux.Tests.Probe;

public sealed class CapabilitiesTests(ITestOutputHelper log)
{
    [Fact]
    public void Every_feature_is_tried_and_has_a_name_and_evidence()
    {
        var clock = Stopwatch.StartNew();
        var all = Capabilities.All;
        log.WriteLine($"{all.Count} features in {clock.ElapsedMilliseconds} ms");
        foreach (var state in all)
        {
            log.WriteLine($"{(state.Available ? "yes" : "NO ")} {state.Name,-40} {state.Evidence}");
        }

        Assert.Equal(Enum.GetValues<Feature>(), all.Select(state => state.Feature));
        Assert.All(all, state => Assert.NotEmpty(state.Evidence));
        Assert.All(all.Where(state => !state.Available), state => Assert.True(state.KernelOption is not null || state.Remedy is not null, state.Name));
        Assert.Equal(all.Count, all.Select(state => state.Name).Distinct().Count());
        Assert.Same(all[0], Capabilities.Of(all[0].Feature));
    }

    [Fact]
    public void What_this_test_suite_itself_uses_is_found()
    {
        Capabilities.Require(Feature.NetworkNamespaces, Feature.MountNamespaces, Feature.PidNamespaces, Feature.Pidfd, Feature.Tap,
            Feature.PacketSockets, Feature.Bridge, Feature.Veth);
        Assert.Equal(File.Exists("/sys/kernel/btf/vmlinux"), Capabilities.Of(Feature.Btf).Available);
    }

    [Fact]
    public void Link_kinds_queueing_disciplines_and_filters_agree_with_the_kernels_own_configuration()
    {
        const string configuration = "/proc/config.gz";
        if (!File.Exists(configuration))
        {
            return;
        }

        using var unzip = new System.IO.Compression.GZipStream(File.OpenRead(configuration), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(unzip);
        var options = reader.ReadToEnd().Split('\n').Where(line => line.EndsWith("=y", StringComparison.Ordinal)).Select(line => line[..^2]).ToHashSet();
        var wrong = Capabilities.All
            .Where(state => state.KernelOption is not null)
            .Where(state => state.KernelOption!.Split(", ").All(options.Contains) != state.Available)
            .Select(state => $"{state.Name}: {state.KernelOption}, but {state.Evidence}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void A_kind_of_link_that_no_kernel_has_is_missing_with_the_errno_as_evidence()
    {
        using var scratch = new ProbeScratch();
        var finding = LinkProbes.Kind(scratch, "nosuchkind", [], onTopOfAnother: false, module: null);
        Assert.False(finding.Available);
        Assert.Contains("EOPNOTSUPP", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("Unknown device type", finding.Evidence, StringComparison.Ordinal);
        Assert.False(QdiscProbes.Kind(scratch, "nosuchqdisc").Available);
        Assert.False(NftProbes.Family(scratch, 99, "none").Available);
        Assert.False(KernelProbes.GenericNetlink(scratch, "nosuchfamily").Available);
        Assert.True(KernelProbes.GenericNetlink(scratch, "nlctrl").Available);
        Assert.False(KernelProbes.Program("no-such-program").Available);
    }

    [Fact]
    public void A_requirement_that_is_not_met_names_the_feature_the_kernel_option_and_the_alternative()
    {
        var state = new FeatureState(Feature.Netem, "queueing discipline netem", false, "put netem on a device: ENOENT", "CONFIG_NET_SCH_NETEM",
            "Use a wire in user space");
        var missing = new MissingFeatureException(state);
        Assert.Equal(
            "queueing discipline netem is not available here (put netem on a device: ENOENT). The kernel option is CONFIG_NET_SCH_NETEM. Use " +
                "a wire in user space.",
            missing.Message);
        var absent = Capabilities.All.FirstOrDefault(one => !one.Available);
        if (absent is not null)
        {
            Assert.Equal([absent], Assert.Throws<MissingFeatureException>(() => Capabilities.Require(Feature.NetworkNamespaces, absent.Feature)).Missing);
        }
    }

    [Fact]
    public void Probing_leaves_the_processs_own_network_as_it_was()
    {
        var before = MachineNetwork.State();
        using (var scratch = new ProbeScratch())
        {
            foreach (var feature in Enum.GetValues<Feature>())
            {
                FeatureTable.Of(feature).Probe(feature, scratch);
            }
        }

        Assert.Equal(before, MachineNetwork.State());
    }

    [Fact]
    public void A_module_is_found_in_the_list_of_depmod()
    {
        var root = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Directory.CreateDirectory(root + "/6.1");
            File.WriteAllText(root + "/6.1/modules.dep", "kernel/drivers/net/dummy.ko.zst:\nkernel/net/ipv4/ip-gre.ko: kernel/net/ipv4/gre.ko\n");
            Assert.True(KernelModule.IsListed("dummy", "6.1", root));
            Assert.True(KernelModule.IsListed("ip_gre", "6.1", root));
            Assert.False(KernelModule.IsListed("gre", "6.1", root));
            Assert.False(KernelModule.IsListed("dummy", "6.2", root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
