using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class NeighbourEncoding
{
    private static readonly NeighbourSpec Neighbour = new(3, IPAddress.Parse("192.0.2.5")) { Mac = NetlinkBench.Mac("02-00-00-00-00-01") };
    private static readonly FdbSpec Fdb = new(2, NetlinkBench.Mac("02-00-00-00-00-01"));
    private static readonly FdbSpec Remote = new(3, NetlinkBench.Mac("02-00-00-00-00-01")) { Remote = IPAddress.Parse("10.0.0.1") };
    private static readonly MdbSpec Mdb = new(4, 2) { Group = IPAddress.Parse("239.1.1.1") };

    private static readonly Cases Cases = new()
    {
        ["neighbour permanent"] = b => b.AddNeighbour(Neighbour),
        ["neighbour proxy"] = b => b.AddNeighbour(new(3, IPAddress.Parse("192.0.2.5")) { Proxy = true }),
        ["neighbour replace reachable"] = b => b.AddNeighbour(Neighbour with { State = NeighbourState.Reachable, Replace = true }),
        ["neighbour router"] = b => b.AddNeighbour(new(3, IPAddress.Parse("2001:db8::5")) { Mac = Neighbour.Mac, Router = true }),
        ["neighbour extern_learn"] = b => b.AddNeighbour(Neighbour with { ExtLearned = true }),
        ["neighbour managed use protocol"] = b =>
            b.AddNeighbour(new(3, IPAddress.Parse("192.0.2.5")) { State = NeighbourState.None, Use = true, Managed = true, Protocol = 5 }),
        ["neighbour delete"] = b => b.DeleteNeighbour(Neighbour),

        ["fdb master static"] = b => b.AddFdb(Fdb),
        ["fdb master local"] = b => b.AddFdb(Fdb with { Kind = FdbKind.Local }),
        ["fdb master dynamic"] = b => b.AddFdb(Fdb with { Kind = FdbKind.Dynamic }),
        ["fdb vlan"] = b => b.AddFdb(Fdb with { Vlan = 5 }),
        ["fdb sticky"] = b => b.AddFdb(Fdb with { Sticky = true }),
        ["fdb extern_learn"] = b => b.AddFdb(Fdb with { ExtLearned = true }),
        ["fdb dst"] = b => b.AddFdb(Remote),
        ["fdb dst IPv6"] = b => b.AddFdb(Remote with { Remote = IPAddress.Parse("2001:db8::1") }),
        ["fdb port"] = b => b.AddFdb(Remote with { Port = 4444 }),
        ["fdb vni"] = b => b.AddFdb(Remote with { Vni = 43 }),
        ["fdb src_vni"] = b => b.AddFdb(Remote with { SourceVni = 43 }),
        ["fdb via"] = b => b.AddFdb(Remote with { Via = 2 }),
        ["fdb nhid"] = b => b.AddFdb(new(3, Fdb.Mac) { NexthopId = 5 }),
        ["fdb append"] = b => b.AddFdb(new(3, NetlinkBench.Mac("00-00-00-00-00-00")) { Remote = IPAddress.Parse("10.0.0.1"), Mode = FdbMode.Append }),
        ["fdb replace"] = b => b.AddFdb(Fdb with { Mode = FdbMode.Replace }),
        ["fdb delete"] = b => b.DeleteFdb(Fdb),

        ["mdb permanent"] = b => b.AddMdb(Mdb),
        ["mdb temp"] = b => b.AddMdb(Mdb with { Permanent = false }),
        ["mdb vid"] = b => b.AddMdb(Mdb with { Vlan = 5 }),
        ["mdb src"] = b => b.AddMdb(Mdb with { Source = IPAddress.Parse("10.0.0.1") }),
        ["mdb IPv6"] = b => b.AddMdb(Mdb with { Group = IPAddress.Parse("ff02::42") }),
        ["mdb MAC"] = b => b.AddMdb(new(4, 2) { MacGroup = NetlinkBench.Mac("01-00-5E-01-01-01") }),
        ["mdb delete"] = b => b.DeleteMdb(Mdb),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_neighbour_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);
}
