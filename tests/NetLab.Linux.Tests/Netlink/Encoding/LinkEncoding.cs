using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class LinkEncoding
{
    private static readonly Cases Cases = new()
    {
        ["link veth"] = b => b.AddLink(new VethSpec("v0", new VethPeer("v1"))),
        ["link index"] = b => b.AddLink(new BridgeSpec("x0") { Index = 20 }),
        ["link mtu"] = b => b.AddLink(new BridgeSpec("x0") { Mtu = 1400 }),
        ["link address"] = b => b.AddLink(new BridgeSpec("x0") { Mac = NetlinkBench.Mac("02-00-00-00-00-01") }),
        ["link txqueuelen"] = b => b.AddLink(new BridgeSpec("x0") { TxQueueLength = 500 }),
        ["link group"] = b => b.AddLink(new BridgeSpec("x0") { Group = 5 }),
        ["link numtxqueues"] = b => b.AddLink(new BridgeSpec("x0") { NumTxQueues = 1 }),
        ["link numrxqueues"] = b => b.AddLink(new BridgeSpec("x0") { NumRxQueues = 2 }),
        ["link master"] = b => b.AddLink(new DummySpec("x0") { MasterIndex = 4 }),
        ["link up"] = b => b.AddLink(new BridgeSpec("x0") { Up = true }),
        ["link all of the above"] = b => b.AddLink(new VethSpec("v0", new VethPeer("v1")
        {
            Index = 21,
            Mtu = 1300,
            Mac = NetlinkBench.Mac("02-00-00-00-00-02"),
            TxQueueLength = 77,
            Group = 6,
            NumTxQueues = 3,
            NumRxQueues = 4,
        })
        {
            Index = 20,
            Mtu = 1400,
            Mac = NetlinkBench.Mac("02-00-00-00-00-01"),
            TxQueueLength = 500,
            Group = 5,
            NumTxQueues = 1,
            NumRxQueues = 2,
            MasterIndex = 4,
            Up = true,
        }),
        ["link delete"] = b => b.DeleteLink(3),
        ["link delete group"] = b => b.DeleteLinkGroup(5),
        ["link set up"] = b => b.ChangeLink(3, new LinkChange { Group = 5, Up = true }),
        ["link set down"] = b => b.ChangeLink(3, new LinkChange { Group = 5, Up = false }),
        ["link set name"] = b => b.ChangeLink(3, new LinkChange { Name = "y0" }),
        ["link set mtu"] = b => b.ChangeLink(3, new LinkChange { Mtu = 1400 }),
        ["link set address"] = b => b.ChangeLink(3, new LinkChange { Mac = NetlinkBench.Mac("02-00-00-00-00-01") }),
        ["link set broadcast"] = b => b.ChangeLink(3, new LinkChange { Broadcast = NetlinkBench.Mac("FF-FF-FF-FF-FF-FE") }),
        ["link set master"] = b => b.ChangeLink(3, new LinkChange { MasterIndex = 4 }),
        ["link set nomaster"] = b => b.ChangeLink(2, new LinkChange { MasterIndex = 0 }),
        ["link set promisc"] = b => b.ChangeLink(3, new LinkChange { Group = 5, Promiscuous = true }),
        ["link set allmulticast"] = b => b.ChangeLink(3, new LinkChange { Group = 5, AllMulticast = true }),
        ["link set multicast"] = b => b.ChangeLink(3, new LinkChange { Group = 5, Multicast = false }),
        ["link set arp"] = b => b.ChangeLink(3, new LinkChange { Group = 5, Arp = false }),
        ["link set flags"] = b => b.ChangeLink(3, new LinkChange { Up = true, Promiscuous = true, Arp = false, AllMulticast = false, Multicast = false }),
        ["link set txqueuelen"] = b => b.ChangeLink(3, new LinkChange { TxQueueLength = 500 }),
        ["link set group"] = b => b.ChangeLink(3, new LinkChange { Group = 5 }),
        ["link set carrier"] = b => b.ChangeLink(3, new LinkChange { Carrier = false }),
        ["link set protodown"] = b => b.ChangeLink(3, new LinkChange { ProtoDown = true }),
        ["link set alias"] = b => b.ChangeLink(3, new LinkChange { Alias = "some-text" }),
        ["link set addrgenmode"] = b => b.ChangeLink(3, new LinkChange { AddressGenMode = AddressGenerationMode.None }),
        ["link set token"] = b => b.ChangeLink(3, new LinkChange { Token = IPAddress.Parse("::5") }),
        ["link set gso_max_size"] = b => b.ChangeLink(3, new LinkChange { GsoMaxSize = 40000 }),
        ["link set gso_max_segs"] = b => b.ChangeLink(3, new LinkChange { GsoMaxSegments = 100 }),
        ["link set gro_max_size"] = b => b.ChangeLink(3, new LinkChange { GroMaxSize = 40000 }),
        ["link set mode dormant"] = b => b.ChangeLink(3, new LinkChange { Dormant = true }),
        ["link property add altname"] = b => b.AddAltNames(3, ["first", "second"]),
        ["link property del altname"] = b => b.DeleteAltNames(3, ["first"]),
        ["dummy"] = b => b.AddLink(new DummySpec("x0")),
        ["ifb"] = b => b.AddLink(new IfbSpec("x0")),
        ["vrf table"] = b => b.AddLink(new VrfSpec("x0", 100)),
        ["wireguard"] = b => b.AddLink(new WireguardSpec("x0")),
        ["xfrm if_id"] = b => b.AddLink(new XfrmSpec("x0") { InterfaceId = 5, DeviceIndex = 3 }),
        ["xfrm external"] = b => b.AddLink(new XfrmSpec("x0") { External = true }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_link_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    [Fact]
    [Trait("Category", "Encoding")]
    public void Link_netns_is_written_byte_for_byte()
    {
        using var ns = NetworkNamespace.Create();
        CheckWithDescriptor("link netns", ns, b => b.AddLink(new DummySpec("x0") { Namespace = ns }));
    }

    [Fact]
    [Trait("Category", "Encoding")]
    public void Link_set_netns_is_written_byte_for_byte()
    {
        using var ns = NetworkNamespace.Create();
        CheckWithDescriptor("link set netns new-ifindex", ns, b => b.ChangeLink(3, new LinkChange { Namespace = ns, NewIndex = 99 }));
    }

    [Fact]
    [Trait("Category", "Encoding")]
    public void Link_alias_is_a_request_of_its_own()
    {
        var batch = new NetlinkBatch();
        batch.AddLink(new DummySpec("x0") { Index = 3, Alias = "text" });
        Assert.Equal(2, batch.Count);
        Assert.Equal(Captured.All["link alias"].Request, batch.Bytes[batch.Start(1)..].ToArray());
    }

    // IFLA_NET_NS_FD is written with the number 7, whatever the descriptor's is.
    private static void CheckWithDescriptor(string name, NetworkNamespace ns, Action<NetlinkBatch> add)
    {
        var batch = new NetlinkBatch();
        add(batch);
        var written = batch.Bytes.ToArray();
        Assert.Equal((int)ns.Handle.DangerousGetHandle(), BitConverter.ToInt32(written, 36));
        BitConverter.GetBytes(7).CopyTo(written, 36);
        Assert.Equal(Convert.ToHexStringLower(Captured.All[name].Request), Convert.ToHexStringLower(written));
    }
}
