using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Bonds as the kernel has them (drivers/net/bonding/bond_main.c): which members take frames, and why a bond has no carrier.</summary>
internal static class BondDevices
{
    /// <summary>Why a member takes no frame for its bond: it is not active (bond_should_deliver_exact_match); null where it is no such member.</summary>
    public static Reason? NotTaken(DropPlace place)
    {
        var route = place.Node.Live.Route;
        if (route.FindLink(place.Device) is not { BondPort.IsActive: false, MasterIndex: { } index } member
            || route.FindLink(index) is not { KindData: BondSpec { AllMembersActive: not true } spec } bond)
        {
            return null;
        }

        var active = MembersOf(place.Node, bond).Where(m => m.BondPort?.IsActive == true).Select(m => m.Name).ToList();
        var others = active.Count == 0 ? "no member of it is active" : $"active is {string.Join(", ", active)}";
        return place.Why(Causes.BondBackup,
            $"{place.Where} is a member of {bond.Name} that is not active, and a bond takes nothing by such a member: {others}"
                + (spec.Mode is BondMode.Lacp ? ", as LACP has it." : "."),
            spec.Mode is BondMode.ActiveBackup
                ? $"ip link set dev {bond.Name} type bond active_slave {member.Name}, or let the other end send by the active one"
                : "see what LACP made of it at both ends: ip -d link",
            Evidence.Link($"{member.Name}: a member of {bond.Name}, not active."));
    }

    /// <summary>Why a bond has no carrier, and what gives it one; null where the device is no bond.</summary>
    public static (string Why, string Remedy)? Silent(Node node, LinkInfo link)
    {
        if (link.KindData is not BondSpec spec)
        {
            return null;
        }

        var members = MembersOf(node, link);
        var words = string.Join(", ", members.Select(m => $"{m.Name} {(!m.IsUp ? "is down" : !m.HasCarrier ? "has no carrier" : "is up")}"));
        return members.Count == 0 ? ("it has no members", $"make a device a member of {link.Name}")
            : members.Find(m => !m.IsUp) is { } down ? ($"of its members, {words}", $"ip link set dev {down.Name} up, in node {node.Name}")
            : members.Find(m => !m.HasCarrier) is { } dark ? ($"of its members, {words}", node.FindDevice(dark.Name)?.OtherEnd is { } end
                ? $"ip link set dev {end.Name} up, in node {end.Node.Name}" : $"see what is at the other end of {dark.Name}")
            : spec.MinLinks > members.Count(m => m.BondPort?.IsActive == true)
            ? ($"it wants {spec.MinLinks} active members (min_links), and {words}", $"ip link set dev {link.Name} type bond min_links 0")
            : ($"of its members, {words}", "see what the bond made of them: ip -d link");
    }

    /// <summary>Whether what comes in by a device is its bond's: the device is a member.</summary>
    public static bool IsMember(LinkInfo link) => link.BondPort is not null;

    private static List<LinkInfo> MembersOf(Node node, LinkInfo bond) => [.. node.Live.Route.GetLinks().Where(l => l.MasterIndex == bond.Index)];
}
