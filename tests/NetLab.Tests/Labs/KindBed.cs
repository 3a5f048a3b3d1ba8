using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Tests.Labs;

/// <summary>Two nodes, joined by a cable: what the tests of the kinds of devices build on.</summary>
internal sealed class KindBed : IAsyncDisposable
{
    public KindBed()
    {
        A = Lab.AddNode("a");
        B = Lab.AddNode("b");
        var cable = Lab.AddLink(A.End("eth0", "192.168.7.1/24"), B.End("eth0", "192.168.7.2/24"));
        (EthA, EthB) = (cable.A, cable.B);
    }

    public static IPAddress AddressA { get; } = IPAddress.Parse("192.168.7.1");

    public static IPAddress AddressB { get; } = IPAddress.Parse("192.168.7.2");

    /// <summary>The address inside a tunnel, in node b.</summary>
    public static IPAddress Inside { get; } = IPAddress.Parse("10.0.0.2");

    public Lab Lab { get; } = new();

    public Node A { get; }

    public Node B { get; }

    public Device EthA { get; }

    public Device EthB { get; }

    /// <summary>A tunnel between the two, with 10.0.0.1 and 10.0.0.2 in it, carries a ping.</summary>
    /// <param name="end">One end of it, given the address of this side and of the other.</param>
    /// <param name="name">Its name at both ends.</param>
    public static async Task TunnelCarriesAsync(string name, Func<IPAddress, IPAddress, LinkSpec> end)
    {
        await using var bed = new KindBed();
        bed.A.AddDevice(end(AddressA, AddressB)).AddAddress("10.0.0.1/24");
        bed.B.AddDevice(end(AddressB, AddressA)).AddAddress("10.0.0.2/24");
        await bed.Lab.ApplyAsync();

        await bed.A.PingByProgramAsync(Inside);

        Assert.All([bed.A, bed.B], n => Assert.NotEqual(0u, n.Device(name).ReadLink().Statistics.RxPackets));
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}

/// <summary>What the lab has no words for.</summary>
internal static class KindSteps
{
    /// <summary>Asks the kernel for more in a node.</summary>
    public static void Change(this Node node, Action<NetlinkBatch> change)
    {
        var batch = new NetlinkBatch();
        change(batch);
        node.Live.Route.Execute(batch);
    }

    /// <summary>After devices went up: the kernel's worker that spreads carriers has done its job.</summary>
    public static Task ReadyAsync(this Lab lab)
    {
        foreach (var node in lab.Nodes)
        {
            Ethtool.RunLinkWatch(node.Live.Namespace, node.Devices.Select(d => d.Name));
        }

        return lab.SettleAsync();
    }

    /// <summary>Pings with ping(8), which waits for the reply: for kinds that hand packets to a worker of the kernel, which no barrier sees.</summary>
    public static async Task<string> PingByProgramAsync(this Node node, IPAddress to, params string[] options) =>
        (await node.ExecAsync("ping", ["-n", "-c", "1", "-W", "60", .. options, to.ToString()])).EnsureSuccess().Output;
}
