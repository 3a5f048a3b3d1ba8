using NetLab.Linux;

namespace NetLab;

/// <summary>Why a program that was given a datagram did not answer: whether it has read it, as its socket shows. What it does then only itself knows.</summary>
internal static class ProgramModel
{
    /// <summary>The reason; null where the socket cannot be read any more.</summary>
    /// <param name="node">The program's node.</param>
    /// <param name="taken">The datagram, as it was taken.</param>
    /// <param name="port">Its port.</param>
    /// <param name="patience">How long the program had.</param>
    public static Reason? WhyNoAnswer(Node node, FrameCopy taken, int port, TimeSpan patience)
    {
        try
        {
            var sockets = KernelSocket.At(node, "udp", port).Concat(KernelSocket.At(node, "udp6", port)).ToList();
            var (device, time) = (taken.Hops is [.., var last] ? last.Device : "", $"{patience.TotalSeconds:0.###} s");
            var look = $"see what the program does with it: ss -ulnp, in node {node.Name}";
            return sockets.Find(s => s.Waiting > 0) is { } full
                ? new Reason(Causes.NotRead, node, device,
                    $"The datagram is in the socket at UDP port {port} of {node.Name}, and the program there has not read it within {time}.",
                    [Evidence.Socket($"{full}, {full.Waiting} bytes wait to be read.")], look)
                : new Reason(Causes.NoAnswer, node, device,
                    $"The socket at UDP port {port} of {node.Name} was given the datagram, and no answer was sent within {time}.",
                    [.. sockets.Select(s => Evidence.Socket($"{s}, nothing waits to be read.")), Evidence.Seen($"no datagram left {node.Name} as an answer.")],
                    look);
        }
        catch (LinuxException)
        {
            return null; // the lab is gone
        }
    }
}
