using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What happened to everybody's frames as a pcapng file: who asked, who answered, and the drops, each with its reason as a comment; an interface for each
/// device, named node/device. Of a packet there is as much as the kernel showed.
/// </summary>
internal static class HappeningsPcapng
{
    public static void Write(Stream file, Happenings happenings)
    {
        using var writer = new PcapngWriter(file, comment: HappeningsText.Whole(happenings));
        var interfaces = new Dictionary<string, int>();
        var packets = happenings.Packets.Select(p => (Packet: p, Comment: (string?)null))
            .Concat(happenings.Drops.Select(d => (Packet: d.First, Comment: (string?)CommentOn(d))));
        foreach (var (packet, comment) in packets.OrderBy(p => p.Packet.Event.Timestamp))
        {
            var name = packet.Event.DeviceName.Length == 0 ? packet.Node.Name : $"{packet.Node.Name}/{packet.Event.DeviceName}";
            if (!interfaces.TryGetValue(name, out var number))
            {
                interfaces[name] = number = writer.AddInterface(name);
            }

            writer.WritePacket(number, (packet.At - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
                packet.Frame.Bytes.Span[..Math.Min(packet.Known, packet.Frame.Length)],
                packet.Event.Kind is TraceEventKind.NetDevQueue ? CaptureDirection.Outbound : CaptureDirection.Inbound, comment, packet.Frame.Length);
        }
    }

    private static string CommentOn(Drop drop) => $"DROPPED{(drop.Count == 1 ? "" : $", {drop.Count} times")}\n{drop.Reason.Describe()}";
}
