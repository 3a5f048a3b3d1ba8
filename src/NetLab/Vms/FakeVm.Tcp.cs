using System.Collections.Concurrent;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// TCP as far as a guest without programs has it (RFC 9293, 3.5 and 3.10.7): it accepts connections and closes them with its peer, acknowledges what
/// comes, and answers by RST what belongs to no connection. It sends nothing again.
/// </summary>
public sealed partial class FakeVm
{
    private const uint InitialSequence = 1_000_000;
    private const int FirstLocalPort = 49152; // IANA's dynamic ports

    private readonly ConcurrentDictionary<TcpPeer, TcpConnection> _connections = [];

    private int _connects;

    // One that has never asked for a connection has those alone that it accepts.
    private bool MayHaveTcp => Listens is not null || _connects > 0;

    private int NextLocalPort() => FirstLocalPort + (Interlocked.Increment(ref _connects) % (ushort.MaxValue - FirstLocalPort));

    private bool AnswerTcp(Frame frame, IPAddress from, IPAddress to, int? vlan)
    {
        // What is for many is none (net/ipv4/tcp_ipv4.c, tcp_v4_rcv).
        if (!MayHaveTcp || frame.Tcp is not { } segment || frame.Destination != Mac || !Owns(to, vlan))
        {
            return false;
        }

        var peer = new TcpPeer(from, segment.SourcePort, to, segment.DestinationPort);
        var isKnown = _connections.TryGetValue(peer, out var own);
        if (Listens is null && !isKnown)
        {
            return false;
        }

        if (segment.Flags.HasFlag(TcpFlags.Rst))
        {
            _connections.TryRemove(peer, out _);
            return true;
        }

        // SYN and FIN count as a byte each.
        var next = segment.SequenceNumber + (uint)segment.Payload.Length
            + (segment.Flags.HasFlag(TcpFlags.Syn) ? 1u : 0) + (segment.Flags.HasFlag(TcpFlags.Fin) ? 1u : 0);
        if (isKnown && !(own.IsClosing && segment.Flags.HasFlag(TcpFlags.Syn)))
        {
            if (segment.Flags.HasFlag(TcpFlags.Fin))
            {
                _connections[peer] = own with { IsClosing = true };
                SendTcp(peer, TcpFlags.Fin | TcpFlags.Ack, own.Next, next);
            }
            else if (own.IsClosing)
            {
                if (segment.Flags.HasFlag(TcpFlags.Ack) && segment.AcknowledgmentNumber == own.Next + 1)
                {
                    _connections.TryRemove(peer, out _);
                }
            }
            else if (next != segment.SequenceNumber)
            {
                SendTcp(peer, TcpFlags.Ack, own.Next, next);
            }
        }
        else if (segment.Flags.HasFlag(TcpFlags.Ack))
        {
            SendTcp(peer, TcpFlags.Rst, segment.AcknowledgmentNumber, 0);
        }
        else if (segment.Flags.HasFlag(TcpFlags.Syn) && Listens?.Contains(peer.OwnPort) == true)
        {
            _connections[peer] = new TcpConnection(InitialSequence + 1);
            SendTcp(peer, TcpFlags.Syn | TcpFlags.Ack, InitialSequence, next);
        }
        else
        {
            SendTcp(peer, TcpFlags.Rst | TcpFlags.Ack, 0, next);
        }

        return true;
    }

    // Where the guest has a way there, by the neighbour that it goes by.
    private void SendTcp(TcpPeer peer, TcpFlags flags, uint sequence, uint acknowledgment)
    {
        if (FindNextHop(peer.Address) is not { } next)
        {
            return;
        }

        if (_neighbours.TryGetValue(next, out var known))
        {
            TryInject(Outgoing(Segment(known), next));
        }
        else
        {
            AskFirst(next, peer.OwnAddress, Segment);
        }

        Frame Segment(MacAddress mac) => Frame.Tcp(Mac, mac, peer.OwnAddress, peer.Address, (ushort)peer.OwnPort, (ushort)peer.Port, flags, sequence,
            acknowledgment, options: new IpOptions { Identification = Node.Lab.Live.NextMark() });
    }

    /// <param name="Next">The number of the next byte to send.</param>
    /// <param name="IsClosing">Both have sent FIN, and that of the guest, which has this number, is not acknowledged yet.</param>
    private readonly record struct TcpConnection(uint Next, bool IsClosing = false);

    private readonly record struct TcpPeer(IPAddress Address, int Port, IPAddress OwnAddress, int OwnPort);
}
