using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class BridgeDatabaseTests : IDisposable
{
    private readonly NetlinkBench _bench = new();

    public BridgeDatabaseTests() => _bench.Do(batch =>
    {
        batch.AddLink(new BridgeSpec("br0") { Index = 20, Up = true, Options = new BridgeOptions { MulticastSnooping = true } });
        batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true, MasterIndex = 20 });
        batch.ChangeLink(12, new LinkChange { Up = true });
    });

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void The_multicast_database_reads_back()
    {
        Ethtool.RunLinkWatch(_bench.Namespace, ["v0", "v1", "br0"]);
        _bench.Do(batch =>
        {
            batch.AddMdb(new MdbSpec(20, 11) { Group = IPAddress.Parse("239.1.1.1") });
            batch.AddMdb(new MdbSpec(20, 11) { Group = IPAddress.Parse("ff15::42") });
            batch.AddMdb(new MdbSpec(20, 11) { Group = IPAddress.Parse("239.1.1.2"), Permanent = false });
            batch.AddMdb(new MdbSpec(20, 11) { MacGroup = NetlinkBench.Mac("01-00-5E-7F-01-01") });
        });
        var mdb = _bench.Socket.GetMdb();
        var four = mdb.Single(e => IPAddress.Parse("239.1.1.1").Equals(e.Group));
        Assert.Equal((20, 11, true), (four.BridgeIndex, four.PortIndex, four.Permanent));
        Assert.Contains(mdb, e => IPAddress.Parse("ff15::42").Equals(e.Group));
        Assert.Contains(mdb, e => NetlinkBench.Mac("01-00-5E-7F-01-01").Equals(e.MacGroup));
        var temporary = mdb.Single(e => IPAddress.Parse("239.1.1.2").Equals(e.Group));
        Assert.False(temporary.Permanent);
        Assert.NotNull(temporary.Timer);
        _bench.Do(batch => batch.DeleteMdb(four));
        Assert.DoesNotContain(_bench.Socket.GetMdb(), e => IPAddress.Parse("239.1.1.1").Equals(e.Group));
    }

    [Fact]
    public void A_multicast_entry_without_a_group_is_refused_in_words() =>
        Assert.Throws<ArgumentException>(() => new NetlinkBatch().AddMdb(new MdbSpec(20, 11)));

    [Fact]
    public void Vlans_read_back_or_are_refused_in_words()
    {
        try
        {
            _bench.Do(batch =>
            {
                batch.ChangeLink(20, new LinkChange { KindData = new BridgeSpec("br0") { Options = new() { VlanFiltering = true, VlanDefaultPvid = 1 } } });
                batch.AddVlan(new BridgeVlanSpec(11, 5) { Pvid = true, Untagged = true });
                batch.AddVlan(new BridgeVlanSpec(11, 100) { EndId = 103 });
                batch.AddVlan(new BridgeVlanSpec(20, 100) { Self = true });
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP)
        {
            var refused = Assert.Throws<NetlinkException>(() => _bench.Do(batch => batch.AddVlan(new BridgeVlanSpec(11, 5))));
            Assert.StartsWith("adding vlan 5 on interface 11: EOPNOTSUPP", refused.Message);
            Assert.Contains("CONFIG_BRIDGE_VLAN_FILTERING", refused.Message);
            Assert.Empty(_bench.Socket.GetBridgeVlans());
            return;
        }

        var vlans = _bench.Socket.GetBridgeVlans();
        Assert.Equal(new ushort[] { 1, 5, 100, 101, 102, 103 }, vlans.Where(v => v.Index == 11).Select(v => v.Id));
        Assert.True(vlans.Single(v => v.Index == 11 && v.Id == 5) is { Pvid: true, Untagged: true, Self: false, MasterIndex: 20 });
        Assert.Contains(vlans, v => v.Index == 20 && v.Id == 100 && v.Self);
        _bench.Do(batch => batch.DeleteVlan(new BridgeVlanSpec(11, 100) { EndId = 103 }));
        Assert.DoesNotContain(_bench.Socket.GetBridgeVlans(), v => v.Index == 11 && v.Id >= 100);
    }

    [Fact]
    public void Vlans_read_from_bytes_are_taken_apart()
    {
        var batch = new NetlinkBatch();
        batch.AddVlan(new BridgeVlanSpec(11, 5) { EndId = 9, Untagged = true });
        var vlans = new List<BridgeVlanInfo>();
        BridgeVlanMessages.Read(batch.Bytes[16..], vlans);
        Assert.Equal(new ushort[] { 5, 6, 7, 8, 9 }, vlans.Select(v => v.Id));
        Assert.All(vlans, v => Assert.True(v.Untagged && !v.Pvid));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    public void A_vlan_out_of_range_is_refused_in_words(int id) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NetlinkBatch().AddVlan(new BridgeVlanSpec(11, (ushort)id)));
}
