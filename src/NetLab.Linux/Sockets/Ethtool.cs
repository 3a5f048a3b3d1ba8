namespace NetLab.Linux;

/// <summary>What ethtool(8) does, as far as a lab needs it: ioctl SIOCETHTOOL, include/uapi/linux/ethtool.h.</summary>
internal static unsafe class Ethtool
{
    private const uint ETHTOOL_GLINK = 0x0a, ETHTOOL_GRXCSUM = 0x14, ETHTOOL_SRXCSUM = 0x15, ETHTOOL_GTXCSUM = 0x16, ETHTOOL_STXCSUM = 0x17;

    /// <summary><c>struct ethtool_value { __u32 cmd; __u32 data; }</c></summary>
    private struct Value
    {
        public uint Command;
        public uint Data;
    }

    /// <summary>
    /// Makes a device usable now: the kernel spreads a change of carrier (operstate, queueing discipline, state of the bridge port) by a
    /// worker that runs later, and until then frames are lost. Asking for the link state (ETHTOOL_GLINK) does the worker's job for this device at
    /// once. To be done for both ends of each link after everything is up; costs about 2 µs a device.
    /// </summary>
    /// <param name="ns">The namespace of the devices.</param>
    /// <param name="devices">Names of devices. Those whose driver knows no link state are passed over: nothing is delayed for them.</param>
    /// <exception cref="LinuxException">ENODEV: there is no such device.</exception>
    public static void RunLinkWatch(NetworkNamespace ns, IEnumerable<string> devices)
    {
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentNullException.ThrowIfNull(devices);
        using var socket = ns.ControlSocket.Borrow();
        foreach (var device in devices)
        {
            Value value = new() { Command = ETHTOOL_GLINK };
            var error = DeviceIoctl.Ethtool(socket.Number, device, &value);
            if (error is not (0 or Errno.EOPNOTSUPP))
            {
                throw new LinuxException($"ask for the link state of \"{device}\"", error);
            }
        }
    }

    /// <summary>Whether a device says that it has a link (ETHTOOL_GLINK): it is up and its carrier is on. Null when its driver does not know.</summary>
    /// <exception cref="LinuxException">ENODEV: there is no such device.</exception>
    public static bool? HasLink(NetworkNamespace ns, string device)
    {
        ArgumentNullException.ThrowIfNull(ns);
        using var socket = ns.ControlSocket.Borrow();
        Value value = new() { Command = ETHTOOL_GLINK };
        return DeviceIoctl.Ethtool(socket.Number, device, &value) switch
        {
            0 => value.Data is not 0,
            Errno.EOPNOTSUPP => null,
            var error => throw new LinuxException($"ask for the link state of \"{device}\"", error),
        };
    }

    /// <summary>
    /// Switches checksum offload, as <c>ethtool -K DEVICE rx off tx off</c>. While it is on, frames between namespaces carry checksums that
    /// were never computed: who reads them raw (a fake VM, Open vSwitch in user space) sees wrong ones.
    /// </summary>
    /// <param name="ns">The namespace of the device.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="enabled">False: the kernel computes each checksum before the frame leaves the device.</param>
    /// <exception cref="LinuxException">ENODEV: there is no such device; EOPNOTSUPP: it cannot switch, and is not in the wanted state.</exception>
    public static void SetChecksumOffload(NetworkNamespace ns, string device, bool enabled)
    {
        ArgumentNullException.ThrowIfNull(ns);
        using var socket = ns.ControlSocket.Borrow();
        Switch(socket.Number, device, "transmit", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, enabled, required: true);

        // Many virtual devices (a tap, for one) have the receive side fixed, which does no harm: it only says who verifies.
        Switch(socket.Number, device, "receive", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM, enabled, required: false);
    }

    /// <summary>Whether a device leaves checksums of outgoing frames to whoever comes after it (ETHTOOL_GTXCSUM).</summary>
    /// <exception cref="LinuxException">ENODEV: there is no such device.</exception>
    public static bool HasTransmitChecksumOffload(NetworkNamespace ns, string device)
    {
        ArgumentNullException.ThrowIfNull(ns);
        using var socket = ns.ControlSocket.Borrow();
        Value value = new() { Command = ETHTOOL_GTXCSUM };
        var error = DeviceIoctl.Ethtool(socket.Number, device, &value);
        return error is 0 ? value.Data is not 0 : throw new LinuxException($"read the transmit checksum offload of \"{device}\"", error);
    }

    private static void Switch(int socket, string device, string side, uint get, uint set, bool enabled, bool required)
    {
        Value value = new() { Command = set, Data = enabled ? 1u : 0u };
        var error = DeviceIoctl.Ethtool(socket, device, &value);
        if (error is 0 || (error is Errno.EOPNOTSUPP && !required))
        {
            return;
        }

        Value current = new() { Command = get };
        if (error is Errno.EOPNOTSUPP && DeviceIoctl.Ethtool(socket, device, &current) is 0 && current.Data is not 0 == enabled)
        {
            return;
        }

        throw new LinuxException($"switch {side} checksum offload of \"{device}\" {(enabled ? "on" : "off")}", error);
    }
}
