using System.Net;
using System.Net.Sockets;
using System.Text;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>The frame that a `send` step describes: what the file leaves out comes from the sender and the receiver.</summary>
internal sealed class FrameComposer(Lab lab)
{
    private int _identification;

    /// <exception cref="ForwardingException">The receiver's MAC address had to be asked for, and nobody answered.</exception>
    /// <exception cref="StepFailure">The step lacks something, or its parts do not make one frame.</exception>
    public async Task<Frame> ComposeAsync(SendStep send, FakeVm sender, CancellationToken ct)
    {
        if (send.Raw is { } raw)
        {
            return Tagged(Frame.FromBytes(raw.Value), send);
        }
        var sourceMac = send.SourceMac?.Value ?? sender.Mac;
        var to = send.Destination?.Value ?? AddressOf(send, sender);
        if (send.Ethernet is { } bare)
        {
            var mac = await DestinationMacAsync(send, sender, to, ct).ConfigureAwait(false);
            return Tagged(Frame.Ethernet(sourceMac, mac, (ushort)bare.Type, Payload(bare.Payload, bare.Size)), send);
        }
        if (send.NeighborAdvertisement is { } na)
        {
            return Tagged(Frame.NeighborAdvertisement(sourceMac, na.Address, MacAddress.ForMulticast(Ipv6Address.AllNodes),
                Ipv6Address.AllNodes.ToIPAddress(), solicited: false), send);
        }
        if (send.RouterAdvertisement is { } ra)
        {
            if (send.Source?.Value is { AddressFamily: AddressFamily.InterNetwork } v4)
            {
                throw new StepFailure($"a router advertises itself from an address of IPv6, and {v4} is one of IPv4", "'src' like fe80::1, or none");
            }
            return Tagged(Frame.RouterAdvertisement(sourceMac, send.Source?.Value ?? Ipv6Address.LinkLocal(sourceMac), ra.ToAdvertisement()), send);
        }
        if (send.Rarp)
        {
            return Tagged(Frame.RarpAnnouncement(sourceMac), send);
        }
        if (to is null)
        {
            throw new StepFailure("the step names no IP address to send to", "to: a VM or an IP address, or dst");
        }
        if (send.Arp is not null && to.AddressFamily is not AddressFamily.InterNetwork)
        {
            throw new StepFailure($"ARP asks for IPv4 addresses, and {to} is one of IPv6", "an IPv4 address; neighbour discovery is asked by a ping");
        }
        var from = send.Source?.Value ?? SourceAddress(sender, to);
        if (from.AddressFamily != to.AddressFamily)
        {
            throw new StepFailure($"a packet from {from} to {to} cannot be: one is an address of IPv4, the other of IPv6",
                "'src' and the receiver's of one kind");
        }
        if (send.Arp is { } arp)
        {
            return Tagged(arp.Request
                ? Frame.ArpRequest(sourceMac, from, to)
                : Frame.ArpReply(sourceMac, from, await DestinationMacAsync(send, sender, to, ct).ConfigureAwait(false), to), send);
        }

        var destinationMac = await DestinationMacAsync(send, sender, to, ct).ConfigureAwait(false);
        var options = new IpOptions { TimeToLive = (byte)(send.Ttl ?? 64), Identification = (ushort)(Interlocked.Increment(ref _identification) % 60_000 + 1) };
        var v6 = to.AddressFamily is AddressFamily.InterNetworkV6;
        var frame = send switch
        {
            { Udp: { } udp } =>
                Frame.Udp(sourceMac, destinationMac, from, to, (ushort)udp.Source, (ushort)udp.Destination, Payload(udp.Payload, udp.Size), options),
            { Tcp: { } tcp } => Frame.Tcp(sourceMac, destinationMac, from, to, (ushort)tcp.Source, (ushort)tcp.Destination, Flags(tcp),
                tcp.SequenceNumber, tcp.AcknowledgmentNumber, payload: Payload(tcp.Payload, tcp.Size), options: options),
            { Icmp: { } echo } when v6 => Frame.Icmpv6Echo(sourceMac, destinationMac, from, to, echo.Request ? Icmpv6Type.EchoRequest : Icmpv6Type.EchoReply,
                (ushort)echo.Id, (ushort)echo.Sequence, Payload(null, echo.Size ?? 32), options),
            { Icmp: { } echo } => Frame.IcmpEcho(sourceMac, destinationMac, from, to, echo.Request ? IcmpType.EchoRequest : IcmpType.EchoReply,
                (ushort)echo.Id, (ushort)echo.Sequence, Payload(null, echo.Size ?? 32), options),
            _ => throw new StepFailure("the step describes no frame", "one of udp, tcp, icmp, arp, ethernet, raw"),
        };
        return Tagged(frame, send);
    }

    /// <summary>The receiver's address: of the kind that the frame has, or else of the sender's where it has one of each.</summary>
    private IPAddress? AddressOf(SendStep send, FakeVm sender)
    {
        var kind = send.Arp is not null ? AddressFamily.InterNetwork : send.Source?.Value.AddressFamily;
        return send.To?.Value switch
        {
            { Address: { } address } => address,
            { Name: { } name } when lab.FindVm(name) is { Addresses: { Count: > 0 } addresses } => addresses
                .OrderByDescending(each => each.Address.AddressFamily == kind)
                .ThenByDescending(each => sender.Addresses.Any(own => own.Contains(each.Address))).First().Address,
            _ => null,
        };
    }

    private static IPAddress SourceAddress(FakeVm sender, IPAddress to)
    {
        var fitting = sender.Addresses.Where(each => each.Address.AddressFamily == to.AddressFamily).ToList();
        return fitting.Count == 0
            ? throw new StepFailure($"{sender.Name} has no address to send from to {to}", "give it 'addresses', or say 'src'")
            : fitting.Find(each => each.Contains(to)) is { Address: { } near } ? near : fitting[0].Address;
    }

    /// <summary>
    /// What the file says; a VM in the same network has its own, without asking; anything else is asked for as a guest does,
    /// so that the question is part of what can go wrong.
    /// </summary>
    private async Task<MacAddress> DestinationMacAsync(SendStep send, FakeVm sender, IPAddress? to, CancellationToken ct)
    {
        if (send.DestinationMac is { } chosen)
        {
            return chosen.Value;
        }
        if (send.To?.Value is { Mac: { } mac })
        {
            return mac;
        }
        var near = to is null || to.Equals(sender.FindNextHop(to));
        if (near && send.To?.Value.Name is { } name && lab.FindVm(name) is { } receiver)
        {
            return receiver.Mac;
        }
        if (to is null)
        {
            throw new StepFailure("the step names no MAC address to send to", "to: a VM, or dst_mac");
        }
        var bytes = to.GetAddressBytes();
        if (bytes is [255, 255, 255, 255])
        {
            return MacAddress.Broadcast;
        }
        if (bytes is [>= 224 and < 240, _, _, _])
        {
            return MacAddress.FromBytes([0x01, 0x00, 0x5e, (byte)(bytes[1] & 0x7f), bytes[2], bytes[3]]);
        }
        if (bytes is [0xff, ..] and { Length: 16 })
        {
            return MacAddress.FromBytes([0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]]);
        }
        var next = sender.FindNextHop(to)
            ?? throw new StepFailure($"{sender.Name} has no way to {to}: {sender.WhyNoWay}", "give the VM a 'gateway' or 'routes', or say 'dst_mac'");
        return await sender.ResolveAsync(next, ct).ConfigureAwait(false);
    }

    private static TcpFlags Flags(PortsEntry tcp) => tcp.Flags.Count == 0
        ? TcpFlags.Syn
        : tcp.Flags.Aggregate(TcpFlags.None, (flags, flag) => flags | Enum.Parse<TcpFlags>(flag.Value, ignoreCase: true));

    private static byte[] Payload(string? text, int? size)
    {
        if (text is not null)
        {
            return Encoding.UTF8.GetBytes(text);
        }
        var payload = new byte[size ?? 0];
        var pattern = "NetLab "u8;
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] = pattern[i % pattern.Length];
        }
        return payload;
    }

    private static Frame Tagged(Frame frame, SendStep send) => send.Vlan is { } vlan ? frame.WithVlan((ushort)vlan.Value) : frame;
}
