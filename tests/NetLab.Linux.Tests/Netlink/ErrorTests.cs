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
