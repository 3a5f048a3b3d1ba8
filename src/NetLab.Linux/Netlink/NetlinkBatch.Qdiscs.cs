using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>Requests about queueing disciplines, their classes and filters.</summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Gives a device a queueing discipline, or a discipline a class (<see cref="HtbClassSpec"/>).</summary>
    /// <param name="qdisc">The discipline or class; see the records derived from <see cref="QdiscSpec"/>.</param>
    /// <param name="mode">What to do when there is one already.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not 0 to 1.</exception>
    public void AddQdisc(QdiscSpec qdisc, QdiscMode mode = QdiscMode.Add, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(qdisc);
        Write((qdisc, mode), static (writer, a) => QdiscMessages.Add(writer, a.qdisc, a.mode), doing,
            mode is QdiscMode.Change ? "changing" : "adding", qdisc, qdisc.Index);
    }

    /// <summary>Takes a queueing discipline from a device; the root gets the kernel's default one back.</summary>
    /// <param name="index">Index of the device.</param>
    /// <param name="parent">Where it hangs; <see cref="TcHandle.Ingress"/> for ingress and clsact.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteQdisc(int index, TcHandle parent, string? doing = null) =>
        Write((index, parent), static (writer, a) => QdiscMessages.Delete(writer, RTM_DELQDISC, a.index, TcHandle.None, a.parent), doing,
            "deleting the queueing discipline at", parent, index);

    /// <summary>Adds a filter: packets go into a class, or frames to another device.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">It matches an IPv6 network.</exception>
    public void AddFilter(FilterSpec filter, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Write(filter, FilterMessages.Add, doing, "adding", filter, filter.Index);
    }

    /// <summary>Deletes the filters of a parent with that priority.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteFilter(FilterSpec filter, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Write(filter, FilterMessages.Delete, doing, "deleting", filter, filter.Index);
    }

    /// <summary>Deletes a class.</summary>
    /// <param name="index">Index of the device.</param>
    /// <param name="classId">Its number.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteClass(int index, TcHandle classId, string? doing = null) =>
        Write((index, classId), static (writer, a) => QdiscMessages.Delete(writer, RTM_DELTCLASS, a.index, a.classId, TcHandle.None), doing,
            "deleting class", classId, index);
}
