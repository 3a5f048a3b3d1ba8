using System.Globalization;
using System.Net;

namespace NetLab;

/// <summary>A socket as <c>/proc/net/udp</c> and <c>/proc/net/tcp</c> show it.</summary>
/// <param name="Local">Where it listens.</param>
/// <param name="Remote">To whom it is connected; port 0 where it is not.</param>
internal sealed record KernelSocket(IPEndPoint Local, IPEndPoint Remote)
{
    private const string Listening = "0A", Connected = "01", Unconnected = "07";

    /// <summary>The sockets of a node that take packets at a port; of TCP, those that listen.</summary>
    public static List<KernelSocket> At(Node node, string protocol, int port)
    {
        var sockets = new List<KernelSocket>();
        using var file = new StreamReader(new FileStream(node.State.Namespace.OpenFile($"/proc/thread-self/net/{protocol}", 0), FileAccess.Read));
        foreach (string line in file.ReadToEnd().Split('\n').Skip(1))
        {
            // sl, local_address, rem_address, st: "0: 0100007F:0035 00000000:0000 07"
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 3 && (protocol == "tcp" ? words[3] is Listening : words[3] is Connected or Unconnected) && Parse(words[1]) is var local && local.Port == port)
            {
                sockets.Add(new KernelSocket(local, Parse(words[2])));
            }
        }

        return sockets;
    }

    /// <inheritdoc/>
    public override string ToString() => Remote.Port == 0 ? $"{Local}" : $"{Local} connected to {Remote}";

    // An address is a number in the machine's own order, as %08X.
    private static IPEndPoint Parse(string text)
    {
        string[] parts = text.Split(':');
        uint address = uint.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new IPEndPoint(new IPAddress(BitConverter.GetBytes(address)), int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
