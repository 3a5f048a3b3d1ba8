using NetLab.Linux;
using NetLab.Packets;

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

    /// <summary>Why a port refuses, where the kernel does not tell: nobody listens there. Null where somebody does, or the sockets cannot be read.</summary>
    /// <param name="node">The node that the question came to.</param>
    /// <param name="copy">The question, as it came there.</param>
    /// <param name="asked">The question.</param>
    public static Reason? WhyRefused(Node node, FrameCopy copy, Frame asked)
    {
        try
        {
            (string Name, int Port, bool IsTaken)? port = asked switch
            {
                { Tcp: { } tcp } => ("TCP", tcp.DestinationPort, KernelSocket.Listeners(node, tcp.DestinationPort).Count > 0),
                { Udp: { } udp } => ("UDP", udp.DestinationPort,
                    KernelSocket.At(node, "udp", udp.DestinationPort).Concat(KernelSocket.At(node, "udp6", udp.DestinationPort)).Any()),
                _ => null,
            };
            return port is not (var name, var number, false) ? null
                : new Reason(Causes.NoSocket, node, copy.Hops is [.., var last] ? last.Device : "", $"Nobody in {node.Name} listens on {name} port {number}.",
                    [Evidence.Socket($"no socket of {node.Name} has {name} port {number}."), Evidence.Seen("a refusal came back.")],
                    $"start the program, or see what listens: ss -lnp, in node {node.Name}");
        }
        catch (LinuxException)
        {
            return null; // the lab is gone
        }
    }
}
