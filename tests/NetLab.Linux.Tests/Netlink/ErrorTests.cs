using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class ErrorTests
{
    [Fact]
    public void A_refusal_names_the_request_the_error_the_kernels_words_and_a_way_out()
    {
        using var bench = new NetlinkBench();
        var refused = Assert.Throws<NetlinkException>(() => bench.Do(batch =>
        {
            batch.AddLink(new VethSpec("eth0", new VethPeer("h1")));
            batch.AddLink(new VethSpec("eth0", new VethPeer("h2")));
        }));
        Assert.Equal("adding veth eth0 (peer h2)", refused.Doing);
        Assert.Equal(1, refused.MessageIndex);
        Assert.Equal("EEXIST", refused.ErrnoName);
        Assert.Contains("adding veth eth0 (peer h2): EEXIST (File exists)", refused.Message);
        Assert.Contains("choose another name", refused.Message);
    }

    [Fact]
    public void The_kernels_own_words_are_in_the_message()
    {
        using var bench = new NetlinkBench();
        var refused = Assert.Throws<NetlinkException>(() => bench.Do(batch => batch.ChangeLink(1, new LinkChange { Mtu = -5 })));
        Assert.NotNull(refused.ExtendedAck);
        Assert.Contains($"the kernel says: {refused.ExtendedAck}", refused.Message);
        Assert.StartsWith("setting mtu -5 on interface 1: EINVAL", refused.Message);
    }

    [Fact]
    public void Where_the_kernel_does_not_say_what_is_wrong_the_settings_are_named()
    {
        using var bench = new NetlinkBench();
        var refused = Assert.Throws<NetlinkException>(() =>
            bench.Do(batch => batch.AddLink(new BridgeSpec("br0") { Options = new() { GroupForwardMask = 7 } })));
        Assert.Equal("adding bridge br0: EINVAL (Invalid argument). One of these does not fit: GroupForwardMask 7", refused.Message);
    }

    [Fact]
    public void Advice_fits_what_was_asked()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10, Up = true });
            batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11 });
        });
        Refused(b => b.AddLink(new VethSpec("a", new VethPeer("b")) { MasterIndex = 999 }), "Is interface 999, its master, there");
        Refused(b => b.ChangeLink(12, new() { MasterIndex = 11 }), "Is interface 11 there, and a bridge");
        Refused(b => b.ChangeLink(10, new() { MasterIndex = 10 }), "join the two with a veth pair");
        Refused(b => b.ChangeLink(12, new() { Mac = NetlinkBench.Mac("01-00-00-00-00-01") }), "setting address 01:00:00:00:00:01", "unicast MAC");
        Refused(b => b.ChangeLink(12, new() { Name = "v0" }), "Another interface has that name");
        Refused(b => b.SetBridgePort(12, new() { Isolated = true }), "bridge port: Isolated True", "make it a port first");
        Refused(b => b.DeleteLinkGroup(0), "Group 0");
        Refused(b => b.DeleteLink(1), "lo and hardware");
        Refused(b => b.AddAddress(77, IPAddress.Parse("10.0.0.1"), 24), "adding address 10.0.0.1/24 on interface 77", "No interface has that index");
        Refused(b => b.AddQdisc(new HtbClassSpec(12, TcHandle.Parse("1:1"), 1000)), "add HtbSpec first");
        Refused(b => b.AddFdb(new FdbSpec(12, NetlinkBench.Mac("02-00-00-00-00-01"))), "FDB entry 02:00:00:00:00:01", "not a port of a bridge");
        Refused(b => b.AddAltNames(12, ["v0"]), "has that name already");

        void Refused(Action<NetlinkBatch> request, params string[] words)
        {
            var refused = Assert.Throws<NetlinkException>(() => bench.Do(request));
            Assert.All(words, word => Assert.Contains(word, refused.Message));
        }
    }

    [Fact]
    public void The_callers_words_go_before_ours()
    {
        using var bench = new NetlinkBench();
        var refused = Assert.Throws<NetlinkException>(() => bench.Do(batch => batch.DeleteLink(4711, "unplugging node h1")));
        Assert.StartsWith("unplugging node h1: ENODEV", refused.Message);
    }

    [Fact]
    public void The_first_of_several_refusals_is_reported_and_later_sends_do_not_happen()
    {
        using var bench = new NetlinkBench();
        var refused = Assert.Throws<NetlinkException>(() => bench.Do(batch =>
        {
            for (var i = 0; i < 100; i++)
            {
                batch.AddLink(new BridgeSpec(i is 40 or 45 ? "br0" : $"br{i}"));
            }
        }));
        Assert.Equal(40, refused.MessageIndex);
        var names = bench.Socket.GetLinks().Select(l => l.Name).ToHashSet();
        Assert.Contains("br63", names); // went out together with the one that was refused
        Assert.DoesNotContain("br64", names);
        Assert.DoesNotContain("br99", names);
    }

    [Fact]
    public void A_batch_of_many_requests_is_carried_out_whole()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            for (var i = 0; i < 100; i++)
            {
                batch.AddAddress(1, new IPAddress([10, 0, 0, (byte)i]), 32);
            }

            Assert.Equal(100, batch.Count);
        });
        Assert.Equal(100, bench.Socket.GetAddresses(1).Count(a => a.PrefixLength == 32));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sixteen-bytes-xx")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("..")]
    public void A_name_that_the_kernel_would_refuse_is_refused_in_words_and_leaves_the_batch_as_it_was(string name)
    {
        using var bench = new NetlinkBench();
        var batch = new NetlinkBatch();
        batch.AddLink(new BridgeSpec("br0"));
        Assert.Throws<ArgumentException>(() => batch.AddLink(new VethSpec("v0", new VethPeer(name))));
        Assert.Equal(1, batch.Count);
        bench.Socket.Execute(batch);
        Assert.Equal(2, bench.Socket.GetLinks().Count);
    }

    [Fact]
    public void A_batch_can_be_filled_again()
    {
        using var bench = new NetlinkBench();
        var batch = new NetlinkBatch();
        batch.AddLink(new BridgeSpec("br0"));
        bench.Socket.Execute(batch);
        batch.Clear();
        Assert.Equal(0, batch.Count);
        bench.Socket.Execute(batch);
        batch.AddLink(new BridgeSpec("br1"));
        bench.Socket.Execute(batch);
        Assert.Equal(3, bench.Socket.GetLinks().Count);
    }
}
