using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Sets and reads keys and peers of WireGuard devices in one namespace, by generic netlink (genetlink(7)). The devices are made by <see cref="WireguardSpec"/>.
/// </summary>
public sealed class WireguardSocket : IDisposable
{
    // include/uapi/linux/genetlink.h
    private const ushort GENL_ID_CTRL = 0x10, CTRL_ATTR_FAMILY_ID = 1, CTRL_ATTR_FAMILY_NAME = 2;
    private const byte CTRL_CMD_GETFAMILY = 3, CTRL_VERSION = 1;

    private readonly NetlinkSocket _socket;
    private readonly ushort _family;

    private WireguardSocket(NetlinkSocket socket, ushort family)
    {
        _socket = socket;
        _family = family;
    }

    /// <summary>Opens a socket in a namespace.</summary>
    /// <exception cref="LinuxException">The kernel refused: ENOENT, it has no WireGuard.</exception>
    public static WireguardSocket Open(NetworkNamespace ns)
    {
        var socket = NetlinkSocket.Open(ns, NETLINK_GENERIC, strictChecks: false);
        try
        {
            return new WireguardSocket(socket, FindFamily(socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ushort FindFamily(NetlinkSocket socket)
    {
        const string doing = "looking for WireGuard in the kernel";
        var request = new MessageWriter(64);
        request.Begin(GENL_ID_CTRL, NLM_F_REQUEST);
        var header = request.Append(WireguardMessages.HeaderSize);
        header[0] = CTRL_CMD_GETFAMILY;
        header[1] = CTRL_VERSION;
        request.Text(CTRL_ATTR_FAMILY_NAME, "wireguard");
        request.End();
        ushort id = 0;
        try
        {
            socket.Query(request, doing, (_, payload) => id = Attributes.After(payload, WireguardMessages.HeaderSize).Find(CTRL_ATTR_FAMILY_ID).U16);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            throw new NetlinkException(doing, e.Errno, e.ExtendedAck,
                "This kernel has no WireGuard (CONFIG_WIREGUARD is off or its module is not loaded): use another tunnel, such as VXLAN");
        }

        return id;
    }

    /// <summary>Sets key, port and peers of a device, in one request.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="device">What to set; what is null stays as it is.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    /// <exception cref="ArgumentException">There is too much for one request (some 65 kB);
    /// set the peers in several, without <see cref="WireguardDevice.ReplacePeers"/>.</exception>
    public void SetDevice(string name, WireguardDevice device)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(device);
        var batch = new NetlinkBatch();
        batch.AddWireguard(_family, name, device);
        _socket.Execute(batch);
    }

    /// <summary>Reads a device.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="NetlinkException">The kernel refused: ENODEV, there is none; EOPNOTSUPP, it is no WireGuard device.</exception>
    public WireguardDevice GetDevice(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var request = new MessageWriter(64);
        WireguardMessages.Get(request, _family, name);
        var device = new WireguardDevice();
        _socket.Query(request, $"reading WireGuard device {name}", (_, payload) => device = WireguardMessages.Read(payload, device),
            () => device = new WireguardDevice());
        return device;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();
}
