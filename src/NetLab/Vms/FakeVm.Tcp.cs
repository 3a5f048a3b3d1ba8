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

    // Those that are open, each with the number of the next byte to send.
    private readonly ConcurrentDictionary<TcpPeer, uint> _connections = [];

    private int _connects;

    private int NextLocalPort() => FirstLocalPort + (Interlocked.Increment(ref _connects) % (ushort.MaxValue - FirstLocalPort));

    private bool AnswerTcp(Frame frame, IPAddress from, IPAddress to, int? vlan)
    {
        if (Listens is not { } listens || frame.Tcp is not { } segment || !Owns(to, vlan))
        {
            return false;
        }

        var peer = new TcpPeer(from, segment.SourcePort, to, segment.DestinationPort);
        if (segment.Flags.HasFlag(TcpFlags.Rst))
        {
            _connections.TryRemove(peer, out _);
            return true;
        }

        // SYN and FIN count as a byte each.
        var next = segment.SequenceNumber + (uint)segment.Payload.Length
            + (segment.Flags.HasFlag(TcpFlags.Syn) ? 1u : 0) + (segment.Flags.HasFlag(TcpFlags.Fin) ? 1u : 0);
        if (_connections.TryGetValue(peer, out var own))
        {
            if (segment.Flags.HasFlag(TcpFlags.Fin) && _connections.TryRemove(peer, out _))
            {
                SendTcp(peer, TcpFlags.Fin | TcpFlags.Ack, own, next);
            }
            else if (next != segment.SequenceNumber)
            {
                SendTcp(peer, TcpFlags.Ack, own, next);
            }
        }
        else if (segment.Flags.HasFlag(TcpFlags.Ack))
        {
            SendTcp(peer, TcpFlags.Rst, segment.AcknowledgmentNumber, 0);
        }
        else if (segment.Flags.HasFlag(TcpFlags.Syn) && listens.Contains(peer.OwnPort))
        {
            _connections[peer] = InitialSequence + 1;
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

    private readonly record struct TcpPeer(IPAddress Address, int Port, IPAddress OwnAddress, int OwnPort);
}
