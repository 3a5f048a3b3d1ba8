using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Tests.Sockets;

public sealed class PacketSocketTests : IDisposable
{
    private readonly NetworkNamespace _ns = Devices.QuietNamespace();
    private readonly Tap _a;
    private readonly Tap _b;

    public PacketSocketTests()
    {
        _a = Tap.Create(_ns, "tap0");
        _b = Tap.Create(_ns, "tap1");
        Devices.Bridge(_ns, "br0", "tap0", "tap1");
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _ns.Dispose();
    }

    private static byte[] Broadcast(int length, params byte[] fromTypeOn)
    {
        var frame = new byte[length];
        frame.AsSpan(0, 6).Fill(0xff);
        new byte[] { 0x02, 0, 0, 0, 0, 1 }.CopyTo(frame, 6);
        fromTypeOn.CopyTo(frame, 12);
        return frame;
    }

    [Fact]
    public void A_frame_is_seen_coming_in_at_one_port_and_going_out_at_the_other()
    {
        using var socket = PacketSocket.Open(_ns);
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
        var frame = Broadcast(99, 0x88, 0xb5);
        _a.Write(frame);
        var buffer = new byte[2000];
        var records = new List<PacketRecord>();
        while (socket.TryRead(buffer, out var record))
        {
            Assert.Equal(frame, buffer.AsSpan(0, record.Length).ToArray());
            records.Add(record);
        }

        Assert.Equal([(_a.Index, PacketDirection.Broadcast), (_b.Index, PacketDirection.Outgoing),
            (DeviceIoctl.IndexOf(_ns, "br0"), PacketDirection.Broadcast)],
            records.Select(record => (record.InterfaceIndex, record.Direction)));
        Assert.All(records, record => Assert.InRange(record.TimestampNanoseconds, before, before + 60_000_000_000));
        Assert.All(records, record => Assert.Null(record.VlanTci));
        Assert.Equal(0, socket.Drops);
    }

    [Theory]
    [InlineData(0x81, 0x00, 0x8100)]
    [InlineData(0x88, 0xa8, 0x88a8)]
    public void The_outer_vlan_tag_is_told_beside_the_bytes(byte high, byte low, int protocol)
    {
        using var socket = PacketSocket.Open(_ns, _b.Index);
        _a.Write(Broadcast(64, high, low, 0x60, 0x07, 0x88, 0xb5));
        var buffer = new byte[2000];
        Assert.True(socket.TryRead(buffer, out var record));
        Assert.Equal(60, record.Length);
        Assert.Equal((ushort)0x6007, record.VlanTci);
        Assert.Equal(protocol, record.VlanProtocol);
        Assert.Equal(0x88b5, (buffer[12] << 8) | buffer[13]);
    }

    [Fact]
    public void A_checksum_that_is_left_to_the_device_is_told_beside_the_bytes_by_the_socket_and_by_the_ring()
    {
        Devices.Up(_ns, "lo");
        using var socket = PacketSocket.Open(_ns);
        using var ring = PacketRing.Open(_ns);
        using (var udp = NamespaceSockets.Create(_ns, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            // The loopback device says that it computes checksums, and nobody does.
            udp.SendTo("hello"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, 9));
        }

        _a.Write(Broadcast(60, 0x88, 0xb5));
        var buffer = new byte[2000];
        var pending = new List<bool>();
        while (socket.TryRead(buffer, out var record))
        {
            pending.Add(record.HasPendingChecksum);
        }

        var pendingInRing = new List<bool>();
        while (pendingInRing.Count < pending.Count)
        {
            ring.Drain((in PacketRecord record, ReadOnlySpan<byte> _) => pendingInRing.Add(record.HasPendingChecksum));
        }

        Assert.True(pending[0]);
        Assert.Contains(false, pending);
        Assert.Equal(pending, pendingInRing);
    }

    [Fact]
    public void A_socket_of_one_device_sees_no_other()
    {
        using var socket = PacketSocket.Open(_ns, _b.Index);
        _b.Write(Broadcast(60, 0x88, 0xb5));
        var buffer = new byte[2000];
        Assert.True(socket.TryRead(buffer, out var record));
        Assert.Equal((_b.Index, PacketDirection.Broadcast), (record.InterfaceIndex, record.Direction));
        Assert.False(socket.TryRead(buffer, out _));
    }

    [Fact]
    public void A_short_buffer_takes_what_fits_and_tells_how_long_the_frame_was()
    {
        using var socket = PacketSocket.Open(_ns, _a.Index);
        _a.Write(Broadcast(500, 0x88, 0xb5));
        Assert.True(socket.TryRead(new byte[100], out var record));
        Assert.Equal((100, 500), (record.Length, record.OriginalLength));
    }

    [Fact]
    public void A_sent_frame_leaves_by_the_device()
    {
        using var socket = PacketSocket.Open(_ns);
        var frame = Broadcast(60, 0x88, 0xb5);
        socket.Send(_b.Index, frame);
        var buffer = new byte[2000];
        Assert.True(_b.TryRead(buffer, out var length));
        Assert.Equal(frame, buffer.AsSpan(0, length).ToArray());
        Assert.False(_a.TryRead(buffer, out _));
        Assert.Equal(Errno.ENXIO, Assert.Throws<LinuxException>(() => socket.Send(4711, frame)).Errno);
    }

    [Fact]
    public void Frames_that_nobody_read_in_time_are_counted()
    {
        using var socket = PacketSocket.Open(_ns, _a.Index);
        using (var fd = socket.Handle.Borrow())
        {
            unsafe
            {
                var small = 4096;
                Assert.Equal(0, Libc.setsockopt(fd.Number, Libc.SOL_SOCKET, Libc.SO_RCVBUF, &small, 4));
            }
        }

        for (var i = 0; i < 100; i++)
        {
            _a.Write(Broadcast(1000, 0x88, 0xb5));
        }

        var lost = socket.Drops;
        var seen = 0;
        while (socket.TryRead(new byte[2000], out _))
        {
            seen++;
        }

        Assert.True(lost > 0);
        Assert.Equal(100, lost + seen);
        Assert.Equal(lost, socket.Drops);
    }

    [Fact]
    public void Reading_does_not_allocate()
    {
        using var socket = PacketSocket.Open(_ns, _a.Index);
        var frame = Broadcast(60, 0x88, 0xb5);
        var buffer = new byte[2000];
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++)
            {
                _a.Write(frame);
                while (socket.TryRead(buffer, out _))
                {
                }

                socket.Send(_b.Index, frame);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
