using System.Diagnostics.CodeAnalysis;

namespace NetLab.Linux.Netlink;

/// <summary>
/// A queueing discipline of a device (tc(8)), or a class of one: what every kind has. One record per kind derives from it. The same records come back
/// from <see cref="RouteSocket.GetQdiscs"/>.
/// </summary>
/// <param name="Index">Index of the device.</param>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] // their state is listed by name
public abstract record QdiscSpec(int Index) : IDescribed
{
    /// <summary>The kind's name in the kernel (TCA_KIND).</summary>
    public abstract string Kind { get; }

    /// <summary>Its number; the kernel chooses when left out.</summary>
    public TcHandle Handle { get; init; }

    /// <summary>Where it hangs: the root of the device, or a class.</summary>
    public virtual TcHandle Parent { get; init; } = TcHandle.Root;

    /// <summary>Writes the inside of TCA_OPTIONS.</summary>
    internal virtual void WriteOptions(MessageWriter writer)
    {
    }

    string IDescribed.Describe() => $"{Kind} {(Parent == TcHandle.Root ? "at the root" : $"at {Parent}")}";
}

/// <summary>What to do when there is one already.</summary>
public enum QdiscMode
{
    /// <summary>EEXIST.</summary>
    Add,
    /// <summary>Takes its place.</summary>
    Replace,
    /// <summary>Changes the settings of the one that is there.</summary>
    Change,
}

/// <summary>A queueing discipline that has no settings, or is left at its defaults: <c>noqueue</c>, <c>fq</c>, <c>sfq</c>, <c>prio</c>…</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="KindName">The kind's name in the kernel.</param>
public sealed record PlainQdiscSpec(int Index, string KindName) : QdiscSpec(Index)
{
    /// <inheritdoc/>
    public override string Kind => KindName;
}

/// <summary>A place for filters on what comes in (CONFIG_NET_SCH_INGRESS).</summary>
/// <param name="Index">Index of the device.</param>
public sealed record IngressSpec(int Index) : QdiscSpec(Index)
{
    /// <inheritdoc/>
    public override string Kind => "ingress";

    /// <inheritdoc/>
    public override TcHandle Parent { get; init; } = TcHandle.Ingress;
}

/// <summary>A place for filters on what comes in and on what goes out (CONFIG_NET_SCH_INGRESS).</summary>
/// <param name="Index">Index of the device.</param>
public sealed record ClsactSpec(int Index) : QdiscSpec(Index)
{
    /// <inheritdoc/>
    public override string Kind => "clsact";

    /// <inheritdoc/>
    public override TcHandle Parent { get; init; } = TcHandle.Ingress;
}

/// <summary>First in, first out: <c>pfifo</c> counts packets, <c>bfifo</c> bytes (tc-pfifo(8)).</summary>
/// <param name="Index">Index of the device.</param>
public sealed record FifoSpec(int Index) : QdiscSpec(Index)
{
    /// <summary>Counts bytes instead of packets.</summary>
    public bool Bytes { get; init; }

    /// <summary>Drops the oldest instead of the newest when full (<c>pfifo_head_drop</c>).</summary>
    public bool HeadDrop { get; init; }

    /// <summary>Most packets, or bytes, that it holds; the device's queue length when null.</summary>
    public uint? Limit { get; init; }

    /// <inheritdoc/>
    public override string Kind => HeadDrop ? "pfifo_head_drop" : Bytes ? "bfifo" : "pfifo";

    // include/uapi/linux/pkt_sched.h:   struct tc_fifo_qopt { __u32 limit; };
    internal override void WriteOptions(MessageWriter writer)
    {
        if (Limit is { } limit)
        {
            MessageWriter.Write(writer.Append(4), limit);
        }
    }
}

/// <summary>Counters of a queueing discipline or class (TCA_STATS2, <c>include/uapi/linux/gen_stats.h</c>).</summary>
/// <param name="Bytes">Bytes sent.</param>
/// <param name="Packets">Packets sent.</param>
/// <param name="Drops">Packets dropped.</param>
/// <param name="Overlimits">Times that sending had to wait.</param>
/// <param name="Requeues">Packets put back because the device was busy.</param>
/// <param name="Backlog">Bytes waiting.</param>
/// <param name="QueueLength">Packets waiting.</param>
public readonly record struct QdiscStatistics(ulong Bytes, uint Packets, uint Drops, uint Overlimits, uint Requeues, uint Backlog, uint QueueLength);

/// <summary>A queueing discipline or class as the kernel describes it.</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Handle">Its number.</param>
/// <param name="Parent">Where it hangs.</param>
/// <param name="Spec">Its settings, as the spec that would make it; null for kinds that NetLab does not read.</param>
public sealed record QdiscInfo(int Index, string Kind, TcHandle Handle, TcHandle Parent, QdiscSpec? Spec)
{
    /// <summary>Counters.</summary>
    public QdiscStatistics Statistics { get; init; }

    /// <summary>One line, as <c>tc qdisc</c> would begin it.</summary>
    public override string ToString() => $"{Kind} {Handle} on {Index}, parent {Parent}";
}
