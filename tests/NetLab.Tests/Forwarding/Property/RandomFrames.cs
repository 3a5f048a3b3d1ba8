using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>Makes frames of the VMs of a described lab at random. Each has an identification and a payload that no other has.</summary>
internal sealed class RandomFrames(Random random, Lab lab)
{
    private readonly List<FakeVm> _vms = [.. lab.Vms];

    /// <summary>What a frame's copies carry.</summary>
    public static byte[] TokenOf(ushort number) => [(byte)'t', (byte)'o', (byte)'k', (byte)(number >> 8), (byte)number, (byte)'e', (byte)'n', (byte)'!'];

    public SentPiece Next(ushort number)
    {
        var from = _vms[random.Next(_vms.Count)];
        var to = _vms[random.Next(_vms.Count)];
        var kind = random.Next(23);
        var options = new IpOptions { Identification = number, TimeToLive = 64 };
        return kind switch
        {
            0 => Of(from, "an experimental broadcast", Frame.Ethernet(from.Mac, MacAddress.Broadcast, 0x88b5, Payload(number, 60)), Others(from)),
            1 => Of(from, "to a MAC that nobody has", Frame.Ethernet(from.Mac, MacAddress.Parse("02:00:00:00:77:77"), 0x88b5, Payload(number, 60)), []),
            2 => Of(from, $"an ARP request for {to.Name}", Frame.ArpRequest(from.Mac, from.Address, to.Address), SameSubnet(from, to) ? [to.Name] : []),
            3 => Of(from, $"a solicitation of {to.Name}", Frame.NeighborSolicitation(from.Mac, Six(from), Six(to)), SameSubnet(from, to) ? [to.Name] : []),
            4 => Of(from, "a UDP broadcast", Frame.Udp(from.Mac, MacAddress.Broadcast, from.Address, IPAddress.Broadcast, 4000, (ushort)random.Next(53, 55),
                Payload(number, 30), options), Others(from)),
            5 => Of(from, "multicast", Frame.Udp(from.Mac, MacAddress.Parse("01:00:5e:01:02:03"), from.Address, IPAddress.Parse("239.1.2.3"), 4000, 54,
                Payload(number, 30), options), Others(from)),
            6 => Of(from, $"UDP to {to.Name} with a tag", To(from, to, number, options, 30).WithVlan((ushort)(random.Next(1, 3) * 10)), []),
            7 when Stacks() is [_, ..] stacks => ToStack(from, stacks[random.Next(stacks.Count)], number, options),
            8 when Stacks() is [_, ..] stacks => ToStack(from, stacks[random.Next(stacks.Count)], number, options),
            9 when Stacks() is [_, ..] stacks => ToStack(from, stacks[random.Next(stacks.Count)], number, options),
            10 => Of(from, $"UDP with TTL 1 to {to.Name}", To(from, to, number, options with { TimeToLive = 1 }, 30), [to.Name]),
            11 => Of(from, $"a large datagram to {to.Name}", 
                To(from, to, number, options with { DontFragment = random.Next(2) == 0 }, random.Next(1000, 1472)), [to.Name]),
            12 => Of(from, $"a ping of {to.Name}", Frame.IcmpEcho(from.Mac, MacTo(from, to), from.Address, to.Address, IcmpType.EchoRequest, 7, number,
                Payload(number, 30), options), [to.Name]),
            16 => Of(from, $"a TCP segment to {to.Name}",
                Frame.Tcp(from.Mac, MacTo(from, to), from.Address, to.Address, 4000, 80, TcpFlags.Syn, number, 0), []),
            17 => Of(from, $"UDP from an address of nobody to {to.Name}", Frame.Udp(from.Mac, MacTo(from, to), IPAddress.Parse("10.77.0.1"), to.Address,
                4000, 53, Payload(number, 30), options), [to.Name]),
            18 => Of(from, $"UDP to {to.Name} with the MAC address of another",
                To(from, to, number, options, 30).With(source: _vms[random.Next(_vms.Count)].Mac), []),
            19 => Of(from, "an unasked ARP reply", Frame.ArpReply(from.Mac, from.Address, MacAddress.Broadcast, from.Address), []),
            20 => Of(from, $"UDP with a wrong checksum to {to.Name}", Damaged(To(from, to, number, options, 30)), [to.Name]),
            21 => Of(from, $"a first fragment to {to.Name}", Fragment(To(from, to, number, options, 72)), [to.Name]),
            22 when Stacks() is [_, ..] stacks => Of(from, "UDP for the MAC address of a stack, and the address of nobody there", Frame.Udp(from.Mac,
                stacks[random.Next(stacks.Count)].Device.Mac, from.Address, IPAddress.Parse("10.88.0.1"), 4000, 53, Payload(number, 30), options), []),
            13 => Of(from, $"UDP over IPv6 to {to.Name}", Frame.Udp(from.Mac, MacTo(from, to), Six(from), Six(to), 4000, 54, Payload(number, 30)), [to.Name]),
            _ => Of(from, $"UDP to {to.Name}", To(from, to, number, options, 30), [to.Name]),
        };
    }

    private static SentPiece Of(FakeVm from, string what, Frame frame, IReadOnlyList<string> wanted) =>
        new(from.Name, what, frame, [.. wanted.Where(w => w != from.Name)]);

    private static byte[] Payload(ushort number, int length)
    {
        var payload = new byte[length];
        TokenOf(number).CopyTo(payload, 0);
        return payload;
    }

    private static Frame Damaged(Frame frame)
    {
        byte[] bytes = [.. frame.Bytes.Span];
        bytes[^1] ^= 1;
        return Frame.FromBytes(bytes);
    }

    // The first of two: more are to come, and never do.
    private static Frame Fragment(Frame frame) => Frame.Ip(frame.Source, frame.Destination, frame.Ipv4!.Value with { MoreFragments = true });

    private static bool SameSubnet(FakeVm a, FakeVm b) => SubnetOf(a.Address) == SubnetOf(b.Address);

    private static byte SubnetOf(IPAddress address) => address.GetAddressBytes()[2];

    private static IPAddress Six(FakeVm vm) => vm.Addresses[1].Address;

    private IReadOnlyList<string> Others(FakeVm from) => [.. _vms.Where(v => SameSubnet(v, from)).Select(v => v.Name)];

    private Frame To(FakeVm from, FakeVm to, ushort number, IpOptions options, int length) =>
        Frame.Udp(from.Mac, MacTo(from, to), from.Address, to.Address, 4000, 54, Payload(number, length), options);

    // That of the router where the receiver is in another subnet.
    private MacAddress MacTo(FakeVm from, FakeVm to) => SameSubnet(from, to) ? to.Mac : RouterMac(SubnetOf(from.Address));

    private MacAddress RouterMac(byte subnet) => lab.FindNode("router")!.Device($"eth{subnet}").Mac;

    private List<(Node Node, Device Device, IPAddress Address)> Stacks() =>
        [.. from node in lab.Nodes from device in node.Devices where !device.Name.StartsWith('u') && device is not OvsInternalPort
            from address in device.Addresses
            select (node, device, address.Address)];

    private SentPiece ToStack(FakeVm from, (Node Node, Device Device, IPAddress Address) to, ushort number, IpOptions options)
    {
        var isSix = to.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var subnet = isSix ? to.Address.GetAddressBytes()[3] : SubnetOf(to.Address);
        var mac = subnet == SubnetOf(from.Address) ? to.Device.Mac : RouterMac(SubnetOf(from.Address));
        var own = isSix ? Six(from) : from.Address;
        var port = (ushort)(random.Next(3) switch { 0 => 53, 1 => 54, _ => 5353 });
        return random.Next(3) == 0
            ? Of(from, $"a ping of {to.Address}", isSix
                ? Frame.Icmpv6Echo(from.Mac, mac, own, to.Address, Icmpv6Type.EchoRequest, 7, number, Payload(number, 30))
                : Frame.IcmpEcho(from.Mac, mac, own, to.Address, IcmpType.EchoRequest, 7, number, Payload(number, 30), options), [to.Node.Name])
            : Of(from, $"UDP to {to.Address} port {port}", Frame.Udp(from.Mac, mac, own, to.Address, 4000, port, Payload(number, 30), options), [to.Node.Name]);
    }
}
