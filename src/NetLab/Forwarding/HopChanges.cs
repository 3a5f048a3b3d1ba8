using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>What became of a frame between two of its hops: what translation of addresses, rules and flows write into it.</summary>
internal static class HopChanges
{
    /// <summary>The changes in a few words each, <c>from 10.0.2.1:40000</c>; none where only what every router changes has changed.</summary>
    public static IReadOnlyList<string> Between(Hop before, Hop after)
    {
        if (before.InTunnel || after.InTunnel || before.Frame is not { } was || after.Frame is not { } isNow)
        {
            return [];
        }

        var changes = new List<string>();
        if (StackModel.Ends(was) is var (fromWas, toWas) && StackModel.Ends(isNow) is var (from, to))
        {
            var (ports, portsWere) = (PortsOf(isNow), PortsOf(was));
            Add("from", fromWas, portsWere?.Source, from, ports?.Source);
            Add("to", toWas, portsWere?.Destination, to, ports?.Destination);
            int? ttl = isNow.Ipv4?.TimeToLive ?? isNow.Ipv6?.HopLimit, ttlWas = was.Ipv4?.TimeToLive ?? was.Ipv6?.HopLimit;
            if (ttl != ttlWas && ttl != ttlWas - 1)
            {
                changes.Add($"{(isNow.Ipv4 is null ? "hop limit" : "TTL")} {ttl}");
            }
        }

        // A router writes addresses of Ethernet, a switch does not.
        if (before.Enters is not null && after.LeavesSwitch && was.Destination != isNow.Destination)
        {
            changes.Add($"for {isNow.Destination}");
        }

        return changes;

        void Add(string word, IPAddress addressWas, int? portWas, IPAddress address, int? port)
        {
            if (!address.Equals(addressWas) || (port is not null && portWas is not null && port != portWas))
            {
                changes.Add($"{word} {(port is { } number ? new IPEndPoint(address, number) : address)}");
            }
        }
    }

    /// <summary>The ports of a frame; null where it has none.</summary>
    public static (int Source, int Destination)? PortsOf(Frame frame) =>
        frame.Udp is { } udp ? (udp.SourcePort, udp.DestinationPort) : frame.Tcp is { } tcp ? (tcp.SourcePort, tcp.DestinationPort) : null;
}
