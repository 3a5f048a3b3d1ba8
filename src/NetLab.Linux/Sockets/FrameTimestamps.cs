using NetLab.Linux.Netlink;

namespace NetLab.Linux;

/// <summary>
/// Sees to it that the kernel stamps frames as they pass. It does so only while a socket somewhere wants time stamps, and begins some time
/// after the first one said so (net/core/dev.c, <c>net_enable_timestamp</c>): until then a frame gets the time at which it is
/// read, and frames of several sockets cannot be put in order.
/// </summary>
internal static class FrameTimestamps
{
    private static readonly Lazy<PacketSocket> Keeper = new(Enable);

    /// <summary>Returns when the kernel stamps frames; from then on it does so as long as this process lives.</summary>
    public static void Ensure() => _ = Keeper.Value;

    private static PacketSocket Enable()
    {
        // A loopback device of nobody: what is sent there comes back there.
        using var ns = NetworkNamespace.Create();
        using (var route = RouteSocket.Open(ns))
        {
            var up = new NetlinkBatch();
            up.ChangeLink(1, new LinkChange { Up = true }, "setting up a loopback device to see whether frames are stamped");
            route.Execute(up);
        }

        var keeper = PacketSocket.Open(ns);
        var frame = new byte[64];
        frame[12] = 0x88;
        frame[13] = 0xb5;
        while (!IsStamped(keeper, frame))
        {
            Thread.Yield();
        }

        return keeper;
    }

    // A stamp that is later than the moment before reading was made by reading.
    private static bool IsStamped(PacketSocket socket, byte[] frame)
    {
        socket.Send(1, frame);
        var sent = Now();
        var stamped = false;
        var buffer = new byte[256];
        while (socket.TryRead(buffer, out var record))
        {
            stamped = record.TimestampNanoseconds <= sent;
        }

        return stamped;
    }

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100 + 99;
}
