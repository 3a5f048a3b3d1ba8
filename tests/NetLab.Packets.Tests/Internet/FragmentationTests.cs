using FsCheck.Fluent;
using NetLab.Packets.Tests.Properties;
using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class FragmentationTests
{
    [Fact]
    public void Fragments_in_any_order_and_some_twice_give_the_packet_back() => Property.Holds(
        from v6 in Property.Bool
        from tagged in Property.Bool
        from size in Gen.Choose(0, 5000)
        from mtu in Gen.Choose(120, 1500)
        from seed in Gen.Choose(0, int.MaxValue)
        select (v6, tagged, size, mtu, seed),
        x =>
        {
            var plain = x.v6 ? WithExtensions(Udp6(x.size)) : Udp(x.size, new IpOptions { Identification = 77 });
            var frame = x.tagged ? plain.WithVlan(7) : plain;
            var fragments = frame.Fragment(x.mtu);
            Assert.All(fragments, f => Assert.True(f.Defect.IsNone && f.Length - (x.tagged ? 18 : 14) <= x.mtu, f.ToString()));
            var order = fragments.Concat(fragments.Take(2)).ToArray();
            new Random(x.seed).Shuffle(order);
            var reassembler = new IpReassembler();
            var whole = order.Select(reassembler.Add).Where(f => f is not null).ToList();
            Assert.Equal(frame, whole[0]);
            Assert.True(reassembler.Defect.IsNone);
        },
        tests: 300);

    [Fact]
    public void Only_the_first_fragment_has_a_transport_header()
    {
        var fragments = Udp(3000).Fragment(1500);

        Assert.Equal(3, fragments.Count);
        Assert.Equal((ushort)53, fragments[0].Udp!.Value.DestinationPort);
        Assert.Null(fragments[1].Udp);
        Assert.Equal(1480, fragments[1].Ipv4!.Value.FragmentOffset);
        Assert.Equal([true, true, false], fragments.Select(f => f.Ipv4!.Value.MoreFragments));
    }

    [Fact]
    public void Options_without_the_copy_bit_are_in_the_first_fragment_only()
    {
        byte[] options = [.. Ipv4Option.Route(Ipv4Option.RecordRoute, Ipv4Address.Any), .. Ipv4Option.RouterAlertBytes];
        var fragments = Frame.Ip(Mac1, Mac2, Udp(3000).Ipv4!.Value with { Options = options }).Fragment(1500);

        Assert.Equal(12, fragments[0].Ipv4!.Value.Options.Length);
        Assert.Equal(Ipv4Option.RouterAlertBytes.ToArray(), fragments[1].Ipv4!.Value.Options.ToArray());
    }

    [Fact]
    public void A_packet_that_forbids_it_is_not_cut()
    {
        var error = Assert.Throws<ArgumentException>(() => Udp(3000, new IpOptions { DontFragment = true }).Fragment(1500));

        Assert.Contains("DF", error.Message, StringComparison.Ordinal);
        Assert.Single(Udp(100, new IpOptions { DontFragment = true }).Fragment(1500));
    }

    [Fact]
    public void Fragments_that_overlap_drop_the_packet()
    {
        var fragments = Udp(3000).Fragment(1500);
        var ip = fragments[1].Ipv4!.Value;
        var overlapping = Frame.Ip(Mac1, Mac2, ip with { FragmentOffset = ip.FragmentOffset - 8 });
        var reassembler = new IpReassembler();

        Assert.Null(reassembler.Add(fragments[0]));
        Assert.Null(reassembler.Add(overlapping));
        Assert.Equal(Defect.Malformed("fragments that overlap"), reassembler.Defect);
        Assert.Equal(0, reassembler.Pending);
    }

    [Fact]
    public void Fragments_of_two_packets_are_kept_apart_and_forgotten_on_demand()
    {
        var one = Udp(3000, new IpOptions { Identification = 1 }).Fragment(1500);
        var two = Udp(2990, new IpOptions { Identification = 2 }).Fragment(1500);
        var reassembler = new IpReassembler();

        Assert.All(one.Take(2).Concat(two.Take(2)), f => Assert.Null(reassembler.Add(f)));
        Assert.Equal(2, reassembler.Pending);
        Assert.Equal(3000, reassembler.Add(one[2])!.Udp!.Value.Payload.Length);
        Assert.Equal(1, reassembler.Pending);
        reassembler.Forget();
        Assert.Null(reassembler.Add(two[2]));
    }

    [Fact]
    public void A_frame_that_is_no_fragment_comes_back_at_once()
    {
        var frame = Udp();

        Assert.Same(frame, new IpReassembler().Add(frame));
    }

    private static Frame WithExtensions(Frame frame)
    {
        var extensions = new byte[16];
        Ipv6Extension.WriteOptions(extensions, IpProtocol.DestinationOptions, [Ipv6Option.RouterAlert, 2, 0, 0]);
        Ipv6Extension.WriteOptions(extensions.AsSpan(8), IpProtocol.Udp, []);
        return Frame.Ip(Mac1, Mac2, frame.Ipv6!.Value with { FirstExtension = IpProtocol.HopByHop, Extensions = extensions });
    }
}
