using NetLab.Linux.Probe;

namespace NetLab.Linux.Tests;

/// <summary>
/// Sets devices up and cables them by the old ioctls of netdevice(7) and the bridge, so that these tests depend on nothing but what they test.
/// </summary>
internal static unsafe class Devices
{
    private const uint SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914, SIOCSIFADDR = 0x8916, SIOCBRADDIF = 0x89a2;
    private const ushort IFF_UP = 1;

    public static void Up(NetworkNamespace ns, params string[] devices) => SetUp(ns, devices, true);

    public static void Down(NetworkNamespace ns, params string[] devices) => SetUp(ns, devices, false);

    /// <summary>A namespace whose devices send nothing of their own: no IPv6.</summary>
    public static NetworkNamespace QuietNamespace()
    {
        var ns = NetworkNamespace.Create();
        ns.WriteSysctl("net.ipv6.conf.default.disable_ipv6", "1");
        return ns;
    }

    /// <summary>A pair of devices, both down.</summary>
    public static void Veth(NetworkNamespace ns, string name, string peer)
    {
        using var rtnetlink = new ProbeSocket(ns, ProbeSocket.Route);
        var made = rtnetlink.Ask(16, create: true, new byte[16], ProbeSocket.Attribute(3, ProbeSocket.Text(name)), ProbeSocket.Attribute(
            18, ProbeSocket.Attribute(1, ProbeSocket.Text("veth")),
                ProbeSocket.Attribute(2, ProbeSocket.Attribute(1, new byte[16], ProbeSocket.Attribute(3, ProbeSocket.Text(peer))))));
        Assert.Equal(0, made.Errno);
    }

    /// <summary>A bridge with these ports; all up. With the link watch run, they forward at once.</summary>
    public static void Bridge(NetworkNamespace ns, string bridge, params string[] ports)
    {
        BridgeUnsettled(ns, bridge, ports);
        Ethtool.RunLinkWatch(ns, [.. ports, bridge]);
    }

    /// <summary>The same without the link watch.</summary>
    public static void BridgeUnsettled(NetworkNamespace ns, string bridge, params string[] ports)
    {
        // IFLA_BR_MCAST_SNOOPING 0: a bridge that snoops sends IGMP reports of its own, at times that are random.
        using (var rtnetlink = new ProbeSocket(ns, ProbeSocket.Route))
        {
            var made = rtnetlink.Ask(16, create: true, new byte[16], ProbeSocket.Attribute(3, ProbeSocket.Text(bridge)), ProbeSocket.Attribute(
                18, ProbeSocket.Attribute(1, ProbeSocket.Text("bridge")), ProbeSocket.Attribute(2, ProbeSocket.Attribute(23, [0]))));
            Assert.Equal(0, made.Errno);
        }

        using var socket = ns.ControlSocket.Borrow();
        foreach (var port in ports)
        {
            DeviceIoctl.Request request = default;
            request.SetName(bridge);
            request.Value = DeviceIoctl.IndexOf(ns, port);
            Check(Libc.ioctl(socket.Number, SIOCBRADDIF, &request));
        }

        Up(ns, [bridge, .. ports]);
    }

    /// <summary>Gives a device an IPv4 address (with the old classful prefix length).</summary>
    public static void Address(NetworkNamespace ns, string device, System.Net.IPAddress address)
    {
        DeviceIoctl.Request request = default;
        request.SetName(device);
        request.Flags = 2; // AF_INET of a struct sockaddr_in; the address follows at offset 4
        address.GetAddressBytes().CopyTo(new Span<byte>((byte*)&request + 20, 4));
        using var socket = ns.OpenSocket(2, 2, 0);
        using var fd = socket.Borrow();
        Check(Libc.ioctl(fd.Number, SIOCSIFADDR, &request));
    }

    private static void SetUp(NetworkNamespace ns, string[] devices, bool up)
    {
        using var socket = ns.ControlSocket.Borrow();
        foreach (var device in devices)
        {
            DeviceIoctl.Request request = default;
            request.SetName(device);
            Check(Libc.ioctl(socket.Number, SIOCGIFFLAGS, &request));
            request.Flags = (ushort)(up ? request.Flags | IFF_UP : request.Flags & ~IFF_UP);
            Check(Libc.ioctl(socket.Number, SIOCSIFFLAGS, &request));
        }
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new LinuxException("prepare a device for a test", Libc.LastErrno);
        }
    }
}
