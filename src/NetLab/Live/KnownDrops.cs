using System.Diagnostics;
using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Explains frames, and remembers for a moment why one was dropped: where the kernel drops another of the same flow at the same place by the same way through its functions, the reason is
/// the same, and nothing is read for it again.
/// </summary>
internal sealed class KnownDrops
{
    private const int Most = 1000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Key, (Reason Reason, long Time)> reasons = [];

    private sealed record Key(ulong Namespace, string Device, string Drop, IpProtocol? Protocol, IPAddress? From, IPAddress? To, int? Port);

    /// <summary>The copies with their reasons, and whether anything had to be read for it.</summary>
    public async Task<(IReadOnlyList<FrameCopy> Copies, bool HasAsked)> ExplainAsync(LiveFrame frame, RuleAccount rules)
    {
        List<FrameCopy> unknown = [.. frame.Copies.Where(c => !IsKnown(frame, c))];
        if (unknown.All(c => c.End is CopyEnd.Delivered or CopyEnd.Left) && frame.Copies.All(c => c.Skb is not null))
        {
            return (frame.Copies, false);
        }

        IReadOnlyList<FrameCopy> explained = await FateExplainer.ExplainAsync(frame.Sent, unknown, rules, CancellationToken.None).ConfigureAwait(false);
        foreach (FrameCopy copy in explained.Where(c => c is { Drop: not null, Reason: not null }))
        {
            if (reasons.Count == Most)
            {
                reasons.Clear();
            }

            reasons[KeyOf(frame, copy.Drop!)] = (copy.Reason!, Stopwatch.GetTimestamp());
        }

        return ([.. frame.Copies, .. explained.Except(frame.Copies)], true);
    }

    private bool IsKnown(LiveFrame frame, FrameCopy copy)
    {
        if (copy.Drop is { } drop && reasons.TryGetValue(KeyOf(frame, drop), out var before) && Stopwatch.GetElapsedTime(before.Time) < Fresh)
        {
            copy.EndBecauseOf(CopyEnd.Dropped, before.Reason);
            return true;
        }

        return false;
    }

    private static Key KeyOf(LiveFrame frame, DropPlace drop)
    {
        Frame sent = frame.Sent.Frame;
        TraceEvent e = drop.Event;
        return new Key(e.Namespace, drop.Device, string.Join('<', e.Stack.Prepend(e.Location).Prepend(e.ReasonName)), sent.Protocol,
            sent.Ipv4 is { } ip4 ? ip4.Source : sent.Ipv6 is { } ip6 ? ip6.Source : (IPAddress?)null,
            sent.Ipv4 is { } to4 ? to4.Destination : sent.Ipv6 is { } to6 ? to6.Destination : (IPAddress?)null,
            sent.Udp is { } udp ? udp.DestinationPort : sent.Tcp is { } tcp ? tcp.DestinationPort : null);
    }
}
