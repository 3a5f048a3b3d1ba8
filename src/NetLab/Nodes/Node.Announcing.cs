using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Gratuitous ARP.</summary>
public sealed partial class Node
{
    /// <summary>
    /// Announces the IPv4 addresses that are described of the node's devices, and returns when all have heard it: of each a request and a reply to all,
    /// as <c>arping -U</c> and <c>arping -A</c> send them.
    /// </summary>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="Linux.LinuxException">A device is down (ENETDOWN), or a rule dropped it (ENOBUFS).</exception>
    public async Task AnnounceAddressesAsync(CancellationToken ct = default)
    {
        Lab.RequireApplied();
        using var socket = PacketSocket.Open(Live.Namespace);
        foreach (var device in Devices.Where(device => device.Addresses.Any(own => !own.IsIPv6)))
        {
            var mac = MacAddress.From(device.ReadLink().Mac!);
            foreach (var own in device.Addresses.Where(own => !own.IsIPv6).Select(own => Ipv4Address.From(own.Address)))
            {
                Send(new ArpPacket(ArpOperation.Request, mac, own, MacAddress.Broadcast, own));
                Send(new ArpPacket(ArpOperation.Reply, mac, own, mac, own));
            }

            void Send(ArpPacket packet)
            {
                var bytes = new byte[ArpPacket.Size];
                packet.Write(bytes);
                socket.Send(device.Index, Frame.Ethernet(mac, MacAddress.Broadcast, EtherTypes.Arp, bytes).Bytes.Span);
            }
        }

        await Lab.SettleAsync(ct).ConfigureAwait(false);
    }
}
