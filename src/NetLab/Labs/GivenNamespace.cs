using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>
/// A namespace that is somebody else's, a container's above all, as a node of a lab.
/// It knows what was there before the lab, so that the lab adds only what does not collide with it,
/// and gives everything back: devices, settings, nftables tables. The namespace and what else is in it stay as they were.
/// </summary>
internal sealed class GivenNamespace
{
    private static readonly string[] BirthSettings = ["disable_ipv6", "accept_ra", "accept_dad", "dad_transmits", "autoconf", "addr_gen_mode"];

    private readonly LiveNode _live;
    private readonly HashSet<(NftFamily Family, string Name)> _tables;
    private readonly Dictionary<string, string> _settings = [];

    private GivenNamespace(LiveNode live)
    {
        _live = live;
        _tables = [.. NftTables.Read(live.Namespace)];
    }

    /// <summary>Finds the node's namespace and opens it.</summary>
    /// <exception cref="TopologyException">It is the machine's own, or another node's.</exception>
    public static async Task<LiveNode> OpenAsync(Node node, Func<CancellationToken, ValueTask<NetworkNamespace>> find, CancellationToken ct)
    {
        var ns = await find(ct).ConfigureAwait(false);
        using var own = NetworkNamespace.OfThisProcess();
        var problem = ns.Inode == own.Inode
            ? "it is the network namespace of this process, and a lab stays away from the machine's own network (a container with --network host?)"
            : node.Lab.Nodes.FirstOrDefault(n => n != node && n.IsApplied && n.NamespaceInode == ns.Inode) is { } twin
            ? $"it is the one that node {twin.Name} stands for" : null;
        if (problem is not null)
        {
            ns.Dispose();
            throw new TopologyException($"node {node.Name} cannot stand for the namespace that it was given: {problem}");
        }

        var live = new LiveNode(node, ns, isReadOnly: false);
        try
        {
            live.Given = new GivenNamespace(live);
            live.NumberFrom(live.Route.GetLinks().Select(l => l.Index).DefaultIfEmpty().Max() + 1);
            return live;
        }
        catch
        {
            live.Dispose();
            throw;
        }
    }

    /// <summary>Complains where a device would get a name that something in the namespace has already.</summary>
    /// <exception cref="TopologyException">It would.</exception>
    public void Require(IEnumerable<Device> devices)
    {
        var taken = _live.Route.GetLinks().Select(l => l.Name).ToHashSet();
        foreach (var device in devices.Where(d => taken.Contains(d.Name)))
        {
            throw new TopologyException(
                $"node {_live.Node.Name}: the namespace that it was given has a device '{device.Name}' already, which is not the lab's; choose another name");
        }
    }

    /// <summary>Writes a setting, and remembers what it was.</summary>
    public void WriteSysctl(string name, string value)
    {
        _settings.TryAdd(name, _live.Namespace.ReadSysctl(name));
        _live.Namespace.WriteSysctl(name, value);
    }

    /// <summary>Lets devices that are born now be quiet as those of any node, without a lasting change for those that somebody else adds later.</summary>
    public IDisposable QuietBirths(IEnumerable<Device> devices)
    {
        var v6 = devices.Any(d => d.Addresses.Any(a => a.IsIPv6));
        var before = new List<(string Name, string Value)>();
        foreach (var setting in BirthSettings)
        {
            var name = $"net/ipv6/conf/default/{setting}";
            if (_live.Namespace.FindSysctl(name) is { } value)
            {
                before.Add((name, value));
                _live.Namespace.WriteSysctl(name, setting switch { "disable_ipv6" => v6 ? "0" : "1", "addr_gen_mode" => "1", _ => "0" });
            }
        }

        return new Births(_live.Namespace, before);
    }

    /// <summary>Takes out of the namespace what the lab put in.</summary>
    public async Task GiveBackAsync()
    {
        foreach (var device in _live.Node.Devices.Where(d => d.IsApplied))
        {
            var batch = new NetlinkBatch();
            batch.DeleteLink(device.LiveIndex, $"removing {device}");
            try
            {
                _live.Route.Execute(batch);
            }
            catch (NetlinkException e) when (e.Errno == Errno.ENODEV)
            {
                // Somebody in the namespace, or the other end of the pair, was first.
                continue;
            }
        }

        string[] tables = [.. NftTables.Read(_live.Namespace).Where(t => !_tables.Contains(t))
            .Select(t => $"delete table {t.Family.ToString().ToLowerInvariant()} {t.Name}")];
        if (tables.Length > 0)
        {
            await _live.Node.LoadRulesetAsync(string.Join('\n', tables)).ConfigureAwait(false);
        }

        foreach ((var name, var value) in _settings)
        {
            _live.Namespace.WriteSysctl(name, value);
        }
    }

    private sealed class Births(NetworkNamespace ns, List<(string Name, string Value)> before) : IDisposable
    {
        public void Dispose() => before.ForEach(b => ns.WriteSysctl(b.Name, b.Value));
    }
}
