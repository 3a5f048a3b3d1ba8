using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab;

/// <summary>A guest asks for a TCP connection, and announces its addresses.</summary>
public sealed partial class FakeVm
{
    /// <summary>Asks another VM for a TCP connection.</summary>
    /// <inheritdoc cref="ConnectAsync(IPAddress, int, CancellationToken)"/>
    public Task<ProbeResult> ConnectAsync(FakeVm to, int port, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return ConnectAsync(to.Address, port, ct);
    }

    /// <summary>Asks for a TCP connection, and keeps it where it comes to be.</summary>
    /// <param name="to">Who is asked.</param>
    /// <param name="port">The port.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// Whether the connection came to be, was refused by RST, or nothing came back, which a barrier proves; else why. Also where nobody answered for the next
    /// hop: the exchange is that question then.
    /// </returns>
    /// <exception cref="TopologyException">The guest has no way there.</exception>
    public async Task<ProbeResult> ConnectAsync(IPAddress to, int port, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var next = NextHop(to);
        (var mac, var question) = await TryResolveAsync(next, ct).ConfigureAwait(false);
        if (mac is null)
        {
            return new ProbeResult(Name, new IPEndPoint(to, port), ProtocolType.Tcp, ProbeOutcome.Silent, SocketError.Success, null, default, question!,
                $"nobody answered for {next}: the ARP or ND question got no reply: {question!.Problem}");
        }

        var peer = new TcpPeer(to, port, SourceFor(to), NextLocalPort());
        var syn = Outgoing(Frame.Tcp(Mac, mac.Value, peer.OwnAddress, to, (ushort)peer.OwnPort, (ushort)port, TcpFlags.Syn, InitialSequence,
            options: new IpOptions { Identification = Node.Lab.Live.NextMark() }), next);

        // What comes in for it is no stray segment.
        _connections[peer] = new TcpConnection(InitialSequence + 1);
        var isOpen = false;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<ReceivedFrame>? answer = null;
        long sent = 0;
        try
        {
            var exchange = await FollowedFrame.ExchangeAsync(new SentFrame(Name, this, Node, syn, FrameIdentity.Of(syn)), Ask,
                () => answer is { IsCompletedSuccessfully: true }, ct).ConfigureAwait(false);
            var received = answer is { IsCompletedSuccessfully: true } ? await answer.ConfigureAwait(false) : null;
            await done.CancelAsync().ConfigureAwait(false);
            var outcome = received is null ? ProbeOutcome.Silent : IsRst(received.Frame) ? ProbeOutcome.Refused : ProbeOutcome.Answered;
            isOpen = outcome is ProbeOutcome.Answered;
            return new ProbeResult(Name, new IPEndPoint(to, port), ProtocolType.Tcp, outcome,
                outcome is ProbeOutcome.Refused ? SocketError.ConnectionRefused : SocketError.Success,
                received is null ? null : Stopwatch.GetElapsedTime(sent, received.At), default, exchange, outcome switch
                {
                    ProbeOutcome.Answered => null,
                    ProbeOutcome.Refused => "the SYN was refused: a RST came back",
                    _ => $"the SYN got no answer: {exchange.Problem}",
                });
        }
        finally
        {
            if (!isOpen)
            {
                _connections.TryRemove(peer, out _);
            }
        }

        void Ask()
        {
            answer = Inbox.Take(frame => frame.Tcp is not null && Answers.Is(frame, syn), done.Token);
            sent = Stopwatch.GetTimestamp();
            Inject(syn.Bytes.Span);
        }
    }

    /// <summary>Announces the guest's IPv4 addresses by gratuitous ARP, as a guest does whose address is new: a request for its own address, to all.</summary>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The fate of each.</returns>
    public async Task<IReadOnlyList<Fate>> AnnounceAddressesAsync(CancellationToken ct = default)
    {
        var fates = new List<Fate>();
        foreach ((var vlan, var own) in Tagged.Where(one => !one.Own.IsIPv6))
        {
            fates.Add(await SendAsync(InVlan(Frame.ArpRequest(Mac, own.Address, own.Address), vlan), ct).ConfigureAwait(false));
        }

        return fates;
    }

    private static bool IsRst(Frame frame) => frame.Tcp is { } segment && segment.Flags.HasFlag(TcpFlags.Rst);
}
