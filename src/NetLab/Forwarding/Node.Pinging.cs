using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Pinging from a node's own stack, by a raw socket (raw(7)).</summary>
public sealed partial class Node
{
    /// <summary>Pings another node.</summary>
    public Task<PingResult> PingAsync(Node to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return PingAsync(to.AddressFor(AddressesNow), ct);
    }

    /// <summary>Pings a fake VM.</summary>
    public Task<PingResult> PingAsync(FakeVm to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return PingAsync(to.Address, ct);
    }

    /// <summary>
    /// Sends one echo request by the node's own routing and says whether the reply came. "No" is proven by a barrier, not by a timeout.
    /// What the kernel lets wait, in the queue of a shaper (netem, tbf) or for the answer of a proxy (proxy_arp), is waited for as long as anything moves:
    /// <see cref="LabOptions.Patience"/>.
    /// </summary>
    public async Task<PingResult> PingAsync(IPAddress to, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var v6 = to.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = CreateSocket(to.AddressFamily, SocketType.Raw, v6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
        ushort id = (ushort)(Lab.Live.NextMark() | 1), sequence = NextPing();
        var message = Echo.Message(v6, id, sequence, PingPayload(id));
        var asSent = EchoFrame(to, v6, id, sequence);
        NamespaceSockets.StampArrivals(socket);

        DateTime sent = default;
        TimeSpan? roundTrip = null;
        var exchange = await FollowedFrame.ExchangeAsync(new SentFrame(Name, null, this, asSent, FrameIdentity.Of(asSent).WithAnyMark()),
            Ask, IsAnswered, ct).ConfigureAwait(false);
        return new PingResult(Name, to, roundTrip, exchange,
            roundTrip is not null ? null : exchange.Request.Refusal ?? $"the echo request got no reply: {exchange.Problem}");

        // When its turn has come: others may leave before.
        void Ask()
        {
            sent = DateTime.UtcNow;
            Send(socket, message, to);
        }

        bool IsAnswered()
        {
            roundTrip ??= ReadReply(socket, v6, id, sequence) is { } at ? TimeSpan.FromTicks(Math.Max(1, (at - sent).Ticks)) : null;
            return roundTrip is not null;
        }
    }

    private static void Send(Socket socket, byte[] message, IPAddress to)
    {
        try
        {
            socket.SendTo(message, new IPEndPoint(to, 0));
        }
        catch (SocketException e)
        {
            throw new Linux.LinuxException($"sending an echo request to {to}", e.NativeErrorCode);
        }
    }

    // Everything has arrived when this is asked, so there is nothing to wait for.
    private static DateTime? ReadReply(Socket socket, bool v6, ushort id, ushort sequence)
    {
        var buffer = new byte[2048];
        while (socket.Available > 0)
        {
            var length = socket.Receive(buffer);
            if (Echo.IsReply(buffer.AsMemory(0, length), v6, id, sequence))
            {
                return NamespaceSockets.ArrivalOf(socket);
            }
        }

        return null;
    }

    // The identifier is in the payload too, so that the request is known again behind NAT.
    private static byte[] PingPayload(ushort id) => System.Text.Encoding.ASCII.GetBytes($"NetLab ping {id:x4}, from a node's stack");

    private Frame EchoFrame(IPAddress to, bool v6, ushort id, ushort sequence)
    {
        var from = OutputModel.SourceFor(this, to) ?? (v6 ? IPAddress.IPv6Any : IPAddress.Any);
        return Echo.Request(default, default, from, to, id, sequence, PingPayload(id), 0);
    }
}
