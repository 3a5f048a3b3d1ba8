using Microsoft.Win32.SafeHandles;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Tells of changes in a namespace as they happen (rtnetlink(7) multicast groups), and waits for them. Events are read on the
/// <see cref="Reactor"/>'s thread; nothing polls.
/// </summary>
/// <remarks>
/// A wait looks at the state as it is after the call began, then at every change since, so that it neither misses what happened before nor is
/// fooled by what was true earlier. The waits are in <c>RouteEvents.Waiting.cs</c>.
/// </remarks>
public sealed unsafe partial class RouteEvents : IDisposable
{
    private const int ReceiveBufferSize = 4 * 1024 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly RouteSocket _reader;
    private readonly RouteGroups _groups;
    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Dictionary<int, LinkInfo> _links = [];
    private IDisposable? _registration;

    private RouteEvents(SafeFileHandle handle, RouteSocket reader, RouteGroups groups)
    {
        _handle = handle;
        _reader = reader;
        _groups = groups;
    }

    /// <summary>Subscribes to changes in a namespace.</summary>
    /// <param name="ns">The namespace; it is kept alive until this is disposed.</param>
    /// <param name="groups">What to tell of.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static RouteEvents Open(NetworkNamespace ns, RouteGroups groups)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var reader = RouteSocket.Open(ns);
        SafeFileHandle? handle = null;
        try
        {
            handle = ns.OpenSocket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK, NETLINK_ROUTE);
            using (var fd = handle.Borrow())
            {
                // Needs CAP_NET_ADMIN in the first user namespace; without it the size stays as it is, and EventsLost tells when it was too small.
                var size = ReceiveBufferSize;
                _ = Libc.setsockopt(fd.Number, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &size, sizeof(int));

                // struct sockaddr_nl { __kernel_sa_family_t nl_family; unsigned short nl_pad; __u32 nl_pid; __u32 nl_groups; };
                // Without a port number of its own a socket is taken for the kernel, which is spared its own messages.
                var address = stackalloc uint[3] { Libc.AF_NETLINK, 0, 0 };
                if (Libc.bind(fd.Number, address, 12) < 0)
                {
                    throw new LinuxException("bind a netlink socket", Libc.LastErrno);
                }
            }

            foreach (var group in GroupNumbers(groups))
            {
                NetlinkSocket.SetOption(handle, NETLINK_ADD_MEMBERSHIP, group, $"subscribe to netlink group {group}");
            }

            var events = new RouteEvents(handle, reader, groups);
            if (groups.HasFlag(RouteGroups.Links))
            {
                foreach (var link in reader.GetLinks())
                {
                    events._links[link.Index] = link;
                }
            }

            events._registration = Reactor.Shared.OnReadable(handle, events.ReadAll, events.FailWaits);
            return events;
        }
        catch
        {
            handle?.Dispose();
            reader.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Something changed. Called on the reactor's thread, or on that of somebody who begins to wait:
    /// hand long work to somebody else, and do not wait. What a handler
    /// throws ends every wait on this subscription, those to come too: it is told by them, and by nobody else.
    /// </summary>
    public event Action<NetlinkEvent>? Received;

    /// <summary>Ends the subscription; waits that are still open end with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _registration, null)?.Dispose();
        _handle.Dispose();
        _reader.Dispose();
        EndAllWaits();
    }

    // RTNLGRP_*: include/uapi/linux/rtnetlink.h.
    private static IEnumerable<int> GroupNumbers(RouteGroups groups)
    {
        (RouteGroups Group, int[] Numbers)[] all =
        [
            (RouteGroups.Links, [1]),
            (RouteGroups.Neighbours, [3]),
            (RouteGroups.Qdiscs, [4]),
            (RouteGroups.Addresses, [5, 9]),
            (RouteGroups.Routes, [7, 11]),
            (RouteGroups.Rules, [8, 19]),
            (RouteGroups.Mdb, [26]),
            (RouteGroups.NamespaceIds, [28]),
            (RouteGroups.Nexthops, [32]),
        ];
        return all.Where(g => groups.HasFlag(g.Group)).SelectMany(g => g.Numbers);
    }

    private void ReadAll()
    {
        lock (_gate)
        {
            while (TryReceive(out var datagram))
            {
                var messages = new MessageReader(datagram);
                while (messages.Next())
                {
                    if (Parse(messages.Type, messages.Payload) is { } happened)
                    {
                        Publish(happened);
                    }
                }
            }
        }
    }

    private bool TryReceive(out ReadOnlySpan<byte> datagram)
    {
        using var fd = _handle.Borrow();
        fixed (byte* start = _buffer)
        {
            while (true)
            {
                var size = Libc.recv(fd.Number, start, _buffer.Length, Libc.MSG_DONTWAIT);
                if (size >= 0)
                {
                    datagram = _buffer.AsSpan(0, (int)size);
                    return true;
                }

                switch (Libc.LastErrno)
                {
                    case Errno.EINTR:
                        break;
                    case Errno.ENOBUFS:
                        // Reading the state may wait for the kernel, which the reactor must not.
                        ThreadPool.UnsafeQueueUserWorkItem(static events => events.ReadStateAgain(), this, preferLocal: false);
                        break;
                    default:
                        datagram = default;
                        return false;
                }
            }
        }
    }

    /// <summary>After a loss: what was missed is in the state.</summary>
    private void ReadStateAgain()
    {
        try
        {
            var state = _groups.HasFlag(RouteGroups.Links) ? _reader.GetLinks() : [];
            lock (_gate)
            {
                _links.Clear();
                foreach (var link in state)
                {
                    _links[link.Index] = link;
                }

                Publish(new EventsLost());
            }
        }
        catch (ObjectDisposedException)
        {
            // The subscription was closed meanwhile; there is nobody left to tell.
        }
        catch (LinuxException e)
        {
            FailWaits(e);
        }
    }

    private void Publish(NetlinkEvent happened)
    {
        try
        {
            Received?.Invoke(happened);
        }
#pragma warning disable CA1031 // Told by the waits: it is neither the reactor's fault nor that of who begins to wait.
        catch (Exception e)
#pragma warning restore CA1031
        {
            FailWaits(e);
        }

        TellWaits(happened);
    }

    private NetlinkEvent? Parse(ushort type, ReadOnlySpan<byte> payload) => type switch
    {
        RTM_NEWLINK or RTM_DELLINK => ParseLink(type == RTM_DELLINK, payload),
        RTM_NEWADDR or RTM_DELADDR => new AddressEvent(AddressMessages.Read(payload), type == RTM_DELADDR),
        RTM_NEWROUTE or RTM_DELROUTE => RouteMessages.Read(payload) is { } route ? new RouteEvent(route, type == RTM_DELROUTE) : null,
        RTM_NEWNEIGH or RTM_DELNEIGH when FdbMessages.Read(payload) is { } entry => new FdbEvent(entry, type == RTM_DELNEIGH),
        RTM_NEWNEIGH or RTM_DELNEIGH => NeighbourMessages.Read(payload) is { } neighbour ? new NeighbourEvent(neighbour, type == RTM_DELNEIGH) : null,
        RTM_NEWRULE or RTM_DELRULE => RuleMessages.Read(payload) is { } rule ? new RuleEvent(rule, type == RTM_DELRULE) : null,
        RTM_NEWNEXTHOP or RTM_DELNEXTHOP => new NexthopEvent(NexthopMessages.Read(payload), type == RTM_DELNEXTHOP),
        RTM_NEWQDISC or RTM_DELQDISC => new QdiscEvent(QdiscMessages.Read(payload), type == RTM_DELQDISC),
        RTM_NEWTCLASS or RTM_DELTCLASS => new QdiscEvent(QdiscMessages.Read(payload), type == RTM_DELTCLASS),
        RTM_NEWNSID or RTM_DELNSID => new NamespaceIdEvent(RouteSocket.ReadNamespaceId(payload), type == RTM_DELNSID),
        RTM_NEWMDB or RTM_DELMDB => ParseMdb(type == RTM_DELMDB, payload),
        _ => null,
    };

    // A notice is about one entry, or about a router port, which is none.
    private static MdbEvent? ParseMdb(bool deleted, ReadOnlySpan<byte> payload)
    {
        var entries = new List<MdbInfo>();
        MdbMessages.Read(payload, entries);
        return entries.Count == 0 ? null : new MdbEvent(entries[0], deleted);
    }

    // A message of family AF_BRIDGE tells of a bridge port (its state is told in no other way) and has little else of the device in it. Its
    // RTM_DELLINK says that the port left its bridge, not that the device is gone.
    private LinkEvent? ParseLink(bool deleted, ReadOnlySpan<byte> payload)
    {
        var index = Attribute.ReadAt<int>(payload, 4);
        if (Attribute.ReadAt<byte>(payload, 0) == AF_BRIDGE)
        {
            if (!_links.TryGetValue(index, out var known))
            {
                return null;
            }

            var port = Attributes.After(payload, LinkMessages.HeaderSize).Find(LinkAttributes.IFLA_PROTINFO).Nested;
            known = deleted
                ? known with { MasterIndex = null, PortKind = null, BridgePortOptions = null, BridgePortStatus = null }
                : known with { BridgePortOptions = BridgePortOptions.Read(port), BridgePortStatus = BridgePortStatus.Read(port) };
            _links[index] = known;
            return new LinkEvent(known, false);
        }

        var link = LinkInfo.Read(payload);
        if (deleted)
        {
            _links.Remove(index);
        }
        else
        {
            _links[index] = link;
        }

        return new LinkEvent(link, deleted);
    }
}
