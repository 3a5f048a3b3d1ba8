using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// The kernel's network settings of one namespace (rtnetlink(7)): changes them by batches, and reads them as records. Safe for use by many
/// threads at once; the kernel carries out one request at a time anyhow.
/// </summary>
public sealed partial class RouteSocket : IDisposable
{
    private readonly NetlinkSocket _socket;

    private readonly bool _isReadOnly;

    private RouteSocket(NetlinkSocket socket, bool isReadOnly)
    {
        _socket = socket;
        _isReadOnly = isReadOnly;
    }

    /// <summary>Opens a socket in a namespace. It stays usable when the namespace object is disposed, and keeps the namespace alive.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="isReadOnly">Whether it refuses to change anything: for namespaces that are somebody else's.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static RouteSocket Open(NetworkNamespace ns, bool isReadOnly = false) => new(NetlinkSocket.Open(ns, NETLINK_ROUTE, strictChecks: true), isReadOnly);

    /// <summary>
    /// Carries out the requests of a batch in order, up to 32 in one system call. When one is refused, those sent together with it have been tried all
    /// the same, and those after them have not been sent. A setting that this kernel would take and ignore (<see cref="SinceLinuxAttribute"/>) is refused
    /// too: then all of the batch has been carried out, without the setting.
    /// </summary>
    /// <exception cref="NetlinkException">The first request that was refused.</exception>
    /// <exception cref="InvalidOperationException">The socket was opened to read alone.</exception>
    public void Execute(NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (_isReadOnly)
        {
            throw new InvalidOperationException("This namespace is only looked at: whoever made it changes it.");
        }

        _socket.Execute(batch);
        foreach (var request in batch.ThatMayBeIgnored)
        {
            RequireTaken(batch, request);
        }
    }

    private void RequireTaken(NetlinkBatch batch, int request)
    {
        var (subject, index) = batch.SubjectOf(request);
        var qdisc = subject is QdiscSpec wanted ? GetQdiscs(wanted.Index).FirstOrDefault(q => q.Parent == wanted.Parent && q.Kind == wanted.Kind)?.Spec : null;
        var link = subject switch
        {
            LinkSpec { Namespace: { } elsewhere } spec => Elsewhere(elsewhere, spec.Name),
            LinkSpec spec => FindLink(spec.Name),
            QdiscSpec => null,
            _ => FindLink(index),
        };
        var ignored = IgnoredSettings.Between(subject, link, qdisc).ToList();
        if (ignored.Count > 0)
        {
            throw batch.Refused(request, Errno.EOPNOTSUPP, null, NetlinkAdvice.Ignored(ignored));
        }
    }

    private static LinkInfo? Elsewhere(NetworkNamespace ns, string name)
    {
        using var there = Open(ns, isReadOnly: true);
        return there.FindLink(name);
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();
}
