namespace NetLab.Linux.Tests.Sockets;

public sealed class EthtoolTests
{
    [Fact]
    public void The_first_frame_of_a_new_network_arrives_once_the_link_watch_has_run()
    {
        var buffer = new byte[2000];
        var frame = new byte[60];
        frame.AsSpan(0, 6).Fill(0xff);
        frame[6] = 0x02;
        frame[12] = 0x88;
        for (var i = 0; i < 40; i++)
        {
            using var ns = Devices.QuietNamespace();
            using var a = Tap.Create(ns, "tap0");
            using var b = Tap.Create(ns, "tap1");
            Devices.Veth(ns, "veth0", "veth1");
            Devices.BridgeUnsettled(ns, "br0", "tap0", "veth0");
            Devices.BridgeUnsettled(ns, "br1", "tap1", "veth1");
            Ethtool.RunLinkWatch(ns, ["tap0", "tap1", "veth0", "veth1", "br0", "br1"]);
            a.Write(frame);
            Assert.True(b.TryRead(buffer, out var length), $"round {i}");
            Assert.Equal(60, length);
        }
    }

    [Fact]
    public void Transmit_checksum_offload_is_switched()
    {
        using var ns = Devices.QuietNamespace();
        using var tap = Tap.Create(ns, "tap0");
        Devices.Bridge(ns, "br0", "tap0");
        Assert.True(Ethtool.HasTransmitChecksumOffload(ns, "br0"));
        Ethtool.SetChecksumOffload(ns, "br0", false);
        Assert.False(Ethtool.HasTransmitChecksumOffload(ns, "br0"));
        Ethtool.SetChecksumOffload(ns, "br0", true);
        Assert.True(Ethtool.HasTransmitChecksumOffload(ns, "br0"));
        Ethtool.SetChecksumOffload(ns, "tap0", false);
        Assert.False(Ethtool.HasTransmitChecksumOffload(ns, "tap0"));
    }

    [Fact]
    public void What_a_device_cannot_switch_is_told()
    {
        using var ns = Devices.QuietNamespace();
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => Ethtool.SetChecksumOffload(ns, "none", false)).Errno);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => Ethtool.RunLinkWatch(ns, ["lo", "none"])).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<LinuxException>(() => Ethtool.SetChecksumOffload(ns, "lo", false)).Errno);
        Ethtool.SetChecksumOffload(ns, "lo", true);
    }
}
