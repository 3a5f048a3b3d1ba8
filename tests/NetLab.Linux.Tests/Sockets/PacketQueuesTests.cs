namespace NetLab.Linux.Tests;

/// <summary>Receive queues of packet sockets; the other process is this one.</summary>
public class PacketQueuesTests
{
    [Fact]
    public void A_queue_tells_what_waits_in_it_and_what_it_lost_and_can_be_enlarged()
    {
        using var ns = Devices.QuietNamespace(); // what IPv6 says by itself would be lost too, and counted
        using var tap = Tap.Create(ns, "t0");
        Devices.Up(ns, "t0");
        using var socket = PacketSocket.Open(ns, tap.Index);
        using var unbound = PacketSocket.Open(ns);
        var frame = new byte[60];
        frame[6] = 2;

        PacketQueues.SetCapacity(ns, Environment.ProcessId, 64 << 10);
        for (var n = 0; n < 1000; n++)
        {
            tap.Write(frame);
        }

        var full = Assert.Single(PacketQueues.Read(ns, Environment.ProcessId));
        Assert.Equal((tap.Index, 64 << 10), (full.InterfaceIndex, full.CapacityBytes));
        Assert.InRange(full.WaitingBytes, 1, 70 << 10);
        Assert.InRange(full.Lost, 500, 999);

        PacketQueues.SetCapacity(ns, Environment.ProcessId, 4 << 20);
        for (var n = 0; n < 1000; n++)
        {
            tap.Write(frame);
        }

        var larger = Assert.Single(PacketQueues.Read(ns, Environment.ProcessId));
        Assert.Equal(full.Lost, larger.Lost);
        Assert.True(larger.WaitingBytes > full.WaitingBytes);
    }

    [Fact]
    public void A_process_that_is_not_there_is_told()
    {
        using var ns = NetworkNamespace.Create();

        Assert.Equal("ESRCH", Assert.Throws<LinuxException>(() => PacketQueues.Read(ns, 0x3fffffff)).ErrnoName);
    }
}
