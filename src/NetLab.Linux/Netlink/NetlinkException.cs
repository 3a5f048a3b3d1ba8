namespace NetLab.Linux.Netlink;

/// <summary>
/// The kernel refused a netlink request. The message names what was being done, the error, the kernel's own explanation where it gave one
/// (extended ack), and what to try: <c>adding veth eth0 (peer h1): EEXIST (File exists). …</c>
/// </summary>
public sealed class NetlinkException : LinuxException
{
    /// <summary>Makes the exception for one refused request.</summary>
    /// <param name="doing">What was being done.</param>
    /// <param name="errno">The error number, positive.</param>
    /// <param name="extendedAck">The kernel's own explanation, or null.</param>
    /// <param name="tryThis">What the reader may do about it, or null.</param>
    /// <param name="messageIndex">Which request of the batch it was, from 0; -1 for a request that was not part of a batch.</param>
    public NetlinkException(string doing, int errno, string? extendedAck = null, string? tryThis = null, int messageIndex = -1)
        : base(doing, errno, extendedAck, tryThis) => MessageIndex = messageIndex;

    /// <summary>Which request of the batch it was, from 0; -1 for a request that was not part of a batch (a dump).</summary>
    public int MessageIndex { get; }
}
