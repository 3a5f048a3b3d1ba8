using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that was seen in watched namespaces and has come to rest: nothing has been seen of it for a while.</summary>
/// <param name="Sent">The frame, where it was seen first.</param>
/// <param name="At">When that was.</param>
/// <param name="Copies">Its copies; why one ended is not known yet.</param>
internal sealed record WatchedFrame(SentFrame Sent, DateTimeOffset At, IReadOnlyList<FrameCopy> Copies)
{
    /// <summary>Who sends a frame: the node whose stack made it, or the address that it claims to be from.</summary>
    public static string SenderOf(Frame frame, Node node, bool isOwn) =>
        isOwn ? node.Name
        : frame.Ipv4 is { } ip4 ? ip4.Source.ToString()
        : frame.Ipv6 is { } ip6 ? ip6.Source.ToString()
        : frame.Arp is { } arp && !IPAddress.Any.Equals(arp.SenderIp) ? arp.SenderIp.ToString()
        : frame.Source.ToString();
}

/// <summary>
/// Makes frames of what is seen in the namespaces of an adopted lab: of the kernel's tracepoints (<see cref="KernelFrames"/>), or of packet
/// sockets (<see cref="SocketFrames"/>).
/// </summary>
internal interface IWatchSource
{
    /// <summary>The frames that match and have come to rest since the last time.</summary>
    /// <param name="all">Whether those that have not come to rest are wanted as well, because it is the last time.</param>
    IReadOnlyList<WatchedFrame> Collect(bool all);

    /// <summary>How many records found no room since the beginning.</summary>
    long Lost { get; }
}
