using System.Net;
using System.Reflection;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

/// <summary>Settings that are younger than the oldest kernel in use: each is there when read back, or refused by name; never taken and ignored.</summary>
[Trait("Category", "Kind")]
public sealed class LateSettingTests
{
    private const int Port = 11, Bridge = 12, New = 20;

    internal static readonly Version Kernel = Version.Parse(string.Join('.', File.ReadAllText("/proc/sys/kernel/osrelease").Split('.', '-', '+').Take(2)));

    // One request for each setting.
    private static readonly Dictionary<string, Action<NetlinkBatch>> Requests = new()
    {
        ["BondPortOptions.Priority"] = batch =>
        {
            batch.AddLink(new BondSpec("b0") { Index = New, Mode = BondMode.ActiveBackup, MiiMonitor = TimeSpan.FromMilliseconds(100) });
            batch.ChangeLink(Port, new LinkChange { MasterIndex = New });
            batch.ChangeLink(Port, new LinkChange { BondPort = new BondPortOptions { Priority = 5 } });
        },
        ["BondSpec.NeighbourTargets"] = batch => batch.AddLink(new BondSpec("b0")
        {
            Mode = BondMode.ActiveBackup,
            ArpInterval = TimeSpan.FromSeconds(1),
            NeighbourTargets = [IPAddress.Parse("2001:db8::1")],
        }),
        ["BondSpec.MissedMax"] = batch => batch.AddLink(new BondSpec("b0") { Mode = BondMode.ActiveBackup, MissedMax = 7 }),
        ["BondSpec.LacpActive"] = batch => batch.AddLink(new BondSpec("b0") { Mode = BondMode.Lacp, LacpActive = false }),
        ["BondSpec.LacpCoupledControl"] = batch => batch.AddLink(new BondSpec("b0") { Mode = BondMode.Lacp, LacpCoupledControl = false }),
        ["BridgeOptions.FdbMaxLearned"] = batch => batch.AddLink(new BridgeSpec("b0") { Options = new BridgeOptions { FdbMaxLearned = 7 } }),
        ["BridgePortOptions.NeighbourVlanSuppress"] = batch => batch.SetBridgePort(Port, new BridgePortOptions { NeighbourVlanSuppress = true }),
        ["BridgePortOptions.Locked"] = batch => batch.SetBridgePort(Port, new BridgePortOptions { Locked = true }),
        ["BridgePortOptions.Mab"] = batch => batch.SetBridgePort(Port, new BridgePortOptions { Locked = true, Learning = true, Mab = true }),
        ["BridgePortOptions.BackupNexthopId"] = batch => batch.SetBridgePort(Port, new BridgePortOptions { BackupNexthopId = 7 }),
        ["BridgePortOptions.MulticastMaxGroups"] = batch => batch.SetBridgePort(Port, new BridgePortOptions { MulticastMaxGroups = 7 }),
        ["GeneveSpec.InnerProtocolInherit"] = batch => batch.AddLink(new GeneveSpec("g0") { External = true, InnerProtocolInherit = true }),
        ["MacvlanLinkSpec.BroadcastCutoff"] = batch => batch.AddLink(new MacvlanSpec("m0", 13) { BroadcastCutoff = 7 }),
        ["VxlanSpec.LocalBypass"] = batch => batch.AddLink(new VxlanSpec("x0") { Id = 42, Port = 4789, LocalBypass = false }),
        ["VxlanSpec.VniFilter"] = batch => batch.AddLink(new VxlanSpec("x0") { Port = 4789, External = true, VniFilter = true }),
        ["XfrmSpec.External"] = batch => batch.AddLink(new XfrmSpec("x0") { External = true }),
        ["NetemSpec.Seed"] = batch => batch.AddQdisc(new NetemSpec(13) { Loss = 0.5, Seed = 4711 }),
    };

    private static IEnumerable<PropertyInfo> Late =>
        typeof(LinkSpec).Assembly.GetTypes().SelectMany(t => t.GetProperties())
            .Where(p => p.DeclaringType == p.ReflectedType && p.IsDefined(typeof(SinceLinuxAttribute)));

    public static TheoryData<string> Names => [.. Late.Select(NameOf)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_late_setting_is_there_or_refused_by_name(string name)
    {
        var property = Late.Single(p => NameOf(p) == name);
        var since = property.GetCustomAttribute<SinceLinuxAttribute>()!.Version;
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 13 }) { Index = Port });
            if (name.StartsWith("BridgePort", StringComparison.Ordinal))
            {
                batch.AddLink(new BridgeSpec("br0") { Index = Bridge });
                batch.ChangeLink(Port, new LinkChange { MasterIndex = Bridge });
            }
        });

        var refusal = Record.Exception(() => bench.Do(Requests[name]));

        if (refusal is NetlinkException missing && missing.Message.Contains("CONFIG_", StringComparison.Ordinal))
        {
            return; // the kind itself is not in this kernel
        }

        if (refusal is null)
        {
            // Whatever the kernel's version: some settings have come to older kernels as well.
            Assert.Contains(ReadBack(bench, property), value => value is not null);
            return;
        }

        // Refused by the kernel, which then knows that it cannot; or by its name here.
        Assert.True(Kernel < Version.Parse(since), refusal.Message);
        var told = Assert.IsType<NetlinkException>(refusal);
        Assert.True(told.Errno != Errno.EOPNOTSUPP
            || told.Message.Contains($"This kernel takes and ignores {property.Name}, which came with Linux {since}", StringComparison.Ordinal), told.Message);
    }

    [Fact]
    public void What_a_kernel_does_anyhow_is_not_refused()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch => batch.AddLink(new VxlanSpec("x0") { Id = 42, Port = 4789, LocalBypass = true }));
    }

    [Fact]
    public void A_setting_that_was_read_back_otherwise_is_told_with_its_version()
    {
        var asked = new VxlanSpec("x0") { Id = 42, LocalBypass = false };
        var told = Assert.Single(IgnoredSettings.Between(asked, new LinkInfo { Name = "x0", KindData = new VxlanSpec("x0") { Id = 42 } }, null));
        Assert.Equal(("LocalBypass", "6.5"), told);
        Assert.Empty(IgnoredSettings.Between(asked, new LinkInfo { Name = "x0", KindData = asked }, null));
        Assert.Equal(("Seed", "6.6"), Assert.Single(IgnoredSettings.Between(new NetemSpec(1) { Seed = 1 }, null, new NetemSpec(1))));
        Assert.Empty(IgnoredSettings.Between(new NetemSpec(1) { Seed = 1 }, null, new NetemSpec(1) { Seed = 1 }));
    }

    private static IEnumerable<object?> ReadBack(NetlinkBench bench, PropertyInfo property) =>
        bench.Socket.GetLinks().SelectMany(link => new object?[] { link.KindData, link.BridgeOptions, link.BridgePortOptions, link.BondPort })
            .Concat(bench.Socket.GetQdiscs().Select(qdisc => qdisc.Spec))
            .Where(settings => property.DeclaringType!.IsInstanceOfType(settings))
            .Select(property.GetValue);

    private static string NameOf(PropertyInfo property) => $"{property.DeclaringType!.Name}.{property.Name}";
}
