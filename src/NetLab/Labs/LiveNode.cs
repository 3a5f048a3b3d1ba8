using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>What exists in the kernel for one node. It owns the namespace's descriptor, and goes with it.</summary>
internal sealed class LiveNode : IDisposable
{
    // Low numbers are left to devices that the kernel or Open vSwitch number themselves.
    private int _nextIndex = 100;
    private readonly Dictionary<string, string> _written = [];

    public LiveNode(Node node)
        : this(node, NetworkNamespace.Create(), isReadOnly: false)
    {
    }

    /// <summary>A node whose namespace is there already; its descriptor is owned from now on, also where this fails.</summary>
    public LiveNode(Node node, NetworkNamespace ns, bool isReadOnly)
    {
        Node = node;
        Namespace = ns;
        try
        {
            Route = RouteSocket.Open(Namespace, isReadOnly);
        }
        catch
        {
            Namespace.Dispose();
            throw;
        }
    }

    public Node Node { get; }

    public NetworkNamespace Namespace { get; }

    public RouteSocket Route { get; }

    /// <summary>What is to be given back, where the namespace is somebody else's.</summary>
    public GivenNamespace? Given { get; set; }

    public OvsInstance? Ovs { get; set; }

    /// <summary>What its row was last made for.</summary>
    public OvsOptions? OvsOptions { get; set; }

    /// <summary>What programs in the node have to themselves, once one was started.</summary>
    public Userland? Userland { get; set; }

    /// <summary>What the namespace's settings were last made for; null for a namespace as the kernel made it.</summary>
    public (bool IPv6, bool Bridges, bool CallIptables)? QuietFor { get; set; }

    /// <summary>Devices by the index that frames are seen under.</summary>
    public Dictionary<int, Device> DevicesByIndex { get; } = [];

    /// <summary>Devices get numbers from this one on, or from a higher one.</summary>
    public void NumberFrom(int index) => _nextIndex = Math.Max(_nextIndex, index);

    public void WriteSysctl(string name, string value)
    {
        _written[name] = value;
        if (Given is not null)
        {
            Given.WriteSysctl(name, value);
        }
        else
        {
            Namespace.WriteSysctl(name, value);
        }
    }

    /// <summary>Writes what the node's description says of settings that need no device, and was not written yet.</summary>
    public void WriteSysctls(Node node)
    {
        if (Given is not null && node.Forwarding)
        {
            WriteSysctl("net.ipv4.ip_forward", "1");
        }

        foreach ((var name, var value) in node.Sysctls.Where(s => !QuietNetwork.NeedsDevice(node, s.Key)
            && _written.GetValueOrDefault(s.Key) != s.Value))
        {
            WriteSysctl(name, value);
        }
    }

    public int TakeIndex(Device device)
    {
        var index = FreeIndex();
        Register(device, index);
        return index;
    }

    /// <summary>An index that no device of the node has, or will get in another way.</summary>
    public int FreeIndex() => _nextIndex++;

    public void Register(Device device, int index)
    {
        DevicesByIndex[index] = device;
        device.LiveIndex = index;
    }

    public void Forget(Device device)
    {
        DevicesByIndex.Remove(device.LiveIndex);
        device.LiveIndex = 0;
    }

    public void Dispose()
    {
        Route.Dispose();
        Namespace.Dispose();
    }
}
