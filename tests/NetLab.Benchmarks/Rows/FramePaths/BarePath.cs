using System.Diagnostics;
using System.Runtime.InteropServices;
using NetLab.Benchmarks.Topologies;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Benchmarks.FramePaths;

/// <summary>Two taps on a bridge, and a loop of read(2) and write(2): what a program does that has nothing but the descriptors.</summary>
internal sealed partial class BarePath : IDisposable
{
    private const int Bridge = 10, Left = 11, Right = 12;
    private readonly StraightNode _node = new(forwarding: false);
    private readonly Tap _left, _right;
    private readonly int _leftFd, _rightFd;
    private readonly byte[] _buffer = new byte[2048];

    public BarePath()
    {
        _node.Namespace.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        _node.Namespace.WriteSysctl("net.bridge.bridge-nf-call-ip6tables", "0");
        _node.Namespace.WriteSysctl("net.bridge.bridge-nf-call-arptables", "0");
        var batch = new NetlinkBatch();
        batch.AddLink(new BridgeSpec("br0") { Index = Bridge, Up = true, Options = new BridgeOptions { StpState = false, MulticastSnooping = false } });
        _node.Route.Execute(batch);
        _left = Tap.Create(_node.Namespace, "left", new TapOptions { Index = Left });
        _right = Tap.Create(_node.Namespace, "right", new TapOptions { Index = Right });
        batch.Clear();
        batch.ChangeLink(Left, new LinkChange { MasterIndex = Bridge, Up = true });
        batch.ChangeLink(Right, new LinkChange { MasterIndex = Bridge, Up = true });
        _node.Route.Execute(batch);
        Ethtool.RunLinkWatch(_node.Namespace, ["left", "right", "br0"]);
        _leftFd = (int)_left.Handle.DangerousGetHandle();
        _rightFd = (int)_right.Handle.DangerousGetHandle();
    }

    /// <summary>Lets the bridge learn where both addresses are.</summary>
    public void Learn(byte[] there, byte[] back)
    {
        Write(_rightFd, back);
        Read(_leftFd);
        Write(_leftFd, there);
        Read(_rightFd);
    }

    /// <summary>Writes many, then reads them all; frames a second.</summary>
    public double Batches(byte[] frame, int times, int each)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            for (var n = 0; n < each; n++)
            {
                Write(_leftFd, frame);
            }

            for (var n = 0; n < each; n++)
            {
                Read(_rightFd);
            }
        }

        return times * each / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>There and back; the median in nanoseconds.</summary>
    public double RoundTrip(byte[] there, byte[] back, double[] times)
    {
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            Write(_leftFd, there);
            Read(_rightFd);
            Write(_rightFd, back);
            Read(_leftFd);
            times[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        }

        return Rounds.Median(times);
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _node.Dispose();
    }

    private static void Write(int fd, byte[] frame)
    {
        if (write(fd, ref frame[0], frame.Length) != frame.Length)
        {
            throw new InvalidOperationException($"A tap took no frame: errno {Marshal.GetLastSystemError()}.");
        }
    }

    private void Read(int fd)
    {
        if (read(fd, ref _buffer[0], _buffer.Length) <= 0)
        {
            throw new InvalidOperationException($"A tap had no frame: errno {Marshal.GetLastSystemError()}.");
        }
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint read(int fd, ref byte buffer, nint count);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint write(int fd, ref byte buffer, nint count);
}
