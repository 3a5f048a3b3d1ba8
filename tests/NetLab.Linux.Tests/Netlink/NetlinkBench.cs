using System.Net.NetworkInformation;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

/// <summary>A new namespace with a socket in it, for one test.</summary>
internal sealed class NetlinkBench : IDisposable
{
    public NetworkNamespace Namespace { get; } = NetworkNamespace.Create();

    public RouteSocket Socket { get; }

    public NetlinkBench() => Socket = RouteSocket.Open(Namespace);

    /// <summary>Runs one batch.</summary>
    public void Do(Action<NetlinkBatch> fill)
    {
        var batch = new NetlinkBatch();
        fill(batch);
        Socket.Execute(batch);
    }

    public LinkInfo Link(string name) => Socket.FindLink(name) ?? throw new InvalidOperationException($"no {name}");

    public static PhysicalAddress Mac(string text) => PhysicalAddress.Parse(text);

    public void Dispose()
    {
        Socket.Dispose();
        Namespace.Dispose();
    }
}
