using System.Text.RegularExpressions;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>
/// The table of docs/openstack.md that says how far the wiring is Neutron's, held against what `ovs-vsctl`, `ovs-ofctl` and `ip` say of a compute node
/// made of the blocks. A row that says more than a word is held by the tests of its block.
/// </summary>
public sealed partial class DifferenceTableTests : IAsyncLifetime
{
    private const string Qbr = "qbr0c1383d0-c8", Qvb = "qvb0c1383d0-c8", Qvo = "qvo0c1383d0-c8", Tap = "tap0c1383d0-c8";

    private readonly Lab _lab = new();
    private readonly Node _compute, _quiet;
    private readonly FakeVm _vm;

    public DifferenceTableTests()
    {
        _compute = _lab.AddComputeNode("compute1");
        _quiet = _lab.AddNode("quiet1");
        var brInt = _compute.AddIntegrationBridge();
        _vm = _compute.AddHybridPlug(brInt, Ports.First, 7, "vm01", vm => vm.Address("10.0.0.11/24"));
        _compute.AddSecurityGroup(_vm, Ports.First, "-p icmp");
        _compute.AddNativePlug(brInt, Ports.Second, IntegrationBridge.DeadVlan, "vm02", vm => vm.Address("10.0.0.12/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd, Feature.OvsVsctl, Feature.OvsOfctl, Feature.IptablesProgram, Feature.BridgeNetfilter)]
    public async Task Each_row_of_the_table_says_what_the_programs_say()
    {
        var flows = await Says("ovs-ofctl", "-O", "OpenFlow13", "--names", "dump-flows", "br-int");
        var iptables = await Says("iptables-save");
        var links = await Says("ip", "-details", "link");
        (int Row, bool Same, string Here)[] rows =
        [
            (1, Has(flows, "table=58, .*priority=0 actions=(goto_table:|resubmit\\(,)59")
                && Has(flows, "table=59, .*priority=0 actions=(goto_table:|resubmit\\(,)60"), "the same"),
            (2, Has(flows, "table=60, .*priority=1 actions=NORMAL"), "the same"),
            (3, Has(flows, $"table=24, .*priority=2,arp,in_port=\"?{Qvo}\"?,arp_spa=10.0.0.11")
                && Has(flows, $"table=25, .*in_port=\"?{Qvo}\"?,dl_src={_vm.Mac}"),
                "the same"),
            (4, await Says("sysctl", "-n", "net.bridge.bridge-nf-call-iptables") == "1"
                && Has(iptables, "CT --zone 4097") && Has(iptables, "neutron-openvswi-i0c1383d0-c"),
                "the same"),
            (5, Has(await Says("ovs-vsctl", "get", "Bridge", "br-int", "other_config"), "mcast-snooping-disable-flood-unregistered=\"?true"), "the same"),
            (6, await Says("ovs-vsctl", "get-controller", "br-int") != "", "none"),
            (7, await Says("ovs-vsctl", "get", "Port", Qvo, "other_config") != "{}", "absent"),
            (8, Has(flows, "cookie=0x[1-9a-f]"), "0"),
            (9, await Says("ovs-vsctl", "get", "Port", "tap4a1b5e21-77", "tag") == "4095", "the same"),
            (10, MacOf(links, Qbr) == MacOf(links, Qvb) || MacOf(links, Qbr) == MacOf(links, Tap), "fixed"),
            (11, await Says("ovs-vsctl", "get", "Port", Qvo, "qos") != "[]", "none"),
            (12, Has(links, "vnet_hdr on"), "without"),
            (13, _compute.ReadSysctl("net.ipv6.conf.br-int.accept_ra").Trim() == "1"
                && _quiet.ReadSysctl("net.ipv6.conf.all.disable_ipv6").Trim() == "1", "the same"),
            (18, _vm.Mac.ToString().StartsWith("fa:16:3e", StringComparison.Ordinal), "the same"),
        ];
        var table = Row().Matches(await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "openstack.md")))
            .Where(row => row.Groups["number"].Value != "").ToDictionary(row => int.Parse(row.Groups["number"].Value), row => row.Groups["here"].Value);

        Assert.Equal(Enumerable.Range(1, 18), table.Keys.Order());
        Assert.All(rows, row =>
        {
            Assert.StartsWith(row.Here, table[row.Row]);
            Assert.True(row.Same == (row.Here == "the same"), $"row {row.Row} says '{row.Here}', and the programs say otherwise");
        });
    }

    private async Task<string> Says(string program, params string[] arguments) =>
        (await _compute.ExecAsync(program, arguments)).EnsureSuccess().Output.Trim();

    private static bool Has(string text, string pattern) => Regex.IsMatch(text, pattern);

    private static string MacOf(string links, string device) =>
        Regex.Match(links, $@"\b{device}(@\S+)?:.*?link/ether (\S+)", RegexOptions.Singleline).Groups[2].Value;

    [GeneratedRegex(@"^\| (?<number>\d*) \| [^|]* \| (?<here>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
