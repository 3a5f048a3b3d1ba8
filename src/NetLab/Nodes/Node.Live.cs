using System.Net;
using NetLab.Linux;

namespace NetLab;

/// <summary>A node in a running lab.</summary>
public sealed partial class Node
{
    private LiveNode? _state;
    private int _pings;

    /// <summary>Whether the node's namespace exists.</summary>
    public bool IsApplied => _state is not null;

    /// <summary>The inode of the node's namespace, as <c>/proc/PID/ns/net</c> shows it.</summary>
    public ulong NamespaceInode => Live.Namespace.Inode;

    internal LiveNode Live => _state ?? throw new InvalidOperationException($"Node {Name} is not applied yet; call lab.ApplyAsync() first.");

    /// <summary>Reads a kernel setting of this namespace.</summary>
    public string ReadSysctl(string name) => Live.Namespace.ReadSysctl(name);

    /// <summary>Changes a kernel setting of this namespace in the running lab.</summary>
    public void WriteSysctl(string name, string value)
    {
        Lab.RequireOwn();
        Live.WriteSysctl(name, value);
        _sysctls[name] = value;
    }

    /// <summary>The sequence number of the node's next ping.</summary>
    private ushort NextPing() => (ushort)Interlocked.Increment(ref _pings);

    /// <summary>
    /// Finds the node's namespace again, which was given
    /// (<see cref="Lab.AddNode(string, Func{CancellationToken, ValueTask{NetworkNamespace}})"/>):
    /// a container that is started again has another
    /// one. The node's ends of links move there, with their addresses, routes and neighbours. A capture that is open goes on with the old one.
    /// </summary>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>Whether it was another one.</returns>
    /// <exception cref="InvalidOperationException">The namespace is the lab's own.</exception>
    /// <exception cref="TopologyException">It is not there, or the node has devices that cannot follow.</exception>
    public Task<bool> ReattachAsync(CancellationToken ct = default) =>
        IsGiven ? Lab.ReattachAsync(this, ct) : throw new InvalidOperationException($"The namespace of node {Name} is the lab's own, and stays the same.");

    /// <summary>From now on the node exists in the kernel.</summary>
    internal void Attach(LiveNode state) => (_state, _isMade) = (state, true);

    /// <summary>
    /// The addresses that others may reach the node by: as the kernel has them, so also those that somebody typed. Those of the description come first, and are
    /// all where it cannot be asked.
    /// </summary>
    internal IReadOnlyList<InterfaceAddress> AddressesNow
    {
        get
        {
            List<InterfaceAddress> described = [.. _devices.SelectMany(d => d.Addresses)];
            try
            {
                var now = _state?.Route.GetAddresses().Where(a => !IPAddress.IsLoopback(a.Address)).ToList();
                return now is null ? described
                    : [.. described.Where(d => now.Exists(a => a.Address.Equals(d.Address))),
                        .. now.Where(a => !a.Address.IsIPv6LinkLocal && !described.Exists(d => d.Address.Equals(a.Address)))
                            .Select(a => new InterfaceAddress(a.Address, a.PrefixLength))];
            }
            catch (Exception e) when (e is LinuxException or ObjectDisposedException)
            {
                return described; // the node is gone
            }
        }
    }

    /// <summary>By which addresses the node is asked for: those that it was to have, where it has none now. What becomes of the question tells that.</summary>
    internal IReadOnlyList<InterfaceAddress> AddressesAskedFor => AddressesNow is { Count: > 0 } now ? now : [.. _devices.SelectMany(d => d.Addresses)];

    /// <summary>The node's address that somebody with these addresses can reach on the wire, or else its first.</summary>
    internal IPAddress AddressFor(IReadOnlyList<InterfaceAddress> asker)
    {
        var own = AddressesAskedFor;
        foreach (var address in own)
        {
            if (asker.Any(a => a.Contains(address.Address)))
            {
                return address.Address;
            }
        }

        return own.Count > 0 ? own[0].Address : throw new TopologyException($"node {Name} has no address; give a device one");
    }
}
