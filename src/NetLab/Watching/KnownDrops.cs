using System.Diagnostics;
using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Explains frames, and remembers for a moment why one was dropped: where the kernel drops another of the same flow at the same place by
/// the same way through its functions, the reason is
/// the same, and nothing is read for it again.
/// </summary>
internal sealed class KnownDrops
{
    private const int Most = 1000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Key, (Reason Reason, long Time)> _reasons = [];

    private sealed record Key(Node Node, string Device, string Drop, IpProtocol? Protocol, IPAddress? From, IPAddress? To, int? Port);

    /// <summary>Finds the reasons that are known already.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isWhole">Whether all of it was seen. Where records are missing, only a drop that was seen has a reason:
    /// what was not seen may have happened all the same.</param>
    /// <returns>The copies whose reasons have to be looked for.</returns>
    public IReadOnlyList<FrameCopy> Unknown(WatchedFrame frame, bool isWhole)
    {
        List<FrameCopy> unknown = [.. frame.Copies.Where(c => !IsKnown(frame, c) && (isWhole || c.Drop is not null))];
        return unknown.All(c => c is { End: CopyEnd.Delivered or CopyEnd.Left, Skb: not null }) ? [] : unknown;
    }

    /// <summary>The frame's copies with the reasons of those that <see cref="Unknown"/> gave.</summary>
    public async Task<IReadOnlyList<FrameCopy>> ExplainAsync(WatchedFrame frame, IReadOnlyList<FrameCopy> unknown, RuleAccount rules)
    {
        (var explained, _) = await FateExplainer.ExplainAsync(frame.Sent, unknown, rules, CancellationToken.None).ConfigureAwait(false);
        foreach (var copy in explained.Where(c => c is { Drop: not null, Reason: not null }))
        {
            if (_reasons.Count == Most)
            {
                _reasons.Clear();
            }

            _reasons[KeyOf(frame, copy.Drop!)] = (copy.Reason!, Stopwatch.GetTimestamp());
        }

        return [.. frame.Copies, .. explained.Except(frame.Copies)];
    }

    private bool IsKnown(WatchedFrame frame, FrameCopy copy)
    {
        if (copy.Drop is { } drop && _reasons.TryGetValue(KeyOf(frame, drop), out var before) && Stopwatch.GetElapsedTime(before.Time) < Fresh)
        {
            copy.EndBecauseOf(CopyEnd.Dropped, before.Reason);
            return true;
        }

        return false;
    }

    private static Key KeyOf(WatchedFrame frame, DropPlace drop)
    {
        var sent = frame.Sent.Frame;
        return new Key(drop.Node, drop.Device, string.Join('<', drop.Stack.Prepend(drop.Function).Prepend(drop.Reason)), sent.Protocol,
            sent.Ipv4 is { } ip4 ? ip4.Source : sent.Ipv6 is { } ip6 ? ip6.Source : (IPAddress?)null,
            sent.Ipv4 is { } to4 ? to4.Destination : sent.Ipv6 is { } to6 ? to6.Destination : (IPAddress?)null,
            sent.Udp is { } udp ? udp.DestinationPort : sent.Tcp is { } tcp ? tcp.DestinationPort : null);
    }
}
