using System.Net;
using System.Security.Cryptography;
using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>The guest as a DHCP client (RFC 2131).</summary>
public sealed partial class FakeVm
{
    private const ushort DhcpServerPort = 67, DhcpClientPort = 68; // RFC 2131, 4.1

    /// <summary>
    /// Asks for an address by DHCP: DISCOVER, OFFER, REQUEST, ACK. The guest then has the address, the gateway and the routes of the lease in place of its own.
    /// It waits for each answer as long as <see cref="LabOptions.Patience"/>.
    /// </summary>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ForwardingException">No answer came, or the server refused; the message holds the fate of what the guest sent.</exception>
    public async Task<DhcpLease> DhcpAsync(CancellationToken ct = default)
    {
        // It tells this exchange from those whose answers the guest has read before.
        var exchange = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{Name} {FramesRead}")));
        var discover = DhcpMessage.Discover(Mac, exchange);
        var (offer, _) = await AskDhcpAsync(discover, DhcpMessageType.Offer, ct).ConfigureAwait(false);
        var (ack, fate) = await AskDhcpAsync(offer.Request(), DhcpMessageType.Ack, ct).ConfigureAwait(false);
        var lease = DhcpLease.Of(ack, fate);
        (Addresses, Gateway, Routes) = ([lease.Address], lease.Gateway, lease.Routes);
        return lease;
    }

    private async Task<(DhcpMessage Answer, Fate Fate)> AskDhcpAsync(DhcpMessage message, DhcpMessageType wanted, CancellationToken ct)
    {
        var fate = await SendAsync(
            Frame.Udp(Mac, MacAddress.Broadcast, IPAddress.Any, IPAddress.Broadcast, DhcpClientPort, DhcpServerPort, message.ToArray()),
            ct).ConfigureAwait(false);
        Frame answer;
        try
        {
            answer = await ReceiveAsync(frame => frame.Dhcp is { IsReply: true } reply && reply.TransactionId == message.TransactionId
                && (reply.MessageType == wanted || reply.MessageType == DhcpMessageType.Nak), ct).ConfigureAwait(false);
        }
        catch (ForwardingException silence)
        {
            throw new ForwardingException($"VM {Name} sent a DHCP {Word(message.MessageType)}, and got no {Word(wanted)}.{Environment.NewLine}{fate.Describe()}"
                + $"{Environment.NewLine}{silence.Message}", fate, null);
        }

        return answer.Dhcp is { } said && said.MessageType == wanted
            ? (said, fate)
            : throw new ForwardingException($"VM {Name} sent a DHCP {Word(message.MessageType)}, and the server refused it (NAK).{Environment.NewLine}"
                + fate.Describe(), fate, null);
    }

    private static string Word(DhcpMessageType? type) => $"{type}".ToUpperInvariant();
}

/// <summary>What a guest got by DHCP.</summary>
/// <param name="Address">Its address, with the prefix length of the subnet mask.</param>
/// <param name="Gateway">Where what is in no network of its own goes: the default of the classless routes (RFC 3442), else the first router; or null.</param>
/// <param name="Mtu">The MTU that the server tells, in bytes; null where it tells none.</param>
/// <param name="Server">The server.</param>
/// <param name="Ack">The server's last message.</param>
/// <param name="Fate">What became of the guest's last message.</param>
public sealed record DhcpLease(InterfaceAddress Address, IPAddress? Gateway, int? Mtu, IPAddress? Server, DhcpMessage Ack, Fate Fate)
{
    /// <summary>The other classless routes (RFC 3442), as that to 169.254.169.254; those without a router are left out.</summary>
    public IReadOnlyList<GuestRoute> Routes =>
    [
        .. Ack.Routes.Where(route => route.PrefixLength > 0 && route.Router != default)
            .Select(route => new GuestRoute(new InterfaceAddress(ToAddress(route.Destination)!, route.PrefixLength), ToAddress(route.Router)!)),
    ];

    internal static DhcpLease Of(DhcpMessage ack, Fate fate)
    {
        var mask = ack.SubnetMask is { } told ? ToAddress(told)!.GetAddressBytes().Sum(part => int.PopCount(part)) : 32;
        var router = ack.Routes.Count > 0
            ? ack.Routes.Where(route => route.PrefixLength == 0).Select(route => (Ipv4Address?)route.Router).FirstOrDefault()
            : ack.Routers.Select(one => (Ipv4Address?)one).FirstOrDefault();
        return new DhcpLease(new InterfaceAddress(ToAddress(ack.YourIp)!, mask), ToAddress(router), ack.Mtu, ToAddress(ack.ServerId), ack, fate);
    }

    /// <summary><c>10.0.0.11/24 from 10.0.0.2, gateway 10.0.0.1, mtu 1450</c>.</summary>
    public override string ToString() => $"{Address} from {Server}{(Gateway is null ? "" : $", gateway {Gateway}")}{(Mtu is null ? "" : $", mtu {Mtu}")}";

    private static IPAddress? ToAddress(Ipv4Address? address) => address is { } own ? IPAddress.Parse(own.ToString()) : null;
}
