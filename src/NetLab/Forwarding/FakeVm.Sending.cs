using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>Sending: any bytes, and learning what became of them.</summary>
public sealed partial class FakeVm
{
    /// <summary>Sends a frame as it is and returns its fate: where every copy of it went.</summary>
    /// <param name="frame">The frame; nothing in it is changed.</param>
    /// <param name="ct">Ends the wait for its fate.</param>
    public Task<Fate> SendAsync(Frame frame, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return FollowedFrame.SendAsync(this, frame, untilEnded: false, ct);
    }

    /// <summary>
    /// As <see cref="SendAsync"/>, but waits until no copy waits in a node any more (<see cref="CopyEnd.Pending"/>): until a neighbour has answered or the
    /// kernel has given up asking, a queue has let it go, or the other fragments have come or are given up; or until nothing of it has moved for as long as
    /// <see cref="LabOptions.Patience"/>.
    /// </summary>
    /// <param name="frame">The frame; nothing in it is changed.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<Fate> SendUntilEndedAsync(Frame frame, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return FollowedFrame.SendAsync(this, frame, untilEnded: true, ct);
    }

    /// <summary>Sends a UDP datagram to an address, after resolving the next hop as a guest would.</summary>
    /// <exception cref="ForwardingException">Nobody answered for the next hop.</exception>
    public async Task<Fate> SendUdpAsync(IPAddress to, int port, ReadOnlyMemory<byte> payload, int sourcePort = 40_000, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var mac = await ResolveAsync(NextHop(to), ct).ConfigureAwait(false);
        return await SendAsync(
            Outgoing(Frame.Udp(Mac, mac, SourceFor(to), to, (ushort)sourcePort, (ushort)port, payload.Span,
                new IpOptions { Identification = Node.Lab.Live.NextMark() }), NextHop(to)), ct).ConfigureAwait(false);
    }
}
