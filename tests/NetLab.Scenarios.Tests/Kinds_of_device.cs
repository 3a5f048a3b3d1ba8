using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

public sealed class Kinds_of_device
{
    public static TheoryData<string> All =>
        [.. Directory.EnumerateFiles(Path.Combine(Files.Scenarios, "basics", "devices"), "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file))
        .Order()];

    /// <summary>Whether the kernel has a kind is what iproute2 gets for an answer, not what NetLab's probe says.</summary>
    [LabTheory]
    [MemberData(nameof(All))]
    public async Task Each_runs_where_the_kernel_has_it_and_is_told_as_missing_where_not(string kind)
    {
        var run = ScenarioRun.Describe(ScenarioDocument.Load(Path.Combine(Files.Scenarios, "basics", "devices", kind + ".yaml")));
        var needed = LabFeatures.Of(run.Lab).ToArray();
        await run.DisposeAsync();

        if (await KernelHasAsync(kind))
        {
            var play = await Play.OfAsync(run.Document);
            Assert.True(play.Succeeded, play.ToString());
            return;
        }

        var missing = Assert.Single(Assert.Throws<MissingFeatureException>(() => Capabilities.Require(needed)).Missing);
        Assert.Contains($"kind {kind}", missing.Name, StringComparison.Ordinal);
        Assert.StartsWith("CONFIG_", missing.KernelOption, StringComparison.Ordinal);
        Assert.NotNull(missing.Remedy);
    }

    [Fact]
    public void Every_kind_of_link_that_the_library_makes_can_stand_in_a_scenario()
    {
        // A bridge, a veth pair and a device of a kind without options have keys of their own, or none.
        var specs = typeof(LinkSpec).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(LinkSpec)) && !type.IsAbstract && type != typeof(BridgeSpec) && type != typeof(VethSpec)
                && type != typeof(PlainLinkSpec));
        var known = DeviceKinds.All.Select(kind => kind.GetType()).Where(type => type.IsGenericType).Select(type => type.GetGenericArguments()[0]).ToHashSet();

        Assert.Equal([], specs.Where(spec => !known.Contains(spec)).Select(spec => spec.Name));
    }

    [Fact]
    public void Each_key_sets_the_property_that_iproute2_means()
    {
        var vxlan = Spec<VxlanSpec>(
            "type: vxlan, id: 42, dev: eth0, remote: 10.0.0.2, dstport: 4789, srcport: 49152-65535, ttl: inherit, learning: off, "
            + "ageing: 60s, df: set, gbp: on");
        var vlan = Spec<VlanSpec>("type: vlan, link: eth0, id: 7, protocol: 802.1ad, loose_binding: on, gvrp: off, egress-qos-map: ['0:1', '2:3']");
        var gre = Spec<GretapSpec>("type: ip6gretap, local: 'fd00::1', remote: 'fd00::2', key: 7, icsum: on, encaplimit: 0");
        var bond = Spec<BondSpec>("type: bond, mode: 802.3ad, miimon: 100ms, xmit_hash_policy: layer3+4, lacp_rate: fast");

        Assert.Equal((42u, (ushort)4789, new PortRange(49152, 65535), true, false),
            (vxlan.Id!.Value, vxlan.Port!.Value, vxlan.SourcePorts!.Value, vxlan.TtlInherit!.Value, vxlan.Learning!.Value));
        Assert.Equal((TimeSpan.FromMinutes(1), TunnelDf.Set, true), (vxlan.Ageing!.Value, vxlan.Df!.Value, vxlan.GroupPolicy!.Value));
        Assert.Equal(((ushort)7, VlanSpec.Dot1Ad, VlanFlags.LooseBinding, VlanFlags.LooseBinding | VlanFlags.Gvrp),
            (vlan.Id, vlan.Protocol!.Value, vlan.Flags, vlan.FlagsMask));
        Assert.Equal([new VlanQosMapping(0, 1), new VlanQosMapping(2, 3)], vlan.EgressQos);
        Assert.Equal(("ip6gretap", 7u, 7u, true, false, (byte)0),
            (gre.Kind, gre.InputKey!.Value, gre.OutputKey!.Value, gre.InputChecksum, gre.OutputChecksum, gre.EncapsulationLimit!.Value));
        Assert.Equal((BondMode.Lacp, TimeSpan.FromMilliseconds(100), BondHashPolicy.Layer34, true),
            (bond.Mode!.Value, bond.MiiMonitor!.Value, bond.TransmitHashPolicy!.Value, bond.LacpFast!.Value));
    }

    [Fact]
    public void A_device_on_top_of_another_is_made_after_it_whatever_the_order_of_the_file()
    {
        var node = Samples.NodeWith("""
            b.8: { type: vlan, link: b, id: 8 }
                    b: { type: macvlan, link: eth0 }
            """);

        Assert.Equal(["eth0", "b", "b.8"], node.Devices.Select(device => device.Name));
        Assert.Same(node.Device("b"), Assert.IsType<KernelDevice>(node.Device("b.8")).Parent);
    }

    [Theory]
    [InlineData("v: { type: vlan, link: eth0 }", "has no 'id'")]
    [InlineData("v: { type: vlan, link: eth1, id: 7 }", "h1 has no device 'eth1'; did you mean 'eth0'?")]
    [InlineData("v: { type: vlan, link: v, id: 7 }", "'v' would be on top of itself")]
    [InlineData("v: { type: vlan, link: eth0, id: 7, remote: 10.0.0.1 }", "device v has no key 'remote'")]
    [InlineData("v: { type: vlna, link: eth0, id: 7 }", "did you mean 'vlan'?")]
    [InlineData("v: { type: vxlan, id: 16777216 }", "'16777216' is not what 'id' takes; a whole number from 0 to 16777215")]
    public void What_a_kind_does_not_take_is_refused_in_its_own_words(string device, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<ScenarioException>(() => Samples.NodeWith(device)).Message, StringComparison.Ordinal);

    private static TSpec Spec<TSpec>(string keys)
        where TSpec : LinkSpec => Assert.IsType<TSpec>(Assert.IsType<KernelDevice>(Samples.NodeWith($"x0: {{ {keys} }}").Device("x0")).Spec);

    private static async Task<bool> KernelHasAsync(string kind)
    {
        await using var lab = new Lab();
        var node = lab.AddNode("h1");
        lab.AddLink(node.End("eth0"), lab.AddNode("h2").End("eth0"));
        await lab.ApplyAsync();
        string[] below = kind is "vlan" or "macvlan" or "macvtap" or "ipvlan" ? ["link", "eth0"] : [],
            options = kind switch
            {
                "vlan" => ["id", "7"],
                "vxlan" => ["id", "42", "dstport", "4789"],
                "geneve" => ["id", "42", "remote", "10.0.0.2"],
                "gre" or "gretap" or "ipip" or "sit" => ["local", "10.0.0.1", "remote", "10.0.0.2"],
                "vrf" => ["table", "10"],
                "xfrm" => ["if_id", "42"],
                _ => [],
            };
        var answer = await node.ExecAsync("ip", ["link", "add", .. below, "name", "x0", "type", kind, .. options]);
        return answer.ExitCode == 0
            || (answer.Error.Contains("Unknown device type", StringComparison.Ordinal) ? false : throw new InvalidOperationException(answer.Error));
    }
}
