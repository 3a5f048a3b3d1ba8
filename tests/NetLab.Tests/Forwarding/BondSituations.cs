using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes whose bridges are joined by a bond of two links, of which one is active.</summary>
[Trait("Category", "Fate")]
public sealed class BondSituations
{
    private static readonly Dictionary<string, Situation> Table = new()
    {
        ["the two ends use different links"] = new("bond-backup", "b/e0", "active is e1", "ip link set bond0 type bond active_slave e0",
            "b: ip link set bond0 type bond active_slave e1"),
        ["the bond is down where it is to send"] = new("port-down", "a/bond0", "skips bond0: it is down", "ip link set bond0 down"),
        ["the bond is down where it is to take"] = new("device-down", "b/bond0", "Port bond0 of bridge br0 is down", "b: ip link set bond0 down"),
        ["both members are down"] = new("no-carrier", "a/bond0", "of its members, e0 is down, e1 is down", "ip link set e0 down", "ip link set e1 down"),
        ["the members' other ends are down"] = new("no-carrier", "a/bond0", "of its members, e0 has no carrier, e1 has no carrier", "b: ip link set e0 down",
            "b: ip link set e1 down"),
        ["a bond without members"] = new("no-carrier", "a/bond0", "it has no members", "ip link set e0 nomaster", "ip link set e1 nomaster") { Mends = false },
        ["the bond is out of its bridge"] = new("not-a-port", "b/bond0", "bond0 is no port of a bridge", "b: ip link set bond0 nomaster"),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.Bond), MemberData(nameof(Names))]
    public Task What_a_bond_does_not_carry_is_told_and_what_is_advised_mends_it(string situation) => Table[situation].CheckAsync(BuildAsync);

    private static Task BuildAsync(WiredScene scene)
    {
        Node[] nodes = [scene.Lab.AddNode("a"), scene.Lab.AddNode("b")];
        Link[] links = [.. Enumerable.Range(0, 2).Select(i => scene.Lab.AddLink(nodes[0].End($"e{i}"), nodes[1].End($"e{i}")))];
        for (var i = 0; i < 2; i++)
        {
            var bond = nodes[i].AddDevice(new BondSpec("bond0") { Mode = BondMode.ActiveBackup, MiiMonitor = TimeSpan.FromMilliseconds(10) });
            Array.ForEach(links, link => bond.AddMember(i == 0 ? link.A : link.B));
            var bridge = nodes[i].AddBridge("br0");
            bridge.Attach(bond);
            nodes[i].AddVm($"vm{i + 1}", bridge, vm => vm.Address($"10.0.0.{i + 1}/24"));
        }

        return Task.CompletedTask;
    }
}
