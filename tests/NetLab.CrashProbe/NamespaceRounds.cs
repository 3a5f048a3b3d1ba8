using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab.CrashProbe;

/// <summary>
/// Builds namespaces with taps, sockets and programs in them, tears them down and begins again, until it is killed. Each namespace has one end of a
/// veth pair whose other end is in the observer's namespace: when the namespace is gone, so is that end.
/// </summary>
internal static class NamespaceRounds
{
    private const int Namespaces = 20;

    public static int Run(string observerPath)
    {
        using var observer = NetworkNamespace.OpenPath(observerPath);
        Console.WriteLine("start");
        for (var round = 0; ; round++)
        {
            var everything = new Stack<IDisposable>();
            for (var i = 0; i < Namespaces; i++)
            {
                var ns = NetworkNamespace.Create();
                everything.Push(ns);
                ObserveBy(observer, ns, (round * Namespaces) + i);
                everything.Push(Tap.Create(ns, "tap0"));
                everything.Push(PacketSocket.Open(ns));
                everything.Push(NamespaceSockets.Create(ns, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                if (i % 7 == 0)
                {
                    everything.Push(Programs(ns));
                }
            }

            Console.WriteLine("built");
            Thread.Sleep(30);
            foreach (var part in everything)
            {
                part.Dispose();
            }

            Console.WriteLine("removed");
        }
    }

    // Programs that go their own way: a session of their own, a parent that ended, signals ignored.
    private static ProcessGroup Programs(NetworkNamespace ns)
    {
        var group = ProcessGroup.Create();
        File.WriteAllText($"{group.Scratch.Path}/{Environment.GetEnvironmentVariable("NETLAB_CRASH_MARKER")}", "a file of the lab");
        group.Start(new ProcessStart("sh", "-c", "setsid sh -c '(setsid sleep 1000 &); sleep 1000' & (sleep 1000 &); wait") { Namespace = ns });
        group.Start(new ProcessStart("setsid", "sh", "-c", "trap '' HUP INT TERM; sleep 1000 & while :; do wait; done") { Namespace = ns });
        return group;
    }

    // RTM_NEWLINK of a veth pair: struct nlmsghdr, struct ifinfomsg, and attributes.
    private static void ObserveBy(NetworkNamespace observer, NetworkNamespace ns, int number)
    {
        var peer = Concat(new byte[16], Attribute(3, Text($"o{number.ToString(CultureInfo.InvariantCulture)}")),
            Attribute(28, Number((int)observer.Handle.DangerousGetHandle())));
        var body = Concat(new byte[16], Attribute(3, Text("v0")), Attribute(18, Concat(Attribute(1, Text("veth")), Attribute(2, Attribute(1, peer)))));
        var message = Concat(Number(16 + body.Length), [16, 0, 5, 6], Number(1), Number(0), body);
        using var socket = new FileStream(ns.OpenSocket(16, 3, 0), FileAccess.ReadWrite, bufferSize: 0);
        socket.Write(message);
        var answer = new byte[4096];
        var length = socket.Read(answer);
        if (length < 20 || BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(16)) is not 0 and var error)
        {
            throw new InvalidOperationException($"veth refused: {BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(16))}");
        }
    }

    private static byte[] Attribute(ushort type, byte[] content)
    {
        var attribute = new byte[(4 + content.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + content.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        content.CopyTo(attribute, 4);
        return attribute;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static byte[] Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }

    private static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
