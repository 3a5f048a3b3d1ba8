using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Finds why the copies of a frame ended where they did: of the kernel's drops from what it told (<see cref="DropKnowledge"/>), of everything
/// else from the state of the device or node where a copy was last seen. What remains unexplained stays as it was seen.
/// </summary>
internal static class FateExplainer
{
    public static async Task<IReadOnlyList<FrameCopy>> ExplainAsync(SentFrame sent, IReadOnlyList<FrameCopy> copies, RuleAccount rules, CancellationToken ct)
    {
        if (copies.All(c => c.Skb is null))
        {
            copies = await RuleDrops.AddAsync(sent, copies, rules, ct).ConfigureAwait(false);
        }

        foreach (FrameCopy copy in copies)
        {
            if (copy.Drop is { } drop)
            {
                copy.EndBecauseOf(CopyEnd.Dropped, await DropKnowledge.ExplainAsync(drop, rules, ct).ConfigureAwait(false));
            }
            else if (copy is { End: CopyEnd.Lost, Hops: [.., var last] })
            {
                await LostAsync(sent, copy, last, ct).ConfigureAwait(false);
            }
        }

        return copies;
    }

    /// <summary>What went round until the lab stopped it ended by that, wherever it was just then.</summary>
    public static IReadOnlyList<FrameCopy> EndedBy(Storm storm, IReadOnlyList<FrameCopy> copies)
    {
        foreach (FrameCopy copy in copies.Where(c => c.End is CopyEnd.Lost or CopyEnd.Dropped))
        {
            copy.EndBecauseOf(CopyEnd.Dropped, storm.Reason);
        }

        return copies;
    }

    private static async Task LostAsync(SentFrame sent, FrameCopy copy, Hop last, CancellationToken ct)
    {
        switch (last.Enters)
        {
            case OvsBridge ovs when last is { LabDevice: { } port, Frame: { } seen }:
                if (await OvsVerdict.AskAsync(ovs, port, seen, ct).ConfigureAwait(false) is { } said)
                {
                    copy.EndBecauseOf(CopyEnd.Dropped, said);
                }

                break;
            case Bridge bridge when last.LabDevice is { } ingress:
                copy.EndBecauseOf(CopyEnd.NotForwarded, BridgeDecision.NoPortFor(bridge, ingress, last.Frame ?? sent.Frame));
                break;
            case null when last.Direction == HopDirection.In:
                UsedOrWaiting(sent, copy, last);
                break;
            default:
                break;
        }
    }

    // What a node used up, or keeps until a neighbour answers, is no drop.
    private static void UsedOrWaiting(SentFrame sent, FrameCopy copy, Hop hop)
    {
        if (copy.Skb is not { } skb)
        {
            return;
        }

        if (skb.End is SkbEnd.Open && Waiting(hop.Node, skb) is { } waiting)
        {
            copy.EndBecauseOf(CopyEnd.Pending, waiting);
        }
        else if (skb is { End: SkbEnd.Consumed, EndEvent: { } end })
        {
            copy.EndBecauseOf(CopyEnd.Consumed, Used(sent.Frame, hop, end));
        }
    }

    private static Reason Used(Frame frame, Hop hop, TraceEvent end)
    {
        string evidence = $"kernel: the frame was freed after use, in {end.Location}.";
        return frame.Arp is { } arp
            ? new Reason("arp-for-another", hop.Node, hop.Device, $"{hop.Node.Name} took the ARP packet, which asks for {arp.TargetIp}, and has nothing to answer: it does not have that address.", [evidence])
            : new Reason("used", hop.Node, hop.Device, $"{hop.Node.Name} used the frame up itself and sent nothing on.", [evidence]);
    }

    private static Reason? Waiting(Node node, SkbCopy skb)
    {
        if (skb.RouteLookups.LastOrDefault(r => r.Error == 0 && r.NextHopInterfaceIndex != 0) is not { } route)
        {
            return null;
        }

        IPAddress next = route.Gateway ?? route.Destination;
        NeighbourInfo? entry = node.State.Route.GetNeighbours(route.NextHopInterfaceIndex).FirstOrDefault(n => n.Address.Equals(next));
        string protocol = next.AddressFamily == AddressFamily.InterNetworkV6 ? "neighbour solicitation" : "ARP request";
        return entry?.State is NeighbourState.Incomplete or NeighbourState.Failed
            ? new Reason("neighbour-unresolved", node, route.NextHopDevice,
                $"{node.Name} is still resolving {next} on {route.NextHopDevice}: nobody has answered its {protocol}; the kernel gives up after 3 s.",
                [$"kernel: route {route}.", $"neighbour: {next} dev {route.NextHopDevice} {entry.State.ToString().ToUpperInvariant()}."],
                $"see that {next} is there and in the same network as {route.NextHopDevice}, or: ip neigh add {next} lladdr MAC dev {route.NextHopDevice}")
            : null;
    }
}
